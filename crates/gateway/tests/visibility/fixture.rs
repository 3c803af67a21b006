//! Two organisations, and callers with different visibility.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use connector_testkit::memory::{MemoryOrg, Shape};
use seatgraph::edge::Caller;
use seatgraph_core::Secret;
use seatgraph_engine::access::{Principal, PrincipalId};
use seatgraph_store::delegations::{self, NewLink};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{ModelId, ProfileId, Role, RoleGrant, Sealer, models};
use serde_json::{Value, json};

use crate::harness::{Harness, text};

/// Caller of a test document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestCaller {
    /// Administrator of all profiles.
    Unlimited,
    /// Administrator of the own profile only.
    Limited,
    /// Viewer of the own profile only.
    LimitedViewer,
}

/// The ids of one kind of object.
#[derive(Debug)]
pub(crate) struct Ids {
    pub(crate) own: String,
    pub(crate) foreign: String,
    pub(crate) invented: String,
}

/// A small organisation that the limited callers see, and a larger one that they do not see.
pub(crate) struct Fixture {
    harness: Harness,
    profile: String,
    own: BTreeMap<&'static str, String>,
    foreign: BTreeMap<&'static str, String>,
    /// Keeps the other organisation at its address.
    other: Arc<MemoryOrg>,
}

/// One object of each kind that belongs to a profile.
const OBJECTS: &str = "query($id: ID!) { profile(by: { id: $id }) {
    alias { id } lastRun { id }
    accounts(first: 1) { nodes { id } } licensePools(first: 1) { nodes { id } }
    subscriptions(first: 200) { nodes { id identifier { key } model { id } } } } }";

impl Fixture {
    /// Connects and syncs the small organisation, whose members hold one product.
    pub(crate) async fn new(database: TestDatabase) -> Self {
        let harness = Harness::on(database, 2);
        let (profile, run) = harness.publish("own").await;
        harness.run_to_the_end(&run).await;
        // Only the other organisation is to have this one.
        let pool = "DELETE FROM license_pools WHERE identifier_id IN \
            (SELECT id FROM subscription_identifiers WHERE key = 'PRO')";
        harness.database.execute(pool).await.unwrap();
        let other = MemoryOrg::create(Shape { users: 12, page_size: 25 });
        let mut fixture =
            Self { harness, profile: profile.clone(), own: BTreeMap::new(), foreign: BTreeMap::new(), other };
        fixture.own = fixture.objects(&profile, "BASIC").await;
        fixture
    }

    /// Connects and syncs the other organisation.
    pub(crate) async fn add_foreign_profile(&mut self) {
        let (profile, run) = self.harness.publish_another(&self.other, "foreign").await;
        self.harness.run_to_the_end(&run).await;
        self.foreign = self.objects(&profile, "PRO").await;
    }

    /// Makes the identifier that only the other organisation holds unrecognized.
    pub(crate) async fn forget_the_foreign_model(&self) {
        let forget = "UPDATE subscription_identifiers SET model_id = NULL, resolved_by = NULL WHERE key = 'PRO'";
        assert_eq!(self.harness.database.execute(forget).await.unwrap(), 1);
    }

    /// Gives a profile a link, a token and a role, and returns the id of one object of each kind that belongs to it.
    async fn objects(&self, profile: &str, key: &str) -> BTreeMap<&'static str, String> {
        let roles = json!([{ "role": "VIEWER", "profileIds": [profile] }]);
        let token = self.harness.input("CreateApiToken", json!({ "name": profile, "roles": roles })).await;
        let role = json!({ "holder": { "group": profile }, "role": "VIEWER", "profileId": profile });
        let role = self.harness.input("AssignRole", role).await;
        let found = self.harness.ask(OBJECTS, json!({ "id": profile })).await["profile"].take();
        let (alias, run) = (text(&found["alias"]["id"]), text(&found["lastRun"]["id"]));
        let link = self.link(&alias).await;
        let child = json!({ "connector": "memory", "name": format!("child of {alias}"), "parentId": alias });
        self.harness.input("CreateConnectionAlias", child).await;
        let subscriptions = found["subscriptions"]["nodes"].as_array().unwrap();
        let held = subscriptions.iter().find(|held| held["identifier"]["key"] == key).unwrap();
        let model = text(&held["model"]["id"]);
        let model_id = model.parse::<ModelId>().unwrap();
        let identifiers = models::identifiers(&self.harness.database, &[model_id]).await.unwrap();
        BTreeMap::from([
            ("Account", text(&found["accounts"]["nodes"][0]["id"])),
            ("ApiToken", text(&token["token"]["id"])),
            ("ConnectionAlias", alias),
            ("DelegatedLink", link),
            ("IntegrationProfile", profile.to_owned()),
            // A sync run is a job of the same number.
            ("Job", run.replace("run_", "job_")),
            ("LicensePool", text(&found["licensePools"]["nodes"][0]["id"])),
            ("RoleAssignment", text(&role["assignment"]["id"])),
            ("SoftwareModel", model),
            ("SoftwareSubscription", text(&held["id"])),
            ("SyncRun", run),
            ("UnrecognizedIdentifier", identifiers[&model_id][0].id.to_string()),
        ])
    }

    async fn link(&self, alias: &str) -> String {
        let new = NewLink {
            alias_id: alias.parse().unwrap(),
            created_by: "admin".to_owned(),
            client_id: None,
            client_secret: None,
            life: Duration::from_secs(3_600),
        };
        let (db, sealer) = (&self.harness.database, Sealer::from_key(&[7; 32]));
        let link = delegations::insert(db, &sealer, &Secret::generate(), &new, 10).await.unwrap();
        link.id.to_string()
    }

    pub(crate) fn own(&self, kind: &str) -> &str {
        &self.own[kind]
    }

    /// The ids of one kind of object.
    pub(crate) fn ids(&self, kind: &str) -> Ids {
        let get = |of: &BTreeMap<&str, String>| {
            of.get(kind).unwrap_or_else(|| panic!("the fixture has no {kind}: add one to its objects")).clone()
        };
        let (own, foreign) = (get(&self.own), get(&self.foreign));
        let prefix = own.split_once('_').unwrap().0;
        Ids { invented: format!("{prefix}_0199000000007000a000000000000000"), own, foreign }
    }

    /// Runs a document on behalf of `caller` and returns the whole answer.
    pub(crate) async fn ask(&self, caller: TestCaller, document: &str, variables: Value) -> Value {
        let profile: ProfileId = self.profile.parse().unwrap();
        let holding = match caller {
            TestCaller::Unlimited => RoleGrant { role: Role::Admin, profile_id: None },
            TestCaller::Limited => RoleGrant { role: Role::Admin, profile_id: Some(profile) },
            TestCaller::LimitedViewer => RoleGrant { role: Role::Viewer, profile_id: Some(profile) },
        };
        let principal = Principal::new(PrincipalId::Person("anna".to_owned()), "anna", vec![holding]);
        let caller = Caller { principal: Arc::new(principal), from: "test".into() };
        self.harness.answer_to(&caller, document, variables).await
    }
}
