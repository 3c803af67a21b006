//! Pages in the tables.

use seatgraph_core::{Batch, Finding, Identifier, Next, RecordKind, Rejection, Severity};
use seatgraph_store::accounts::{AccountFilter, AccountOrder, AccountOrderField};
use seatgraph_store::each_backend;
use seatgraph_store::subscriptions::SubscriptionFilter;
use seatgraph_store::{
    Account, Claim, Db, Direction, Missing, PageCommit, PageRequest, RunCounts, StageState, accounts, findings, jobs,
    profiles, runs, subscriptions, sync,
};

use crate::harness::{SNAPSHOT, account, commit, holds, missing, more, noon, page, sales, used, users, working};

/// Everything that a page can change, in words that can be compared.
pub(crate) async fn state(db: &Db, claim: &Claim) -> (Vec<Account>, i64, Vec<Missing>) {
    let order = AccountOrder { field: AccountOrderField::Username, direction: Direction::Asc };
    let all = accounts::page(db, &AccountFilter::default(), &everything(), order).await;
    let subscriptions = subscriptions::count(db, &SubscriptionFilter::default()).await.unwrap();
    let missing = sync::missing(db, claim.run.id, claim.run.profile_id, &SNAPSHOT).await.unwrap();
    let rows = all.unwrap().rows.into_iter().map(|(_, account)| account).collect();
    (rows, subscriptions, missing)
}

fn everything() -> PageRequest {
    PageRequest { first: Some(200), ..PageRequest::default() }
}

