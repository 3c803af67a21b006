//! The mode in which only listed documents run.

use seatgraph::edge::{AllowList, Settings};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::server::{Ask, Server};

const BOOK: &str = "# The book.\nquery Book { book { title } }\n";

async fn server() -> Server {
    let list = AllowList::new([("Book", BOOK), ("Live", "subscription { live { sequence } }")]).unwrap();
    Server::with(Settings { allow_list: Some(list), ..Settings::default() }).await
}

#[tokio::test]
async fn a_listed_document_runs_however_it_is_laid_out() {
    let server = server().await;
    for query in [BOOK, "query Book{book{title}}", "query Book { book { __typename title } }"] {
        assert_eq!(server.post(query, json!({})).await.json()["data"]["book"]["title"], "Volume 1", "{query}");
    }
}

#[tokio::test]
async fn a_listed_document_runs_by_its_hash_without_ever_being_sent() {
    let server = server().await;
    let hash: String = Sha256::digest(BOOK).iter().map(|byte| format!("{byte:02x}")).collect();
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let reply = server.request(Ask::json(json!({ "extensions": extensions }).to_string())).await;
    assert_eq!(reply.json(), json!({ "data": { "book": { "title": "Volume 1" } } }));
}

#[tokio::test]
async fn any_other_document_is_refused() {
    let server = server().await;
    let others = [
        "{ hello }",
        "query Book { book { title next { title } } }",
        "mutation { change }",
        "{ __schema { types { name } } }",
    ];
    for query in others {
        assert_eq!(server.post(query, json!({})).await.code(), "DOCUMENT_NOT_ALLOWED", "{query}");
    }
    let mut client = Client::acknowledged(&server).await;
    client.subscribe("a", "subscription { live { sequence } }", json!({})).await;
    assert_eq!(client.receive().await["type"], "next");
}
