//! Relations for many keys at once, and what a person makes of an identifier.

use std::collections::HashMap;

use seatgraph_core::Product;
use seatgraph_store::{
    AccountId, Error, IdentifierId, ModelId, ModelOrigin, PageRequest, PoolId, ResolvedBy, SubscriptionId, accounts,
    each_backend, identifiers, models, pools, subscriptions,
};

use crate::seed::{Cell, Seed, day, text};

each_backend! {
    async fn what_is_gone_is_still_found_by_its_id(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let gone = ("retired_at", Cell::At(day(9)));
        let account = seed.account(profile, "ann", std::slice::from_ref(&gone));
        let model = seed.model("Salesforce", "Sales Cloud", "");
        let identifier = seed.identifier("SFDC", Some(model));
        let pool = seed.pool(profile, identifier, std::slice::from_ref(&gone));
        let of_pool = ("pool_id", Cell::Id(pool.as_uuid()));
        let subscription = seed.subscription((profile, account), identifier, &[gone, of_pool]);
        seed.plant().await;
        let found = accounts::find_many(&db, &[account, AccountId::generate()]).await.unwrap();
        assert_eq!(found.into_keys().collect::<Vec<_>>(), [account]);
        let found = pools::find_many(&db, &[pool, PoolId::generate()]).await.unwrap();
        assert_eq!(found.into_keys().collect::<Vec<_>>(), [pool]);
        let found = models::find_many(&db, &[model, ModelId::generate()]).await.unwrap();
        assert_eq!(found[&model].product, "Sales Cloud");
        let found = identifiers::find_many(&db, &[identifier, IdentifierId::generate()]).await.unwrap();
        assert_eq!(found[&identifier].key, "SFDC");
        let found = subscriptions::find_many(&db, &[subscription, SubscriptionId::generate()]).await.unwrap();
        let row = &found[&subscription];
        assert_eq!((found.len(), row.account.id, row.identifier.id), (1, account, identifier));
        assert_eq!((row.model.as_ref().map(|m| m.id), row.pool.as_ref().map(|p| p.id)), (Some(model), Some(pool)));
    }

    async fn counts_and_models_are_of_live_subscriptions_alone(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let service = seed.model("Salesforce", "Service Cloud", "");
        let sales = seed.model("Salesforce", "Sales Cloud", "");
        let chatter = seed.model("Salesforce", "Chatter", "");
        let of_sales = seed.identifier("SFDC", Some(sales));
        let of_service = seed.identifier("SFDC/SupportUser", Some(service));
        let of_chatter = seed.identifier("CHATTER", Some(chatter));
        let unknown = seed.identifier("PID_X", None);
        let pool = seed.pool(profile, of_sales, &[]);
        let empty = seed.pool(profile, of_chatter, &[]);
        let of_pool = ("pool_id", Cell::Id(pool.as_uuid()));
        let gone = ("retired_at", Cell::At(day(9)));
        let (ann, bob) = (seed.account(profile, "ann", &[]), seed.account(profile, "bob", &[]));
        let left = seed.account(profile, "left", std::slice::from_ref(&gone));
        for (account, identifier, columns) in [
            (ann, of_sales, vec![of_pool.clone()]),
            (bob, of_sales, vec![of_pool.clone()]),
            (ann, of_service, vec![of_pool.clone()]),
            (ann, unknown, vec![of_pool.clone()]),
            (bob, of_chatter, vec![of_pool.clone(), gone]),
            (left, of_chatter, vec![of_pool]),
        ] {
            seed.subscription((profile, account), identifier, &columns);
        }
        seed.plant().await;
        assert_eq!(pools::assigned(&db, &[pool, empty]).await.unwrap(), HashMap::from([(pool, 4)]));
        let of_pools = pools::models(&db, &[pool, empty]).await.unwrap();
        assert_eq!(of_pools.keys().collect::<Vec<_>>(), [&pool]);
        assert_eq!(of_pools[&pool].iter().map(|model| model.id).collect::<Vec<_>>(), [sales, service]);
        let counts = models::subscription_counts(&db, &[sales, service, chatter]).await.unwrap();
        assert_eq!(counts, HashMap::from([(sales, 2), (service, 1)]));
        let counts = identifiers::subscription_counts(&db, &[unknown, of_chatter]).await.unwrap();
        assert_eq!(counts, HashMap::from([(unknown, 1)]));
        let of_models = models::identifiers(&db, &[sales, service]).await.unwrap();
        assert_eq!(of_models[&service].iter().map(|row| row.id).collect::<Vec<_>>(), [of_service]);
    }

    async fn activities_come_by_account(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let (ann, bob) = (seed.account(profile, "ann", &[]), seed.account(profile, "bob", &[]));
        for kind in ["SSO", "API"] {
            seed.activity(ann, kind, &[("source", text("LoginHistory"))]);
        }
        seed.plant().await;
        let found = accounts::activities(&db, &[ann, bob]).await.unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), [&ann]);
        assert_eq!(found[&ann].len(), 2);
        assert_eq!(found[&ann][0].source, "LoginHistory");
    }

    async fn the_queue_holds_what_nobody_knows_and_somebody_holds(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let model = seed.model("Salesforce", "Sales Cloud", "");
        let account = seed.account(profile, "ann", &[]);
        let gone = ("retired_at", Cell::At(day(9)));
        let left = seed.account(profile, "left", std::slice::from_ref(&gone));
        let (first, second) = (seed.identifier("PID_A", None), seed.identifier("PID_B", None));
        let known = seed.identifier("SFDC", Some(model));
        let (unheld, dropped, of_left) =
            (seed.identifier("PID_C", None), seed.identifier("PID_D", None), seed.identifier("PID_E", None));
        for identifier in [second, first, known] {
            seed.subscription((profile, account), identifier, &[]);
        }
        seed.subscription((profile, account), dropped, &[gone]);
        seed.subscription((profile, left), of_left, &[]);
        seed.plant().await;
        let page = identifiers::unrecognized(&db, &PageRequest::default()).await.unwrap();
        let queue: Vec<_> = page.rows.iter().map(|(_, row)| row.id).collect();
        assert_eq!(queue, [first, second]);
        assert!(!queue.contains(&unheld));
        assert_eq!(identifiers::count_unrecognized(&db).await.unwrap(), 2);
    }

    async fn a_resolved_identifier_takes_its_subscriptions_along(db: TestDatabase) {
        let mut seed = Seed::of(&db);
        let profile = seed.profile("one", &[]);
        let old = seed.model("Acme", "Old", "");
        let (unknown, known) = (seed.identifier("PID_X", None), seed.identifier("SFDC", Some(old)));
        for name in ["ann", "bob"] {
            let account = seed.account(profile, name, &[]);
            seed.subscription((profile, account), unknown, &[]);
        }
        let left = seed.account(profile, "left", &[("retired_at", Cell::At(day(9)))]);
        seed.subscription((profile, left), unknown, &[]);
        seed.plant().await;
        let product = Product {
            publisher: "Acme".to_owned(),
            product: "Seat".to_owned(),
            edition: Some("Plus".to_owned()),
            category: Some("CRM".to_owned()),
        };
        let model = models::insert_manual(&db, &product).await.unwrap();
        assert_eq!((model.edition.as_str(), model.origin), ("Plus", ModelOrigin::Manual));
        assert_eq!(models::insert_manual(&db, &product).await.unwrap(), model);

        assert_eq!(identifiers::resolve(&db, &[unknown, known], model.id).await.unwrap(), 2);
        let rows = identifiers::find_many(&db, &[unknown, known]).await.unwrap();
        for row in rows.values() {
            assert_eq!((row.model_id, row.resolved_by), (Some(model.id), Some(ResolvedBy::Manual)));
        }
        assert_eq!(models::subscription_counts(&db, &[model.id]).await.unwrap()[&model.id], 2);
        assert_eq!(identifiers::count_unrecognized(&db).await.unwrap(), 0);
        assert_eq!(identifiers::resolve(&db, &[unknown], model.id).await.unwrap(), 0);
        let resolved = identifiers::resolve(&db, &[unknown], ModelId::generate()).await;
        assert!(matches!(resolved, Err(Error::Conflict { .. })));
    }
}
