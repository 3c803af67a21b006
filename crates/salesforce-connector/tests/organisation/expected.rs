//! The expected records, from the ids of the vendor's list and the expected values of the simulator.

use std::collections::{BTreeMap, BTreeSet};

use connector_testkit::ExpectedRecords;
use salesforce_simulator::ExpectedUser;
use seatgraph_core::IdentifierKey;
use seatgraph_core::http::Http;
use serde_json::Value;

use crate::org::Organisation;

pub(crate) async fn take(organisation: &Organisation) -> ExpectedRecords {
    let (http, simulated) = (organisation.http(), organisation.simulator.expected());
    let mut pools: BTreeSet<_> = simulated.licenses.keys().map(|key| IdentifierKey::new("USER_LICENSE", key)).collect();
    for row in rows(&http, "SELECT PermissionSetLicenseKey FROM PermissionSetLicense").await {
        let key = row["PermissionSetLicenseKey"].as_str().unwrap();
        pools.insert(IdentifierKey::new("PERMISSION_SET_LICENSE", key));
    }
    for row in rows(&http, "SELECT FeatureType FROM ActiveFeatureLicenseMetric").await {
        pools.insert(IdentifierKey::new("FEATURE_LICENSE", row["FeatureType"].as_str().unwrap()));
    }
    let mut expected = ExpectedRecords { pools, ..ExpectedRecords::default() };
    for row in rows(&http, "SELECT Id FROM User").await {
        let user = user(&http, row["Id"].as_str().unwrap()).await;
        count(&mut expected, user);
    }
    expected
}

fn count(expected: &mut ExpectedRecords, user: ExpectedUser) {
    let held: &mut BTreeMap<_, BTreeSet<_>> = &mut expected.subscriptions;
    if let Some(identifier) = user.identifier {
        held.entry(IdentifierKey::new("USER_LICENSE", identifier)).or_default().insert(user.id.clone());
    }
    for key in user.permission_set_licenses {
        held.entry(IdentifierKey::new("PERMISSION_SET_LICENSE", key)).or_default().insert(user.id.clone());
    }
    if user.last_login.is_some() {
        expected.active.insert(user.id.clone());
    }
    expected.accounts.insert(user.id);
}

pub(crate) async fn user(http: &Http, id: &str) -> ExpectedUser {
    http.get(format!("/_control/expected/users/{id}")).without_token().json_body().await.expect("the user is known")
}

/// Sends a query to the organisation.
pub(crate) async fn rows(http: &Http, soql: &str) -> Vec<Value> {
    let mut answer: Value = http.get("/services/data/v66.0/query").query("q", soql).json_body().await.unwrap();
    let mut rows = Vec::new();
    loop {
        rows.append(answer["records"].as_array_mut().unwrap());
        let Some(next) = answer["nextRecordsUrl"].as_str() else { return rows };
        answer = http.get(next.to_owned()).json_body().await.unwrap();
    }
}
