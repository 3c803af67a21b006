//! The state of a running simulator.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use crate::bulk::jobs::Jobs;
use crate::certificate::Certificate;
use crate::cursors::Cursors;
use crate::faults::{Faults, StatusFault};
use crate::grants::Grants;
use crate::org::user::RUNNING_USER;
use crate::org::{Org, fixed_tables};
use crate::permissions::{Permission, Permissions};
use crate::refusal::Refusal;
use crate::request_log::RequestLog;
use crate::settings::Settings;
use crate::user_context::UserContext;

/// The connected app.
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) callbacks: Vec<String>,
    pub(crate) require_pkce: bool,
    /// The certificate of the app, which enables the JWT bearer flow.
    pub(crate) certificate: Option<Certificate>,
    /// Whether the app needs approval by an administrator, which only the running user has. Otherwise consent suffices.
    pub(crate) admin_approved: bool,
}

pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) url: String,
    pub(crate) app: Mutex<App>,
    pub(crate) grants: Mutex<Grants>,
    pub(crate) cursors: Mutex<Cursors>,
    pub(crate) jobs: Mutex<Jobs>,
    pub(crate) request_log: Mutex<RequestLog>,
    /// Held during a user write if faults request it.
    pub(crate) write_lock: tokio::sync::Mutex<()>,
    org: RwLock<Org>,
    fault_state: Mutex<FaultState>,
    permissions: Mutex<Permissions>,
    started: Instant,
    /// The time of the simulated clock at the start.
    clock: DateTime<Utc>,
}

/// The active faults and the data calls since they were set.
#[derive(Default)]
struct FaultState {
    faults: Arc<Faults>,
    calls: u64,
    /// Data calls since the start, for the limit header.
    used: u64,
}

/// The faults of one data call.
#[derive(Default)]
pub(crate) struct AppliedFaults {
    pub(crate) latency_ms: u64,
    pub(crate) status: Option<StatusFault>,
    pub(crate) expire: bool,
    pub(crate) drop_body: bool,
    pub(crate) nonsense: bool,
    pub(crate) concurrent: bool,
    pub(crate) exhausted: bool,
}

