//! The vendor's side of Memory: members, seats and faults.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Weak};

use chrono::{DateTime, Days, Utc};
use seatgraph_core::{ActivityKind, Connector, Error, ErrorKind, IdentifierKey, Result, Secret};
use serde_json::{Value, json};
use url::Url;

use crate::memory::{MemoryConnector, REGISTRATION};
use crate::{ExpectedRecords, Fault};

/// How large an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Members at first.
    pub users: u32,
    /// Rows per page.
    pub page_size: u32,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) active: bool,
    pub(super) seats: BTreeSet<String>,
    pub(super) seen: Vec<(ActivityKind, DateTime<Utc>)>,
}

/// What changes about an organisation.
#[derive(Debug)]
pub(super) struct OrgState {
    pub(super) members: BTreeMap<String, Member>,
    fault: Fault,
    pub(super) calls: u64,
}

/// One organisation at the vendor.
pub struct MemoryOrg {
    address: Url,
    token: Secret,
    page_size: u32,
    state: Mutex<OrgState>,
}

/// The seats on sale, and how many of each an organisation has.
pub(super) const POOLS: [(&str, &str, i64); 5] = [
    ("BASIC", "Memory Basic", 1_000),
    ("GUEST", "Memory Guest", 5),
    ("LEGACY", "Memory Classic", 0),
    ("PRO", "Memory Professional", 500),
    ("TRIAL", "Memory Trial", 3),
];

/// The meters of every organisation: key, label, allowed, used.
pub(super) const METERS: [(&str, &str, &str, Option<&str>); 9] = [
    ("api", "API calls", "10000", Some("120")),
    ("backup", "Backups", "30", Some("30")),
    ("export", "Exports", "10", None),
    ("mail", "Mails sent", "5000", Some("0")),
    ("push", "Push messages", "1000", Some("999")),
    ("search", "Searches", "2000", Some("10.5")),
    ("share", "Shared notes", "100", Some("3")),
    ("storage", "Storage in GB", "50", Some("12.25")),
    ("voice", "Minutes of dictation", "60", Some("61")),
];

/// The organisations by address. A vendor is one place that every connector reaches by address, so this is the one
/// thing that connectors of a process share; an organisation leaves it with the last reference.
static ADDRESSES: LazyLock<Mutex<HashMap<Url, Weak<MemoryOrg>>>> = LazyLock::new(Mutex::default);

impl MemoryOrg {
    /// Creates an organisation whose members and seats follow from its shape alone.
    #[must_use]
    pub fn create(shape: Shape) -> Arc<Self> {
        static CREATED: AtomicU64 = AtomicU64::new(0);
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let address = Url::parse(&format!("memory://org-{number}")).expect("the address is written well");
        let members = (1..=shape.users).map(|n| (format!("u-{n:04}"), Member::numbered(n))).collect();
        let organisation = Arc::new(Self {
            address: address.clone(),
            token: Secret::new(format!("canary-{number}-of-memory")),
            page_size: shape.page_size.max(1),
            state: Mutex::new(OrgState { members, fault: Fault::None, calls: 0 }),
        });
        let mut addresses = ADDRESSES.lock().expect("no holder of the addresses panics");
        addresses.retain(|_, resident| resident.strong_count() > 0);
        addresses.insert(address, Arc::downgrade(&organisation));
        organisation
    }

    /// Finds the organisation at `address`.
    pub(super) fn at(address: &Url) -> Option<Arc<Self>> {
        ADDRESSES.lock().expect("no holder of the addresses panics").get(address)?.upgrade()
    }

    /// Makes a connector that has seen nothing yet.
    ///
    /// # Panics
    /// Never: the configuration is the organisation's own.
    #[must_use]
    pub fn connector(self: &Arc<Self>) -> MemoryConnector {
        MemoryConnector::to(Arc::clone(self))
    }

    /// Returns the alias properties under which [`REGISTRATION`] finds this organisation.
    #[must_use]
    pub fn config(&self) -> Value {
        json!({ "instanceUrl": self.address })
    }

    /// Makes a boxed connector the way the gateway does, through the registration.
    ///
    /// # Errors
    /// `ConfigInvalid` when the organisation is gone.
    pub fn connect(&self, context: seatgraph_core::ConnectContext) -> Result<Box<dyn Connector>> {
        REGISTRATION.connect(self.config(), context)
    }

    /// Returns the vendor's id of the organisation.
    #[must_use]
    pub fn id(&self) -> &str {
        self.address.host_str().unwrap_or_default()
    }

    /// Adds a member with a `BASIC` seat.
    pub fn add_member(&self, id: impl Into<String>) {
        let member = Member { active: true, seats: BTreeSet::from(["BASIC".to_owned()]), seen: Vec::new() };
        self.state().members.insert(id.into(), member);
    }

