//! The processes of a profile.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A process of a profile. Each needs certain permissions at the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Process {
    /// Reads licence pools, accounts and subscriptions.
    DownloadSubscriptions,
    /// Reads when and how each account was last active.
    PullUserActivity,
    /// Reads usage-based allowances and their consumption.
    DownloadConsumption,
    /// Reclaims unused subscriptions. The only process that writes.
    ReclaimSubscription,
}

impl Process {
    /// All processes, in the order in which a sync runs them.
    pub const ALL: [Self; 4] =
        [Self::DownloadSubscriptions, Self::PullUserActivity, Self::DownloadConsumption, Self::ReclaimSubscription];

    /// Returns the name used in the database and in GraphQL, for example `DOWNLOAD_SUBSCRIPTIONS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DownloadSubscriptions => "DOWNLOAD_SUBSCRIPTIONS",
            Self::PullUserActivity => "PULL_USER_ACTIVITY",
            Self::DownloadConsumption => "DOWNLOAD_CONSUMPTION",
            Self::ReclaimSubscription => "RECLAIM_SUBSCRIPTION",
        }
    }

    /// Parses a name, or returns `None` if it is unknown.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|process| process.as_str() == name)
    }

    /// Says whether the process reads pages and is therefore part of a sync.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::ReclaimSubscription)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a complete pass means for records that it did not contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncMode {
    /// Records that the pass did not contain are retired.
    Snapshot,
    /// The pass adds records; others stay.
    Incremental,
}
