//! Aliases and profiles.

use seatgraph_core::{Finding, Next, Organization, Process, Secret, Severity};
use seatgraph_store::each_backend;
use seatgraph_store::{
    Alias, Error, Health, Profile, ProfileId, ProfileProcess, ProfileState, Purpose, RunState, Sealer, aliases, jobs,
    profiles, runs, sync,
};

use crate::harness::{alias, claimed, commit, is_lost, noon, process, profile, profile_of, queued, users};

fn organization(id: &str) -> Organization {
    Organization { external_id: id.to_owned(), name: "Acme".to_owned(), sandbox: true, edition: None }
}

each_backend! {
    async fn an_alias_reads_back_as_it_was_written(db: TestDatabase) {
        let parent = alias("parent");
        aliases::insert(&db, &parent).await.unwrap();
        let mut child = Alias { parent_id: Some(parent.id), ..alias("child") };
        aliases::insert(&db, &child).await.unwrap();
        assert_eq!(aliases::find(&db, child.id).await.unwrap(), Some(child.clone()));
        child.instance_url = None;
        child.updated_at = noon(3);
        aliases::update(&db, &child).await.unwrap();
        assert_eq!(aliases::find_by_name(&db, "child").await.unwrap(), Some(child.clone()));
        let many = aliases::find_many(&db, &[parent.id, child.id]).await.unwrap();
        assert_eq!((many.len(), &many[&child.id]), (2, &child));
        assert_eq!(aliases::find_by_name(&db, "CHILD").await.unwrap(), None);
    }

    async fn the_name_of_an_alias_is_its_own(db: TestDatabase) {
        aliases::insert(&db, &alias("acme")).await.unwrap();
        let again = aliases::insert(&db, &alias("acme")).await.unwrap_err();
        assert!(again.is_conflict_with("connection_aliases_name"), "{again:?}");
    }

    async fn an_alias_in_use_stays(db: TestDatabase) {
        let parent = alias("parent");
        let child = Alias { parent_id: Some(parent.id), ..alias("child") };
        aliases::insert(&db, &parent).await.unwrap();
        aliases::insert(&db, &child).await.unwrap();
        let refused = aliases::delete(&db, parent.id).await.unwrap_err();
        assert!(refused.is_conflict_with("connection_aliases_parent_id_fkey"));
        let profile = profile_of(&child);
        profiles::insert(&db, &profile, &[]).await.unwrap();
        let refused = aliases::delete(&db, child.id).await.unwrap_err();
        assert!(refused.is_conflict_with("integration_profiles_alias_id_fkey"));
        profiles::close(&db, profile.id, noon(9)).await.unwrap();
        aliases::delete(&db, child.id).await.unwrap();
        aliases::delete(&db, parent.id).await.unwrap();
        assert!(matches!(aliases::delete(&db, parent.id).await, Err(Error::NotFound { .. })));
    }

    async fn a_profile_reads_back_as_it_was_written(db: TestDatabase) {
        let mut profile = profile(&db, "acme").await;
        assert_eq!(profiles::find(&db, profile.id).await.unwrap().as_ref(), Some(&profile));
        profile.schedule.at = Some("04:30".to_owned());
        profile.updated_at = noon(3);
        profiles::update(&db, &profile, &[]).await.unwrap();
        assert_eq!(profiles::find_by_name(&db, &profile.name).await.unwrap().as_ref(), Some(&profile));
        let alias = profile.alias_id.unwrap();
        assert_eq!(profiles::by_alias(&db, &[alias]).await.unwrap()[&alias], [profile.clone()]);
        assert_eq!(profiles::find_many(&db, &[profile.id]).await.unwrap()[&profile.id], profile);
    }

    async fn two_living_profiles_share_neither_name_nor_alias_nor_organisation(db: TestDatabase) {
        let first = profile(&db, "one").await;
        let second = profile(&db, "two").await;
        let same_name = Profile { name: first.name.clone(), ..second.clone() };
        let refused = profiles::update(&db, &same_name, &[]).await.unwrap_err();
        assert!(refused.is_conflict_with("integration_profiles_name"), "{refused:?}");
        let same_alias = Profile { id: ProfileId::generate(), name: "three".to_owned(), ..first.clone() };
        let refused = profiles::insert(&db, &same_alias, &[]).await.unwrap_err();
        assert!(refused.is_conflict_with("integration_profiles_alias"), "{refused:?}");
        let one = organization("00D1");
        profiles::set_diagnosis(&db, first.id, Some(&one), &[], &[], None).await.unwrap();
        let refused = profiles::set_diagnosis(&db, second.id, Some(&one), &[], &[], None).await.unwrap_err();
        assert!(refused.is_conflict_with("integration_profiles_organization"), "{refused:?}");
        profiles::close(&db, first.id, noon(9)).await.unwrap();
        profiles::set_diagnosis(&db, second.id, Some(&one), &[], &[], None).await.unwrap();
    }

    async fn what_a_person_edits_undoes_nothing_that_happened_meanwhile(db: TestDatabase) {
        let read = profile(&db, "acme").await;
        profiles::set_state(&db, read.id, ProfileState::ReauthRequired, None).await.unwrap();
        profiles::set_diagnosis(&db, read.id, Some(&organization("00D1")), &[], &[], None).await.unwrap();
        let edited = Profile { name: "renamed".to_owned(), next_run_at: Some(noon(2)), ..read.clone() };
        profiles::update(&db, &edited, &[]).await.unwrap();
        let found = profiles::find(&db, read.id).await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.state), ("renamed", ProfileState::ReauthRequired));
        assert_eq!((found.next_run_at, found.organization), (None, Some(organization("00D1"))));
        profiles::close(&db, read.id, noon(9)).await.unwrap();
        assert!(matches!(profiles::update(&db, &edited, &[]).await, Err(Error::NotFound { .. })));
    }

    async fn a_grant_is_noted_of_the_credential_that_it_came_from(db: TestDatabase) {
        let read = Alias { obtained_at: Some(noon(4)), ..alias("acme") };
        aliases::insert(&db, &read).await.unwrap();
        let noted = Alias { granted_scopes: vec!["id".to_owned()], principal: Some("005".to_owned()), ..read.clone() };
        aliases::note_grant(&db, &noted).await.unwrap();
        assert_eq!(aliases::find(&db, read.id).await.unwrap(), Some(noted.clone()));
        let sealer = Sealer::from_key(&[1; 32]);
        let replaced = Alias { client_id: Some("other".to_owned()), obtained_at: Some(noon(5)), ..read.clone() };
        let secret = Secret::new("other");
        aliases::set_credential(&db, &sealer, &replaced, &[(Purpose::ClientSecret, &secret)]).await.unwrap();
        aliases::note_grant(&db, &noted).await.unwrap();
        assert_eq!(aliases::find(&db, read.id).await.unwrap(), Some(replaced));
    }

    async fn switching_a_process_keeps_what_is_known_of_it(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let health = [(Process::PullUserActivity, Health::Degraded)];
        profiles::set_diagnosis(&db, profile.id, None, &health, &[], None).await.unwrap();
        let off = ProfileProcess { enabled: false, ..process(Process::PullUserActivity) };
        profiles::update(&db, &profile, &[off]).await.unwrap();
        let found = profiles::processes(&db, &[profile.id]).await.unwrap().remove(&profile.id).unwrap();
        let words: Vec<_> = found.iter().map(|p| (p.process.as_str(), p.enabled, p.health.as_str())).collect();
        assert_eq!(words, [("DOWNLOAD_SUBSCRIPTIONS", true, "UNKNOWN"), ("PULL_USER_ACTIVITY", false, "DEGRADED")]);
    }

    async fn a_validation_takes_the_place_of_the_last_one_and_of_no_run(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        let finding = |code: &str| Finding::new(code, Severity::Warning, "something", "do something");
        let run = queued(&db, profile.id).await;
        let claim = claimed(&db).await;
        sync::fail_stage(&db, run.id, claim.fence, 1, &finding("OF_RUN")).await.unwrap();
        for codes in [vec!["A", "B"], vec!["C"]] {
            let found: Vec<_> = codes.into_iter().map(finding).collect();
            profiles::set_diagnosis(&db, profile.id, None, &[], &found, None).await.unwrap();
        }
        let found = profiles::findings(&db, &[profile.id]).await.unwrap();
        let codes: Vec<_> = found[&profile.id].iter().map(|f| f.finding.code.as_str()).collect();
        assert_eq!(codes, ["OF_RUN", "C"]);
    }

    async fn a_deleted_profile_takes_its_run_and_records_along_and_frees_its_alias(db: TestDatabase) {
        let profile = profile(&db, "acme").await;
        queued(&db, profile.id).await;
        let claim = claimed(&db).await;
        commit(&db, &claim, &users(0..3), Next::Done(None)).await;
        let closed = profiles::close(&db, profile.id, noon(9)).await.unwrap();
        let counts = (closed.runs_cancelled, closed.accounts_retired, closed.subscriptions_retired, closed.pools_retired);
        assert_eq!(counts, (1, 3, 3, 1));
        assert_eq!(runs::find(&db, claim.run.id).await.unwrap().unwrap().state(), RunState::Cancelled);
        assert!(is_lost(jobs::heartbeat(&db, claim.run.job.id, claim.fence, crate::harness::LEASE).await));
        let found = profiles::find(&db, profile.id).await.unwrap().unwrap();
        assert_eq!((found.deleted_at, found.alias_id, found.next_run_at), (Some(noon(9)), None, None));
        assert_eq!(profiles::find_by_name(&db, &profile.name).await.unwrap(), None);
        assert!(matches!(profiles::close(&db, profile.id, noon(9)).await, Err(Error::NotFound { .. })));
        let heir = Profile { id: seatgraph_store::ProfileId::generate(), ..profile };
        profiles::insert(&db, &heir, &[]).await.unwrap();
    }
}
