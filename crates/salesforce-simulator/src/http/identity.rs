//! userinfo and the identity URL. Their errors are plain text.

use serde_json::{Value, json};

use super::reply::Reply;
use super::request::Request;
use crate::id::Id;
use crate::org::rows::Row;
use crate::schema;
use crate::state::{State, lock};

/// Finds the user of the session.
fn session_user(state: &State, request: &Request) -> Result<u32, Reply> {
    let query = request.query();
    let token = request.bearer().or_else(|| query.get("oauth_token").map(String::as_str));
    let token = token.ok_or_else(|| Reply::text(403, "Missing_OAuth_Token"))?;
    let lifetime = i64::try_from(state.settings.session_seconds).unwrap_or(i64::MAX);
    let user = lock(&state.grants).session_user(token, state.now(), lifetime);
    user.ok_or_else(|| Reply::text(403, "Bad_OAuth_Token"))
}

/// The member names of the identity URL, the username and the display name, which differ between the endpoints.
struct Names {
    url: &'static str,
    username: &'static str,
    name: &'static str,
}

/// The common part of both responses.
fn profile(state: &State, index: u32, names: &Names) -> Value {
    let org = state.org();
    let user = org.user(index);
    let row = Row::User(user.clone());
    let object = schema::known("User");
    let field = |name: &str| {
        let (_, field) = object.field(name).expect("the schema has the field");
        org.value(object, field, u64::from(index), &row).to_text().into_owned()
    };
    let (organization, id, url) = (org.id(), org.user_id(index), &state.url);
    json!({
        "user_id": id.as_str(),
        "organization_id": organization.as_str(),
        "email": field("Email"),
        "email_verified": true,
        "active": user.active,
        "user_type": user.user_type().to_uppercase(),
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 3_600_000,
        "is_app_installed": true,
        names.username: field("Username"),
        names.name: field("Name"),
        names.url: format!("{url}/id/{organization}/{id}"),
    })
}

pub(crate) fn userinfo(state: &State, request: &Request) -> Reply {
    let user = match session_user(state, request) {
        Ok(user) => user,
        Err(reply) => return reply,
    };
    Reply::json(200, &profile(state, user, &Names { url: "sub", username: "preferred_username", name: "name" }))
}

pub(crate) fn identity(state: &State, request: &Request, organization: &str, user: &str) -> Reply {
    let caller = match session_user(state, request) {
        Ok(caller) => caller,
        Err(reply) => return reply,
    };
    let user = {
        let org = state.org();
        if Id::parse(organization) != Some(org.id()) {
            return Reply::text(403, "Wrong_Org");
        }
        let Some(user) = Id::parse(user).and_then(|id| org.user_index(id)) else {
            return Reply::text(404, "Bad_Id");
        };
        if !org.user(user).active {
            return Reply::text(404, "Inactive");
        }
        user
    };
    let mut body = profile(state, user, &Names { url: "id", username: "username", name: "display_name" });
    body["asserted_user"] = json!(caller == user);
    Reply::json(200, &body)
}
