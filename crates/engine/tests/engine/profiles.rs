//! Profiles against a real store.

use connector_testkit::Fault;
use connector_testkit::memory::{MemoryOrg, Shape};
use seatgraph_core::Process;
use seatgraph_engine::{CreateAlias, CreateProfile, RefusalCode, ScheduleInput, UpdateProfile};
use seatgraph_store::{Health, ProfileId, ProfileState, RunState, ScheduleEvery, Trigger, each_backend, profiles};

use crate::harness::{Harness, code, new_alias, new_profile, refusal};
use crate::vendor::{Vendor, VendorFault};

const SHAPE: Shape = Shape { users: 25, page_size: 4 };

fn update(id: ProfileId) -> UpdateProfile {
    UpdateProfile { id, name: None, processes: Vec::new(), schedule: None }
}

each_backend! {
    async fn each_further_profile_needs_a_child_of_its_own(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let parent = harness.alias("tiny", "parent", Some("https://a.tiny.example")).await;
        let child = CreateAlias { parent_id: Some(parent.id), ..new_alias("tiny", "child", Some("https://b.tiny.example")) };
        let child = harness.engine.create_alias(child).await.unwrap();
        harness.profile("first", &parent).await;
        let second = harness.engine.create_profile(new_profile("second", &parent)).await;
        assert_eq!(code(second), RefusalCode::NeedsChildAlias);
        harness.profile("second", &child).await;
        let third = harness.engine.create_profile(new_profile("third", &child)).await;
        assert_eq!(code(third), RefusalCode::Conflict);
    }

    async fn switches_follow_the_connector(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let alias = harness.alias("tiny", "a", Some("https://a.tiny.example")).await;
        let with = |processes| CreateProfile { processes, ..new_profile("p", &alias) };
        let off = harness.engine.create_profile(with(vec![(Process::DownloadSubscriptions, false)])).await;
        assert_eq!(code(off), RefusalCode::Invalid);
        let on = harness.engine.create_profile(with(vec![(Process::ReclaimSubscription, true)])).await;
        assert_eq!(code(on), RefusalCode::Unsupported);
        let profile = harness.profile("p", &alias).await;
        let changed = UpdateProfile { processes: vec![(Process::PullUserActivity, false)], ..update(profile.id) };
        harness.engine.update_profile(changed).await.unwrap();
        let rows = profiles::processes(&harness.db, &[profile.id]).await.unwrap().remove(&profile.id).unwrap();
        let on: Vec<_> = rows.iter().filter(|row| row.enabled).map(|row| row.process).collect();
        assert_eq!(on, [Process::DownloadSubscriptions]);
    }

    async fn validation_keeps_organisation_and_health(db: TestDatabase) {
        let (harness, vendor) = (Harness::build(db).await, Vendor::open(5).await);
        let draft = harness.tiny_draft(&vendor).await;
        let validated = harness.engine.validate_profile(draft.id).await.unwrap();
        assert_eq!(validated.profile.organization.unwrap().external_id, "tiny");
        assert_eq!(validated.findings, []);
        let rows = profiles::processes(&harness.db, &[draft.id]).await.unwrap().remove(&draft.id).unwrap();
        assert!(rows.iter().all(|row| row.health == Health::Healthy), "{rows:?}");
    }

    async fn a_broken_link_is_a_finding_and_keeps_the_profile_from_being_published(db: TestDatabase) {
        let (harness, vendor) = (Harness::build(db).await, Vendor::open(5).await);
        let draft = harness.tiny_draft(&vendor).await;
        vendor.set_fault(VendorFault::GrantRefused);
        let validated = harness.engine.validate_profile(draft.id).await.unwrap();
        assert_eq!(validated.findings[0].finding.code, "UNAUTHENTICATED");
        let refused = refusal(harness.engine.publish_profile(draft.id).await);
        assert_eq!(refused.code, RefusalCode::InvalidState);
        assert!(refused.message.contains("DOWNLOAD_SUBSCRIPTIONS"), "{}", refused.message);
        vendor.set_fault(VendorFault::None);
        harness.engine.publish_profile(draft.id).await.unwrap();
    }

    async fn two_profiles_never_share_an_organisation(db: TestDatabase) {
        let (harness, vendor) = (Harness::build(db).await, Vendor::open(5).await);
        harness.tiny(&vendor).await;
        let twin = harness.alias("tiny", "twin", Some(&vendor.url)).await;
        let secret = seatgraph_core::Secret::new("right");
        let twin = harness.engine.set_client_credentials(twin.id, "client".into(), secret).await.unwrap();
        let profile = harness.profile("twin", &twin).await;
        let validated = harness.engine.validate_profile(profile.id).await;
        assert_eq!(code(validated), RefusalCode::DuplicateOrganization);
        assert_eq!(code(harness.engine.publish_profile(profile.id).await), RefusalCode::DuplicateOrganization);
    }

    async fn a_profile_lives_from_draft_to_deleted(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let (profile, run) = harness.memory(&organisation).await;
        assert_eq!((profile.state, run.trigger, run.state()), (ProfileState::Published, Trigger::Publish, RunState::Queued));
        assert_eq!(code(harness.engine.publish_profile(profile.id).await), RefusalCode::InvalidState);
        assert_eq!(code(harness.engine.resume_profile(profile.id).await), RefusalCode::InvalidState);
        let paused = harness.engine.pause_profile(profile.id).await.unwrap();
        assert_eq!(paused.state, ProfileState::Paused);
        harness.until(run.id, RunState::Cancelled).await;
        assert_eq!(code(harness.engine.start_sync(profile.id, None, None).await), RefusalCode::InvalidState);
        let resumed = harness.engine.resume_profile(profile.id).await.unwrap();
        assert_eq!(resumed.state, ProfileState::Published);
        let run = seatgraph_store::runs::open_of(&harness.db, profile.id).await.unwrap().unwrap();
        assert_eq!(run.trigger, Trigger::Resume);
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        let closed = harness.engine.delete_profile(profile.id).await.unwrap();
        let expected = organisation.expected_records();
        let held: usize = expected.subscriptions.values().map(std::collections::BTreeSet::len).sum();
        assert_eq!(closed.accounts_retired, 25);
        assert_eq!(closed.subscriptions_retired, i64::try_from(held).unwrap());
        assert_eq!(code(harness.engine.delete_profile(profile.id).await), RefusalCode::NotFound);
    }

    async fn a_schedule_is_known_when_a_profile_is_published_and_gone_when_it_pauses(db: TestDatabase) {
        let (harness, vendor) = (Harness::build(db).await, Vendor::open(5).await);
        let draft = harness.tiny_draft(&vendor).await;
        let every = |every, at: Option<&str>| {
            let input = ScheduleInput { every, at: at.map(str::to_owned), time_zone: None };
            UpdateProfile { schedule: Some(input), ..update(draft.id) }
        };
        let daily = harness.engine.update_profile(every(ScheduleEvery::Day, Some("03:15"))).await.unwrap();
        assert_eq!(daily.next_run_at, None);
        let (published, _) = harness.engine.publish_profile(draft.id).await.unwrap();
        assert_eq!(published.next_run_at.unwrap().format("%H:%M").to_string(), "03:15");
        let refused = harness.engine.update_profile(every(ScheduleEvery::Day, Some("25:00"))).await;
        assert_eq!(refusal(refused).field.unwrap(), ["schedule", "at"]);
        assert_eq!(harness.engine.pause_profile(draft.id).await.unwrap().next_run_at, None);
    }

    async fn an_organisation_that_is_away_leaves_a_finding_with_the_profile(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(SHAPE);
        let config = organisation.config();
        let alias = harness.alias("memory", "m", config["instanceUrl"].as_str()).await;
        let profile = harness.profile("m", &alias).await;
        organisation.set_fault(Fault::Forbidden);
        let validated = harness.engine.validate_profile(profile.id).await.unwrap();
        assert_eq!(validated.findings[0].finding.code, "FORBIDDEN");
        drop(organisation);
        let validated = harness.engine.validate_profile(profile.id).await.unwrap();
        assert_eq!(validated.findings[0].finding.code, "CONFIG_INVALID");
    }
}
