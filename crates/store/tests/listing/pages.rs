//! Pages read forwards and backwards make the whole list, and a page costs one statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use seatgraph_store::accounts::{self, AccountFilter, AccountOrder, AccountOrderField};
use seatgraph_store::aliases::{self, AliasFilter};
use seatgraph_store::models::{self, ModelFilter};
use seatgraph_store::pools::{self, PoolFilter};
use seatgraph_store::profiles::{self, ProfileFilter, ProfileOrder, ProfileOrderField};
use seatgraph_store::runs::{self, SyncRunFilter};
use seatgraph_store::subscriptions::{self, Joins, SubscriptionFilter, SubscriptionOrder, SubscriptionOrderField};
use seatgraph_store::{Direction, Error, PageKey, PageOf, PageRequest, each_backend};

use crate::seed::{Cell, Seed, day, text};

const DIRECTIONS: [Direction; 2] = [Direction::Asc, Direction::Desc];

fn first(rows: u32, after: Option<PageKey>) -> PageRequest {
    PageRequest { first: Some(rows), after, ..PageRequest::default() }
}

fn last(rows: u32, before: Option<PageKey>) -> PageRequest {
    PageRequest { last: Some(rows), before, ..PageRequest::default() }
}

/// Reads a list in pages of `$size` from both ends, and compares what comes with `$expected`.
macro_rules! reads_both_ways {
    ($size:expr, $expected:expr, |$request:ident| $page:expr, |$row:ident| $id:expr) => {{
        let (size, expected) = ($size, &$expected);
        let (mut forwards, mut place) = (Vec::new(), None);
        loop {
            let $request = &first(size, place.clone());
            let page: PageOf<_> = $page.await.unwrap();
            assert_eq!(page.has_previous, place.is_some());
            forwards.extend(page.rows.iter().map(|(_, $row)| $id));
            assert_eq!(page.has_next, forwards.len() < expected.len());
            place = page.rows.last().map(|(place, _)| place.clone());
            if !page.has_next {
                break;
            }
        }
        assert_eq!(&forwards, expected, "forwards by {size}");
        let (mut backwards, mut place) = (Vec::new(), None);
        loop {
            let $request = &last(size, place.clone());
            let page: PageOf<_> = $page.await.unwrap();
            assert_eq!(page.has_next, place.is_some());
            backwards.splice(0..0, page.rows.iter().map(|(_, $row)| $id));
            assert_eq!(page.has_previous, backwards.len() < expected.len());
            place = page.rows.first().map(|(place, _)| place.clone());
            if !page.has_previous {
                break;
            }
        }
        assert_eq!(&backwards, expected, "backwards by {size}");
    }};
}

/// Sorts rows of (key, id) and gives the ids.
fn ids<K: Ord, I: Ord + Copy>(mut rows: Vec<(K, I)>, direction: Direction) -> Vec<I> {
    rows.sort();
    if direction == Direction::Desc {
        rows.reverse();
    }
    rows.into_iter().map(|(_, id)| id).collect()
}

/// Twelve moments of which several are equal and several are missing.
const MOMENTS: [Option<i64>; 12] =
    [Some(3), None, Some(1), Some(3), None, Some(2), Some(3), Some(1), None, Some(9), None, Some(3)];

fn moment(at: Option<i64>) -> Cell {
    at.map_or(Cell::Null, |at| Cell::At(day(at)))
}

