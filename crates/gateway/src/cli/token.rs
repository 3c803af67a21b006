//! `seatgraph token`: manages API tokens on the command line, including the first one of an installation.

use std::io::Write;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use seatgraph_core::Secret;
use seatgraph_engine::Engine;
use seatgraph_engine::access::{CommandTarget, CreateToken, NewRoleGrant, Principal};
use seatgraph_store::{ApiToken, Role, TokenId, profiles};

use super::offline;
use crate::config::Config;

/// Commands for API tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// Creates a token and prints it. It cannot be shown again.
    Create(New),
    /// Revokes a token permanently.
    Revoke {
        /// ID of the token, as printed by `create`: `token_…`.
        id: TokenId,
    },
}

/// A token to create.
#[derive(Debug, Clone, clap::Args)]
pub struct New {
    /// Name of the token.
    #[arg(long, default_value = "command line")]
    pub name: String,
    /// Role: viewer, auditor, user, approver, integrator or admin. Can be repeated.
    #[arg(long = "role", required = true, value_parser = role)]
    pub roles: Vec<Role>,
    /// Name of a profile that the roles are limited to. Can be repeated.
    #[arg(long = "profile")]
    pub profiles: Vec<String>,
    /// Expiry: `90d`, `12h`, or a time in RFC 3339 format. Default: the token does not expire.
    #[arg(long, value_parser = expiry)]
    pub expires: Option<Expiry>,
}

/// Expiry of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// After this time.
    After(TimeDelta),
    /// At this time.
    At(DateTime<Utc>),
}

pub(crate) async fn run(command: Tokens, config: &Config) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    match command {
        Tokens::Create(new) => {
            let (token, text) = create(config, new).await?;
            writeln!(std::io::stderr(), "{} (revoke it with `seatgraph token revoke {0}`)", token.id)?;
            writeln!(out, "{}", text.expose())?;
        }
        Tokens::Revoke { id } => {
            let engine = offline::engine(config).await?;
            let token =
                offline::run(&engine, "token revoke", CommandTarget::Token(id), engine.revoke_token(id)).await?;
            writeln!(out, "{} is revoked", token.name)?;
        }
    }
    Ok(())
}

/// Creates a token in the database of `config`, on behalf of the operating system user.
///
/// # Errors
/// If the command is refused or the database cannot be opened.
pub async fn create(config: &Config, new: New) -> anyhow::Result<(ApiToken, Secret)> {
    let engine = offline::engine(config).await?;
    let profile_ids = match new.profiles.as_slice() {
        [] => None,
        names => Some(ids(&engine, names).await?),
    };
    let roles = new.roles.into_iter().map(|role| NewRoleGrant { role, profile_ids: profile_ids.clone() }).collect();
    let expires_at = new.expires.map(|expiry| match expiry {
        Expiry::At(moment) => moment,
        Expiry::After(time) => engine.now() + time,
    });
    let by = Principal::command_line();
    let created = engine.create_token(&by, CreateToken { name: new.name, roles, expires_at });
    offline::run(&engine, "token create", CommandTarget::Gateway, created).await
}

async fn ids(engine: &Engine, names: &[String]) -> anyhow::Result<Vec<seatgraph_store::ProfileId>> {
    let mut ids = Vec::new();
    for name in names {
        let profile = profiles::find_by_name(engine.db(), name).await?;
        ids.push(profile.with_context(|| format!("--profile {name}: the profile does not exist"))?.id);
    }
    Ok(ids)
}

fn role(name: &str) -> Result<Role, String> {
    Role::parse(&name.to_ascii_uppercase()).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str().to_ascii_lowercase()).collect();
        format!("unknown role; use one of {}", known.join(", "))
    })
}

fn expiry(text: &str) -> Result<Expiry, String> {
    let unreadable =
        || format!("`{text}` is neither a duration such as 90d or 12h nor a time such as 2027-01-31T00:00:00Z");
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(Expiry::At(moment.to_utc()));
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(unreadable)?;
    let number: u32 = number.parse().ok().filter(|&number| number > 0).ok_or_else(unreadable)?;
    match unit {
        "d" => Ok(Expiry::After(TimeDelta::days(number.into()))),
        "h" => Ok(Expiry::After(TimeDelta::hours(number.into()))),
        _ => Err(unreadable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_duration_or_a_time() {
        assert_eq!(expiry("90d"), Ok(Expiry::After(TimeDelta::days(90))));
        assert_eq!(expiry("12h"), Ok(Expiry::After(TimeDelta::hours(12))));
        assert_eq!(expiry("1970-01-01T01:00:00+01:00"), Ok(Expiry::At(DateTime::UNIX_EPOCH)));
        for wrong in ["", "d", "0d", "-1d", "3 weeks", "90", "90é"] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_error_for_an_unknown_role_lists_the_roles() {
        assert_eq!(role("admin"), Ok(Role::Admin));
        assert!(role("root").unwrap_err().contains("viewer, auditor"));
    }
}
