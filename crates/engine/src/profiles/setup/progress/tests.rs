//! Every proof against what is known, from nothing to the first sync.

use chrono::{DateTime, TimeDelta, Utc};
use connector_testkit::memory::REGISTRATION;
use seatgraph_core::{Organization, SetupPlace};
use seatgraph_store::{Alias, FindingId, Profile, ProfileId, Schedule, ScheduleEvery};
use serde_json::json;
use url::Url;

use super::*;
use crate::aliases::tests_support::alias;

const GRANT: GrantType = GrantType::ClientCredentials;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn profile(alias: &Alias, state: ProfileState) -> Profile {
    Profile {
        id: ProfileId::generate(),
        connector: "memory".to_owned(),
        name: "p".to_owned(),
        alias_id: Some(alias.id),
        state,
        organization: None,
        organization_checked_at: None,
        schedule: Schedule { every: ScheduleEvery::Manual, at: None, time_zone: "UTC".to_owned() },
        next_run_at: None,
        allowance: None,
        created_at: at(0),
        updated_at: at(0),
        deleted_at: None,
    }
}

fn process(process: Process, enabled: bool, health: Health) -> ProfileProcess {
    ProfileProcess { process, enabled, health, bookmark: None, last_succeeded_at: None }
}

/// A draft on a new alias.
fn draft() -> SetupFacts {
    let alias = alias("a", json!({}), None);
    let processes = vec![
        process(Process::DownloadSubscriptions, true, Health::Unknown),
        process(Process::ReclaimSubscription, false, Health::Unknown),
    ];
    SetupFacts {
        profile: Some(profile(&alias, ProfileState::Draft)),
        alias: Some(alias),
        processes,
        ..SetupFacts::default()
    }
}

fn connected() -> SetupFacts {
    let mut facts = draft();
    let alias = facts.alias.as_mut().unwrap();
    alias.instance_url = Some("https://memory.example".to_owned());
    alias.client_id = Some("app".to_owned());
    alias.grant_type = Some(GRANT);
    alias.credential_state = CredentialState::Ready;
    alias.obtained_at = Some(at(10));
    alias.granted_scopes = vec!["members.read".to_owned()];
    facts
}

fn validated() -> SetupFacts {
    let mut facts = connected();
    let organization = Organization { external_id: "o".into(), name: "O".into(), sandbox: false, edition: None };
    let profile = facts.profile.as_mut().unwrap();
    profile.organization = Some(organization);
    profile.organization_checked_at = Some(at(11));
    facts.processes[0].health = Health::Healthy;
    facts
}

fn found(code: &str, severity: Severity, process: Option<Process>, minute: i64) -> StoredFinding {
    let finding = Finding { process, ..Finding::new(code, severity, "Message.", format!("Fix {code}.")) };
    StoredFinding {
        id: FindingId::generate(),
        profile_id: ProfileId::generate(),
        run_id: None,
        finding,
        at: at(minute),
    }
}

fn steps(facts: &SetupFacts) -> Vec<GuidedStep> {
    let public_url = Url::parse("http://localhost:8080").unwrap();
    facts.steps(&REGISTRATION, None, &public_url).unwrap()
}

fn done(facts: &SetupFacts) -> Vec<&'static str> {
    steps(facts).into_iter().filter(|guided| guided.done).map(|guided| guided.step.key).collect()
}

fn remedy(facts: &SetupFacts, key: &str) -> Option<String> {
    steps(facts).into_iter().find(|guided| guided.step.key == key).unwrap().remedy
}

#[test]
fn the_way_is_the_vendors_steps_and_then_ours() {
    let all = steps(&draft());
    let keys: Vec<_> = all.iter().map(|guided| guided.step.key).collect();
    let expected =
        ["REGISTER_APPLICATION", "GIVE_PERMISSIONS", "ADDRESS", "CREDENTIAL", "VALIDATE", "PUBLISH", "FIRST_SYNC"];
    assert_eq!(keys, expected);
    let vendors = all.iter().filter(|guided| guided.step.place == SetupPlace::Vendor).count();
    assert_eq!((vendors, done(&draft())), (2, vec![]));
    assert!(all.iter().all(|guided| guided.remedy.is_some()), "what is not done says what to do");
}

#[test]
fn each_fact_proves_its_steps_and_no_later_one() {
    assert_eq!(done(&connected()), ["REGISTER_APPLICATION", "ADDRESS", "CREDENTIAL"]);
    let so_far = ["REGISTER_APPLICATION", "GIVE_PERMISSIONS", "ADDRESS", "CREDENTIAL", "VALIDATE"];
    assert_eq!(done(&validated()), so_far);
    let mut published = validated();
    published.profile.as_mut().unwrap().state = ProfileState::Published;
    assert_eq!(done(&published).last(), Some(&"PUBLISH"));
    published.processes[0].last_succeeded_at = Some(at(20));
    assert_eq!(done(&published).len(), 7);
}

#[test]
fn a_step_comes_undone_with_what_proved_it() {
    let mut facts = validated();
    facts.alias.as_mut().unwrap().credential_state = CredentialState::ReauthRequired;
    assert!(!done(&facts).contains(&"CREDENTIAL"));
    assert!(remedy(&facts, "CREDENTIAL").unwrap().contains("rejected"));
    facts.alias = None;
    assert!(!done(&facts).contains(&"ADDRESS"));
}

#[test]
fn a_finding_speaks_against_a_step_and_lends_it_its_remedy() {
    let read = Some(Process::DownloadSubscriptions);
    let with = |finding| SetupFacts { findings: vec![finding], ..validated() };
    let missing = with(found("PERMISSION_MISSING", Severity::Error, read, 11));
    assert_eq!(remedy(&missing, "GIVE_PERMISSIONS").as_deref(), Some("Fix PERMISSION_MISSING."));
    let silent = [
        ("too mild", found("PERMISSION_MISSING", Severity::Warning, read, 11)),
        ("about another thing", found("DAILY_LIMIT_NEAR", Severity::Error, read, 11)),
        (
            "of a process that is off",
            found("PERMISSION_MISSING", Severity::Error, Some(Process::ReclaimSubscription), 11),
        ),
        ("found with an earlier credential", found("PERMISSION_MISSING", Severity::Error, read, 9)),
    ];
    for (why, finding) in silent {
        assert_eq!(remedy(&with(finding), "GIVE_PERMISSIONS"), None, "{why}");
    }
}

#[test]
fn a_broken_process_is_mended_by_what_the_validation_said() {
    let mut facts = validated();
    facts.processes[0].health = Health::Broken;
    facts.findings = vec![found("OBJECT_HIDDEN", Severity::Error, Some(Process::DownloadSubscriptions), 11)];
    assert_eq!(remedy(&facts, "VALIDATE").as_deref(), Some("Fix OBJECT_HIDDEN."));
}

#[test]
fn scopes_that_were_not_granted_name_themselves() {
    let mut facts = connected();
    let step = SetupStep::in_gateway("SCOPES", "Scopes", "somebody", DoneWhen::Scopes);
    let lacking = |facts: &SetupFacts| lacking(facts, &REGISTRATION, Some(GRANT), &step);
    assert_eq!(lacking(&facts), None);
    facts.alias.as_mut().unwrap().granted_scopes = vec!["other".to_owned()];
    assert!(lacking(&facts).unwrap().contains("Add members.read"));
}

#[test]
fn a_grant_that_is_not_offered_has_no_way() {
    let public_url = Url::parse("http://localhost:8080").unwrap();
    assert_eq!(draft().steps(&REGISTRATION, Some(GrantType::JwtBearer), &public_url), None);
}
