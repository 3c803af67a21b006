//! `/login`, `/login/callback`, `/login/session`, `/logout`, and the redirect from GraphiQL to the login.

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_core::Secret;
use seatgraph_engine::access::{CommandTarget, Principal, PrincipalId};
use seatgraph_engine::{Actor, Audited};
use seatgraph_store::Session;
use seatgraph_store::sessions::{self, ConsumeResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::LoginError;
use super::{Login, browser, return_to};
use crate::addresses;
use crate::cookies::CookieName;
use crate::edge::{RequestCredentials, is_cross_site};
use crate::page::{page, page_leading_to};

impl Login {
    /// Serves login, logout and the current session.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/login", get(begin))
            .route("/login/callback", get(finish))
            .route("/login/session", get(present))
            .route("/logout", get(ask_to_end).post(end))
            .with_state(self.clone())
    }
}

/// Replaces [`Login::router`] in a gateway without a provider. GraphiQL requests the session.
pub(crate) fn router_without_provider() -> Router {
    Router::new().route("/login/session", get(|| async { answer(None) }))
}

/// Redirects a browser without a session from `/` to the login.
pub(crate) async fn require_session(State(login): State<Login>, request: Request, next: Next) -> Response {
    let is_page = request.method() == Method::GET && request.uri().path() == "/";
    if is_page && browser::is_navigation(request.headers()) {
        match login.session(request.headers()).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let asked = request.uri().path_and_query().map(|path| path.as_str());
                return redirect(&return_to::login(&return_to::local(asked)), []);
            }
            Err(error) => return LoginError::from(error).page(),
        }
    }
    next.run(request).await
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default, rename = "return")]
    path: Option<String>,
    /// Set after the redirect to the public URL, to prevent a redirect loop behind a proxy that rewrites `Host`.
    #[serde(default)]
    moved: Option<String>,
}

async fn begin(State(login): State<Login>, headers: HeaderMap, Query(wanted): Query<Wanted>) -> Response {
    let path = return_to::local(wanted.path.as_deref());
    if wanted.moved.is_none() && login.has_another_host(&headers) {
        let mut there = addresses::under(&login.0.public_url, &["login"]);
        there.query_pairs_mut().append_pair("return", &path).append_pair("moved", "1");
        return redirect(there.as_str(), []);
    }
    login.begin(&headers, path).await.unwrap_or_else(|error| error.page())
}

/// Query parameters of RFC 6749 section 4.1.2 and RFC 9207.
#[derive(Deserialize)]
struct Returned {
    #[serde(default)]
    state: Option<Secret>,
    #[serde(default)]
    code: Option<Secret>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

impl Returned {
    /// Returns the code, or the error of the provider.
    fn code(self, issuer: &str) -> Result<Secret, LoginError> {
        if self.iss.is_some_and(|iss| iss != issuer) {
            return Err(LoginError::InvalidToken("the response is from another issuer".to_owned()));
        }
        match (self.error, self.code) {
            (None, Some(code)) => Ok(code),
            (error, _) => {
                let error = error.unwrap_or_else(|| "invalid_request".to_owned());
                Err(LoginError::Refused { error, description: self.error_description.unwrap_or_default() })
            }
        }
    }
}

async fn finish(
    State(login): State<Login>,
    returned: Result<Query<Returned>, QueryRejection>,
    parts: Parts,
) -> Response {
    let Ok(Query(returned)) = returned else { return LoginError::Unknown.page() };
    let from = RequestCredentials::of(&parts).from;
    login.finish(&parts.headers, &from, returned).await.unwrap_or_else(|error| error.page())
}

/// The current session, as returned by `/login/session`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CurrentSession {
    subject: String,
    name: String,
    email: Option<String>,
    groups: Vec<String>,
    created_at: DateTime<Utc>,
    /// End of the session, regardless of use.
    expires_at: DateTime<Utc>,
    /// End of the session if it is not used.
    idle_expires_at: DateTime<Utc>,
}

async fn present(State(login): State<Login>, headers: HeaderMap) -> Response {
    if is_cross_site(&headers) {
        return LoginError::CrossSite.page();
    }
    let session = match login.session(&headers).await {
        Ok(session) => session,
        Err(error) => return LoginError::from(error).page(),
    };
    let idle = TimeDelta::from_std(login.0.settings.session_idle).unwrap_or(TimeDelta::MAX);
    let session = session.map(|session| CurrentSession {
        idle_expires_at: session
            .last_seen_at
            .checked_add_signed(idle)
            .map_or(session.expires_at, |at| at.min(session.expires_at)),
        subject: session.subject,
        name: session.name,
        email: session.email,
        groups: session.groups,
        created_at: session.created_at,
        expires_at: session.expires_at,
    });
    answer(session)
}

fn answer(session: Option<CurrentSession>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, serde_json::json!({ "session": session }).to_string()).into_response()
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    title: &'static str,
    name: &'a str,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    title: &'static str,
}

