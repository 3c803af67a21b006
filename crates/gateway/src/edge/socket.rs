//! GraphQL over WebSocket: one task per socket, which reads, executes and writes.

use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{BoxStream, SplitStream, StreamExt};
use serde_json::value::RawValue;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_stream::StreamMap;

use super::budget::Permit;
use super::caller::RequestCredentials;
use super::params::Params;
use super::refusal::{Code, Refusal, Refused, RejectReason};
use super::request_log::{GaugeGuard, RequestLog};
use super::service::{ReadyOperation, Service};
use super::{Backend, stream};

mod frame_queue;
mod message;

use frame_queue::FrameQueue;
use message::{CloseReason, Message};

const SUBPROTOCOL: &str = "graphql-transport-ws";
/// The library's default takes 128 KiB for each socket.
const READ_BUFFER: usize = 4096;

/// Turns a request into a socket and serves it until either side closes it.
pub(crate) async fn upgrade<E: Executor, B: Backend>(
    service: Arc<Service<E, B>>,
    upgrade: WebSocketUpgrade,
    credentials: RequestCredentials,
) -> Response {
    let Some(unauthenticated) = service.budgets.unauthenticated_socket().await else {
        let later = [(header::RETRY_AFTER, "1")];
        return (StatusCode::SERVICE_UNAVAILABLE, later, "too many sockets are being opened; try again later")
            .into_response();
    };
    // Up to twice the limit is read, so that the answer to a message that is too big can arrive.
    let most = service.settings.limits.message_bytes.saturating_mul(2);
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .max_message_size(most)
        .max_frame_size(most)
        .on_upgrade(move |socket| Box::pin(serve(service, socket, credentials, unauthenticated)))
}

async fn serve<E: Executor, B: Backend>(
    service: Arc<Service<E, B>>,
    socket: WebSocket,
    credentials: RequestCredentials,
    unauthenticated: OwnedSemaphorePermit,
) {
    let _open = GaugeGuard::socket();
    let agreed = socket.protocol().is_some();
    let close_time = service.settings.limits.close_time;
    let (sink, mut incoming) = socket.split();
    let mut connection = Connection {
        service,
        outgoing: FrameQueue::new(sink),
        operations: StreamMap::new(),
        credentials,
        initialized: false,
        unauthenticated: Some(unauthenticated),
        permit: None,
        heard: true,
    };
    let end = if agreed { connection.run(&mut incoming).await } else { Some(CloseReason::no_subprotocol()) };
    // Operations are dropped first: nothing is computed for a client that disconnects.
    connection.operations.clear();
    if let Some(end) = end {
        let handshake = connection.outgoing.close(end, &mut incoming);
        // A client that no longer reads is not waited for.
        let _ = timeout(close_time, handshake).await;
    }
}

/// What is sent about an operation.
enum Outgoing {
    Next(String),
    Error(serde_json::Value),
    Complete,
    /// The credentials of the socket are no longer valid.
    Unauthenticated,
}

struct Connection<E, B: Backend> {
    service: Arc<Service<E, B>>,
    outgoing: FrameQueue,
    operations: StreamMap<String, BoxStream<'static, Outgoing>>,
    credentials: RequestCredentials,
    initialized: bool,
    /// The permit of an unauthenticated socket.
    unauthenticated: Option<OwnedSemaphorePermit>,
    /// The permit of the socket, once its caller is authenticated.
    permit: Option<Permit>,
    /// Whether anything came since the last ping.
    heard: bool,
}

