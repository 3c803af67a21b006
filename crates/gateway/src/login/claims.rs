//! What the provider claims of a person, and the login that it amounts to.

use seatgraph_core::Secret;
use seatgraph_store::sessions::Login;
use serde_json::{Map, Value};

use super::LoginSettings;
use super::error::LoginError;

/// Claims by name, as the provider's JSON has them.
pub(super) type Claims = Map<String, Value>;

/// Says whether the ID token leaves something out that the provider may tell at its userinfo address.
pub(super) fn is_incomplete(settings: &LoginSettings, claims: &Claims) -> bool {
    find(claims, &settings.group_claim).is_none() || find(claims, &settings.name_claim).is_none()
}

/// Adds what the ID token did not say; what it did say stands, for it is signed.
pub(super) fn complete(mut claims: Claims, more: Claims) -> Claims {
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
    claims
}

/// Reads whom the provider let through.
pub(super) fn login(settings: &LoginSettings, claims: &Claims, id_token: Option<Secret>) -> Result<Login, LoginError> {
    let text = |name: &str| find(claims, name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let subject = text("sub").ok_or(LoginError::Claim { name: "sub".to_owned(), wanted: "a text" })?;
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

/// Reads the group claim. Absent means no group; anything but texts is refused, because a group that is left out could
/// be the one that a right hangs on.
fn groups(settings: &LoginSettings, claims: &Claims) -> Result<Vec<String>, LoginError> {
    let wrong = || LoginError::Claim { name: settings.group_claim.clone(), wanted: "a list of texts" };
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

/// Finds a claim by its name, or by a JSON pointer when it begins with a slash. A name may hold dots and slashes:
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
    fn a_person_is_who_the_provider_says() {
        let said = json!({
            "sub": "u-17", "name": "Anna Adler", "email": "anna@example.com", "groups": ["b", "a", "b"], "aud": "seatgraph",
        });
        let login = read("", said).unwrap();
        assert_eq!((login.issuer.as_str(), login.subject.as_str()), ("https://id.example.com", "u-17"));
        assert_eq!((login.name.as_str(), login.email.as_deref()), ("Anna Adler", Some("anna@example.com")));
        assert_eq!(login.groups, ["a", "b"]);
    }

    #[test]
    fn without_a_name_the_next_best_word_stands_in() {
        let name = |said: Value| read("", said).unwrap().name;
        assert_eq!(name(json!({ "sub": "u-17", "name": " ", "preferred_username": "anna", "email": "a@b.c" })), "anna");
        assert_eq!(name(json!({ "sub": "u-17", "preferred_username": null, "email": "a@b.c" })), "a@b.c");
        assert_eq!(name(json!({ "sub": "u-17" })), "u-17");
    }

    #[test]
    fn groups_are_found_where_the_operator_says() {
        let keycloak = json!({ "sub": "u", "realm_access": { "roles": ["admins"] } });
        assert_eq!(read("group_claim = '/realm_access/roles'", keycloak).unwrap().groups, ["admins"]);
        let auth0 = json!({ "sub": "u", "https://example.com/groups": "admins" });
        assert_eq!(read("group_claim = 'https://example.com/groups'", auth0).unwrap().groups, ["admins"]);
        assert_eq!(read("", json!({ "sub": "u" })).unwrap().groups, Vec::<String>::new());
    }

    #[test]
    fn a_group_claim_that_is_not_understood_lets_nobody_in() {
        for groups in [json!(7), json!({ "a": true }), json!(["a", 7]), json!([["a"]]), json!(true)] {
            let refused = read("", json!({ "sub": "u", "groups": groups.clone() })).unwrap_err();
            assert!(matches!(refused, LoginError::Claim { ref name, .. } if name == "groups"), "{groups}");
        }
    }

    #[test]
    fn an_address_that_the_provider_did_not_verify_is_nobodys() {
        let said = |verified: bool| json!({ "sub": "u", "email": "ceo@example.com", "email_verified": verified });
        assert_eq!(read("", said(false)).unwrap().email, None);
        assert!(read("", said(true)).unwrap().email.is_some());
    }

    #[test]
    fn whoever_is_in_no_allowed_group_stays_out() {
        let only = "allowed_groups = ['licence-admins', 'auditors']";
        assert!(read(only, json!({ "sub": "u", "groups": ["x", "auditors"] })).is_ok());
        for groups in [json!([]), json!(["Auditors"]), json!("licence-admins "), Value::Null] {
            let refused = read(only, json!({ "sub": "u", "groups": groups.clone() })).unwrap_err();
            assert!(matches!(refused, LoginError::NotAllowed { .. }), "{groups}");
        }
    }

    #[test]
    fn what_is_signed_stands() {
        let all = complete(
            claims(json!({ "sub": "u", "groups": ["a"] })),
            claims(json!({ "groups": ["root"], "name": "A" })),
        );
        assert_eq!(Value::from(all), json!({ "sub": "u", "groups": ["a"], "name": "A" }));
    }

    #[test]
    fn the_provider_is_asked_for_more_only_when_something_is_missing() {
        let whole = claims(json!({ "sub": "u", "name": "A", "groups": [] }));
        assert!(!is_incomplete(&settings(""), &whole));
        assert!(is_incomplete(&settings("group_claim = '/realm_access/roles'"), &whole));
    }
}
