//! Behaviour that is the same over every transport.

use std::num::NonZeroU32;
use std::time::Duration;

use seatgraph::edge::{AllowList, Limits, Settings};
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::{Ask, Server};

/// A way for a request to come in and for its answer to go out.
#[derive(Debug, Clone, Copy)]
enum Transport {
    Post(&'static str),
    Get,
    Socket,
}

const ALL: [Transport; 6] = [
    Transport::Post("application/json"),
    Transport::Post("application/graphql-response+json"),
    Transport::Post("text/event-stream"),
    Transport::Post("multipart/mixed;subscriptionSpec=1.0"),
    Transport::Get,
    Transport::Socket,
];

impl Transport {
    /// The answer to one operation, without its form: `data`, or `errors`, or both.
    async fn answer(self, server: &Server, query: &str, variables: &Value) -> Value {
        let ask = match self {
            Self::Post(accept) => Ask::post(query, variables.clone()).accept(accept),
            Self::Get => Ask::get(&[("query", query), ("variables", &variables.to_string())]),
            Self::Socket => return over_a_socket(server, query, variables).await,
        };
        let reply = server.request(ask).await;
        let json = reply.body.lines().find_map(|line| {
            let line = line.strip_prefix("data: ").or_else(|| line.strip_prefix(r#"{"payload":"#)?.strip_suffix('}'));
            line.filter(|line| line.starts_with('{'))
        });
        serde_json::from_str(json.unwrap_or(&reply.body)).unwrap_or_else(|_| panic!("{self:?}: {reply:?}"))
    }
}

async fn over_a_socket(server: &Server, query: &str, variables: &Value) -> Value {
    let mut client = Client::acknowledged(server).await;
    client.subscribe("a", query, variables.clone()).await;
    let mut message = client.receive().await;
    assert_eq!(message["id"], "a");
    if message["type"] == "next" {
        assert_eq!(client.receive().await, json!({ "id": "a", "type": "complete" }));
        return message["payload"].take();
    }
    assert_eq!(message["type"], "error", "{message}");
    // Nothing comes after an error, and the id is free again.
    client.subscribe("a", "{ __typename }", json!({})).await;
    assert_eq!(client.receive().await["id"], "a");
    json!({ "errors": message["payload"] })
}

fn code(answer: &Value) -> &Value {
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!(extensions["traceId"].as_str().map(str::len), Some(32), "{answer}");
    &extensions["code"]
}

/// Asserts that a request is refused with a code, and that its answer has no `data` key.
async fn assert_refused(server: &Server, transport: Transport, query: &str, variables: &Value, expected: &str) {
    let answer = transport.answer(server, query, variables).await;
    assert_eq!(code(&answer), expected, "{transport:?} {query}: {answer}");
    assert!(answer.get("data").is_none(), "{transport:?} {query}: {answer}");
}

#[tokio::test]
async fn an_operation_is_answered() {
    let server = Server::start().await;
    for transport in ALL {
        let answer = transport.answer(&server, "query($n: Int!) { add(a: $n) hello }", &json!({ "n": 1 })).await;
        assert_eq!(answer, json!({ "data": { "add": 11, "hello": "world" } }), "{transport:?}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_run_is_refused_with_its_code() {
    let server = Server::start().await;
    for (query, variables, code) in [
        ("{ hello", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { add(a: $n) }", json!({}), "BAD_USER_INPUT"),
        ("query A { hello } query B { hello }", json!({}), "OPERATION_RESOLUTION_FAILURE"),
        ("{ books(first: 200) { sequels(first: 200) { title } } }", json!({}), "COST_LIMIT"),
    ] {
        for transport in ALL {
            assert_refused(&server, transport, query, &variables, code).await;
        }
    }
}

#[tokio::test]
async fn a_field_error_is_part_of_the_answer() {
    let server = Server::start().await;
    for transport in ALL {
        let answer = transport.answer(&server, "{ fails(how: CODED) }", &json!({})).await;
        assert_eq!(code(&answer), "NOT_FOUND", "{transport:?}");
        assert_eq!(answer["data"], json!({ "fails": null }), "{transport:?}");
        assert_eq!(answer["errors"][0]["path"], json!(["fails"]), "{transport:?}");
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_its_operation_only() {
    let server = Server::start().await;
    for transport in ALL {
        assert_refused(&server, transport, "{ fails(how: PANIC) }", &json!({}), "INTERNAL_SERVER_ERROR").await;
        let answer = transport.answer(&server, "{ hello }", &json!({})).await;
        assert_eq!(answer, json!({ "data": { "hello": "world" } }), "{transport:?}");
    }
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_ended() {
    let server = Server::limited(Limits { operation_time: Duration::from_millis(50), ..Limits::default() }).await;
    for transport in ALL {
        assert_refused(&server, transport, "{ never }", &json!({}), "TIMEOUT").await;
    }
}

#[tokio::test]
async fn a_document_that_is_not_on_the_allow_list_is_refused() {
    let list = AllowList::new([("Type", "{ __typename }")]).unwrap();
    let server = Server::with(Settings { allow_list: Some(list), ..Settings::default() }).await;
    for transport in ALL {
        // Twice, because the result is cached.
        for _ in 0..2 {
            assert_refused(&server, transport, "{ hello }", &json!({}), "DOCUMENT_NOT_ALLOWED").await;
        }
    }
}

#[tokio::test]
async fn every_operation_pays_from_the_same_budget() {
    for transport in ALL {
        let (budget_per_minute, budget_burst) = (NonZeroU32::MIN, NonZeroU32::new(10).unwrap());
        let limits = Limits { cost: 10, budget_per_minute, budget_burst, ..Limits::default() };
        let server = Server::limited(limits).await;
        assert_eq!(server.post("{ books(first: 10) { title } }", json!({})).await.status, 200);
        let answer = transport.answer(&server, "{ hello }", &json!({})).await;
        assert_eq!(code(&answer), "RATE_LIMITED", "{transport:?}");
        let seconds = &answer["errors"][0]["extensions"]["details"]["retryAfterSeconds"];
        assert!(seconds.as_u64().is_some_and(|seconds| seconds > 0), "{transport:?}: {answer}");
    }
}
