//! The outgoing frames of a socket.

use std::collections::VecDeque;
use std::future::poll_fn;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use futures::stream::{SplitSink, SplitStream, StreamExt};
use futures::{Sink, SinkExt};

use super::message::CloseReason;

/// Frames waiting for the socket. No frame is lost if a write is cancelled.
pub(super) struct FrameQueue {
    sink: SplitSink<WebSocket, Frame>,
    queue: VecDeque<Frame>,
    /// Size of the waiting frames.
    pub(super) bytes: usize,
    unflushed: bool,
}

impl FrameQueue {
    pub(super) fn new(sink: SplitSink<WebSocket, Frame>) -> Self {
        Self { sink, queue: VecDeque::new(), bytes: 0, unflushed: false }
    }

    pub(super) fn text(&mut self, text: String) {
        self.push(Frame::Text(text.into()));
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.bytes += size(&frame);
        self.queue.push_back(frame);
    }

    /// Whether there is something to write or to flush.
    pub(super) fn waits(&self) -> bool {
        self.unflushed || !self.queue.is_empty()
    }

    /// Writes one frame to the socket, or flushes the socket. Can be cancelled.
    pub(super) async fn write(&mut self) -> Result<(), axum::Error> {
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

    /// Sends a close frame and waits for the client to close, so that the closing handshake is not cut off.
    pub(super) async fn close(&mut self, end: CloseReason, incoming: &mut SplitStream<WebSocket>) {
        let frame = CloseFrame { code: end.code, reason: end.reason.into() };
        // Waiting frames would delay the close frame.
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
