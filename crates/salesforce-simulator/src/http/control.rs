//! The control endpoints; see the crate documentation.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::reply::Reply;
use super::request::Request;
use crate::certificate::Certificate;
use crate::expected::{Expected, ExpectedUser};
use crate::faults::Faults;
use crate::id::Id;
use crate::org::Change;
use crate::org::catalogue::SUPPORT_USER;
use crate::permissions::{Permission, Permissions};
use crate::state::{State, lock};
use crate::value::parse_time;

pub(crate) fn handle(state: &State, request: &Request, path: &[&str]) -> Reply {
    let answered = match (request.method.as_str(), path) {
        ("GET", ["expected"]) => Ok(Reply::json(200, &Expected::of(&state.org()))),
        ("GET", ["expected", "users", id]) => expected_user(state, id),
        ("GET", ["requests"]) => Ok(Reply::json(200, &lock(&state.request_log).counts())),
        ("GET", ["requests", "log"]) => Ok(Reply::json(200, &lock(&state.request_log).entries())),
        ("GET", ["requests", "bulk"]) => Ok(Reply::json(200, lock(&state.request_log).bulk_jobs())),
        ("DELETE", ["requests"]) => {
            lock(&state.request_log).reset();
            Ok(Reply::empty(204))
        }
        ("GET", ["faults"]) => Ok(Reply::json(200, &*state.faults())),
        ("PUT", ["faults"]) => parse(request).map(|faults| set_faults(state, faults)),
        ("DELETE", ["faults"]) => Ok(set_faults(state, Faults::default())),
        ("GET", ["permissions"]) => Ok(permissions(state.change_permissions(|_| {}))),
        ("PUT", ["permissions"]) => parse(request).and_then(|change| change_permissions(state, &change)),
        ("GET", ["app"]) => Ok(app(state)),
        ("PUT", ["app"]) => parse(request).and_then(|change| change_app(state, change)),
        ("POST", ["users", "remove"]) => parse(request).map(|removal: Removal| {
            state.org_mut().remove_users(removal.count);
            Reply::json(200, &json!({ "users": state.org().users }))
        }),
        ("POST", ["users", id]) => parse(request).and_then(|change| change_user(state, id, &change)),
        _ => Err("there is no such control endpoint".to_owned()),
    };
    answered.unwrap_or_else(|error| Reply::json(400, &json!({ "error": error })))
}

fn parse<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

fn set_faults(state: &State, faults: Faults) -> Reply {
    state.set_faults(faults);
    Reply::json(200, &*state.faults())
}

fn user_index(state: &State, id: &str) -> Result<u32, String> {
    let index = Id::parse(id).and_then(|id| state.org().user_index(id));
    index.ok_or_else(|| format!("there is no user {id}"))
}

fn expected_user(state: &State, id: &str) -> Result<Reply, String> {
    let index = user_index(state, id)?;
    Ok(Reply::json(200, &ExpectedUser::of(&state.org(), index)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PermissionChange {
    #[serde(default)]
    revoke: Vec<String>,
    #[serde(default)]
    grant: Vec<String>,
}

fn permissions(held: Permissions) -> Reply {
    Reply::json(200, &json!({ "permissions": held.names() }))
}

fn change_permissions(state: &State, change: &PermissionChange) -> Result<Reply, String> {
    let read = |names: &[String]| -> Result<Vec<Permission>, String> {
        let known = |name: &String| Permission::parse(name).ok_or_else(|| format!("there is no permission {name}"));
        names.iter().map(known).collect()
    };
    let (revoked, granted) = (read(&change.revoke)?, read(&change.grant)?);
    Ok(permissions(state.change_permissions(|held| {
        revoked.into_iter().for_each(|permission| held.revoke(permission));
        granted.into_iter().for_each(|permission| held.grant(permission));
    })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AppChange {
    callbacks: Option<Vec<String>>,
    require_pkce: Option<bool>,
    /// A certificate in PEM, or `null` for none. If missing, the certificate is unchanged.
    #[serde(default, deserialize_with = "present")]
    certificate: Option<Option<String>>,
    admin_approved: Option<bool>,
}

fn app(state: &State) -> Reply {
    let app = lock(&state.app);
    Reply::json(
        200,
        &json!({
            "clientId": app.client_id,
            "clientSecret": app.client_secret,
            "callbacks": app.callbacks,
            "requirePkce": app.require_pkce,
            "jwtBearer": app.certificate.is_some(),
            "adminApproved": app.admin_approved,
        }),
    )
}

fn change_app(state: &State, change: AppChange) -> Result<Reply, String> {
    let certificate = match &change.certificate {
        Some(Some(pem)) => Some(Some(Certificate::parse(pem).ok_or("the certificate is no X.509 in PEM")?)),
        Some(None) => Some(None),
        None => None,
    };
    {
        let mut app = lock(&state.app);
        app.callbacks = change.callbacks.unwrap_or_else(|| app.callbacks.clone());
        app.require_pkce = change.require_pkce.unwrap_or(app.require_pkce);
        app.admin_approved = change.admin_approved.unwrap_or(app.admin_approved);
        if let Some(certificate) = certificate {
            app.certificate = certificate;
        }
    }
    Ok(app(state))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserChange {
    is_active: Option<bool>,
    is_frozen: Option<bool>,
    support_user: Option<bool>,
    /// A time, or `null` for never. If missing, the time is unchanged.
    #[serde(default, deserialize_with = "present")]
    last_login_date: Option<Option<String>>,
}

/// Distinguishes null from a missing member.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn change_user(state: &State, id: &str, change: &UserChange) -> Result<Reply, String> {
    let index = user_index(state, id)?;
    let last_login = match &change.last_login_date {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => Some(Some(parse_time(text).ok_or_else(|| format!("{text} is no time"))?)),
    };
    let now = state.now();
    let mut org = state.org_mut();
    let user = org.user(index);
    let features = change.support_user.map(|support| match support {
        true => user.features | SUPPORT_USER,
        false => user.features & !SUPPORT_USER,
    });
    // A login does not change `LastModifiedDate`; an edit does.
    let edited = change.is_active.is_some() || features.is_some();
    org.change_user(
        index,
        Change {
            active: change.is_active,
            frozen: change.is_frozen,
            features,
            last_login,
            modified: edited.then_some(now),
            ..Change::default()
        },
    );
    Ok(Reply::json(200, &ExpectedUser::of(&org, index)))
}
