//! The vendor's part of the guided way, for a page that people without access here may see.

use seatgraph_core::{GrantType, SetupPlace};
use seatgraph_engine::RefusalCode;
use seatgraph_store::{AliasId, each_backend};
use url::Url;

use crate::harness::{Harness, code};
use crate::vendor::Vendor;

const GRANT: GrantType = GrantType::ClientCredentials;

each_backend! {
    async fn the_vendors_part_shows_how_far_it_is_and_nothing_of_ours(db: TestDatabase) {
        let (harness, vendor) = (Harness::build(db).await, Vendor::open(5).await);
        let public_url = Url::parse("https://gateway.example").unwrap();
        let bare = harness.alias("tiny", "bare", Some("https://b.tiny.example")).await;
        let steps = harness.engine.vendor_setup(bare.id, GRANT, &public_url).await.unwrap().steps;
        let seen: Vec<_> = steps.iter().map(|guided| (guided.step.key, guided.step.place, guided.done)).collect();
        assert_eq!(seen, [("REGISTER_APPLICATION", SetupPlace::Vendor, false)]);

        let draft = harness.tiny_draft(&vendor).await;
        let alias = draft.alias_id.unwrap();
        harness.engine.validate_profile(draft.id).await.unwrap();
        let steps = harness.engine.vendor_setup(alias, GRANT, &public_url).await.unwrap().steps;
        assert!(steps.iter().all(|guided| guided.done && guided.remedy.is_none()), "{steps:#?}");

        let unoffered = harness.engine.vendor_setup(alias, GrantType::JwtBearer, &public_url).await;
        assert_eq!(code(unoffered), RefusalCode::Unsupported);
        let unknown = harness.engine.vendor_setup(AliasId::generate(), GRANT, &public_url).await;
        assert_eq!(code(unknown), RefusalCode::NotFound);
    }
}
