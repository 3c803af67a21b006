//! Invalid WebSocket frames over raw TCP. Each closes the socket with the expected code.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::server::{PATIENCE, Server};

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const FINAL: u8 = 0x80;

/// What is sent after the handshake, and the code that the socket is closed with.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) code: u16,
}

/// A frame as clients send it: masked, here by zeros.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![head];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | u8::try_from(short).unwrap()),
        long => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(long).unwrap().to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// The head of a masked text frame that says how long it is.
fn announced(length: u64) -> Vec<u8> {
    [&[FINAL | TEXT, 0x80 | 127][..], &length.to_be_bytes(), &[0; 4]].concat()
}

pub(crate) fn all() -> Vec<Hostile> {
    let ping = br#"{"type":"ping"}"#;
    let cases: [(&str, Vec<u8>, u16); 19] = [
        ("unmasked", [&[FINAL | TEXT, 15][..], ping].concat(), 1002),
        ("a reserved kind of data", frame(FINAL | 0x3, ping), 1002),
        ("a reserved kind of control", frame(FINAL | 0xB, b""), 1002),
        ("a reserved bit", frame(FINAL | 0x40 | TEXT, ping), 1002),
        ("every reserved bit", frame(FINAL | 0x70 | TEXT, ping), 1002),
        ("a ping in pieces", frame(PING, b"a"), 1002),
        ("a ping that is too long", frame(FINAL | PING, &[b'a'; 126]), 1002),
        ("a continuation of nothing", frame(FINAL, ping), 1002),
        ("a message within a message", [frame(TEXT, b"{"), frame(FINAL | TEXT, ping)].concat(), 1002),
        ("a close of one byte", frame(FINAL | CLOSE, b"a"), 1002),
        ("bytes that are no UTF-8", frame(FINAL | TEXT, b"{\"type\":\"\xff\"}"), 1007),
        ("half a pair of surrogates", frame(FINAL | TEXT, b"\"\xed\xa0\x80\""), 1007),
        ("an overlong letter", frame(FINAL | TEXT, b"\"\xc0\xaf\""), 1007),
        ("UTF-8 that breaks off", frame(FINAL | TEXT, b"\"\xe2\x82"), 1007),
        ("no UTF-8, in pieces", [frame(TEXT, b"\""), frame(FINAL, b"\xff\"")].concat(), 1007),
        ("two mebibytes announced", announced(2 << 20), 1009),
        ("an exbibyte announced", announced(1 << 60), 1009),
        ("bytes instead of text", frame(FINAL | BINARY, ping), 4400),
        ("nothing at all", frame(FINAL | TEXT, b""), 4400),
    ];
    cases.into_iter().map(|(name, bytes, code)| Hostile { name, bytes, code }).collect()
}

/// Opens a socket without a library, and leaves it to the caller what to send.
pub(crate) async fn open(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "GET /graphql/ws HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: graphql-transport-ws\r\n\r\n",
        server.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// The code with which the server closes; `None` when it hangs up without one.
pub(crate) async fn closed(stream: &mut TcpStream) -> Option<u16> {
    loop {
        let head = timeout(PATIENCE, stream.read_u8()).await.expect("it says something").ok()?;
        // What a server says before it closes is short, and never masked.
        let mut payload = vec![0; usize::from(stream.read_u8().await.ok()?)];
        stream.read_exact(&mut payload).await.ok()?;
        if head & 0xF == CLOSE {
            return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        }
    }
}

#[tokio::test]
async fn every_frame_that_no_client_sends_closes_the_socket_with_its_code() {
    let server = Server::start().await;
    for hostile in all() {
        let mut stream = open(&server).await;
        stream.write_all(&hostile.bytes).await.unwrap();
        assert_eq!(closed(&mut stream).await, Some(hostile.code), "{}", hostile.name);
    }
    let mut stream = open(&server).await;
    stream.write_all(&frame(FINAL | TEXT, br#"{"type":"connection_init"}"#)).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), FINAL | TEXT, "it is acknowledged");
}
