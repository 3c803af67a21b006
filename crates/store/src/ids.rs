//! Ids: UUIDv7 inside, `prefix_<32 hex digits>` outside, so that an id says what it is of.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::types::sql::SqlUuid;

/// A text is not an ID of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id that begins with {prefix}_")]
pub struct NotAnId {
    prefix: &'static str,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, NotAnId> {
    let refused = NotAnId { prefix };
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(|| refused.clone())?;
    if digits.len() != 32 || digits.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(refused);
    }
    Uuid::try_parse(digits).map_err(|_| refused)
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
        #[diesel(sql_type = SqlUuid)]
        pub struct $name(Uuid);

        impl $name {
            /// Prefix of its text, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Generates an ID, greater than every earlier one of this process.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Converts a stored ID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        crate::types::sql_uuid!($name);
    )+};
}

id! {
    /// Of a connection alias.
    AliasId = "alias";
    /// Of an integration profile.
    ProfileId = "prof";
    /// Of a job.
    JobId = "job";
    /// Of a sync run.
    RunId = "run";
    /// Of an account.
    AccountId = "acc";
    /// Of a subscription.
    SubscriptionId = "sub";
    /// Of a licence pool.
    PoolId = "pool";
    /// Of a software model.
    ModelId = "model";
    /// Of a subscription identifier.
    IdentifierId = "ident";
    /// Of a finding.
    FindingId = "find";
    /// Of an API token.
    TokenId = "token";
    /// Of a role assignment.
    AssignmentId = "role";
    /// Of a delegated link.
    LinkId = "link";
    /// Of a user's session.
    SessionId = "session";
}

/// A sync run has the identifier of its job.
impl From<RunId> for JobId {
    fn from(run: RunId) -> Self {
        Self::from_uuid(run.as_uuid())
    }
}

/// A sync run has the identifier of its job.
impl From<JobId> for RunId {
    fn from(job: JobId) -> Self {
        Self::from_uuid(job.as_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = AliasId::from_uuid(Uuid::from_u128(0x0193_5f1e_7a10_7000_8000_0000_0000_00ff));
        assert_eq!(id.to_string(), "alias_01935f1e7a107000800000000000".to_owned() + "00ff");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn another_prefix_is_refused() {
        let profile = ProfileId::generate().to_string();
        assert!(profile.parse::<RunId>().is_err());
    }

    #[test]
    fn one_id_has_one_text() {
        let text = RunId::generate().to_string();
        for other in [text.to_uppercase(), text.replace("run_", "run"), format!("{text}0"), "run_".to_owned()] {
            assert!(other.parse::<RunId>().is_err(), "{other}");
        }
    }

    #[test]
    fn serde_uses_the_same_text() {
        let id = PoolId::generate();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<PoolId>(&json).unwrap(), id);
    }
}
