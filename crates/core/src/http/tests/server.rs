//! A minimal HTTP server that sends given bytes and keeps the requests it received.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) url: Url,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers one connection with each of `answers` and closes it; an empty answer is a silence that lasts.
    pub(super) async fn answering(answers: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<Vec<u8>> = answers.into_iter().map(Into::into).collect();
        let keeping = Arc::clone(&heard);
        tokio::spawn(async move {
            let mut silent = Vec::new();
            for answer in answers {
                let (mut socket, _) = listener.accept().await.unwrap();
                let request = read_request(&mut socket).await;
                keeping.lock().unwrap().push(request);
                if answer.is_empty() {
                    silent.push(socket);
                    continue;
                }
                socket.write_all(&answer).await.unwrap();
                socket.shutdown().await.unwrap();
            }
            // Held until the test's runtime ends, so that a silence is not a closed connection.
            std::future::pending::<()>().await;
        });
        Self { url, heard }
    }

    /// The requests heard, each as it came.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        if socket.read_buf(&mut bytes).await.unwrap() == 0 {
            break;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    body.len() >= length
}

/// Writes an answer with its length.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

/// Writes a JSON answer that says yes.
pub(super) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body)
}
