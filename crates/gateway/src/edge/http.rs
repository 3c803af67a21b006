//! GraphQL over HTTP: POST, GET, and streams in the body of the answer.

use std::sync::Arc;
use std::time::Duration;

use apollo_compiler::ast::OperationType;
use async_graphql::Executor;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::caller::RequestCredentials;
use super::document::SelectedOperation;
use super::negotiate::{Accepted, Media, is_json};
use super::params::Params;
use super::refusal::{Code, Refused, RejectReason};
use super::request_log::RequestLog;
use super::service::{Authenticated, Service};
use super::stream::Pace;
use super::{Backend, cost_report, origin, socket, stream};

/// Status of an answer. The draft of the specification is about to change it.
fn status(media: Media, failure: Option<RejectReason>) -> StatusCode {
    let strict = media == Media::GraphqlResponse;
    match failure {
        None => StatusCode::OK,
        Some(RejectReason::Unauthenticated) => StatusCode::UNAUTHORIZED,
        Some(RejectReason::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        Some(RejectReason::Forbidden) => StatusCode::FORBIDDEN,
        Some(RejectReason::NotAcceptable) => StatusCode::NOT_ACCEPTABLE,
        Some(RejectReason::Method(_)) => StatusCode::METHOD_NOT_ALLOWED,
        Some(RejectReason::MediaType) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Some(RejectReason::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(RejectReason::TooSlow) => StatusCode::REQUEST_TIMEOUT,
        Some(RejectReason::RateLimited(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(RejectReason::Malformed) => StatusCode::BAD_REQUEST,
        Some(RejectReason::Document) if strict => StatusCode::BAD_REQUEST,
        Some(RejectReason::TimedOut) if strict => StatusCode::GATEWAY_TIMEOUT,
        Some(RejectReason::Broken) if strict => StatusCode::INTERNAL_SERVER_ERROR,
        Some(RejectReason::Document | RejectReason::TimedOut | RejectReason::Broken) => StatusCode::OK,
    }
}

/// Serves both paths: a WebSocket when the client asks for one, HTTP otherwise.
pub(crate) async fn serve<E: Executor, B: Backend>(
    State(service): State<Arc<Service<E, B>>>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let log = RequestLog::start();
    if let Err(refused) = origin::check(&parts.headers, &parts.uri, &service.settings) {
        return refuse(Media::Json, &refused, log);
    }
    let credentials = RequestCredentials::of(&parts);
    if wants_socket(&parts) {
        return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => socket::upgrade(service, upgrade, credentials).await,
            Err(rejection) => rejection.into_response(),
        };
    }
    let accepted = Accepted::from_headers(&parts.headers);
    let call = Call { accepted, credentials };
    Box::pin(answer(service, &parts, body, call, log)).await
}

fn wants_socket(parts: &Parts) -> bool {
    let upgrade = parts.headers.get(header::UPGRADE);
    parts.method == Method::CONNECT || upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The accepted forms of the answer, and the credentials of the request.
struct Call {
    accepted: Accepted,
    credentials: RequestCredentials,
}

async fn answer<E: Executor, B: Backend>(
    service: Arc<Service<E, B>>,
    parts: &Parts,
    body: Body,
    call: Call,
    mut log: RequestLog,
) -> Response {
    let Call { accepted, credentials } = call;
    let media = accepted.media.unwrap_or(Media::Json);
    let authenticated = match service.authenticate(credentials, &mut log).await {
        Ok(authenticated) => authenticated,
        Err(refused) => return refuse_as(accepted, refused, log, &service),
    };
    let selected = match select(&service, parts, body, accepted, &authenticated, &mut log).await {
        Ok(selected) => selected,
        Err(refused) => return refuse_as(accepted, refused, log, &service),
    };
    let ready = match service.prepare(selected, authenticated, &mut log) {
        Ok(ready) => ready,
        Err(refused) => return refuse_as(accepted, refused, log, &service),
    };
    let pace = pace(&service);
    match (accepted.framing, accepted.media) {
        (Some(framing), media) if is_stream(ready.kind()) || media.is_none() => {
            stream::respond(framing, service.stream(ready, log), pace)
        }
        _ => match service.execute(ready, &mut log).await {
            Ok(response) => {
                let json = serde_json::to_vec(&response).expect("a GraphQL answer has no keys but strings");
                respond(media, status(media, None), json, log)
            }
            Err(refused) => refuse(media, &refused, log),
        },
    }
}

fn pace<E: Executor, B: Backend>(service: &Service<E, B>) -> Pace {
    Pace { heartbeat: service.settings.limits.heartbeat, closing: service.closing.clone() }
}

fn is_stream(kind: OperationType) -> bool {
    kind == OperationType::Subscription
}

/// Everything up to the choice of an operation that this method and these headers can carry.
async fn select<E: Executor, B: Backend>(
    service: &Service<E, B>,
    parts: &Parts,
    body: Body,
    accepted: Accepted,
    authenticated: &Authenticated<B::Identity>,
    log: &mut RequestLog,
) -> Result<SelectedOperation, Refused> {
    if parts.method != Method::POST && parts.method != Method::GET {
        let message = "GraphQL is served by GET and POST";
        return Err(Refused::new(RejectReason::Method("GET, POST"), Code::BadRequest, message));
    }
    if accepted == Accepted::default() {
        let message = "the answer can be application/json, application/graphql-response+json, \
                       text/event-stream or multipart/mixed";
        return Err(Refused::new(RejectReason::NotAcceptable, Code::BadRequest, message));
    }
    let mut params = read(service, parts, body).await?;
    params.wants_cost |= cost_report::wanted(&parts.headers);
    params.last_event = last_event(&parts.headers);
    let selected = service.select(params, authenticated, log).await?;
    if parts.method == Method::GET && selected.kind() == OperationType::Mutation {
        let message = "a mutation needs POST";
        return Err(Refused::new(RejectReason::Method("POST"), Code::BadRequest, message));
    }
    if is_stream(selected.kind()) && accepted.framing.is_none() {
        let message = "a subscription needs text/event-stream, multipart/mixed or a WebSocket";
        return Err(Refused::new(RejectReason::NotAcceptable, Code::BadRequest, message));
    }
    Ok(selected)
}

async fn read<E: Executor, B: Backend>(service: &Service<E, B>, parts: &Parts, body: Body) -> Result<Params, Refused> {
    let limits = &service.settings.limits;
    if parts.method == Method::GET {
        return Params::from_query(parts.uri.query().unwrap_or_default(), limits);
    }
    if !is_json(&parts.headers) {
        let message = "the body must be application/json in UTF-8";
        return Err(Refused::new(RejectReason::MediaType, Code::BadRequest, message));
    }
    let body = collect(body, limits.body_bytes, limits.operation_time).await?;
    Params::from_json(&body, limits)
}

async fn collect(body: Body, most: usize, time: Duration) -> Result<Bytes, Refused> {
    match tokio::time::timeout(time, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("the body is longer than {most} bytes");
            Err(Refused::new(RejectReason::TooLarge, Code::BadRequest, message))
        }
        Ok(Err(_)) => Err(Refused::malformed("the body broke off")),
        Err(_) => Err(Refused::new(RejectReason::TooSlow, Code::Timeout, "the body took too long")),
    }
}

/// The last event that a reconnecting client received, from `Last-Event-ID`.
fn last_event(headers: &HeaderMap) -> Option<i32> {
    headers.get("last-event-id")?.to_str().ok()?.trim().parse().ok()
}

/// Refuses in the form the client reads: a client that reads only streams gets a stream of one.
fn refuse_as<E: Executor, B: Backend>(
    accepted: Accepted,
    refused: Refused,
    mut log: RequestLog,
    service: &Service<E, B>,
) -> Response {
    match (accepted.media, accepted.framing) {
        (None, Some(framing)) if refused.reason == RejectReason::Document => {
            log.failed(&refused);
            log.answered(200);
            let one = (Err(refused), log.trace_id.as_str().into());
            let answers = futures::stream::once(async { one }).boxed();
            stream::respond(framing, answers, pace(service))
        }
        (media, _) => refuse(media.unwrap_or(Media::Json), &refused, log),
    }
}

fn refuse(media: Media, refused: &Refused, mut log: RequestLog) -> Response {
    log.failed(refused);
    let body = refused.body(&log.trace_id).into_bytes();
    let mut response = respond(media, status(media, Some(refused.reason)), body, log);
    let said = match refused.reason {
        RejectReason::Method(allow) => Some((header::ALLOW, HeaderValue::from_static(allow))),
        RejectReason::Unauthenticated => {
            Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"seatgraph\"")))
        }
        RejectReason::RateLimited(seconds) => Some((header::RETRY_AFTER, seconds.into())),
        _ => None,
    };
    response.headers_mut().extend(said);
    response
}

fn respond(media: Media, status: StatusCode, body: Vec<u8>, mut log: RequestLog) -> Response {
    log.answered(status.as_u16());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    response
}
