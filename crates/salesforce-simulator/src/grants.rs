//! Authorization codes, grants with their refresh tokens, and sessions.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The maximum grants per user. One more revokes the oldest.
const MAX_GRANTS: usize = 5;

/// An authorization code.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) user: u32,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) scope: String,
    pub(crate) made: i64,
    pub(crate) used: bool,
}

struct Grant {
    user: u32,
    scope: String,
    refresh: String,
}

/// A session, identified by an access token.
struct Session {
    user: u32,
    used: i64,
    grant: Option<u64>,
}

/// The result of a refresh.
pub(crate) struct Refreshed {
    pub(crate) grant: u64,
    pub(crate) user: u32,
    pub(crate) scope: String,
    /// The new refresh token, if tokens rotate.
    pub(crate) rotated: Option<String>,
}

pub(crate) struct Grants {
    seed: u64,
    next: u64,
    codes: HashMap<String, Code>,
    grants: BTreeMap<u64, Grant>,
    /// Rotated refresh tokens, with their grant.
    dead: HashMap<String, u64>,
    sessions: HashMap<String, Session>,
}

impl Grants {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            next: 0,
            codes: HashMap::new(),
            grants: BTreeMap::new(),
            dead: HashMap::new(),
            sessions: HashMap::new(),
        }
    }

    fn opaque(&mut self, purpose: &str) -> String {
        self.next += 1;
        let digest = Sha256::digest(format!("{}:{}:{purpose}", self.seed, self.next));
        URL_SAFE_NO_PAD.encode(digest)
    }

    pub(crate) fn add_code(&mut self, code: Code) -> String {
        let name = format!("aPrx{}==", self.opaque("code"));
        self.codes.insert(name.clone(), code);
        name
    }

    pub(crate) fn code(&mut self, name: &str) -> Option<&mut Code> {
        self.codes.get_mut(name)
    }

    /// Creates a grant with a refresh token, and revokes the user's oldest grant if there are too many.
    pub(crate) fn approve(&mut self, user: u32, scope: &str) -> (u64, String) {
        let own: Vec<u64> =
            self.grants.iter().filter(|(_, grant)| grant.user == user).map(|(number, _)| *number).collect();
        if own.len() >= MAX_GRANTS {
            self.revoke_grant(own[0]);
        }
        let refresh = format!("5Aep861{}", self.opaque("refresh"));
        let number = self.next;
        self.grants.insert(number, Grant { user, scope: scope.to_owned(), refresh: refresh.clone() });
        (number, refresh)
    }

    /// Creates a session, and returns its access token.
    pub(crate) fn open(&mut self, organization: &str, user: u32, grant: Option<u64>, now: i64) -> String {
        let token = format!("{organization}!AQ.{}", self.opaque("session"));
        self.sessions.insert(token.clone(), Session { user, used: now, grant });
        token
    }

    /// Finds the grant of a refresh token. A rotated token revokes the grant if `detect_reuse` is set.
    pub(crate) fn refresh(&mut self, token: &str, rotate: bool, detect_reuse: bool) -> Option<Refreshed> {
        if let Some(grant) = self.dead.get(token).copied() {
            if detect_reuse {
                self.revoke_grant(grant);
            }
            return None;
        }
        let number = self.grants.iter().find(|(_, grant)| grant.refresh == token).map(|(number, _)| *number)?;
        let rotated = rotate.then(|| format!("5Aep861{}", self.opaque("refresh")));
        let grant = self.grants.get_mut(&number)?;
        if let Some(rotated) = &rotated {
            let old = std::mem::replace(&mut grant.refresh, rotated.clone());
            self.dead.insert(old, number);
        }
        Some(Refreshed { grant: number, user: grant.user, scope: grant.scope.clone(), rotated })
    }

    fn revoke_grant(&mut self, number: u64) {
        self.grants.remove(&number);
        self.sessions.retain(|_, session| session.grant != Some(number));
    }

    /// Revokes an access token, or a refresh token with its sessions; `false` if there is no such token.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        if self.sessions.remove(token).is_some() {
            return true;
        }
        let grant = self.grants.iter().find(|(_, grant)| grant.refresh == token).map(|(number, _)| *number);
        if let Some(number) = grant {
            self.revoke_grant(number);
        }
        grant.is_some()
    }

    pub(crate) fn expire(&mut self, token: &str) {
        self.sessions.remove(token);
    }

    pub(crate) fn expire_sessions(&mut self) {
        self.sessions.clear();
    }

    /// The user of an open session. Its idle time-out starts again.
    pub(crate) fn session_user(&mut self, token: &str, now: i64, lifetime: i64) -> Option<u32> {
        let session = self.sessions.get_mut(token)?;
        if now - session.used >= lifetime {
            self.sessions.remove(token);
            return None;
        }
        session.used = now;
        Some(session.user)
    }

    /// Says whether the user has a grant.
    pub(crate) fn has_approved(&self, user: u32) -> bool {
        self.grants.values().any(|grant| grant.user == user)
    }
}
