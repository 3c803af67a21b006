//! What a snapshot did not mention.

use seatgraph_core::{Batch, Next, RecordKind, Rejection};
use seatgraph_store::accounts::{AccountFilter, AccountOrder, AccountOrderField};
use seatgraph_store::each_backend;
use seatgraph_store::subscriptions::SubscriptionFilter;
use seatgraph_store::{
    AccountId, Db, Direction, PageCommit, PageRequest, RunResult, RunState, StageState, accounts, jobs, runs,
    subscriptions, sync,
};

use crate::harness::{SNAPSHOT, account, claimed, commit, missing, more, page, profile, queued, users, working};

fn garbled(external_id: Option<String>) -> Rejection {
    Rejection { external_id, code: "MALFORMED".to_owned(), message: "Username is missing".to_owned() }
}

/// The ids of the live accounts, by username.
async fn live_accounts(db: &Db) -> Vec<AccountId> {
    let order = AccountOrder { field: AccountOrderField::Username, direction: Direction::Asc };
    let page = accounts::page(db, &AccountFilter::default(), &PageRequest::default(), order).await.unwrap();
    page.rows.into_iter().map(|(_, account)| account.id).collect()
}

each_backend! {
    async fn only_what_was_not_seen_is_retired(db: TestDatabase) {
        let (profile, first) = working(&db).await;
        commit(&db, &first, &users(0..10), Next::Done(None)).await;
        let ending = RunResult { state: RunState::Succeeded, reason: None, findings: Vec::new(), bookmarks: Vec::new() };
        runs::finish(&db, first.run.id, first.fence, ending).await.unwrap();

        queued(&db, profile.id).await;
        let second = claimed(&db).await;
        commit(&db, &second, &users(0..4), more("a")).await;
        commit(&db, &second, &users(4..9), Next::Done(None)).await;
        assert_eq!(missing(&db, second.run.id, profile.id, RecordKind::Account).await, (1, 10));
        assert_eq!(missing(&db, second.run.id, profile.id, RecordKind::Subscription).await, (1, 10));
        assert_eq!(missing(&db, second.run.id, profile.id, RecordKind::Pool).await, (0, 1));

        let run = sync::retire(&db, second.run.id, profile.id, second.fence, 2, &SNAPSHOT).await.unwrap();
        assert_eq!((run.counts.accounts_retired, run.counts.subscriptions_retired), (1, 1));
        let stages = runs::stages(&db, &[run.id]).await.unwrap();
        assert_eq!(stages[&run.id][2].state, StageState::Done);
        assert_eq!(subscriptions::count(&db, &SubscriptionFilter::default()).await.unwrap(), 9);
    }

    async fn whose_row_was_not_understood_is_there_with_all_they_hold(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        commit(&db, &claim, &users(0..4), more("a")).await;
        sync::restart_stage(&db, claim.run.id, claim.fence, 0, &SNAPSHOT).await.unwrap();
        let (batch, rejected) = (users(0..2), [garbled(Some(account(2).external_id)), garbled(None)]);
        let page = PageCommit { rejected: &rejected, ..page(&claim, &batch, Next::Done(None)) };
        sync::commit_page(&db, page).await.unwrap();
        assert_eq!(missing(&db, claim.run.id, profile.id, RecordKind::Account).await, (1, 4));
        assert_eq!(missing(&db, claim.run.id, profile.id, RecordKind::Subscription).await, (1, 4));
        let run = sync::retire(&db, claim.run.id, profile.id, claim.fence, 2, &SNAPSHOT).await.unwrap();
        assert_eq!((run.counts.accounts_retired, run.counts.subscriptions_retired), (1, 1));
    }

    async fn more_than_one_transaction_takes_on_is_retired_whole(db: TestDatabase) {
        const MANY: usize = 5_002;
        let (profile, claim) = working(&db).await;
        commit(&db, &claim, &users(0..MANY), more("a")).await;
        sync::restart_stage(&db, claim.run.id, claim.fence, 0, &SNAPSHOT).await.unwrap();
        commit(&db, &claim, &users(0..1), Next::Done(None)).await;
        let run = sync::retire(&db, claim.run.id, profile.id, claim.fence, 2, &SNAPSHOT).await.unwrap();
        assert_eq!((run.counts.accounts_retired, run.counts.subscriptions_retired), (5_001, 5_001));
        assert_eq!(subscriptions::count(&db, &SubscriptionFilter::default()).await.unwrap(), 1);
        // Nothing of what was seen is left: whoever asked again would find all of it missing.
        assert_eq!(missing(&db, run.id, profile.id, RecordKind::Account).await, (1, 1));
    }

    async fn one_profile_never_retires_what_another_sees(db: TestDatabase) {
        let (_, first) = working(&db).await;
        commit(&db, &first, &users(0..3), Next::Done(None)).await;
        let other = profile(&db, "other").await;
        queued(&db, other.id).await;
        let second = claimed(&db).await;
        commit(&db, &second, &users(0..1), Next::Done(None)).await;
        let run = sync::retire(&db, second.run.id, other.id, second.fence, 2, &SNAPSHOT).await.unwrap();
        assert_eq!(run.counts.accounts_retired, 0);
        assert_eq!(subscriptions::count(&db, &SubscriptionFilter::default()).await.unwrap(), 4);
    }

    async fn what_comes_back_is_live_again_under_its_old_id(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        commit(&db, &claim, &users(0..2), more("a")).await;
        let before = live_accounts(&db).await;
        sync::restart_stage(&db, claim.run.id, claim.fence, 0, &SNAPSHOT).await.unwrap();
        sync::retire(&db, claim.run.id, profile.id, claim.fence, 2, &SNAPSHOT).await.unwrap();
        assert_eq!(live_accounts(&db).await, []);
        let committed = commit(&db, &claim, &users(0..2), Next::Done(None)).await;
        assert_eq!(live_accounts(&db).await, before);
        assert_eq!((committed.run.counts.accounts_added, committed.run.counts.accounts_changed), (2, 2));
    }

    async fn what_a_run_saw_survives_its_worker_and_a_persons_doubts(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        commit(&db, &claim, &users(0..5), Next::Done(None)).await;
        let suspect = runs::suspect("a fifth is missing".to_owned());
        jobs::wait(&db, claim.run.job.id, claim.fence, suspect).await.unwrap();
        runs::confirm(&db, claim.run.id).await.unwrap();
        let again = claimed(&db).await;
        assert_eq!(missing(&db, again.run.id, profile.id, RecordKind::Account).await, (0, 5));
    }

    async fn a_pass_that_is_no_snapshot_sees_nothing_for_retirement(db: TestDatabase) {
        let (profile, claim) = working(&db).await;
        let batch = users(0..3);
        let page = PageCommit { snapshot_of: &[], ..page(&claim, &batch, more("a")) };
        let committed = sync::commit_page(&db, page).await.unwrap();
        assert_eq!(committed.run.counts.accounts_seen, 3);
        assert_eq!(missing(&db, claim.run.id, profile.id, RecordKind::Account).await, (3, 3));
        commit(&db, &claim, &Batch::default(), Next::Done(None)).await;
    }
}
