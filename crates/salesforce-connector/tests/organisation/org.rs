//! A simulated organisation as the test organisation of the contract tests.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use connector_testkit::{ExpectedRecords, Fault, TestOrg};
use salesforce_connector::Salesforce;
use salesforce_simulator::{Faults, Settings, Simulator, StatusFault, TokenRefusal};
use seatgraph_core::http::{Http, HttpOptions};
use seatgraph_core::{ConnectContext, Connector, ManualClock, Registration};
use serde_json::{Value, json};

use crate::expected;
use crate::token_source::TestTokenSource;

/// The smallest number of users that takes three pages of the smallest size.
const USERS: u32 = 450;
pub(crate) const SALESFORCE: Registration = Registration::of::<Salesforce>();

/// One organisation and what is needed to get in.
pub(crate) struct Organisation {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<ManualClock>,
    given: Arc<Mutex<Vec<String>>>,
}

impl Organisation {
    pub(crate) async fn found(seed: u64) -> Self {
        Self::of_users(USERS, seed).await
    }

    pub(crate) async fn of_users(users: u32, seed: u64) -> Self {
        let now = "2026-10-02T09:00:00Z".parse().unwrap();
        let settings = Settings { users, seed, now, clock: Some(now), ..Settings::default() };
        let simulator = Simulator::start(settings).await.expect("loopback has a free port");
        Self { simulator, clock: Arc::new(ManualClock::at(now)), given: Arc::default() }
    }

    pub(crate) fn config(&self) -> Value {
        json!({ "instanceUrl": self.simulator.url(), "pageSize": 200 })
    }

    /// A client with its own token source.
    pub(crate) fn http(&self) -> Http {
        let oauth = SALESFORCE.oauth(self.config()).unwrap().expect("Salesforce grants tokens");
        let (id, secret) = (self.simulator.client_id(), self.simulator.client_secret());
        let tokens = TestTokenSource::new(oauth, id, secret, Arc::clone(&self.given));
        let base = self.simulator.url().parse().unwrap();
        Http::new(base, Some(Arc::new(tokens)), HttpOptions::default())
    }

    pub(crate) fn link(&self) -> Box<dyn Connector> {
        self.link_with(self.config())
    }

    /// A connection that reads login history with jobs from `rows` rows.
    pub(crate) fn link_by_jobs_from(&self, rows: u64) -> Box<dyn Connector> {
        let mut config = self.config();
        config["loginHistoryBulkRows"] = json!(rows);
        self.link_with(config)
    }

    pub(crate) fn link_with(&self, config: Value) -> Box<dyn Connector> {
        let clock = Arc::clone(&self.clock);
        SALESFORCE.connect(config, ConnectContext { http: self.http(), clock }).expect("the configuration is valid")
    }

    /// All data calls so far that were not reads.
    pub(crate) async fn writes(&self) -> Vec<Value> {
        let log = self.http().get("/_control/requests/log").without_token();
        let log: Vec<Value> = log.json_body().await.expect("the simulator keeps a log");
        log.into_iter().filter(|call| call["method"] != "GET").collect()
    }
}

impl fmt::Debug for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Organisation({})", self.simulator.url())
    }
}

#[async_trait]
impl TestOrg for Organisation {
    fn connect(&self) -> Box<dyn Connector> {
        self.link()
    }

    async fn expected_records(&self) -> ExpectedRecords {
        expected::take(self).await
    }

    async fn set_fault(&self, fault: Fault) -> bool {
        let status = |code, times, retry_after| Some(StatusFault { code, times, retry_after });
        let calm = Faults::default();
        let faults = match fault {
            Fault::None => calm,
            Fault::SessionExpired => Faults { expire_sessions: true, ..calm },
            Fault::CredentialRefused => Faults { expire_sessions: true, token_refusal: Some(refusal()), ..calm },
            Fault::Forbidden => Faults { status: status(403, u64::MAX, None), ..calm },
            Fault::RateLimited { retry_after } => {
                Faults { status: status(429, 1, Some(retry_after.as_secs())), ..calm }
            }
            Fault::Unavailable { calls } => Faults { status: status(503, calls.into(), None), ..calm },
            Fault::DroppedBody => Faults { drop_body_at: Some(1), ..calm },
            Fault::Nonsense => Faults { nonsense_body: 1, ..calm },
            Fault::ForgottenPosition => Faults { expire_cursors: true, ..calm },
        };
        self.simulator.set_faults(faults);
        true
    }

    async fn fingerprint(&self) -> Option<String> {
        Some(format!("{:?} {:?}", self.simulator.expected(), self.writes().await))
    }

    fn canaries(&self) -> Vec<String> {
        let mut secrets = self.given.lock().unwrap().clone();
        secrets.push(self.simulator.client_secret());
        secrets
    }
}

fn refusal() -> TokenRefusal {
    TokenRefusal { error: "invalid_client".into(), error_description: "invalid client credentials".into(), times: None }
}