each_backend! {
    async fn a_page_brings_records_cursor_and_progress_together(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let committed = commit(&db, &claim, &users(0..3), more("005B")).await;
        let expected = RunCounts {
            accounts_seen: 3, accounts_added: 3, subscriptions_seen: 3, subscriptions_added: 3, ..RunCounts::default()
        };
        assert_eq!((committed.run.counts, committed.run.api_calls), (expected, 2));
        let stage = &runs::stages(&db, &[claim.run.id]).await.unwrap()[&claim.run.id][0];
        assert_eq!((stage.state, stage.done, stage.total), (StageState::Running, 3, Some(1_000)));
        assert_eq!(stage, &committed.stage);
        let (accounts, subscriptions, missing) = state(&db, &claim).await;
        assert_eq!((accounts.len(), subscriptions), (3, 3));
        let counted = missing.iter().map(|of| (of.kind, of.live, of.would_retire)).collect::<Vec<_>>();
        let expected = [(RecordKind::Pool, 1, 0), (RecordKind::Account, 3, 0), (RecordKind::Subscription, 3, 0)];
        assert_eq!(counted, expected);
        let first = accounts.iter().find(|a| a.external_id == "00500000").unwrap();
        assert_eq!((first.email.as_deref(), first.display_name.as_deref()), (Some("User0@example.test"), Some("Üser 0")));
        assert_eq!((first.idle_since, first.vendor_created_at), (noon(-400), Some(noon(-400))));
        assert_eq!(first.attributes["profile"], "Standard");
    }

    async fn a_page_that_comes_twice_changes_nothing_twice(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..5);
        batch.activity = vec![used(1, noon(-3)), used(1, noon(-1)), used(2, noon(-9))];
        commit(&db, &claim, &batch, more("005B")).await;
        let before = state(&db, &claim).await;
        let again = commit(&db, &claim, &batch, more("005B")).await;
        assert_eq!(state(&db, &claim).await, before);
        let expected = RunCounts {
            accounts_seen: 5, accounts_added: 5, subscriptions_seen: 5, subscriptions_added: 5, ..RunCounts::default()
        };
        assert_eq!(again.run.counts, expected);
    }

    async fn one_record_twice_on_a_page_is_one_record(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..2);
        batch.accounts.push(seatgraph_core::Account { title: Some("Boss".to_owned()), ..account(0) });
        batch.subscriptions.push(holds(0, sales()));
        batch.pools.push(crate::harness::pool(sales()));
        let committed = commit(&db, &claim, &batch, more("a")).await;
        assert_eq!((committed.run.counts.accounts_added, committed.run.counts.subscriptions_added), (2, 2));
        let (accounts, ..) = state(&db, &claim).await;
        let first = accounts.iter().find(|a| a.external_id == "00500000").unwrap();
        assert_eq!(first.title.as_deref(), Some("Boss"));
    }

    async fn what_differs_is_changed_and_what_does_not_is_left_alone(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        commit(&db, &claim, &users(0..3), more("a")).await;
        let (before, ..) = state(&db, &claim).await;
        let mut batch = users(0..3);
        batch.accounts[1].frozen = Some(true);
        batch.accounts[2].department = None;
        batch.subscriptions[0].assigned_at = Some(noon(-2));
        let committed = commit(&db, &claim, &batch, more("b")).await;
        assert_eq!((committed.run.counts.accounts_changed, committed.run.counts.subscriptions_changed), (2, 1));
        let (after, ..) = state(&db, &claim).await;
        let same = |accounts: &[Account]| accounts.iter().find(|a| a.external_id == "00500000").cloned();
        assert_eq!(same(&after), same(&before));
        let thawed = after.iter().find(|a| a.external_id == "00500001").unwrap();
        assert_eq!(thawed.frozen, Some(true));
    }

    async fn a_record_of_an_unknown_account_is_rejected_and_the_page_goes_on(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..2);
        batch.subscriptions.push(holds(77, sales()));
        batch.activity.push(used(78, noon(0)));
        let committed = commit(&db, &claim, &batch, more("a")).await;
        assert_eq!((committed.run.counts.rejected, committed.run.counts.subscriptions_added), (2, 2));
    }

    async fn rejections_and_findings_of_a_page_are_kept_once(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        let batch = users(0..1);
        let rejected = [Rejection { external_id: None, code: "MALFORMED".to_owned(), message: "Id is missing".to_owned() }];
        let found = [Finding::new("FIELD_HIDDEN", Severity::Warning, "a field is hidden", "grant it")];
        for after in ["a", "b"] {
            let commit = PageCommit { rejected: &rejected, findings: &found, ..page(&claim, &batch, more(after)) };
            sync::commit_page(&db, commit).await.unwrap();
        }
        let stored = findings::of_runs(&db, &[claim.run.id]).await.unwrap();
        assert_eq!(stored[&claim.run.id].iter().map(|f| f.finding.clone()).collect::<Vec<_>>(), found);
        assert_eq!(profiles::findings(&db, &[profile.id]).await.unwrap()[&profile.id].len(), 1);
        assert_eq!(runs::find(&db, claim.run.id).await.unwrap().unwrap().counts.rejected, 2);
    }

    async fn evidence_moves_idleness_forward_only(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..2);
        batch.activity = vec![used(0, noon(-1)), used(0, noon(-5))];
        commit(&db, &claim, &batch, more("a")).await;
        commit(&db, &claim, &Batch { activity: vec![used(0, noon(-9))], ..Batch::default() }, more("b")).await;
        let (accounts, ..) = state(&db, &claim).await;
        let of = |id: &str| accounts.iter().find(|a| a.external_id == id).unwrap();
        assert_eq!((of("00500000").last_activity_at, of("00500000").idle_since), (Some(noon(-1)), noon(-1)));
        assert_eq!((of("00500001").last_activity_at, of("00500001").idle_since), (None, noon(-400)));
        let activities = accounts::activities(&db, &[of("00500000").id]).await.unwrap();
        let rows = &activities[&of("00500000").id];
        assert_eq!((rows.len(), rows[0].last_at, rows[0].source.as_str()), (1, noon(-1), "LoginHistory"));
    }

    async fn an_identifier_that_nobody_recognizes_waits_without_a_model(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..1);
        batch.subscriptions.push(holds(0, Identifier::new("PERMISSION_SET_LICENSE", "XYZ", "Mystery")));
        commit(&db, &claim, &batch, more("a")).await;
        commit(&db, &claim, &batch, more("b")).await;
        let waiting = SubscriptionFilter { unrecognized: Some(true), ..Default::default() };
        assert_eq!(subscriptions::count(&db, &waiting).await.unwrap(), 1);
    }

    async fn text_that_a_database_cannot_hold_spoils_no_page(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..1);
        batch.accounts[0].title = Some("nul \0 inside".to_owned());
        batch.accounts[0].display_name = Some("Ada 'O\"Hara'; DROP TABLE x; --\u{1F600}".to_owned());
        commit(&db, &claim, &batch, more("a")).await;
        let (accounts, ..) = state(&db, &claim).await;
        assert_eq!(accounts[0].title.as_deref(), Some("nul \u{fffd} inside"));
        assert_eq!(accounts[0].display_name, batch.accounts[0].display_name);
        let finding = Finding::new("X", Severity::Warning, "said \0", "look \0").with_seen("saw \0");
        sync::fail_stage(&db, claim.run.id, claim.fence, 1, &finding).await.unwrap();
        let stored = findings::of_runs(&db, &[claim.run.id]).await.unwrap().remove(&claim.run.id).unwrap().remove(0);
        let Finding { message, remedy, seen, .. } = stored.finding;
        assert_eq!((&*message, &*remedy, seen.as_deref()), ("said \u{fffd}", "look \u{fffd}", Some("saw \u{fffd}")));
        let job = jobs::retry_later(&db, claim.run.id.into(), claim.fence, noon(1), "because \0").await.unwrap();
        assert_eq!(job.reason.as_deref(), Some("because \u{fffd}"));
    }

    async fn subscriptions_of_an_unknown_account_are_rejected_once_each(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let batch = Batch { subscriptions: vec![holds(7, sales()), holds(7, sales()), holds(8, sales())], ..Batch::default() };
        let committed = commit(&db, &claim, &batch, more("a")).await;
        assert_eq!(committed.run.counts.rejected, 2);
    }

    async fn a_stage_that_starts_over_forgets_position_progress_and_what_it_saw(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        commit(&db, &claim, &users(0..4), more("a")).await;
        let stage = sync::restart_stage(&db, claim.run.id, claim.fence, 0, &SNAPSHOT).await.unwrap();
        assert_eq!((stage.state, stage.cursor, stage.done, stage.total), (StageState::Running, None, 0, None));
        assert_eq!(missing(&db, claim.run.id, profile.id, RecordKind::Account).await, (4, 4));
        let committed = commit(&db, &claim, &users(0..4), Next::Done(None)).await;
        assert_eq!((committed.run.counts.accounts_seen, committed.run.counts.accounts_added), (4, 4));
    }

    async fn a_stage_that_failed_says_why_and_the_run_goes_on(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let finding = Finding::new("LOGIN_HISTORY_WITHDRAWN", Severity::Warning, "no longer readable", "grant it");
        let stage = sync::fail_stage(&db, claim.run.id, claim.fence, 1, &finding).await.unwrap();
        assert_eq!(stage.state, StageState::Failed);
        let stored = findings::of_runs(&db, &[claim.run.id]).await.unwrap();
        assert_eq!(stored[&claim.run.id][0].finding, finding);
        commit(&db, &claim, &users(0..1), more("a")).await;
    }

    async fn the_allowance_is_kept_with_the_profile_and_never_goes_back_in_time(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        let seen = |used, day| Some(seatgraph_core::Allowance { limit: 15_000, used, at: noon(day) });
        let batch = users(0..1);
        for (used, day) in [(10, 1), (5, 0)] {
            let commit = PageCommit { allowance: seen(used, day), ..page(&claim, &batch, more("a")) };
            sync::commit_page(&db, commit).await.unwrap();
        }
        assert_eq!(profiles::find(&db, profile.id).await.unwrap().unwrap().allowance, seen(10, 1));
    }

    async fn a_large_page_goes_through_in_one_piece(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..2_000);
        batch.subscriptions.extend((0..1_000).map(|n| holds(n, Identifier::new("PERMISSION_SET_LICENSE", "CRM", "CRM User"))));
        batch.activity = (0..2_000).map(|n| used(n, noon(-1))).collect();
        let committed = commit(&db, &claim, &batch, more("a")).await;
        assert_eq!((committed.run.counts.accounts_added, committed.run.counts.subscriptions_added), (2_000, 3_000));
        let again = commit(&db, &claim, &batch, Next::Done(None)).await;
        assert_eq!((again.run.counts.accounts_added, again.run.counts.subscriptions_added), (2_000, 3_000));
        assert_eq!((again.run.counts.accounts_changed, again.run.counts.subscriptions_changed), (0, 0));
    }
}
