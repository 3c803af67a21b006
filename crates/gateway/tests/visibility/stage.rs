//! Two organisations and the callers who ask about them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use connector_testkit::memory::{MemoryOrg, Shape};
use seatgraph::edge::Visitor;
use seatgraph_core::Secret;
use seatgraph_engine::access::{Principal, PrincipalId};
use seatgraph_store::delegations::{self, NewLink};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{ModelId, ProfileId, Role, RoleGrant, Sealer, models};
use serde_json::{Value, json};

use crate::harness::{Harness, text};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// An administrator of everything.
    Unlimited,
    /// An administrator of the own profile alone.
    Limited,
    /// A viewer of the own profile alone.
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
pub(crate) struct Stage {
    world: Harness,
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

impl Stage {
    /// Connects and syncs the small organisation, whose members hold one product.
    pub(crate) async fn new(database: TestDatabase) -> Self {
        let world = Harness::on(database, 2);
        let (profile, run) = world.publish("own").await;
        world.work_until_the_end_of(&run).await;
        // Only the other organisation is to have this one.
        let pool = "DELETE FROM license_pools WHERE identifier_id IN \
            (SELECT id FROM subscription_identifiers WHERE key = 'PRO')";
        world.database.execute(pool).await.unwrap();
        let other = MemoryOrg::create(Shape { users: 12, page_size: 25 });
        let mut stage = Self { world, profile: profile.clone(), own: BTreeMap::new(), foreign: BTreeMap::new(), other };
        stage.own = stage.objects(&profile, "BASIC").await;
        stage
    }

    /// Connects and syncs the other organisation.
    pub(crate) async fn add_foreign_profile(&mut self) {
        let (profile, run) = self.world.publish_another(&self.other, "foreign").await;
        self.world.work_until_the_end_of(&run).await;
        self.foreign = self.objects(&profile, "PRO").await;
    }

    /// Makes the identifier that only the other organisation holds unrecognized.
    pub(crate) async fn forget_the_foreign_model(&self) {
        let forget = "UPDATE subscription_identifiers SET model_id = NULL, resolved_by = NULL WHERE key = 'PRO'";
        assert_eq!(self.world.database.execute(forget).await.unwrap(), 1);
    }

    /// Gives a profile a link, a token and a role, and returns the id of one object of each kind that belongs to it.
    async fn objects(&self, profile: &str, key: &str) -> BTreeMap<&'static str, String> {
        let roles = json!([{ "role": "VIEWER", "profileIds": [profile] }]);
        let token = self.world.input("CreateApiToken", json!({ "name": profile, "roles": roles })).await;
        let role = json!({ "holder": { "group": profile }, "role": "VIEWER", "profileId": profile });
        let role = self.world.input("AssignRole", role).await;
        let found = self.world.ask(OBJECTS, json!({ "id": profile })).await["profile"].take();
        let (alias, run) = (text(&found["alias"]["id"]), text(&found["lastRun"]["id"]));
        let link = self.link(&alias).await;
        let child = json!({ "connector": "memory", "name": format!("child of {alias}"), "parentId": alias });
        self.world.input("CreateConnectionAlias", child).await;
        let subscriptions = found["subscriptions"]["nodes"].as_array().unwrap();
        let held = subscriptions.iter().find(|held| held["identifier"]["key"] == key).unwrap();
        let model = text(&held["model"]["id"]);
        let model_id = model.parse::<ModelId>().unwrap();
        let identifiers = models::identifiers(&self.world.database, &[model_id]).await.unwrap();
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
        let (db, sealer) = (&self.world.database, Sealer::from_key(&[7; 32]));
        let link = delegations::insert(db, &sealer, &Secret::generate(), &new, 10).await.unwrap();
        link.id.to_string()
    }

    pub(crate) fn own(&self, kind: &str) -> &str {
        &self.own[kind]
    }

    /// The ids of one kind of object.
    pub(crate) fn ids(&self, kind: &str) -> Ids {
        let get = |of: &BTreeMap<&str, String>| {
            of.get(kind).unwrap_or_else(|| panic!("the stage has no {kind}: add one to its objects")).clone()
        };
        let (own, foreign) = (get(&self.own), get(&self.foreign));
        let prefix = own.split_once('_').unwrap().0;
        Ids { invented: format!("{prefix}_0199000000007000a000000000000000"), own, foreign }
    }

    /// Runs a document on behalf of `caller` and returns the whole answer.
    pub(crate) async fn ask(&self, caller: Caller, document: &str, variables: Value) -> Value {
        let profile: ProfileId = self.profile.parse().unwrap();
        let holding = match caller {
            Caller::Unlimited => RoleGrant { role: Role::Admin, profile_id: None },
            Caller::Limited => RoleGrant { role: Role::Admin, profile_id: Some(profile) },
            Caller::LimitedViewer => RoleGrant { role: Role::Viewer, profile_id: Some(profile) },
        };
        let principal = Principal::new(PrincipalId::Person("anna".to_owned()), "anna", vec![holding]);
        let visitor = Visitor { principal: Arc::new(principal), from: "test".into() };
        self.world.answer_to(&visitor, document, variables).await
    }
}