/// Locks a mutex. The data behind a poisoned mutex is still consistent.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(crate) fn new(settings: Settings, url: String) -> Self {
        let org = Org::generate(settings.seed, settings.users, settings.now.timestamp());
        let app = App {
            client_id: format!("3MVG9simulator.{:016x}", settings.seed),
            client_secret: format!(
                "{:016X}C0FFEE{:016X}",
                settings.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15),
                settings.seed
            ),
            callbacks: settings.callbacks.clone(),
            require_pkce: settings.require_pkce,
            certificate: settings.certificate.as_deref().and_then(Certificate::parse),
            admin_approved: true,
        };
        Self {
            grants: Mutex::new(Grants::new(settings.seed)),
            cursors: Mutex::default(),
            jobs: Mutex::default(),
            request_log: Mutex::default(),
            write_lock: tokio::sync::Mutex::new(()),
            org: RwLock::new(org),
            fault_state: Mutex::default(),
            permissions: Mutex::new(Permissions::ALL),
            app: Mutex::new(app),
            started: Instant::now(),
            clock: settings.clock_at_start(),
            settings,
            url,
        }
    }

    /// The value of the `Date` header.
    pub(crate) fn date(&self) -> String {
        let elapsed = TimeDelta::from_std(self.started.elapsed()).unwrap_or_default();
        let offset = TimeDelta::try_seconds(self.faults().clock_offset_seconds).unwrap_or_default();
        let date = self.clock.checked_add_signed(elapsed + offset).unwrap_or(self.clock);
        date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The simulated clock, in milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.settings.now.timestamp_millis().saturating_add(elapsed)
    }

    pub(crate) fn now(&self) -> i64 {
        self.now_ms() / 1000
    }

    pub(crate) fn org(&self) -> RwLockReadGuard<'_, Org> {
        self.org.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn org_mut(&self) -> RwLockWriteGuard<'_, Org> {
        self.org.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> Arc<Faults> {
        lock(&self.fault_state).faults.clone()
    }

    /// Activates faults, and applies those that take effect immediately.
    pub(crate) fn set_faults(&self, mut faults: Faults) {
        if std::mem::take(&mut faults.expire_sessions) {
            lock(&self.grants).expire_sessions();
        }
        if std::mem::take(&mut faults.expire_cursors) {
            lock(&self.cursors).clear();
        }
        fixed_tables::set_sandbox(&mut self.org_mut(), faults.sandbox);
        let mut fault_state = lock(&self.fault_state);
        fault_state.faults = Arc::new(faults);
        fault_state.calls = 0;
    }

    /// Decrements the counter of a fault; `false` if it is zero.
    pub(crate) fn count_down(&self, counter: impl Fn(&mut Faults) -> Option<&mut u64>) -> bool {
        let mut fault_state = lock(&self.fault_state);
        let faults = Arc::make_mut(&mut fault_state.faults);
        match counter(faults) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Determines the faults of the next data call.
    pub(crate) fn apply_faults(&self) -> AppliedFaults {
        let mut fault_state = lock(&self.fault_state);
        fault_state.calls += 1;
        fault_state.used += 1;
        let calls = fault_state.calls;
        let faults = Arc::make_mut(&mut fault_state.faults);
        let every = |n: Option<u64>| n.is_some_and(|n| n > 0 && calls.is_multiple_of(n));
        let take = |left: &mut u64| {
            let applies = *left > 0;
            *left -= u64::from(applies);
            applies
        };
        AppliedFaults {
            latency_ms: faults.latency_ms,
            status: faults.status.as_mut().and_then(|status| take(&mut status.times).then(|| status.clone())),
            expire: every(faults.expire_session_every),
            drop_body: faults.drop_body_at == Some(calls) || every(faults.drop_body_every),
            nonsense: take(&mut faults.nonsense_body),
            concurrent: take(&mut faults.concurrent_limit),
            exhausted: faults.daily_limit_remaining.as_mut().is_some_and(|left| !take(left)),
        }
    }

    /// Refuses a locator of a query for `object` if faults say so.
    pub(crate) fn check_locator(&self, object: &str) -> Result<(), Refusal> {
        match &self.faults().locator_refusal {
            Some(fault) if fault.object.as_ref().is_none_or(|refused| refused.eq_ignore_ascii_case(object)) => {
                Err(Refusal::new(fault.status, &fault.error_code, &fault.message))
            }
            _ => Ok(()),
        }
    }

    /// Used and allowed calls in 24 hours.
    pub(crate) fn usage(&self) -> (u64, u64) {
        let fault_state = lock(&self.fault_state);
        let limit = self.settings.daily_limit;
        let used = match fault_state.faults.daily_limit_remaining {
            Some(left) => limit.saturating_sub(left),
            None => fault_state.used.min(limit),
        };
        (used, limit)
    }

    pub(crate) fn change_permissions(&self, change: impl FnOnce(&mut Permissions)) -> Permissions {
        let mut permissions = lock(&self.permissions);
        change(&mut permissions);
        *permissions
    }

    /// The permissions of a user. Administrators have all; those of the running user can be changed.
    pub(crate) fn permissions_of(&self, org: &Org, user: u32) -> Permissions {
        if user == RUNNING_USER {
            return *lock(&self.permissions);
        }
        let user = org.user(user);
        match user.profile {
            crate::org::catalogue::ADMINISTRATOR_PROFILE => Permissions::ALL,
            _ if user.is_internal() => Permissions::ORDINARY,
            _ => Permissions::NONE,
        }
    }

    pub(crate) fn context(&self, org: &Org, user: u32, version: u16) -> UserContext {
        UserContext {
            user,
            permissions: self.permissions_of(org, user),
            version,
            now: self.now(),
            faults: self.faults(),
        }
    }

    /// Says whether the user may call the API.
    pub(crate) fn may_call(&self, user: u32) -> bool {
        self.permissions_of(&self.org(), user).has(Permission::ApiEnabled)
    }
}
