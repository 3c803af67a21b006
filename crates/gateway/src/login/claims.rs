//! Converts the claims of the provider to a login.

use seatgraph_core::Secret;
use seatgraph_store::sessions::Login;
use serde_json::{Map, Value};

use super::LoginSettings;
use super::error::LoginError;

/// Claims by name, as in the provider's JSON.
pub(super) type Claims = Map<String, Value>;

/// Whether the ID token lacks claims that the userinfo endpoint may have.
pub(super) fn is_incomplete(settings: &LoginSettings, claims: &Claims) -> bool {
    find(claims, &settings.group_claim).is_none() || find(claims, &settings.name_claim).is_none()
}

/// Adds claims that the ID token lacks. Claims of the ID token are kept because it is signed.
pub(super) fn complete(mut claims: Claims, more: Claims) -> Claims {
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
    claims
}

/// Reads the authenticated user.
pub(super) fn login(settings: &LoginSettings, claims: &Claims, id_token: Option<Secret>) -> Result<Login, LoginError> {
    let text = |name: &str| find(claims, name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let subject = text("sub").ok_or(LoginError::Claim { name: "sub".to_owned(), wanted: "a string" })?;
    let name = [settings.name_claim.as_str(), "preferred_username", "email"].into_iter().find_map(text);
    let denied = claims.get("email_verified").is_some_and(|verified| *verified == Value::Bool(false));
    let groups = groups(settings, claims)?;
    let allowed = &settings.allowed_groups;
    if !allowed.is_empty() && !groups.iter().any(|group| allowed.contains(group)) {
        return Err(LoginError::NotAllowed { claimed: find(claims, &settings.group_claim).is_some() });
    }
    Ok(Login {
        issuer: settings.issuer.clone(),
        subject: subject.to_owned(),
        name: name.unwrap_or(subject).to_owned(),
        email: text("email").filter(|_| !denied).map(str::to_owned),
        groups,
        id_token,
    })
}

/// Reads the group claim. A missing claim means no groups. A claim of the wrong type is refused, because ignoring it could
/// hide a group that access depends on.
fn groups(settings: &LoginSettings, claims: &Claims) -> Result<Vec<String>, LoginError> {
    let wrong = || LoginError::Claim { name: settings.group_claim.clone(), wanted: "a list of strings" };
    let mut groups = match find(claims, &settings.group_claim) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => {
            all.iter().map(|group| group.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(wrong()),
    };
    groups.sort();
    groups.dedup();
    Ok(groups)
}

/// Finds a claim by name, or by JSON pointer if it begins with a slash. A name can contain dots and slashes:
/// `https://example.com/groups`.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    let Some(pointer) = name.strip_prefix('/') else { return claims.get(name) };
    let mut steps = pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    let first = claims.get(&steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(&step))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(more: &str) -> LoginSettings {
        let toml = format!("issuer = 'https://id.example.com'\nclient_id = 'seatgraph'\n{more}");
        figment::Figment::from(<figment::providers::Toml as figment::providers::Format>::string(&toml))
            .extract()
            .unwrap()
    }

    fn claims(value: Value) -> Claims {
        let Value::Object(claims) = value else { panic!("claims are an object") };
        claims
    }

    fn read(more: &str, value: Value) -> Result<Login, LoginError> {
        login(&settings(more), &claims(value), None)
    }

    #[test]
    fn the_login_has_the_claims_of_the_provider() {
        let claims = json!({
            "sub": "u-17", "name": "Anna Adler", "email": "anna@example.com", "groups": ["b", "a", "b"], "aud": "seatgraph",
        });
        let login = read("", claims).unwrap();
        assert_eq!((login.issuer.as_str(), login.subject.as_str()), ("https://id.example.com", "u-17"));
        assert_eq!((login.name.as_str(), login.email.as_deref()), ("Anna Adler", Some("anna@example.com")));
        assert_eq!(login.groups, ["a", "b"]);
    }

    #[test]
    fn a_missing_name_is_replaced_by_other_claims() {
        let name = |claims: Value| read("", claims).unwrap().name;
        assert_eq!(name(json!({ "sub": "u-17", "name": " ", "preferred_username": "anna", "email": "a@b.c" })), "anna");
        assert_eq!(name(json!({ "sub": "u-17", "preferred_username": null, "email": "a@b.c" })), "a@b.c");
        assert_eq!(name(json!({ "sub": "u-17" })), "u-17");
    }

    #[test]
    fn groups_are_read_from_the_configured_claim() {
        let keycloak = json!({ "sub": "u", "realm_access": { "roles": ["admins"] } });
        assert_eq!(read("group_claim = '/realm_access/roles'", keycloak).unwrap().groups, ["admins"]);
        let auth0 = json!({ "sub": "u", "https://example.com/groups": "admins" });
        assert_eq!(read("group_claim = 'https://example.com/groups'", auth0).unwrap().groups, ["admins"]);
        assert_eq!(read("", json!({ "sub": "u" })).unwrap().groups, Vec::<String>::new());
    }

    #[test]
    fn a_group_claim_of_the_wrong_type_is_refused() {
        for groups in [json!(7), json!({ "a": true }), json!(["a", 7]), json!([["a"]]), json!(true)] {
            let refused = read("", json!({ "sub": "u", "groups": groups.clone() })).unwrap_err();
            assert!(matches!(refused, LoginError::Claim { ref name, .. } if name == "groups"), "{groups}");
        }
    }

    #[test]
    fn an_unverified_email_address_is_ignored() {
        let claims = |verified: bool| json!({ "sub": "u", "email": "ceo@example.com", "email_verified": verified });
        assert_eq!(read("", claims(false)).unwrap().email, None);
        assert!(read("", claims(true)).unwrap().email.is_some());
    }

    #[test]
    fn a_user_in_no_allowed_group_is_refused() {
        let only = "allowed_groups = ['licence-admins', 'auditors']";
        assert!(read(only, json!({ "sub": "u", "groups": ["x", "auditors"] })).is_ok());
        for groups in [json!([]), json!(["Auditors"]), json!("licence-admins "), Value::Null] {
            let refused = read(only, json!({ "sub": "u", "groups": groups.clone() })).unwrap_err();
            assert!(matches!(refused, LoginError::NotAllowed { .. }), "{groups}");
        }
    }

    #[test]
    fn signed_claims_are_not_replaced() {
        let all = complete(
            claims(json!({ "sub": "u", "groups": ["a"] })),
            claims(json!({ "groups": ["root"], "name": "A" })),
        );
        assert_eq!(Value::from(all), json!({ "sub": "u", "groups": ["a"], "name": "A" }));
    }

    #[test]
    fn userinfo_is_needed_only_if_a_claim_is_missing() {
        let whole = claims(json!({ "sub": "u", "name": "A", "groups": [] }));
        assert!(!is_incomplete(&settings(""), &whole));
        assert!(is_incomplete(&settings("group_claim = '/realm_access/roles'"), &whole));
    }
}