async fn ask_to_end(State(login): State<Login>, headers: HeaderMap) -> Response {
    match login.session(&headers).await {
        Ok(Some(session)) => {
            let sign_out = SignOutPage { title: "Sign out", name: &session.name };
            // The form is redirected to the provider, and `form-action` applies to redirects too.
            let provider = login.0.provider.logout_origin().await.unwrap_or_default();
            page_leading_to(format!("'self' {provider}").trim_end(), StatusCode::OK, &sign_out)
        }
        Ok(None) => page(StatusCode::OK, &SignedOutPage { title: "Signed out" }),
        Err(error) => LoginError::from(error).page(),
    }
}

async fn end(State(login): State<Login>, parts: Parts) -> Response {
    if is_cross_site(&parts.headers) {
        return LoginError::CrossSite.page();
    }
    login.end(&parts.headers, &RequestCredentials::of(&parts).from).await.unwrap_or_else(|error| error.page())
}

impl Login {
    /// Whether the browser uses another host name than the public URL, to which the provider redirects. The cookies would
    /// not be sent there.
    fn has_another_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| !browser::is_same_host(host, self.0.public_url.authority()))
    }

    async fn begin(&self, headers: &HeaderMap, path: String) -> Result<Response, LoginError> {
        let shared = &self.0;
        let begun = shared.provider.begin(path).await?;
        // One cookie for all windows, which can have concurrent logins.
        let browser = shared.cookies.read(CookieName::Login, headers).unwrap_or_else(Secret::generate);
        let life = shared.settings.attempt_life;
        sessions::begin(&shared.db, &shared.sealer, &begun.state, &browser, &begun.attempt).await?;
        Ok(redirect(begun.url.as_str(), [shared.cookies.set(CookieName::Login, &browser, life)]))
    }

    async fn finish(&self, headers: &HeaderMap, from: &str, returned: Returned) -> Result<Response, LoginError> {
        let shared = &self.0;
        let (Some(state), Some(browser)) = (returned.state.clone(), shared.cookies.read(CookieName::Login, headers))
        else {
            return Err(LoginError::Unknown);
        };
        let life = shared.settings.attempt_life;
        let attempt = match sessions::take(&shared.db, &shared.sealer, &state, &browser, life).await {
            Ok(ConsumeResult::Login(attempt)) => attempt,
            Ok(ConsumeResult::Used) => return Err(LoginError::Used),
            // If the encryption key was removed meanwhile, the login has expired.
            Ok(ConsumeResult::Unknown) | Err(seatgraph_store::Error::DecryptFailed) => return Err(LoginError::Unknown),
            Err(error) => return Err(error.into()),
        };
        let code = returned.code(&shared.settings.issuer)?;
        let login = Box::pin(shared.provider.redeem(&code, &attempt)).await?;
        let (token, earlier) = (Secret::generate(), shared.cookies.read(CookieName::Session, headers));
        let life = shared.settings.session_life;
        let actor = actor(&login.subject, &login.name, from);
        let open = sessions::open(&shared.db, &shared.sealer, &token, &login, life, earlier.as_ref());
        let session = shared.engine.audited(&actor, "login", CommandTarget::Gateway, open).await?;
        tracing::info!(session.id = %session.id, "user logged in");
        Ok(redirect(&attempt.return_path, [shared.cookies.set(CookieName::Session, &token, life)]))
    }

    /// Ends a session. Returns the ID token for the logout at the provider.
    async fn end_session(&self, session: &Session, token: &Secret, from: &str) -> Result<Option<Secret>, LoginError> {
        let shared = &self.0;
        let actor = actor(&session.subject, &session.name, from);
        let end = async { sessions::end(&shared.db, &shared.sealer, token).await.map(SessionEnded) };
        let SessionEnded(id_token) = shared.engine.audited(&actor, "logout", CommandTarget::Gateway, end).await?;
        Ok(id_token)
    }

    /// Ends the session, then redirects to the logout of the provider, if it has one.
    async fn end(&self, headers: &HeaderMap, from: &str) -> Result<Response, LoginError> {
        let shared = &self.0;
        let mut location = "/logout".to_owned();
        let id_token = match (self.session(headers).await?, shared.cookies.read(CookieName::Session, headers)) {
            (Some(session), Some(token)) => self.end_session(&session, &token, from).await?,
            // An expired session: its row is deleted, without an audit record.
            (None, Some(token)) => sessions::end(&shared.db, &shared.sealer, &token).await?,
            (_, None) => None,
        };
        if let Some(id_token) = id_token {
            match shared.provider.logout_url(&id_token).await {
                Ok(url) => location = url.map_or(location, String::from),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "session ended, but perhaps not at the OpenID provider");
                }
            }
        }
        Ok(redirect(&location, [shared.cookies.clear(CookieName::Session)]))
    }
}

/// The user of a session, as recorded in the audit log.
fn actor(subject: &str, name: &str, from: &str) -> Actor {
    let user = Principal::new(PrincipalId::Person(subject.to_owned()), name, Vec::new());
    Actor::new(&user, from, &Uuid::now_v7().simple().to_string())
}

/// The ID token of an ended session, if the provider issued one.
struct SessionEnded(Option<Secret>);

impl Audited for SessionEnded {}

/// Redirects with GET, whatever the method of the request.
fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let cookies = AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    (cookies, headers, Redirect::to(to)).into_response()
}
