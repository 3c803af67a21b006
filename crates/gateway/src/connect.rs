//! Where a delegated link leads: `/connect/{token}`, a page that says what is asked for, with a button.
//!
//! Programs that look into messages for links fetch them; so GET shows and changes nothing, and only the button's POST
//! begins a consent. Its answer is a page that leads on to the vendor, not a redirect: a redirect would belong to the
//! form, and browsers hold every step of it, up to the company's own login page, to the policy on where forms lead.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use seatgraph_core::{GrantType, Manifest, Necessity, Permission, PermissionSetDocument, Secret};
use seatgraph_engine::{Authorization, ConsentError, Engine, GuidedStep, LinkDetails, setup};
use sha2::{Digest, Sha256};
use url::Url;

use crate::page::{broken, escaped, of_finding, page, page_with};

/// What the names of cookies begin with that tell in which browser a link was followed; the link's id ends them.
const COOKIE: &str = "seatgraph_connect_";

/// As long as a consent may take, in seconds.
const COOKIE_LIFE: u32 = 10 * 60;

/// A browser sends no more of them than links that somebody follows within ten minutes.
const MOST_COOKIES: usize = 20;

#[derive(Clone)]
struct Here {
    engine: Engine,
    public_url: Url,
}

/// Answers whoever follows a link of a gateway that browsers reach at `public_url`.
pub(crate) fn router(engine: Engine, public_url: Url) -> Router {
    Router::new().route("/connect/{token}", get(show).post(begin)).with_state(Here { engine, public_url })
}

async fn show(State(here): State<Here>, Path(token): Path<String>) -> Response {
    match here.engine.link_details(&Secret::new(token)).await {
        Ok(invitation) => {
            let alias = invitation.link.alias_id;
            let steps = here.engine.vendor_steps(alias, GrantType::AuthorizationCode, &here.public_url).await;
            let grant = Some(GrantType::AuthorizationCode);
            let setup = setup(invitation.connector, grant, &here.public_url).unwrap_or_default();
            let steps = set_up_steps(&steps.unwrap_or_default()) + &documents(&setup.permission_sets);
            page(StatusCode::OK, "Authorise a connection", &asked(&invitation, &steps))
        }
        Err(error) => not_invited(error),
    }
}

async fn begin(State(here): State<Here>, Path(token): Path<String>) -> Response {
    let (token, browser) = (Secret::new(token), Secret::generate());
    let invitation = match here.engine.link_details(&token).await {
        Ok(invitation) => invitation,
        Err(error) => return not_invited(error),
    };
    match here.engine.begin_by_link(&token, &here.public_url, known_as(browser.expose())).await {
        Ok(authorization) => {
            let mut answer = onwards(&authorization, invitation.connector.manifest().name);
            answer.headers_mut().insert(header::SET_COOKIE, cookie(&invitation, &browser, &here.public_url));
            answer
        }
        Err(error) => not_invited(error),
    }
}

/// The names by which consents may have been begun in the browser that sent these headers.
pub(crate) fn browsers(headers: &HeaderMap) -> Vec<String> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let ours = pairs.filter(|(name, _)| name.starts_with(COOKIE));
    ours.take(MOST_COOKIES).map(|(_, value)| known_as(value)).collect()
}

/// Whoever reads the database cannot pretend to be the browser.
fn known_as(cookie: &str) -> String {
    let hash = Sha256::digest(cookie);
    format!("browser:{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// `Lax`, because the vendor's site is where the browser comes back from.
fn cookie(invitation: &LinkDetails, browser: &Secret, public_url: &Url) -> HeaderValue {
    let (link, path) = (invitation.link.id, callback_path(public_url));
    let secure = if public_url.scheme() == "https" { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}{link}={}; Path={path}; Max-Age={COOKIE_LIFE}; HttpOnly; SameSite=Lax{secure}",
        browser.expose()
    );
    let mut value = HeaderValue::try_from(text).expect("ids, base64 and paths of addresses are visible ASCII");
    value.set_sensitive(true);
    value
}

/// The path under which every connector's callback lies.
fn callback_path(public_url: &Url) -> String {
    format!("{}/oauth/", public_url.path().trim_end_matches('/'))
}

fn not_invited(error: ConsentError) -> Response {
    match error {
        ConsentError::Found(finding) => {
            tracing::info!(code = %finding.code, "a delegated link led nowhere");
            page(StatusCode::NOT_FOUND, "This link does not work", &of_finding(&finding))
        }
        ConsentError::Failed(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a delegated link could not be followed");
            broken()
        }
    }
}

fn onwards(authorization: &Authorization, vendor: &str) -> Response {
    let (url, vendor) = (escaped(authorization.url.as_str()), escaped(vendor));
    let head = format!("<meta http-equiv=\"refresh\" content=\"0;url={url}\">");
    let body = format!("<p><a href=\"{url}\" rel=\"noreferrer\">Continue to {vendor}</a> if nothing happens.</p>");
    page_with(StatusCode::OK, "One moment", &head, &body)
}

fn asked(invitation: &LinkDetails, steps: &str) -> String {
    let manifest = invitation.connector.manifest();
    let row = |name: &str, value: &str| format!("<tr><th>{name}</th><td>{}</td></tr>", escaped(value));
    let address = invitation.address.as_deref().unwrap_or("the one that you log in to");
    let until = invitation.link.expires_at.format("%-d %B %Y, %H:%M UTC").to_string();
    let table = [
        row("Connection", &invitation.alias),
        row("System", manifest.name),
        row("Organisation", address),
        row("Asked for by", &invitation.link.created_by),
        row("Works until", &until),
    ];
    format!(
        "<p>Somebody asks you to let a licence management gateway look into your organisation. You need an account that \
         may authorise applications there, and none here.</p><table>{}</table>{}{}\
         <form method=\"post\"><p><button>Continue to {}</button></p></form>\
         <p><small>You log in and decide there. This page never sees your password.</small></p>",
        table.concat(),
        allowed(manifest, &invitation.scopes),
        steps,
        escaped(manifest.name),
    )
}

/// What the gateway will be able to do: the scopes, and what it does with them.
fn allowed(manifest: &Manifest, scopes: &[&str]) -> String {
    let available = manifest.processes.iter().filter(|spec| spec.available);
    let mut permissions: Vec<Permission> = Vec::new();
    for permission in available.flat_map(|spec| spec.permissions).filter(|permission| permission.enabled) {
        match permissions.iter_mut().find(|known| known.api_name == permission.api_name) {
            // Processes need one permission more or less; here the most counts, which is the first in order.
            Some(known) => known.necessity = known.necessity.min(permission.necessity),
            None => permissions.push(*permission),
        }
    }
    let lines: Vec<String> = permissions.iter().map(permission_row).collect();
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("<code>{}</code>", escaped(scope))).collect();
    format!(
        "<h2>What it will be allowed to do</h2><p>Scopes: {}. Within them it acts as the person who authorises it, and \
         uses these permissions:</p><table>{}</table>",
        scopes.join(", "),
        lines.concat()
    )
}

