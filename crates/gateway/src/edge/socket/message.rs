//! The messages of graphql-transport-ws, and the close codes of a connection.

use std::error::Error as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio_tungstenite::tungstenite;

/// Why a connection is closed, with the code the protocol gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CloseReason {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl CloseReason {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    pub(crate) fn malformed(reason: &str) -> Self {
        Self::new(4400, reason)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(4403, "Forbidden")
    }

    pub(crate) fn no_subprotocol() -> Self {
        Self::new(4406, "Subprotocol not acceptable")
    }

    pub(crate) fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    pub(crate) fn duplicate(id: &str) -> Self {
        // A close frame holds 123 bytes of reason.
        let id: String = id.chars().take(20).collect();
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    pub(crate) fn too_many_sockets() -> Self {
        Self::new(4291, "Too many sockets of one caller")
    }

    pub(crate) fn second_init() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    pub(crate) fn slow_consumer() -> Self {
        Self::new(4290, "Too slow: reconnect and resume")
    }

    /// The close code for a violation of the protocol; `None` for a client that has disconnected.
    pub(crate) fn of(error: &axum::Error) -> Option<Self> {
        use tungstenite::Error;
        use tungstenite::error::ProtocolError;
        // This works only if axum uses the same version of tungstenite. The tests with raw frames verify it.
        match error.source()?.downcast_ref()? {
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
            Error::Protocol(_) => Some(Self::protocol()),
            Error::Utf8(_) => Some(Self::not_text()),
            Error::Capacity(_) => Some(Self::too_big()),
            _ => None,
        }
    }

    fn protocol() -> Self {
        Self::new(1002, "Protocol error")
    }

    fn not_text() -> Self {
        Self::new(1007, "Not UTF-8")
    }

    pub(crate) fn too_big() -> Self {
        Self::new(1009, "Message too big")
    }

    pub(crate) fn going_away() -> Self {
        Self::new(1001, "Going away")
    }

    pub(crate) fn silent() -> Self {
        Self::new(1001, "No sign of life")
    }
}

/// A message from the client.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    Init(Map<String, Value>),
    Ping(Option<&'a RawValue>),
    Pong,
    Subscribe { id: String, payload: &'a RawValue },
    Complete { id: String },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl<'a> Message<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, CloseReason> {
        let envelope: Envelope<'a> =
            serde_json::from_str(text).map_err(|_| CloseReason::malformed("Invalid message"))?;
        let id = envelope.id.filter(|id| !id.is_empty());
        match (envelope.kind.as_str(), id, envelope.payload) {
            ("connection_init", _, payload) => init_payload(payload).map(Self::Init),
            ("ping", _, payload) => Ok(Self::Ping(payload)),
            ("pong", _, _) => Ok(Self::Pong),
            ("subscribe", Some(id), Some(payload)) => Ok(Self::Subscribe { id, payload }),
            ("complete", Some(id), _) => Ok(Self::Complete { id }),
            ("subscribe" | "complete", _, _) => Err(CloseReason::malformed("Invalid message")),
            _ => Err(CloseReason::malformed("Unknown message type")),
        }
    }
}

fn init_payload(payload: Option<&RawValue>) -> Result<Map<String, Value>, CloseReason> {
    match payload.map(|payload| serde_json::from_str(payload.get())) {
        None | Some(Ok(Value::Null)) => Ok(Map::new()),
        Some(Ok(Value::Object(payload))) => Ok(payload),
        Some(_) => Err(CloseReason::malformed("Invalid message")),
    }
}

pub(crate) fn acknowledgement() -> String {
    r#"{"type":"connection_ack"}"#.to_owned()
}

pub(crate) fn pong(payload: Option<&RawValue>) -> String {
    match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{payload}}}"#),
        None => r#"{"type":"pong"}"#.to_owned(),
    }
}

/// `json` is the answer, already serialised.
pub(crate) fn next(id: &str, json: &str) -> String {
    format!(r#"{{"id":{},"type":"next","payload":{json}}}"#, quoted(id))
}

pub(crate) fn error(id: &str, errors: &Value) -> String {
    format!(r#"{{"id":{},"type":"error","payload":{errors}}}"#, quoted(id))
}

pub(crate) fn complete(id: &str) -> String {
    format!(r#"{{"id":{},"type":"complete"}}"#, quoted(id))
}

fn quoted(text: &str) -> Value {
    Value::String(text.to_owned())
}