impl<E: Executor, B: Backend> Connection<E, B> {
    /// Serves the socket; `None` when the client has left by itself.
    async fn run(&mut self, incoming: &mut SplitStream<WebSocket>) -> Option<CloseReason> {
        let limits = self.service.settings.limits.clone();
        let closing = self.service.closing.clone();
        let mut init = std::pin::pin!(sleep(limits.init_time));
        let mut ping = interval_at(Instant::now() + limits.heartbeat, limits.heartbeat);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                frame = incoming.next() => match frame {
                    Some(Ok(frame)) => self.frame(frame).await,
                    Some(Err(error)) => Err(CloseReason::of(&error)),
                    None => Err(None),
                },
                Some((id, step)) = self.operations.next(), if !self.operations.is_empty() => {
                    self.step(&id, step).map_err(Some)
                }
                written = self.outgoing.write(), if self.outgoing.waits() => {
                    written.map_err(|_| None)
                }
                () = &mut init, if !self.initialized => Err(Some(CloseReason::init_timeout())),
                _ = ping.tick() => self.ping(),
                () = closing.cancelled() => Err(Some(CloseReason::going_away())),
            };
            if let Err(end) = done {
                return end;
            }
            if self.outgoing.bytes > limits.socket_queue_bytes {
                return Some(CloseReason::slow_consumer());
            }
        }
    }

    fn ping(&mut self) -> Result<(), Option<CloseReason>> {
        if !std::mem::take(&mut self.heard) {
            return Err(Some(CloseReason::silent()));
        }
        self.outgoing.push(Frame::Ping(bytes::Bytes::new()));
        Ok(())
    }

    async fn frame(&mut self, frame: Frame) -> Result<(), Option<CloseReason>> {
        self.heard = true;
        match frame {
            Frame::Text(text) if text.len() > self.service.settings.limits.message_bytes => {
                Err(Some(CloseReason::too_big()))
            }
            Frame::Text(text) => match Message::parse(&text) {
                Ok(Message::Init(payload)) if !self.initialized => self.init(&payload).await.map_err(Some),
                message => message.and_then(|message| self.message(message)).map_err(Some),
            },
            Frame::Binary(_) => Err(Some(CloseReason::malformed("Invalid message"))),
            // The library answers pings and close frames itself.
            Frame::Ping(_) | Frame::Pong(_) => Ok(()),
            Frame::Close(_) => Err(None),
        }
    }

    async fn init(&mut self, payload: &serde_json::Map<String, serde_json::Value>) -> Result<(), CloseReason> {
        let credentials = std::mem::take(&mut self.credentials).with_payload(payload);
        let mut log = RequestLog::start();
        let authenticated = self.service.authenticate(credentials.clone(), &mut log).await.map_err(|refused| {
            log.failed(&refused);
            CloseReason::forbidden()
        })?;
        let permit = self.service.budgets.socket(&authenticated.caller.key());
        self.permit = Some(permit.ok_or_else(CloseReason::too_many_sockets)?);
        self.unauthenticated = None;
        log.answered(101);
        self.credentials = credentials;
        self.initialized = true;
        self.outgoing.text(message::acknowledgement());
        Ok(())
    }

    fn message(&mut self, message: Message<'_>) -> Result<(), CloseReason> {
        match message {
            Message::Init(_) => Err(CloseReason::second_init()),
            Message::Ping(payload) => {
                self.outgoing.text(message::pong(payload));
                Ok(())
            }
            Message::Pong => Ok(()),
            Message::Subscribe { .. } if !self.initialized => Err(CloseReason::unauthorized()),
            Message::Subscribe { id, payload } => self.subscribe(id, payload),
            Message::Complete { id } => {
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    fn subscribe(&mut self, id: String, payload: &RawValue) -> Result<(), CloseReason> {
        if self.operations.contains_key(&id) {
            return Err(CloseReason::duplicate(&id));
        }
        let limits = &self.service.settings.limits;
        let mut log = RequestLog::start();
        let params = match Params::from_json(payload.get().as_bytes(), limits) {
            Err(refused) if refused.reason == RejectReason::Malformed => {
                log.failed(&refused);
                return Err(CloseReason::malformed("Invalid message"));
            }
            _ if self.operations.len() >= limits.socket_operations => {
                let most = limits.socket_operations;
                let message = format!("at most {most} operations may be open on one socket");
                Err(Refusal::new(Code::RateLimited, message).into())
            }
            params => params,
        };
        let outgoing = outgoing(Arc::clone(&self.service), params, self.credentials.clone(), log);
        self.operations.insert(id, outgoing);
        Ok(())
    }

    fn step(&mut self, id: &str, step: Outgoing) -> Result<(), CloseReason> {
        let text = match &step {
            Outgoing::Next(json) => message::next(id, json),
            Outgoing::Error(errors) => message::error(id, errors),
            Outgoing::Complete => message::complete(id),
            Outgoing::Unauthenticated => return Err(CloseReason::forbidden()),
        };
        if !matches!(step, Outgoing::Next(_)) {
            self.operations.remove(id);
        }
        self.outgoing.text(text);
        Ok(())
    }
}

/// Runs an operation, as a stream of what is sent about it.
fn outgoing<E: Executor, B: Backend>(
    service: Arc<Service<E, B>>,
    params: Result<Params, Refused>,
    credentials: RequestCredentials,
    mut log: RequestLog,
) -> BoxStream<'static, Outgoing> {
    async_stream::stream! {
        let ready = match params {
            Ok(params) => prepare(&service, params, credentials, &mut log).await,
            Err(refused) => Err(refused),
        };
        match ready {
            Err(refused) => {
                log.failed(&refused);
                log.answered(400);
                yield Outgoing::refused(&refused, &log.trace_id);
            }
            Ok(ready) => {
                for await (answer, trace_id) in service.stream(ready, log) {
                    match answer {
                        Err(refused) => {
                            yield Outgoing::refused(&refused, &trace_id);
                            return;
                        }
                        answer => yield Outgoing::Next(stream::json(answer, &trace_id)),
                    }
                }
                yield Outgoing::Complete;
            }
        }
    }
    .boxed()
}

impl Outgoing {
    fn refused(refused: &Refused, trace_id: &str) -> Self {
        match refused.reason {
            RejectReason::Unauthenticated => Self::Unauthenticated,
            _ => Self::Error(refused.errors_json(trace_id)),
        }
    }
}

async fn prepare<E: Executor, B: Backend>(
    service: &Service<E, B>,
    params: Params,
    credentials: RequestCredentials,
    log: &mut RequestLog,
) -> Result<ReadyOperation<B::Identity>, Refused> {
    let authenticated = service.authenticate(credentials, log).await?;
    let selected = service.select(params, &authenticated, log).await?;
    service.prepare(selected, authenticated, log)
}
