//! Each filter leaves in what fits it and nothing else; counts agree with lists.

use chrono::Duration;
use seatgraph_core::AccountKind;
use seatgraph_store::accounts::{self, AccountFilter, AccountOrder, AccountOrderField};
use seatgraph_store::aliases::{self, AliasFilter};
use seatgraph_store::models::{self, ModelFilter};
use seatgraph_store::profiles::{self, ProfileFilter, ProfileOrder, ProfileOrderField};
use seatgraph_store::runs::{self, SyncRunFilter};
use seatgraph_store::subscriptions::{
    self, Joins, SubscriptionFilter, SubscriptionOrder, SubscriptionOrderField, SubscriptionState,
};
use seatgraph_store::{Db, Direction, PageRequest, ProfileState, RunState, StringFilter, TimeFilter, each_backend};

use crate::seed::{Cell, Seed, day, text};

fn is(text: &str) -> Option<StringFilter> {
    Some(StringFilter { eq: Some(text.to_owned()), ..StringFilter::default() })
}

fn holds(text: &str) -> Option<StringFilter> {
    Some(StringFilter { contains: Some(text.to_owned()), ..StringFilter::default() })
}

/// The usernames of the accounts that fit, by name; checks that as many are counted.
async fn named(db: &Db, filter: AccountFilter) -> String {
    let order = AccountOrder { field: AccountOrderField::Username, direction: Direction::Asc };
    let page = accounts::page(db, &filter, &PageRequest::default(), order).await.unwrap();
    let names: Vec<_> = page.rows.iter().map(|(_, account)| account.username.as_str()).collect();
    assert_eq!(accounts::count(db, &filter).await.unwrap(), i64::try_from(names.len()).unwrap());
    names.join(" ")
}

/// The holders and keys of the subscriptions that fit, in order of first sight; checks that as many are counted.
async fn held(db: &Db, filter: SubscriptionFilter) -> String {
    let order = SubscriptionOrder { field: SubscriptionOrderField::FirstSeenAt, direction: Direction::Asc };
    let page = subscriptions::page(db, &filter, &PageRequest::default(), order, Joins::default()).await.unwrap();
    let rows: Vec<_> =
        page.rows.iter().map(|(_, row)| format!("{}:{}", row.account.username, row.identifier.key)).collect();
    assert_eq!(subscriptions::count(db, &filter).await.unwrap(), i64::try_from(rows.len()).unwrap());
    rows.join(" ")
}

