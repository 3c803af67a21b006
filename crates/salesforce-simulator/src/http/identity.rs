//! Who a session belongs to: userinfo and the identity URL. Refusals are plain text here.

use serde_json::{Value, json};

use super::reply::Reply;
use super::request::Request;
use crate::org::Org;
use crate::org::id::Id;
use crate::org::rows::Row;
use crate::schema;
use crate::state::{State, lock};

/// The user of the request's session, or the plain-text refusal.
fn session_user(state: &State, request: &Request) -> Result<u32, Reply> {
    let query = request.query();
    let token = request.bearer().or_else(|| query.get("oauth_token").map(String::as_str));
    let token = token.ok_or_else(|| Reply::text(403, "Missing_OAuth_Token"))?;
    let lifetime = i64::try_from(state.settings.session_seconds).unwrap_or(i64::MAX);
    let user = lock(&state.grants).session_user(token, state.now(), lifetime);
    user.ok_or_else(|| Reply::text(403, "Bad_OAuth_Token"))
}

/// The value of one of the user's fields, as text.
fn field(org: &Org, index: u32, name: &str) -> String {
    let object = schema::known("User");
    let (_, field) = object.field(name).expect("the schema has the field");
    let row = Row::User(org.user(index));
    org.value(object, field, u64::from(index), &row).to_text()
}

fn urls(state: &State, org: &Org) -> Value {
    let url = &state.url;
    let id = org.id();
    json!({
        "enterprise": format!("{url}/services/Soap/c/{{version}}/{id}"),
        "metadata": format!("{url}/services/Soap/m/{{version}}/{id}"),
        "partner": format!("{url}/services/Soap/u/{{version}}/{id}"),
        "rest": format!("{url}/services/data/v{{version}}/"),
        "sobjects": format!("{url}/services/data/v{{version}}/sobjects/"),
        "query": format!("{url}/services/data/v{{version}}/query/"),
        "custom_domain": url,
    })
}

pub(crate) fn userinfo(state: &State, request: &Request) -> Reply {
    let user = match session_user(state, request) {
        Ok(user) => user,
        Err(reply) => return reply,
    };
    let org = state.org();
    let id = org.user_id(user);
    let url = &state.url;
    let body = json!({
        "sub": format!("{url}/id/{}/{id}", org.id()),
        "user_id": id.as_str(),
        "organization_id": org.id().as_str(),
        "preferred_username": field(&org, user, "Username"),
        "nickname": field(&org, user, "CommunityNickname"),
        "name": field(&org, user, "Name"),
        "email": field(&org, user, "Email"),
        "email_verified": true,
        "given_name": field(&org, user, "FirstName"),
        "family_name": field(&org, user, "LastName"),
        "zoneinfo": "Europe/Berlin",
        "user_type": org.user(user).user_type().to_uppercase(),
        "photos": { "picture": format!("{url}/profilephoto/005/F"), "thumbnail": format!("{url}/profilephoto/005/T") },
        "profile": format!("{url}/{id}"),
        "picture": format!("{url}/profilephoto/005/F"),
        "address": {},
        "is_salesforce_integration_user": false,
        "active": org.user(user).active,
        "urls": urls(state, &org),
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 3_600_000,
        "updated_at": field(&org, user, "LastModifiedDate").replace(".000+0000", "Z"),
        "is_app_installed": true,
    });
    Reply::json(200, &body)
}

pub(crate) fn identity(state: &State, request: &Request, organization: &str, user: &str) -> Reply {
    let caller = match session_user(state, request) {
        Ok(caller) => caller,
        Err(reply) => return reply,
    };
    let org = state.org();
    if Id::parse(organization) != Some(org.id()) {
        return Reply::text(403, "Wrong_Org");
    }
    let Some(user) = Id::parse(user).and_then(|id| org.user_index(id)) else {
        return Reply::text(404, "Bad_Id");
    };
    let facts = org.user(user);
    if !facts.active {
        return Reply::text(404, "Inactive");
    }
    let id = org.user_id(user);
    let url = &state.url;
    let body = json!({
        "id": format!("{url}/id/{}/{id}", org.id()),
        "asserted_user": caller == user,
        "user_id": id.as_str(),
        "organization_id": org.id().as_str(),
        "username": field(&org, user, "Username"),
        "nick_name": field(&org, user, "CommunityNickname"),
        "display_name": field(&org, user, "Name"),
        "email": field(&org, user, "Email"),
        "email_verified": true,
        "first_name": field(&org, user, "FirstName"),
        "last_name": field(&org, user, "LastName"),
        "timezone": "Europe/Berlin",
        "photos": { "picture": format!("{url}/profilephoto/005/F"), "thumbnail": format!("{url}/profilephoto/005/T") },
        "status": { "created_date": null, "body": null },
        "urls": urls(state, &org),
        "active": true,
        "user_type": facts.user_type().to_uppercase(),
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 3_600_000,
        "last_modified_date": field(&org, user, "LastModifiedDate"),
        "is_app_installed": true,
    });
    Reply::json(200, &body)
}
