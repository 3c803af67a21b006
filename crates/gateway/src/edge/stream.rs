//! Streams of answers in the body of an HTTP response: server-sent events and multipart.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Response as Answered, Value};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::negotiate::Framing;
use super::service::Answer;

/// Answers with the trace id of their operation.
pub(crate) type Answers = BoxStream<'static, (Answer, Arc<str>)>;

/// The interval of heartbeats, and the signal to close.
pub(crate) struct Pace {
    pub(crate) heartbeat: Duration,
    pub(crate) closing: CancellationToken,
}

/// Sends `answers` as they come, and a heartbeat when none does.
pub(crate) fn respond(framing: Framing, answers: Answers, pace: Pace) -> Response {
    let parts = parts(framing, answers, pace).map(Ok::<_, std::convert::Infallible>);
    let mut response = Response::new(Body::from_stream(parts));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(framing));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // nginx and other proxies buffer streams unless this header forbids it.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn content_type(framing: Framing) -> HeaderValue {
    HeaderValue::from_static(match framing {
        Framing::ServerSentEvents => "text/event-stream; charset=utf-8",
        Framing::Multipart => "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
    })
}

fn parts(framing: Framing, mut answers: Answers, pace: Pace) -> impl Stream<Item = Bytes> + Send {
    async_stream::stream! {
        yield Bytes::from_static(framing.opening());
        loop {
            let answer = timeout(pace.heartbeat, answers.next());
            match pace.closing.run_until_cancelled(answer).await {
                // Without `complete`, so that the client reconnects and resumes.
                None => return,
                Some(Err(_)) => yield Bytes::from_static(framing.heartbeat()),
                Some(Ok(Some((answer, trace_id)))) => yield framing.part(answer, &trace_id),
                Some(Ok(None)) => break,
            }
        }
        yield Bytes::from_static(framing.closing());
    }
}

impl Framing {
    fn opening(self) -> &'static [u8] {
        match self {
            // Clients regard a stream as open once they receive something.
            Self::ServerSentEvents => b":\n\n",
            Self::Multipart => b"\r\n--graphql",
        }
    }

    fn heartbeat(self) -> &'static [u8] {
        match self {
            Self::ServerSentEvents => b":\n\n",
            Self::Multipart => b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql",
        }
    }

    fn closing(self) -> &'static [u8] {
        match self {
            Self::ServerSentEvents => b"event: complete\ndata:\n\n",
            Self::Multipart => b"--\r\n",
        }
    }

    /// A part of the body. The delimiter of a multipart comes last, so that the part counts as whole.
    fn part(self, answer: Answer, trace_id: &str) -> Bytes {
        let sequence = answer.as_ref().ok().and_then(sequence);
        let json = json(answer, trace_id);
        Bytes::from(match (self, sequence) {
            (Self::ServerSentEvents, Some(sequence)) => {
                format!("id: {sequence}\nevent: next\ndata: {json}\n\n")
            }
            (Self::ServerSentEvents, None) => format!("event: next\ndata: {json}\n\n"),
            (Self::Multipart, _) => {
                format!("\r\ncontent-type: application/json\r\n\r\n{{\"payload\":{json}}}\r\n--graphql")
            }
        })
    }
}

/// An answer as one line of JSON.
pub(crate) fn json(answer: Answer, trace_id: &str) -> String {
    match answer {
        Ok(response) => serde_json::to_string(&response).expect("a GraphQL answer has no keys but strings"),
        Err(refused) => refused.body(trace_id),
    }
}

/// The number of an event, which a client sends to resume.
fn sequence(response: &Answered) -> Option<i64> {
    let Value::Object(data) = &response.data else { return None };
    match data.values().next()? {
        Value::Object(event) => match event.get("sequence")? {
            Value::Number(sequence) => sequence.as_i64(),
            _ => None,
        },
        _ => None,
    }
}
