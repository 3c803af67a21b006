//! GraphQL over WebSocket: one task a socket, which reads, carries out and writes.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{BoxStream, SplitSink, SplitStream, StreamExt};
use futures::{Sink, SinkExt};
use serde_json::value::RawValue;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_stream::StreamMap;

use super::budget::Held;
use super::params::Params;
use super::record::{Open, Record};
use super::refusal::{Code, Refusal, Refused, Stage};
use super::service::{Admitted, Service};
use super::visitor::Introduction;
use super::{Backend, stream};

mod message;

use message::{End, Message};

const SUBPROTOCOL: &str = "graphql-transport-ws";
/// The library's own default costs each subscriber 128 KiB.
const READ_BUFFER: usize = 4096;

/// Turns a request into a socket and serves it until either side closes it.
pub(crate) async fn upgrade<E: Executor, B: Backend>(
    service: Arc<Service<E, B>>,
    upgrade: WebSocketUpgrade,
    introduction: Introduction,
) -> Response {
    let Some(stranger) = service.budgets.stranger().await else {
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
        .on_upgrade(move |socket| Box::pin(serve(service, socket, introduction, stranger)))
}

async fn serve<E: Executor, B: Backend>(
    service: Arc<Service<E, B>>,
    socket: WebSocket,
    introduction: Introduction,
    stranger: OwnedSemaphorePermit,
) {
    let _open = Open::socket();
    let agreed = socket.protocol().is_some();
    let close_time = service.settings.limits.close_time;
    let (sink, mut incoming) = socket.split();
    let mut connection = Connection {
        service,
        outgoing: Outgoing { sink, queue: VecDeque::new(), bytes: 0, unflushed: false },
        operations: StreamMap::new(),
        introduction,
        initialized: false,
        stranger: Some(stranger),
        held: None,
        heard: true,
    };
    let end = if agreed { connection.run(&mut incoming).await } else { Some(End::no_subprotocol()) };
    // Dropping the operations first: nothing is worked on for a client that is leaving.
    connection.operations.clear();
    if let Some(end) = end {
        let farewell = connection.outgoing.close(end, &mut incoming);
        // A client that takes nothing any more is not waited for.
        let _ = timeout(close_time, farewell).await;
    }
}

/// What an operation has to say.
enum Step {
    Next(String),
    Error(serde_json::Value),
    Complete,
    /// Nobody is known any more by what the socket introduced itself with.
    Stranger,
}

struct Connection<E, B: Backend> {
    service: Arc<Service<E, B>>,
    outgoing: Outgoing,
    operations: StreamMap<String, BoxStream<'static, Step>>,
    introduction: Introduction,
    initialized: bool,
    /// The socket's place among those of nobody knows whom, as long as it is one of them.
    stranger: Option<OwnedSemaphorePermit>,
    /// The socket's place among those of its visitor.
    held: Option<Held>,
    /// Whether anything came since the last ping.
    heard: bool,
}

impl<E: Executor, B: Backend> Connection<E, B> {
    /// Serves the socket; `None` when the client has left by itself.
    async fn run(&mut self, incoming: &mut SplitStream<WebSocket>) -> Option<End> {
        let limits = self.service.settings.limits.clone();
        let closing = self.service.closing.clone();
        let mut init = std::pin::pin!(sleep(limits.init_time));
        let mut ping = interval_at(Instant::now() + limits.heartbeat, limits.heartbeat);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                frame = incoming.next() => match frame {
                    Some(Ok(frame)) => self.frame(frame).await,
                    Some(Err(error)) => Err(End::of(&error)),
                    None => Err(None),
                },
                Some((id, step)) = self.operations.next(), if !self.operations.is_empty() => {
                    self.step(&id, step).map_err(Some)
                }
                written = self.outgoing.write(), if self.outgoing.waits() => {
                    written.map_err(|_| None)
                }
                () = &mut init, if !self.initialized => Err(Some(End::init_timeout())),
                _ = ping.tick() => self.ping(),
                () = closing.cancelled() => Err(Some(End::going_away())),
            };
            if let Err(end) = done {
                return end;
            }
            if self.outgoing.bytes > limits.socket_queue_bytes {
                return Some(End::slow_consumer());
            }
        }
    }

    fn ping(&mut self) -> Result<(), Option<End>> {
        if !std::mem::take(&mut self.heard) {
            return Err(Some(End::silent()));
        }
        self.outgoing.push(Frame::Ping(bytes::Bytes::new()));
        Ok(())
    }

    async fn frame(&mut self, frame: Frame) -> Result<(), Option<End>> {
        self.heard = true;
        match frame {
            Frame::Text(text) if text.len() > self.service.settings.limits.message_bytes => Err(Some(End::too_big())),
            Frame::Text(text) => match Message::parse(&text) {
                Ok(Message::Init(payload)) if !self.initialized => self.init(&payload).await.map_err(Some),
                message => message.and_then(|message| self.message(message)).map_err(Some),
            },
            Frame::Binary(_) => Err(Some(End::malformed("Invalid message"))),
            // The library answers pings and close frames itself.
            Frame::Ping(_) | Frame::Pong(_) => Ok(()),
            Frame::Close(_) => Err(None),
        }
    }

    async fn init(&mut self, payload: &serde_json::Map<String, serde_json::Value>) -> Result<(), End> {
        let introduction = std::mem::take(&mut self.introduction).with_payload(payload);
        let mut record = Record::start();
        let guest = self.service.recognize(introduction.clone(), &mut record).await.map_err(|refused| {
            record.failed(&refused);
            End::forbidden()
        })?;
        let held = self.service.budgets.socket(&guest.visitor.key());
        self.held = Some(held.ok_or_else(End::too_many_sockets)?);
        self.stranger = None;
        record.answered(101);
        self.introduction = introduction;
        self.initialized = true;
        self.outgoing.text(message::acknowledgement());
        Ok(())
    }

    fn message(&mut self, message: Message<'_>) -> Result<(), End> {
        match message {
            Message::Init(_) => Err(End::second_init()),
            Message::Ping(payload) => {
                self.outgoing.text(message::pong(payload));
                Ok(())
            }
            Message::Pong => Ok(()),
            Message::Subscribe { .. } if !self.initialized => Err(End::unauthorized()),
            Message::Subscribe { id, payload } => self.subscribe(id, payload),
            Message::Complete { id } => {
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    fn subscribe(&mut self, id: String, payload: &RawValue) -> Result<(), End> {
        if self.operations.contains_key(&id) {
            return Err(End::duplicate(&id));
        }
        let limits = &self.service.settings.limits;
        let mut record = Record::start();
        let params = match Params::from_json(payload.get().as_bytes(), limits) {
            Err(refused) if refused.stage == Stage::Malformed => {
                record.failed(&refused);
                return Err(End::malformed("Invalid message"));
            }
            _ if self.operations.len() >= limits.socket_operations => {
                let most = limits.socket_operations;
                let message = format!("at most {most} operations may be open on one socket");
                Err(Refusal::new(Code::RateLimited, message).into())
            }
            params => params,
        };
        let steps = steps(Arc::clone(&self.service), params, self.introduction.clone(), record);
        self.operations.insert(id, steps);
        Ok(())
    }

    fn step(&mut self, id: &str, step: Step) -> Result<(), End> {
        let text = match &step {
            Step::Next(json) => message::next(id, json),
            Step::Error(errors) => message::error(id, errors),
            Step::Complete => message::complete(id),
            Step::Stranger => return Err(End::forbidden()),
        };
        if !matches!(step, Step::Next(_)) {
            self.operations.remove(id);
        }
        self.outgoing.text(text);
        Ok(())
    }
}

/// An operation from its judgement to its end, as what is sent about it.
fn steps<E: Executor, B: Backend>(
    service: Arc<Service<E, B>>,
    params: Result<Params, Refused>,
    introduction: Introduction,
    mut record: Record,
) -> BoxStream<'static, Step> {
    async_stream::stream! {
        let admitted = match params {
            Ok(params) => admit(&service, params, introduction, &mut record).await,
            Err(refused) => Err(refused),
        };
        match admitted {
            Err(refused) => {
                record.failed(&refused);
                record.answered(400);
                yield Step::refused(&refused, &record.trace_id);
            }
            Ok(admitted) => {
                for await (answer, trace_id) in service.stream(admitted, record) {
                    match answer {
                        Err(refused) => {
                            yield Step::refused(&refused, &trace_id);
                            return;
                        }
                        answer => yield Step::Next(stream::json(answer, &trace_id)),
                    }
                }
                yield Step::Complete;
            }
        }
    }
    .boxed()
}

impl Step {
    fn refused(refused: &Refused, trace_id: &str) -> Self {
        match refused.stage {
            Stage::Unauthenticated => Self::Stranger,
            _ => Self::Error(refused.errors_json(trace_id)),
        }
    }
}

async fn admit<E: Executor, B: Backend>(
    service: &Service<E, B>,
    params: Params,
    introduction: Introduction,
    record: &mut Record,
) -> Result<Admitted<B::Identity>, Refused> {
    let guest = service.recognize(introduction, record).await?;
    let chosen = service.choose(params, &guest, record).await?;
    service.admit(chosen, guest, record)
}

/// Frames waiting for the socket; written without losing one when the wait is given up.
struct Outgoing {
    sink: SplitSink<WebSocket, Frame>,
    queue: VecDeque<Frame>,
    bytes: usize,
    unflushed: bool,
}

impl Outgoing {
    fn text(&mut self, text: String) {
        self.push(Frame::Text(text.into()));
    }

    fn push(&mut self, frame: Frame) {
        self.bytes += size(&frame);
        self.queue.push_back(frame);
    }

    fn waits(&self) -> bool {
        self.unflushed || !self.queue.is_empty()
    }

    /// Hands one frame to the socket, or empties the socket's buffer. May be dropped while it waits.
    async fn write(&mut self) -> Result<(), axum::Error> {
        if self.queue.is_empty() {
            self.sink.flush().await?;
            self.unflushed = false;
            return Ok(());
        }
        poll_fn(|cx| std::pin::Pin::new(&mut self.sink).poll_ready(cx)).await?;
        if let Some(frame) = self.queue.pop_front() {
            self.bytes -= size(&frame);
            std::pin::Pin::new(&mut self.sink).start_send(frame)?;
            self.unflushed = true;
        }
        Ok(())
    }

    /// Says goodbye and waits for the client to hang up, so that the farewell is not cut off.
    async fn close(&mut self, end: End, incoming: &mut SplitStream<WebSocket>) {
        let frame = CloseFrame { code: end.code, reason: end.reason.into() };
        // What still waits would only keep the reason from arriving.
        self.queue.clear();
        if self.sink.send(Frame::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = incoming.next().await {}
        }
    }
}

fn size(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) | Frame::Ping(bytes) | Frame::Pong(bytes) => bytes.len(),
        Frame::Close(_) => 0,
    }
}