each_backend! {
    async fn accounts_are_found_by_what_they_are(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let (one, two) = (seed.profile("one", &[]), seed.profile("two", &[]));
        seed.account(one, "ann", &[("active", Cell::Bool(false)), ("last_activity_at", Cell::At(day(5)))]);
        seed.account(one, "bob", &[("kind", text("AUTOMATED")), ("last_activity_at", Cell::At(day(6)))]);
        seed.account(two, "cy", &[("kind", text("INTEGRATION"))]);
        seed.account(two, "gone", &[("retired_at", Cell::At(day(9)))]);
        seed.plant().await;
        let all = AccountFilter::default;
        assert_eq!(named(&db, all()).await, "ann bob cy");
        assert_eq!(named(&db, AccountFilter { retired: Some(false), ..all() }).await, "ann bob cy");
        assert_eq!(named(&db, AccountFilter { retired: Some(true), ..all() }).await, "gone");
        assert_eq!(named(&db, AccountFilter { profile_id: Some(two), ..all() }).await, "cy");
        assert_eq!(named(&db, AccountFilter { active: Some(false), ..all() }).await, "ann");
        let machines = vec![AccountKind::Automated, AccountKind::Integration];
        assert_eq!(named(&db, AccountFilter { kind: Some(machines), ..all() }).await, "bob cy");
        assert_eq!(named(&db, AccountFilter { kind: Some(vec![]), ..all() }).await, "");
        assert_eq!(named(&db, AccountFilter { never_active: Some(true), ..all() }).await, "cy");
        assert_eq!(named(&db, AccountFilter { never_active: Some(false), ..all() }).await, "ann bob");
        let seen = |gte, lt, is_null| AccountFilter { last_activity_at: Some(TimeFilter { gte, lt, is_null }), ..all() };
        assert_eq!(named(&db, seen(Some(day(6)), None, None)).await, "bob");
        assert_eq!(named(&db, seen(None, Some(day(6)), None)).await, "ann");
        assert_eq!(named(&db, seen(Some(day(5)), Some(day(7)), None)).await, "ann bob");
        assert_eq!(named(&db, seen(None, None, Some(true))).await, "cy");
        assert_eq!(named(&db, seen(None, None, Some(false))).await, "ann bob");
    }

    async fn texts_are_compared_as_asked(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        seed.account(profile, "ann", &[("department", text("Sales"))]);
        seed.account(profile, "bob", &[("department", text("sales_EMEA"))]);
        seed.account(profile, "cy", &[("department", text("100% remote"))]);
        seed.account(profile, "dee", &[]);
        seed.account(profile, "\u{c9}mile", &[("department", text("\u{c9}tudes"))]);
        seed.plant().await;
        let by = |department| AccountFilter { department, ..AccountFilter::default() };
        let any = StringFilter::default;
        assert_eq!(named(&db, by(is("Sales"))).await, "ann");
        assert_eq!(named(&db, by(is("sales"))).await, "");
        let either = vec!["Sales".to_owned(), "100% remote".to_owned()];
        assert_eq!(named(&db, by(Some(StringFilter { in_: Some(either), ..any() }))).await, "ann cy");
        let other = Some("Sales".to_owned());
        assert_eq!(named(&db, by(Some(StringFilter { not: other, ..any() }))).await, "bob cy dee \u{c9}mile");
        assert_eq!(named(&db, by(Some(StringFilter { is_null: Some(true), ..any() }))).await, "dee");
        assert_eq!(named(&db, by(Some(StringFilter { is_null: Some(false), ..any() }))).await, "ann bob cy \u{c9}mile");
        assert_eq!(named(&db, by(Some(any()))).await, "ann bob cy dee \u{c9}mile");
        assert_eq!(named(&db, by(holds("SALES"))).await, "ann bob");
        assert_eq!(named(&db, by(holds("s_e"))).await, "bob");
        assert_eq!(named(&db, by(holds("0%"))).await, "cy");
        assert_eq!(named(&db, by(holds("%e"))).await, "");
        assert_eq!(named(&db, by(holds("\u{c9}t"))).await, "\u{c9}mile");
        let search = |text: &str| AccountFilter { search: Some(text.to_owned()), ..AccountFilter::default() };
        assert_eq!(named(&db, search("\u{c9}MIL")).await, "\u{c9}mile");
        assert_eq!(named(&db, search("_")).await, "");
    }

    async fn idle_means_for_more_than_so_many_days(db: TestDatabase) {
        let now = db.now().await.unwrap();
        let since = |hours| ("idle_since", Cell::At(now - Duration::hours(hours)));
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let identifier = seed.identifier("SFDC", None);
        for (name, hours) in [("ann", 30 * 24 + 1), ("bob", 30 * 24 - 1), ("cy", 0)] {
            let account = seed.account(profile, name, &[since(hours)]);
            seed.subscription((profile, account), identifier, &[]);
        }
        seed.plant().await;
        let idle = |days| AccountFilter { inactive_days: Some(days), ..AccountFilter::default() };
        assert_eq!(named(&db, idle(30)).await, "ann");
        assert_eq!(named(&db, idle(29)).await, "ann bob");
        assert_eq!(named(&db, idle(i64::MAX)).await, "");
        let idle = SubscriptionFilter { inactive_days: Some(29), ..SubscriptionFilter::default() };
        assert_eq!(held(&db, idle).await, "ann:SFDC bob:SFDC");
        db.shift_clock(Duration::days(1));
        let idle = SubscriptionFilter { inactive_days: Some(30), ..SubscriptionFilter::default() };
        assert_eq!(held(&db, idle).await, "ann:SFDC bob:SFDC");
    }

    async fn subscriptions_are_found_by_what_they_hang_on(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let (one, two) = (seed.profile("one", &[]), seed.profile("two", &[]));
        let model = seed.model("Salesforce", "Sales Cloud", "");
        let (known, unknown) = (seed.identifier("SFDC", Some(model)), seed.identifier("PID_X", None));
        let active = [("last_activity_at", Cell::At(day(5))), ("department", text("Sales"))];
        let ann = seed.account(one, "ann", &active);
        let bob = seed.account(two, "bob", &[]);
        seed.subscription((one, ann), known, &[]);
        seed.subscription((one, ann), unknown, &[]);
        seed.subscription((two, bob), known, &[]);
        seed.plant().await;
        let all = SubscriptionFilter::default;
        assert_eq!(held(&db, all()).await, "ann:SFDC ann:PID_X bob:SFDC");
        assert_eq!(held(&db, SubscriptionFilter { profile_id: Some(two), ..all() }).await, "bob:SFDC");
        assert_eq!(held(&db, SubscriptionFilter { account_id: Some(ann), ..all() }).await, "ann:SFDC ann:PID_X");
        assert_eq!(held(&db, SubscriptionFilter { model_id: Some(model), ..all() }).await, "ann:SFDC bob:SFDC");
        assert_eq!(held(&db, SubscriptionFilter { unrecognized: Some(true), ..all() }).await, "ann:PID_X");
        assert_eq!(held(&db, SubscriptionFilter { unrecognized: Some(false), ..all() }).await, "ann:SFDC bob:SFDC");
        assert_eq!(held(&db, SubscriptionFilter { identifier_key: holds("pid_"), ..all() }).await, "ann:PID_X");
        assert_eq!(held(&db, SubscriptionFilter { department: is("Sales"), ..all() }).await, "ann:SFDC ann:PID_X");
        assert_eq!(held(&db, SubscriptionFilter { never_active: Some(true), ..all() }).await, "bob:SFDC");
        assert_eq!(held(&db, SubscriptionFilter { never_active: Some(false), ..all() }).await, "ann:SFDC ann:PID_X");
        assert_eq!(held(&db, SubscriptionFilter { search: Some("BO".to_owned()), ..all() }).await, "bob:SFDC");
        let until = Some(TimeFilter { lt: Some(day(5)), ..TimeFilter::default() });
        assert_eq!(held(&db, SubscriptionFilter { last_activity_at: until, ..all() }).await, "");
    }

    async fn what_is_gone_or_whose_holder_is_gone_counts_as_retired(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let (kept, dropped) = (seed.identifier("KEPT", None), seed.identifier("DROPPED", None));
        let gone = ("retired_at", Cell::At(day(9)));
        for (name, columns) in [
            ("known", vec![("frozen", Cell::Bool(false))]),
            ("unseen", vec![]),
            ("frozen", vec![("frozen", Cell::Bool(true))]),
            ("left", vec![("frozen", Cell::Bool(true)), gone.clone()]),
        ] {
            let account = seed.account(profile, name, &columns);
            seed.subscription((profile, account), kept, &[]);
            if name == "known" {
                seed.subscription((profile, account), dropped, std::slice::from_ref(&gone));
            }
        }
        seed.plant().await;
        let by = |states: &[SubscriptionState]| SubscriptionFilter {
            state: Some(states.to_vec()),
            ..SubscriptionFilter::default()
        };
        use SubscriptionState::{Assigned, Frozen, Retired};
        let live = "known:KEPT unseen:KEPT frozen:KEPT";
        let everything = "known:KEPT known:DROPPED unseen:KEPT frozen:KEPT left:KEPT";
        assert_eq!(held(&db, SubscriptionFilter::default()).await, live);
        assert_eq!(held(&db, by(&[])).await, "");
        assert_eq!(held(&db, by(&[Assigned])).await, "known:KEPT unseen:KEPT");
        assert_eq!(held(&db, by(&[Frozen])).await, "frozen:KEPT");
        assert_eq!(held(&db, by(&[Retired])).await, "known:DROPPED left:KEPT");
        assert_eq!(held(&db, by(&[Assigned, Frozen])).await, live);
        assert_eq!(held(&db, by(&[Assigned, Retired])).await, "known:KEPT known:DROPPED unseen:KEPT left:KEPT");
        assert_eq!(held(&db, by(&[Retired, Frozen])).await, "known:DROPPED frozen:KEPT left:KEPT");
        assert_eq!(held(&db, by(&[Assigned, Frozen, Retired])).await, everything);
    }

    async fn aliases_profiles_runs_and_models_have_filters_of_their_own(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let parent = seed.alias("parent", &[("connector", text("acme"))]);
        seed.alias("child", &[("parent_id", Cell::Id(parent.as_uuid()))]);
        let live = seed.profile("live", &[]);
        let draft = seed.profile("draft", &[("state", text("DRAFT"))]);
        seed.run(live, "FAILED", day(1));
        let done = seed.run(live, "SUCCEEDED", day(2));
        let open = seed.run(draft, "QUEUED", day(3));
        let sales = seed.model("Salesforce", "Sales Cloud", "");
        seed.model("Acme", "Drill", "Plus");
        seed.plant().await;

        let request = PageRequest::default();
        let names = async |filter: AliasFilter| {
            let page = aliases::page(&db, &filter, &request).await.unwrap();
            assert_eq!(aliases::count(&db, &filter).await.unwrap(), i64::try_from(page.rows.len()).unwrap());
            page.rows.into_iter().map(|(_, alias)| alias.name).collect::<Vec<_>>()
        };
        assert_eq!(names(AliasFilter { parent_id: Some(parent), ..AliasFilter::default() }).await, ["child"]);
        assert_eq!(names(AliasFilter { connector: is("acme"), ..AliasFilter::default() }).await, ["parent"]);

        let order = ProfileOrder { field: ProfileOrderField::Name, direction: Direction::Asc };
        let found = async |filter: ProfileFilter| {
            let page = profiles::page(&db, &filter, &request, order).await.unwrap();
            assert_eq!(profiles::count(&db, &filter).await.unwrap(), i64::try_from(page.rows.len()).unwrap());
            page.rows.into_iter().map(|(_, profile)| profile.id).collect::<Vec<_>>()
        };
        let state = Some(vec![ProfileState::Draft, ProfileState::Paused]);
        assert_eq!(found(ProfileFilter { state, ..ProfileFilter::default() }).await, [draft]);
        assert_eq!(found(ProfileFilter { name: holds("LIV"), ..ProfileFilter::default() }).await, [live]);
        assert_eq!(found(ProfileFilter { connector: is("acme"), ..ProfileFilter::default() }).await, []);

        let listed = async |filter: SyncRunFilter| {
            let page = runs::page(&db, &filter, &request).await.unwrap();
            assert_eq!(runs::count(&db, &filter).await.unwrap(), i64::try_from(page.rows.len()).unwrap());
            page.rows.into_iter().map(|(_, run)| run.id).collect::<Vec<_>>()
        };
        assert_eq!(listed(SyncRunFilter { profile_id: Some(draft), ..SyncRunFilter::default() }).await, [open]);
        let state = Some(vec![RunState::Succeeded]);
        assert_eq!(listed(SyncRunFilter { state, ..SyncRunFilter::default() }).await, [done]);
        let queued_at = Some(TimeFilter { gte: Some(day(2)), ..TimeFilter::default() });
        assert_eq!(listed(SyncRunFilter { queued_at, ..SyncRunFilter::default() }).await, [open, done]);

        let filter = ModelFilter { search: Some("SALES cl".to_owned()), ..ModelFilter::default() };
        let page = models::page(&db, &filter, &request).await.unwrap();
        assert_eq!(page.rows.iter().map(|(_, model)| model.id).collect::<Vec<_>>(), [sales]);
        let filter = ModelFilter { publisher: is("Acme"), product: holds("cloud"), ..ModelFilter::default() };
        assert_eq!(models::count(&db, &filter).await.unwrap(), 0);
    }
}