    /// Removes a member with all seats.
    pub fn remove_member(&self, id: &str) {
        self.state().members.remove(id);
    }

    /// Sets the fault from the next call on. [`Fault::SessionExpired`] changes nothing: Memory has no sessions.
    pub fn set_fault(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// Returns the records that a full sync must report.
    #[must_use]
    pub fn expected_records(&self) -> ExpectedRecords {
        let state = self.state();
        let mut expected = ExpectedRecords {
            pools: POOLS.iter().map(|(key, ..)| IdentifierKey::new("SEAT", *key)).collect(),
            consumption: METERS.iter().map(|(key, ..)| (*key).to_owned()).collect(),
            ..ExpectedRecords::default()
        };
        for (id, member) in &state.members {
            expected.accounts.insert(id.clone());
            for seat in &member.seats {
                let holders = expected.subscriptions.entry(IdentifierKey::new("SEAT", seat)).or_default();
                holders.insert(id.clone());
            }
            if !member.seen.is_empty() {
                expected.active.insert(id.clone());
            }
        }
        expected
    }

    /// Returns how often the organisation was called.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    pub(super) fn fingerprint(&self) -> String {
        format!("{:?}", self.state().members)
    }

    pub(super) const fn token(&self) -> &Secret {
        &self.token
    }

    pub(super) const fn page_size(&self) -> u32 {
        self.page_size
    }

    /// Returns the state for one call, unless the fault fails it. `remembered` says that the call uses an old
    /// position.
    pub(super) fn call(&self, remembered: bool) -> Result<MutexGuard<'_, OrgState>> {
        let mut state = self.state();
        state.calls += 1;
        state.apply_fault(remembered)?;
        Ok(state)
    }

    fn state(&self) -> MutexGuard<'_, OrgState> {
        self.state.lock().expect("no holder of the state panics")
    }
}

impl fmt::Debug for MemoryOrg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryOrg").field(&self.id()).finish()
    }
}

impl OrgState {
    /// Counts the seats of a pool that are taken.
    pub(super) fn taken(&self, seat: &str) -> i64 {
        let holders = self.members.values().filter(|member| member.seats.contains(seat)).count();
        i64::try_from(holders).unwrap_or(i64::MAX)
    }

    fn apply_fault(&mut self, remembered: bool) -> Result<()> {
        let (kind, message, next) = match self.fault {
            Fault::None | Fault::SessionExpired => return Ok(()),
            Fault::ForgottenPosition if !remembered => return Ok(()),
            Fault::Unavailable { calls: 0 } => {
                self.fault = Fault::None;
                return Ok(());
            }
            Fault::CredentialRefused => (ErrorKind::Unauthenticated, "token is not accepted", self.fault),
            Fault::Forbidden => (ErrorKind::Forbidden, "access is forbidden", self.fault),
            Fault::RateLimited { retry_after } => {
                (ErrorKind::RateLimited { retry_after: Some(retry_after) }, "too many requests", Fault::None)
            }
            Fault::Unavailable { calls } => {
                (ErrorKind::Unavailable, "vendor is unavailable", Fault::Unavailable { calls: calls - 1 })
            }
            Fault::DroppedBody => (ErrorKind::Unavailable, "response broke off", Fault::None),
            Fault::Nonsense => (ErrorKind::Malformed, "response is not understood", Fault::None),
            Fault::ForgottenPosition => (ErrorKind::CursorExpired, "position is forgotten", Fault::None),
        };
        self.fault = next;
        Err(Error::new(kind, message))
    }
}

impl Member {
    /// Every tenth is inactive and holds nothing, every third active one holds `PRO` too, every fourth was never seen.
    fn numbered(n: u32) -> Self {
        let active = !n.is_multiple_of(10);
        let seats = match (active, n % 3) {
            (false, _) => BTreeSet::new(),
            (true, 0) => BTreeSet::from(["BASIC".to_owned(), "PRO".to_owned()]),
            (true, _) => BTreeSet::from(["BASIC".to_owned()]),
        };
        let seen = match n % 4 {
            0 => Vec::new(),
            1 => vec![(ActivityKind::Interactive, last_seen(n)), (ActivityKind::Api, last_seen(n + 1))],
            _ => vec![(ActivityKind::Other, last_seen(n))],
        };
        Self { active, seats, seen }
    }
}

/// A day of 2026 that follows from the number.
fn last_seen(n: u32) -> DateTime<Utc> {
    let year = DateTime::from_timestamp(1_767_225_600, 0).expect("2026 begins");
    year + Days::new(u64::from(n % 300))
}
