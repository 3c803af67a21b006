//! The permission sets of the set-up, each tested with exactly its permissions.

use std::collections::BTreeSet;

use roxmltree::Document;
use salesforce_simulator::Faults;
use seatgraph_core::{Diagnosis, GrantType, PermissionSetDocument, Process, SetupContext};
use serde_json::Value;

use crate::org::{Organisation, SALESFORCE};

fn documents() -> Vec<PermissionSetDocument> {
    let callback_url = "https://gateway.example/oauth/salesforce/callback".parse().unwrap();
    let context = SetupContext { grant: GrantType::ClientCredentials, callback_url: &callback_url };
    let documents = SALESFORCE.setup(&context).permission_sets;
    assert!(documents.len() > 2, "{documents:#?}");
    documents
}

fn names(document: &PermissionSetDocument) -> BTreeSet<String> {
    let xml = Document::parse(&document.xml).unwrap();
    let named = xml.descendants().filter(|node| node.tag_name().name() == "name");
    named.map(|node| node.text().unwrap().to_owned()).collect()
}

/// Grants the connected user exactly the permissions of the set.
async fn give(organisation: &Organisation, document: &PermissionSetDocument) {
    let held: Value = organisation.http().get("/_control/permissions").without_token().json_body().await.unwrap();
    let held = held["permissions"].as_array().unwrap().iter();
    let held: Vec<String> =
        held.map(|name| name.as_str().unwrap().strip_prefix("Permissions").unwrap().to_owned()).collect();
    let given = names(document);
    let surplus: Vec<&str> = held.iter().filter(|name| !given.contains(*name)).map(String::as_str).collect();
    organisation.revoke(&surplus).await;
}

async fn with(document: &PermissionSetDocument, faults: Faults) -> Diagnosis {
    let organisation = Organisation::found(8).await;
    give(&organisation, document).await;
    organisation.simulator.set_faults(faults);
    organisation.link().check().await
}

#[tokio::test]
async fn each_permission_set_is_enough_for_its_processes() {
    for document in documents() {
        let diagnosis = with(&document, Faults::default()).await;
        for process in Process::ALL {
            let broken = diagnosis.is_broken(process);
            let named = document.processes.contains(&process);
            assert_eq!(broken, !named, "{} and {process}: {:#?}", document.name, diagnosis.findings);
        }
    }
}

#[tokio::test]
async fn only_the_larger_permission_sets_see_restricted_records() {
    let restricted = Faults { profile_filtering: true, private_users: true, ..Faults::default() };
    for document in documents() {
        let diagnosis = with(&document, restricted.clone()).await;
        let hidden =
            diagnosis.findings.iter().filter(|f| ["PROFILES_HIDDEN", "USERS_HIDDEN"].contains(&f.code.as_str()));
        let expected = match document.name {
            "Seatgraph_Minimum" => 2,
            // Manage Users brings View All Users, and not View All Profiles.
            "Seatgraph_Reclaim" => 1,
            _ => 0,
        };
        assert_eq!(hidden.count(), expected, "{}: {:#?}", document.name, diagnosis.findings);
    }
}
