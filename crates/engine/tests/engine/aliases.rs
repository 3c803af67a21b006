//! Aliases against a real store.

use seatgraph_core::Secret;
use seatgraph_engine::{CreateAlias, JwtBearer, Origin, RefusalCode, UpdateAlias};
use seatgraph_store::{AliasId, CredentialState, Purpose, each_backend, secrets};
use serde_json::{Map, json};

use crate::harness::{Harness, code, new_alias, properties, refusal, sealer};

const URL: &str = "https://acme.tiny.example";

fn update(id: AliasId) -> UpdateAlias {
    UpdateAlias { id, name: None, instance_url: None, properties: Map::new(), unset: Vec::new() }
}

each_backend! {
    async fn a_child_inherits_and_a_change_of_its_parent_shows(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let parent = CreateAlias { properties: properties(json!({"label": "ours"})), ..new_alias("tiny", "parent", None) };
        let parent = harness.engine.create_alias(parent).await.unwrap();
        let child = CreateAlias { parent_id: Some(parent.id), ..new_alias("tiny", "child", Some(URL)) };
        let child = harness.engine.create_alias(child).await.unwrap();
        let changed = UpdateAlias { properties: properties(json!({"retries": 3})), ..update(parent.id) };
        let parent = harness.engine.update_alias(changed).await.unwrap();
        let all = harness.engine.alias_properties(&child, Some(&parent));
        let of = |name: &str| {
            let property = all.iter().find(|property| property.name == name).unwrap();
            (property.value.clone(), property.origin)
        };
        assert_eq!(of("label"), (Some(json!("ours")), Origin::Parent));
        assert_eq!(of("retries"), (Some(json!(3)), Origin::Parent));
        assert_eq!(of("instanceUrl"), (Some(json!(URL)), Origin::Own));
    }

    async fn a_fault_names_its_property_and_the_remedy(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let with = |json| CreateAlias { properties: properties(json), ..new_alias("tiny", "a", Some(URL)) };
        let unknown = refusal(harness.engine.create_alias(with(json!({"lable": "x"}))).await);
        assert_eq!(unknown.field.unwrap(), ["properties", "lable"]);
        assert!(unknown.message.contains("label, retries"), "{}", unknown.message);
        let wrong = refusal(harness.engine.create_alias(with(json!({"retries": "much"}))).await);
        assert_eq!(wrong.field.unwrap(), ["properties", "retries"]);
        let empty = refusal(harness.engine.create_alias(with(json!({"label": ""}))).await);
        assert_eq!(empty.field.unwrap(), ["properties", "label"]);
        assert_eq!(empty.message, "label is empty; write at least one letter");
    }

    async fn an_address_is_the_vendors_or_this_machine(db: TestDatabase) {
        let harness = Harness::build(db).await;
        for (number, own) in [URL, "http://127.0.0.1:8080", "http://localhost:8080"].into_iter().enumerate() {
            harness.alias("tiny", &format!("own {number}"), Some(own)).await;
        }
        for foreign in ["https://evil.example", "http://acme.tiny.example", "https://10.0.0.1", "http://169.254.169.254"] {
            let refused = refusal(harness.engine.create_alias(new_alias("tiny", "foreign", Some(foreign))).await);
            assert_eq!(refused.field.unwrap(), ["instanceUrl"], "{foreign}");
            assert!(refused.message.contains("a subdomain of tiny.example"), "{}", refused.message);
        }
    }

    async fn a_parent_may_leave_the_address_out_but_not_be_wrong_otherwise(db: TestDatabase) {
        let harness = Harness::build(db).await;
        harness.alias("tiny", "parent", None).await;
        let wrong = CreateAlias { properties: properties(json!({"retries": 999})), ..new_alias("tiny", "b", None) };
        assert_eq!(code(harness.engine.create_alias(wrong).await), RefusalCode::Invalid);
    }

    async fn there_is_one_level_and_one_connector_to_a_family(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let parent = harness.alias("tiny", "parent", None).await;
        let child = CreateAlias { parent_id: Some(parent.id), ..new_alias("tiny", "child", Some(URL)) };
        let child = harness.engine.create_alias(child).await.unwrap();
        let grandchild = CreateAlias { parent_id: Some(child.id), ..new_alias("tiny", "grandchild", Some(URL)) };
        assert_eq!(refusal(harness.engine.create_alias(grandchild).await).field.unwrap(), ["parentId"]);
        let foreign = CreateAlias { parent_id: Some(parent.id), ..new_alias("memory", "foreign child", Some(URL)) };
        assert_eq!(refusal(harness.engine.create_alias(foreign).await).field.unwrap(), ["parentId"]);
        let orphan = CreateAlias { parent_id: Some(AliasId::generate()), ..new_alias("tiny", "orphan", Some(URL)) };
        assert_eq!(code(harness.engine.create_alias(orphan).await), RefusalCode::NotFound);
    }

    async fn a_parent_is_not_changed_into_what_breaks_its_child(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let parent = harness.alias("tiny", "parent", None).await;
        let child = CreateAlias { parent_id: Some(parent.id), ..new_alias("tiny", "child", Some(URL)) };
        harness.engine.create_alias(child).await.unwrap();
        let broken = UpdateAlias { properties: properties(json!({"label": ""})), ..update(parent.id) };
        assert_eq!(code(harness.engine.update_alias(broken).await), RefusalCode::Invalid);
    }

    async fn an_unknown_connector_is_refused_with_those_there_are(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let refused = refusal(harness.engine.create_alias(new_alias("sap", "a", None)).await);
        assert_eq!(refused.code, RefusalCode::Unsupported);
        assert!(refused.message.ends_with("memory, tiny"), "{}", refused.message);
    }

    async fn a_name_is_given_once(db: TestDatabase) {
        let harness = Harness::build(db).await;
        harness.alias("tiny", "same", None).await;
        assert_eq!(code(harness.engine.create_alias(new_alias("tiny", "same", None)).await), RefusalCode::Conflict);
    }

    async fn an_alias_in_use_is_not_deleted_and_one_out_of_use_takes_its_secret_along(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let alias = harness.alias("tiny", "used", Some(URL)).await;
        harness.engine.set_client_credentials(alias.id, "id".into(), Secret::new("right")).await.unwrap();
        let child = CreateAlias { parent_id: Some(alias.id), ..new_alias("tiny", "child", Some(URL)) };
        let child = harness.engine.create_alias(child).await.unwrap();
        let profile = harness.profile("acme", &alias).await;
        assert!(refusal(harness.engine.delete_alias(alias.id).await).message.contains("child"));
        harness.engine.delete_alias(child.id).await.unwrap();
        let refused = refusal(harness.engine.delete_alias(alias.id).await);
        assert_eq!(refused.code, RefusalCode::InUse);
        assert!(refused.message.contains("profile acme"), "{}", refused.message);
        harness.engine.delete_profile(profile.id).await.unwrap();
        harness.engine.delete_alias(alias.id).await.unwrap();
        assert_eq!(code(harness.engine.delete_alias(alias.id).await), RefusalCode::NotFound);
        let left = secrets::get(&harness.db, &sealer(), alias.id, Purpose::ClientSecret).await.unwrap();
        assert!(left.is_none());
    }

    async fn credentials_are_ready_once_set_and_refused_when_empty(db: TestDatabase) {
        let harness = Harness::build(db).await;
        let alias = harness.alias("tiny", "a", Some(URL)).await;
        assert_eq!(alias.credential_state, CredentialState::Missing);
        let empty = harness.engine.set_client_credentials(alias.id, " ".into(), Secret::new("x")).await;
        assert_eq!(refusal(empty).field.unwrap(), ["clientId"]);
        let set = harness.engine.set_client_credentials(alias.id, "id".into(), Secret::new("x")).await.unwrap();
        assert_eq!((set.credential_state, set.client_id.as_deref()), (CredentialState::Ready, Some("id")));
        let memory = harness.alias("memory", "m", Some("memory://nobody")).await;
        let (client_id, username) = ("id".to_owned(), "anna".to_owned());
        let signed = JwtBearer { alias_id: memory.id, client_id, username, private_key: Secret::new("x") };
        assert_eq!(code(harness.engine.set_jwt_bearer(signed).await), RefusalCode::Unsupported);
    }
}
