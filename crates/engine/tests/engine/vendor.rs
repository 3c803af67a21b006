//! Tiny, a vendor with an HTTP server, for what the in-memory vendor does not have: tokens, rate limits and HTTP faults.

mod connector;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

pub(crate) use connector::Tiny;

/// Faults of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VendorFault {
    /// It works.
    None,
    /// Every grant is refused.
    GrantRefused,
    /// Every token response names a foreign instance URL.
    Misleading,
    /// Every response reports that the daily limit is reached.
    QuotaSpent,
    /// Every page returns its own cursor as the next one.
    Stuck,
    /// The connector's code panics.
    Panic,
    /// Reading activity is forbidden.
    ActivityForbidden,
    /// Every cursor has expired.
    Forgetful,
    /// The reported total is too high by one hundred.
    Overcounted,
    /// Every page contains a malformed row.
    Garbled,
}

/// The vendor's HTTP server.
#[derive(Debug)]
pub(crate) struct Vendor {
    pub(crate) url: String,
    pub(crate) rows: AtomicU32,
    pub(crate) grants: AtomicU64,
    pub(crate) calls: AtomicU64,
    pub(crate) asked: Mutex<Vec<String>>,
    fault: Mutex<VendorFault>,
    allowance: Mutex<Option<(u64, u64)>>,
    /// If set, each page waits for a permit.
    gate: Mutex<Option<Arc<Semaphore>>>,
    _server: Mutex<Option<AbortOnDropHandle<()>>>,
}

const PAGE: u32 = 10;

impl Vendor {
    pub(crate) async fn open(rows: u32) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let vendor = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            rows: AtomicU32::new(rows),
            grants: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            asked: Mutex::default(),
            fault: Mutex::new(VendorFault::None),
            allowance: Mutex::new(None),
            gate: Mutex::new(None),
            _server: Mutex::new(None),
        });
        let served = Arc::downgrade(&vendor);
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let Some(vendor) = served.upgrade() else { return };
                tokio::spawn(async move { vendor.answer(socket).await });
            }
        });
        *vendor._server.lock().unwrap() = Some(AbortOnDropHandle::new(server));
        vendor
    }

    pub(crate) fn set_fault(&self, fault: VendorFault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// Reports the used calls and the limit in every response.
    pub(crate) fn allow(&self, allowance: Option<(u64, u64)>) {
        *self.allowance.lock().unwrap() = allowance;
    }

    /// Makes pages wait for a permit each.
    pub(crate) fn gate(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Ends every session: tokens granted so far are rejected.
    pub(crate) fn end_sessions(&self) {
        self.grants.fetch_add(1_000, Ordering::SeqCst);
    }

    async fn answer(&self, mut socket: TcpStream) {
        let mut request = Vec::new();
        let mut piece = [0; 4_096];
        let (head, body) = loop {
            let read = socket.read(&mut piece).await.unwrap_or(0);
            if read == 0 {
                return;
            }
            request.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let (status, json) = self.respond(&path, &head, &body).await;
        let allowance = self.allowance.lock().unwrap().map(|(used, limit)| format!("x-calls: {used}/{limit}\r\n"));
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{}connection: close\r\n\r\n{json}",
            json.len(),
            allowance.unwrap_or_default(),
        );
        socket.write_all(answer.as_bytes()).await.ok();
        socket.shutdown().await.ok();
    }

    async fn respond(&self, path: &str, head: &str, body: &str) -> (u16, String) {
        let fault = *self.fault.lock().unwrap();
        if path == "/token" {
            if fault == VendorFault::GrantRefused || !body.contains("client_secret=right") {
                return (400, r#"{"error":"invalid_client","error_description":"no"}"#.to_owned());
            }
            let grant = self.grants.fetch_add(1, Ordering::SeqCst) + 1;
            let elsewhere =
                if fault == VendorFault::Misleading { r#","instance_url":"https://169.254.169.254""# } else { "" };
            let granted = format!(r#"{{"access_token":"t{grant}","token_type":"Bearer","scope":"read"{elsewhere}}}"#);
            return (200, granted);
        }
        let bearer = format!("bearer t{}", self.grants.load(Ordering::SeqCst));
        if !head.to_lowercase().contains(&bearer) {
            return (401, r#""SESSION""#.to_owned());
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.asked.lock().unwrap().push(path.to_owned());
        let gate = self.gate.lock().unwrap().clone();
        if let (Some(gate), true) = (gate, path != "/me") {
            gate.acquire().await.unwrap().forget();
        }
        let fault = if fault == VendorFault::None { *self.fault.lock().unwrap() } else { fault };
        self.page(path, fault)
    }

    fn page(&self, path: &str, fault: VendorFault) -> (u16, String) {
        let after: u32 = path.split_once("after=").and_then(|(_, after)| after.parse().ok()).unwrap_or(0);
        match fault {
            VendorFault::QuotaSpent => return (403, r#""QUOTA""#.to_owned()),
            VendorFault::Forgetful if after > 0 => return (410, r#""FORGOTTEN""#.to_owned()),
            VendorFault::ActivityForbidden if path.starts_with("/activity") => return (403, r#""NO""#.to_owned()),
            _ => {}
        }
        let all = self.rows.load(Ordering::SeqCst);
        let last = (after + PAGE).min(all);
        let next = match fault {
            VendorFault::Stuck => Some(after),
            _ => (last < all).then_some(last),
        };
        let total = if fault == VendorFault::Overcounted { all + 100 } else { all };
        let garbled = fault == VendorFault::Garbled;
        let panics = fault == VendorFault::Panic;
        let answer = serde_json::json!({
            "first": after + 1, "last": last, "next": next, "total": total, "garbled": garbled, "panics": panics,
        });
        (200, answer.to_string())
    }
}