each_backend! {
    async fn accounts_come_in_every_order_with_ties_and_gaps(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let (one, two) = (seed.profile("one", &[]), seed.profile("two", &[]));
        let names = ["zoe", "Ann", "ann", "\u{e9}mile", "bob", "ann"];
        let (mut by_name, mut by_activity, mut by_sight) = (Vec::new(), Vec::new(), Vec::new());
        for (i, at) in MOMENTS.into_iter().enumerate() {
            let (profile, name) = (if i < 6 { one } else { two }, names[i % 6]);
            let seen = i as i64 / 5;
            let columns = [("last_activity_at", moment(at)), ("first_seen_at", Cell::At(day(seen)))];
            let id = seed.account(profile, name, &columns);
            by_name.push((name, id));
            by_activity.push((at, id));
            by_sight.push((seen, id));
        }
        seed.plant().await;
        let filter = AccountFilter::default();
        for direction in DIRECTIONS {
            for (field, expected) in [
                (AccountOrderField::Username, ids(by_name.clone(), direction)),
                (AccountOrderField::LastActivityAt, ids(by_activity.clone(), direction)),
                (AccountOrderField::FirstSeenAt, ids(by_sight.clone(), direction)),
            ] {
                let order = AccountOrder { field, direction };
                for size in [1, 5, 12] {
                    reads_both_ways!(size, expected, |page| accounts::page(&db, &filter, page, order), |row| row.id);
                }
            }
        }
        assert_eq!(accounts::count(&db, &filter).await.unwrap(), 12);
    }

    async fn subscriptions_come_in_every_order_with_ties_and_gaps(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let (known, unknown) = (seed.identifier("SFDC", None), seed.identifier("PID_X", None));
        let (mut by_activity, mut by_assignment, mut by_sight) = (Vec::new(), Vec::new(), Vec::new());
        let holders = MOMENTS.map(|at| (at, seed.account(profile, "ann", &[("last_activity_at", moment(at))])));
        // The later account holds the earlier subscription: each order has ties that its own id must tell apart.
        for (i, (at, account)) in holders.into_iter().enumerate().rev() {
            for identifier in [known, unknown] {
                let (assigned, seen) = (MOMENTS[(i + 5) % 12], i as i64 / 5);
                let columns = [("assigned_at", moment(assigned)), ("first_seen_at", Cell::At(day(seen)))];
                let id = seed.subscription((profile, account), identifier, &columns);
                by_activity.push(((at, account), id));
                by_assignment.push((assigned, id));
                by_sight.push((seen, id));
            }
        }
        seed.plant().await;
        let filter = SubscriptionFilter::default();
        for direction in DIRECTIONS {
            for (field, expected) in [
                (SubscriptionOrderField::LastActivityAt, ids(by_activity.clone(), direction)),
                (SubscriptionOrderField::AssignedAt, ids(by_assignment.clone(), direction)),
                (SubscriptionOrderField::FirstSeenAt, ids(by_sight.clone(), direction)),
            ] {
                let order = SubscriptionOrder { field, direction };
                for size in [1, 7] {
                    reads_both_ways!(
                        size,
                        expected,
                        |page| subscriptions::page(&db, &filter, page, order, Joins::default()),
                        |row| row.subscription.id
                    );
                }
            }
        }
        assert_eq!(subscriptions::count(&db, &filter).await.unwrap(), 24);
    }

    async fn aliases_and_profiles_come_by_name_in_plain_letter_order(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let names = ["beta", "Alpha", "\u{e4}rger", "alpha", "Beta"];
        let in_order = ["Alpha", "Beta", "alpha", "beta", "\u{e4}rger"];
        for (i, name) in names.into_iter().enumerate() {
            seed.profile(name, &[("created_at", Cell::At(day(i as i64 / 2)))]);
        }
        let gone = [("alias_id", Cell::Null), ("deleted_at", Cell::At(day(1)))];
        seed.profile("gone", &gone);
        seed.plant().await;
        let filter = ProfileFilter::default();
        let mut expected: Vec<_> = in_order.map(str::to_owned).to_vec();
        let order = ProfileOrder { field: ProfileOrderField::Name, direction: Direction::Asc };
        reads_both_ways!(2, expected, |page| profiles::page(&db, &filter, page, order), |row| row.name.clone());
        let order = ProfileOrder { field: ProfileOrderField::CreatedAt, direction: Direction::Desc };
        let newest = ["Beta", "alpha", "\u{e4}rger", "Alpha", "beta"].map(str::to_owned).to_vec();
        reads_both_ways!(2, newest, |page| profiles::page(&db, &filter, page, order), |row| row.name.clone());
        assert_eq!(profiles::count(&db, &filter).await.unwrap(), 5);
        expected.push("gone".to_owned());
        expected.sort();
        let expected: Vec<_> = expected.iter().map(|name| format!("alias of {name}")).collect();
        let filter = AliasFilter::default();
        reads_both_ways!(4, expected, |page| aliases::page(&db, &filter, page), |row| row.name.clone());
        assert_eq!(aliases::count(&db, &filter).await.unwrap(), 6);
    }

    async fn runs_come_newest_first(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let queued = [3, 1, 3, 2, 1];
        let runs: Vec<_> = queued.map(|at| (at, seed.run(profile, "SUCCEEDED", day(at)))).into_iter().collect();
        seed.plant().await;
        let (filter, expected) = (SyncRunFilter::default(), ids(runs, Direction::Desc));
        reads_both_ways!(2, expected, |page| runs::page(&db, &filter, page), |row| row.id);
    }

    async fn models_come_by_publisher_product_and_edition(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let b_login = seed.model("Acme", "B", "Login");
        let zulu = seed.model("Zulu", "A", "");
        let b = seed.model("Acme", "B", "");
        let a = seed.model("Acme", "A", "Plus");
        seed.plant().await;
        let (filter, expected) = (ModelFilter::default(), vec![a, b, b_login, zulu]);
        for size in [1, 3] {
            reads_both_ways!(size, expected, |page| models::page(&db, &filter, page), |row| row.id);
        }
        assert_eq!(models::count(&db, &filter).await.unwrap(), 4);
    }

    async fn pools_that_are_gone_are_left_out(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let (one, two) = (seed.profile("one", &[]), seed.profile("two", &[]));
        let identifier = seed.identifier("SFDC", None);
        let other = seed.identifier("PID_X", None);
        let later = seed.pool(one, identifier, &[("first_seen_at", Cell::At(day(2)))]);
        let earlier = seed.pool(two, identifier, &[]);
        seed.pool(one, other, &[("retired_at", Cell::At(day(3)))]);
        seed.plant().await;
        let (filter, expected) = (PoolFilter::default(), vec![earlier, later]);
        reads_both_ways!(1, expected, |page| pools::page(&db, &filter, page), |row| row.id);
        let filter = PoolFilter { profile_id: Some(one) };
        assert_eq!(pools::count(&db, &filter).await.unwrap(), 1);
    }

    async fn a_window_between_two_places_ends_before_the_second(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        for name in ["a", "b", "c", "d", "e"] {
            seed.account(profile, name, &[]);
        }
        seed.plant().await;
        let filter = AccountFilter::default();
        let order = AccountOrder { field: AccountOrderField::Username, direction: Direction::Asc };
        let all = accounts::page(&db, &filter, &first(5, None), order).await.unwrap();
        let (after, before) = (Some(all.rows[0].0.clone()), Some(all.rows[4].0.clone()));
        let window = PageRequest { after, before, ..first(2, None) };
        let page = accounts::page(&db, &filter, &window, order).await.unwrap();
        let names: Vec<_> = page.rows.iter().map(|(_, account)| account.username.as_str()).collect();
        assert_eq!((names, page.has_previous, page.has_next), (vec!["b", "c"], true, true));
        let page = accounts::page(&db, &filter, &first(0, None), order).await.unwrap();
        assert_eq!((page.rows.len(), page.has_previous, page.has_next), (0, false, true));
    }

    async fn a_page_of_subscriptions_costs_one_statement(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let account = seed.account(profile, "ann", &[("frozen", Cell::Bool(true))]);
        let model = seed.model("Salesforce", "Sales Cloud", "");
        let identifier = seed.identifier("SFDC", Some(model));
        let pool = seed.pool(profile, identifier, &[("status", text("Active"))]);
        seed.subscription((profile, account), identifier, &[("pool_id", Cell::Id(pool.as_uuid()))]);
        seed.plant().await;
        let statements = Arc::new(AtomicU64::new(0));
        let metered = db.metered(Arc::clone(&statements));
        let filter = SubscriptionFilter { inactive_days: Some(1), ..SubscriptionFilter::default() };
        let order = SubscriptionOrder { field: SubscriptionOrderField::FirstSeenAt, direction: Direction::Asc };
        let joins = Joins { model: true, pool: true };
        let page = subscriptions::page(&metered, &filter, &first(50, None), order, joins).await.unwrap();
        assert_eq!(statements.load(Ordering::Relaxed), 1);
        let (_, row) = &page.rows[0];
        assert_eq!((row.account.id, row.identifier.id), (account, identifier));
        assert_eq!((row.model.as_ref().unwrap().id, row.pool.as_ref().unwrap().id), (model, pool));
        let bare = subscriptions::page(&metered, &filter, &first(50, None), order, Joins::default()).await.unwrap();
        assert_eq!((&bare.rows[0].1.model, &bare.rows[0].1.pool), (&None, &None));
        assert_eq!(bare.rows[0].1.identifier.model_id, Some(model));
    }

    async fn a_place_of_another_list_or_order_is_refused(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        seed.account(profile, "ann", &[]);
        seed.plant().await;
        let filter = AccountFilter::default();
        let order = AccountOrder { field: AccountOrderField::FirstSeenAt, direction: Direction::Asc };
        let page = accounts::page(&db, &filter, &first(1, None), order).await.unwrap();
        let stored = serde_json::to_string(&page.rows[0].0).unwrap();
        let place: PageKey = serde_json::from_str(&stored).unwrap();
        assert_eq!(place, page.rows[0].0);
        let order = AccountOrder { field: AccountOrderField::Username, direction: Direction::Asc };
        let refused = accounts::page(&db, &filter, &first(1, Some(place.clone())), order).await;
        assert!(matches!(refused, Err(Error::CursorMismatch)));
        let refused = pools::page(&db, &PoolFilter::default(), &last(1, Some(place))).await;
        assert!(matches!(refused, Err(Error::CursorMismatch)));
        let forged = stored.replace("FIRST_SEEN_AT", "USERNAME");
        let refused = accounts::page(&db, &filter, &first(1, serde_json::from_str(&forged).unwrap()), order).await;
        assert!(matches!(refused, Err(Error::CursorMismatch)));
    }
}
