//! Identifiers that no catalogue knows, and what people make of them.

use seatgraph_core::Product;
use seatgraph_engine::{RefusalCode, Target};
use seatgraph_store::{IdentifierId, ModelId, ModelOrigin, PageRequest, RunState, each_backend, identifiers, models};

use crate::harness::{Harness, code};
use crate::vendor::Vendor;

each_backend! {
    async fn an_unknown_identifier_is_given_a_model_and_its_subscriptions_follow(db: TestDatabase) {
        let (mut harness, vendor) = (Harness::build(db).await, Vendor::open(30).await);
        let (profile, run) = harness.tiny(&vendor).await;
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        let waiting = identifiers::unrecognized(&harness.db, &PageRequest::default()).await.unwrap();
        let ids: Vec<IdentifierId> = waiting.rows.iter().map(|(_, row)| row.id).collect();
        assert_eq!(waiting.rows.iter().map(|(_, row)| row.key.as_str()).collect::<Vec<_>>(), ["ONE"]);
        let product = Product { publisher: "Tiny".into(), product: " One ".into(), edition: None, category: None };
        let resolve = |target| harness.engine.resolve_identifiers(ids.clone(), target);
        let (model, remapped) = resolve(Target::Product(product)).await.unwrap();
        assert_eq!((model.product.as_str(), model.origin, remapped), ("One", ModelOrigin::Manual, 30));
        assert_eq!(identifiers::count_unrecognized(&harness.db).await.unwrap(), 0);
        let (same, _) = resolve(Target::Model(model.id)).await.unwrap();
        assert_eq!(same.id, model.id);
        let next = harness.sync(profile.id).await;
        harness.until(next.id, RunState::Succeeded).await;
        let counts = models::subscription_counts(&harness.db, &[model.id]).await.unwrap();
        assert_eq!(counts[&model.id], 30, "a later sync leaves a person's word alone");
    }

    async fn what_does_not_exist_is_not_resolved(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let nothing = harness.engine.resolve_identifiers(Vec::new(), Target::Model(ModelId::generate())).await;
        assert_eq!(code(nothing), RefusalCode::Required);
        let ghost = harness.engine.resolve_identifiers(vec![IdentifierId::generate()], Target::Model(ModelId::generate()));
        assert_eq!(code(ghost.await), RefusalCode::NotFound);
    }
}
