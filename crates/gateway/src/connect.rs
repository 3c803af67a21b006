//! Delegated links: `/connect/{token}`, a page that describes the requested access, with a button.
//!
//! Mail filters and previews fetch links, so GET changes nothing and only the button's POST starts an authorisation. The
//! response is a page with a link to the vendor instead of a redirect: browsers apply `form-action` to every redirect
//! after a form, up to the login page of the company.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use seatgraph_core::{GrantType, Manifest, Permission, Requirement, Secret};
use seatgraph_engine::{ConsentError, Engine, LinkDetails, VendorSetup};
use seatgraph_store::digest;
use url::Url;

use crate::cookies::{CookieName, Cookies};
use crate::page::{FindingPage, failed, page};

/// Time limit of an authorisation.
const COOKIE_LIFE: Duration = Duration::from_secs(10 * 60);

#[derive(Clone)]
struct AppState {
    engine: Engine,
    public_url: Url,
}

/// Serves the delegated links of a gateway with the public URL `public_url`.
pub(crate) fn router(engine: Engine, public_url: Url) -> Router {
    Router::new().route("/connect/{token}", get(show).post(begin)).with_state(AppState { engine, public_url })
}

async fn show(State(app): State<AppState>, Path(token): Path<String>) -> Response {
    let link_details = match app.engine.link_details(&Secret::new(token)).await {
        Ok(link_details) => link_details,
        Err(error) => return link_refused(error),
    };
    let (grant, manifest) = (GrantType::AuthorizationCode, link_details.connector.manifest());
    let setup = app.engine.vendor_setup(link_details.link.alias_id, grant, &app.public_url).await.unwrap_or_default();
    let link_page = LinkPage {
        title: "Authorise a connection",
        vendor: manifest.name,
        permissions: permissions(manifest),
        link: link_details,
        setup,
    };
    page(StatusCode::OK, &link_page)
}

async fn begin(State(app): State<AppState>, Path(token): Path<String>) -> Response {
    let (token, browser) = (Secret::new(token), Secret::generate());
    let link_details = match app.engine.link_details(&token).await {
        Ok(link_details) => link_details,
        Err(error) => return link_refused(error),
    };
    match app.engine.begin_by_link(&token, &app.public_url, browser_name(browser.expose())).await {
        Ok(authorization) => {
            let name = CookieName::Link(link_details.link.id);
            let cookie = Cookies::of(&app.public_url).set(name, &browser, COOKIE_LIFE);
            let vendor = link_details.connector.manifest().name;
            let onwards = ContinuePage { title: "One moment", url: authorization.url.as_str(), vendor };
            ([(header::SET_COOKIE, cookie)], page(StatusCode::OK, &onwards)).into_response()
        }
        Err(error) => link_refused(error),
    }
}

/// The stored names of the browser that sent these headers, one per delegated link that it has opened.
pub(crate) fn browsers(headers: &HeaderMap) -> Vec<String> {
    Cookies::links(headers).iter().map(|token| browser_name(token.expose())).collect()
}

/// The stored name of a browser. It does not reveal the cookie to a reader of the database.
fn browser_name(cookie: &str) -> String {
    format!("browser:{}", digest::hex(&digest::hash(cookie)))
}

fn link_refused(error: ConsentError) -> Response {
    match error {
        ConsentError::Found(finding) => {
            tracing::info!(code = %finding.code, "delegated link refused");
            let refused = FindingPage { title: "This link does not work", finding: &finding, note: None };
            page(StatusCode::NOT_FOUND, &refused)
        }
        ConsentError::Failed(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "delegated link failed");
            failed()
        }
    }
}

/// The page of a link: the requested access, and the setup steps at the vendor.
#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    title: &'static str,
    vendor: &'static str,
    link: LinkDetails,
    permissions: Vec<Permission>,
    setup: VendorSetup,
}

#[derive(Template)]
#[template(path = "continue.html")]
struct ContinuePage<'a> {
    title: &'static str,
    url: &'a str,
    vendor: &'static str,
}

/// The permissions that the connection uses, each once.
fn permissions(manifest: &Manifest) -> Vec<Permission> {
    let available = manifest.processes.iter().filter(|spec| spec.available);
    let mut permissions: Vec<Permission> = Vec::new();
    for permission in available.flat_map(|spec| spec.permissions).filter(|permission| permission.enabled) {
        match permissions.iter_mut().find(|known| known.api_name == permission.api_name) {
            // Processes can have different requirements for a permission. The strictest is the first in order.
            Some(known) => known.requirement = known.requirement.min(permission.requirement),
            None => permissions.push(*permission),
        }
    }
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_recognized_by_the_cookies_of_its_links() {
        let tokens = [Secret::generate(), Secret::generate()];
        let [one, two] = tokens.each_ref().map(Secret::expose);
        let field = format!("theme=dark; seatgraph_connect_link_1={one}; seatgraph_connect_link_2={two}");
        let headers = HeaderMap::from_iter([(header::COOKIE, field.parse().unwrap())]);
        assert_eq!(browsers(&headers), [browser_name(one), browser_name(two)]);
        assert!(!browsers(&headers).concat().contains(one));
        assert!(browsers(&HeaderMap::new()).is_empty());
    }
}