fn permission_row(permission: &Permission) -> String {
    let need = match permission.necessity {
        Necessity::Minimal => "needed",
        Necessity::Recommended => "recommended",
        Necessity::IfRestricted => "needed where access is restricted",
    };
    let (name, what) = (escaped(permission.name), escaped(permission.description));
    format!("<tr><th>{name}</th><td>{what}</td><td>{need}</td></tr>")
}

/// What has to be set up at the vendor before the button works: the vendor's part of the guided set-up.
fn set_up_steps(steps: &[GuidedStep]) -> String {
    let item = |guided: &GuidedStep| {
        let step = &guided.step;
        let values = step
            .values
            .iter()
            .map(|value| format!("<br>{}: <code>{}</code>", escaped(&value.label), escaped(&value.value)));
        let state = match (guided.done, &guided.remedy) {
            (true, _) => " <b>Done.</b>".to_owned(),
            (false, Some(remedy)) => format!(" <i>{}</i>", escaped(remedy)),
            (false, None) => String::new(),
        };
        let docs =
            step.docs_url.map(|url| format!(" <a href=\"{0}\" rel=\"noreferrer\">More about it.</a>", escaped(url)));
        format!(
            "<li><b>{}</b> ({}). {}{}{}{state}</li>",
            escaped(&step.title),
            escaped(&step.done_by),
            escaped(&step.instructions),
            values.collect::<String>(),
            docs.unwrap_or_default()
        )
    };
    let items: String = steps.iter().map(item).collect();
    format!("<h2>Before you continue</h2><p>Whoever sent you the link may have done some of this.</p><ol>{items}</ol>")
}

/// The permission sets that a step names, each to be opened, copied and imported.
fn documents(sets: &[PermissionSetDocument]) -> String {
    let set = |set: &PermissionSetDocument| {
        let file = |name: &str, text: &str| format!("<p>{name}:</p><pre>{}</pre>", escaped(text));
        let contents = set.manifest_xml.as_deref().map(|text| file("package.xml", text));
        format!(
            "<details><summary><b>{}</b></summary><p>{}</p>{}{}</details>",
            escaped(set.name),
            escaped(&set.description),
            file(&escaped(&set.file_name), &set.xml),
            contents.unwrap_or_default()
        )
    };
    if sets.is_empty() {
        return String::new();
    }
    format!("<h2>Permission sets, ready to import</h2>{}", sets.iter().map(set).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_the_cookies_that_it_was_given() {
        let mut headers = HeaderMap::new();
        let field = "theme=dark; seatgraph_connect_link_1=one; seatgraph_connect_link_2=two";
        headers.append(header::COOKIE, HeaderValue::from_static(field));
        headers.append(header::COOKIE, HeaderValue::from_static("seatgraph_connect_link_3=three"));
        assert_eq!(browsers(&headers), ["one", "two", "three"].map(known_as));
        assert!(!browsers(&headers).concat().contains("one"));
        assert!(browsers(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn a_cookie_goes_to_callbacks_alone_wherever_the_gateway_lies() {
        for (public, path) in [("https://a.example", "/oauth/"), ("https://a.example/seats/", "/seats/oauth/")] {
            assert_eq!(callback_path(&public.parse().unwrap()), path);
        }
    }
}
