//! Identifiers of a page, and the models that the catalogue knows for them.
//!
//! A page has few identifiers, and nearly all are stored already, so the common case is one read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Identifier, IdentifierKey, Product};

use super::prepared::Prepared;
use crate::db::on_both;
use crate::schema::{license_pools, software_models, subscription_identifiers};
use crate::types::Bind;
use crate::{Error, IdentifierId, IdentifierRow, Model, ModelId, ModelOrigin, PoolId, ResolvedBy, Result};

/// The ids of a page's identifiers.
type IdentifierIds = HashMap<IdentifierKey, IdentifierId>;

pub(super) trait IdentifierStatements {
    /// Inserts missing identifiers of the page and their models.
    async fn put_identifiers(&mut self, page: &Prepared, now: DateTime<Utc>) -> Result<IdentifierIds>;
    /// Inserts an identifier, unless another run did, and returns its ID.
    async fn add_identifier(
        &mut self,
        connector: &str,
        identifier: &Identifier,
        model: Option<ModelId>,
        now: DateTime<Utc>,
    ) -> Result<IdentifierId>;
    /// Inserts the model of a product if missing.
    async fn put_model(&mut self, product: &Product, now: DateTime<Utc>) -> Result<ModelId>;
}

/// Whether the catalogue names another model than the stored one. It never overrules a user.
fn is_outdated(row: &IdentifierRow, model: Option<&Model>, product: &Product) -> bool {
    if row.resolved_by == Some(ResolvedBy::Manual) {
        return false;
    }
    let edition = product.edition.as_deref().unwrap_or_default();
    model.is_none_or(|model| {
        (model.publisher.as_str(), model.product.as_str(), model.edition.as_str())
            != (product.publisher.as_str(), product.product.as_str(), edition)
    })
}

on_both! {
    impl IdentifierStatements {
        async fn put_identifiers(&mut self, page: &Prepared, now: DateTime<Utc>) -> Result<IdentifierIds> {
            let mut ids = IdentifierIds::new();
            if page.identifiers.is_empty() {
                return Ok(ids);
            }
            let keys: Vec<&str> = page.identifiers.iter().map(|(identifier, _)| identifier.id.key.as_str()).collect();
            let known: Vec<(IdentifierRow, Option<Model>)> = subscription_identifiers::table
                .left_join(software_models::table)
                .filter(subscription_identifiers::connector.eq(&page.connector))
                .filter(subscription_identifiers::key.eq_any(keys))
                .select((IdentifierRow::as_select(), Option::<Model>::as_select()))
                .load(self)
                .await?;
            let known: HashMap<(&str, &str), _> =
                known.iter().map(|(row, model)| ((row.kind.as_str(), row.key.as_str()), (row, model))).collect();
            for (identifier, product) in &page.identifiers {
                let id = match known.get(&(identifier.id.kind.as_str(), identifier.id.key.as_str())) {
                    None => {
                        let model = match product {
                            Some(product) => Some(self.put_model(product, now).await?),
                            None => None,
                        };
                        self.add_identifier(&page.connector, identifier, model, now).await?
                    }
                    Some((row, model)) => {
                        if let Some(product) = product.as_ref().filter(|p| is_outdated(row, model.as_ref(), p)) {
                            let model = self.put_model(product, now).await?;
                            diesel::update(subscription_identifiers::table.find(row.id))
                                .set((
                                    subscription_identifiers::model_id.eq(model),
                                    subscription_identifiers::resolved_by.eq(ResolvedBy::Catalogue),
                                    subscription_identifiers::updated_at.eq(Bind(now)),
                                ))
                                .execute(self)
                                .await?;
                        }
                        if row.name != identifier.name {
                            diesel::update(subscription_identifiers::table.find(row.id))
                                .set((
                                    subscription_identifiers::name.eq(&identifier.name),
                                    subscription_identifiers::updated_at.eq(Bind(now)),
                                ))
                                .execute(self)
                                .await?;
                        }
                        row.id
                    }
                };
                ids.insert(identifier.id.clone(), id);
            }
            Ok(ids)
        }

        async fn add_identifier(
            &mut self,
            connector: &str,
            identifier: &Identifier,
            model: Option<ModelId>,
            now: DateTime<Utc>,
        ) -> Result<IdentifierId> {
            diesel::insert_into(subscription_identifiers::table)
                .values((
                    subscription_identifiers::id.eq(IdentifierId::generate()),
                    subscription_identifiers::connector.eq(connector),
                    subscription_identifiers::kind.eq(&identifier.id.kind),
                    subscription_identifiers::key.eq(&identifier.id.key),
                    subscription_identifiers::name.eq(&identifier.name),
                    subscription_identifiers::model_id.eq(model),
                    subscription_identifiers::resolved_by.eq(model.map(|_| ResolvedBy::Catalogue)),
                    subscription_identifiers::first_seen_at.eq(Bind(now)),
                    subscription_identifiers::updated_at.eq(Bind(now)),
                ))
                .on_conflict((
                    subscription_identifiers::connector,
                    subscription_identifiers::kind,
                    subscription_identifiers::key,
                ))
                .do_nothing()
                .execute(self)
                .await?;
            let made = subscription_identifiers::table
                .select(subscription_identifiers::id)
                .filter(subscription_identifiers::connector.eq(connector))
                .filter(subscription_identifiers::kind.eq(&identifier.id.kind))
                .filter(subscription_identifiers::key.eq(&identifier.id.key));
            made.first(self).await.optional()?.ok_or(Error::NotFound { what: "identifier" })
        }

        async fn put_model(&mut self, product: &Product, now: DateTime<Utc>) -> Result<ModelId> {
            let edition = product.edition.as_deref().unwrap_or_default();
            let found = software_models::table
                .select(software_models::id)
                .filter(software_models::publisher.eq(&product.publisher))
                .filter(software_models::product.eq(&product.product))
                .filter(software_models::edition.eq(edition));
            if let Some(id) = found.first(self).await.optional()? {
                return Ok(id);
            }
            let search_text = [&product.publisher, &product.product, edition].join("\n").to_lowercase();
            diesel::insert_into(software_models::table)
                .values((
                    software_models::id.eq(ModelId::generate()),
                    software_models::publisher.eq(&product.publisher),
                    software_models::product.eq(&product.product),
                    software_models::edition.eq(edition),
                    software_models::category.eq(&product.category),
                    software_models::origin.eq(ModelOrigin::Catalogue),
                    software_models::search_text.eq(search_text),
                    software_models::created_at.eq(Bind(now)),
                    software_models::updated_at.eq(Bind(now)),
                ))
                .on_conflict((software_models::publisher, software_models::product, software_models::edition))
                .do_nothing()
                .execute(self)
                .await?;
            found.first(self).await.optional()?.ok_or(Error::NotFound { what: "model" })
        }
    }
}

/// The pools of a profile, by the identifier they are of.
type Pools = HashMap<IdentifierKey, PoolId>;

pub(super) trait PoolStatements {
    /// Reads the pools of the page's profile.
    async fn pools_of(&mut self, page: &Prepared) -> Result<Pools>;
}

on_both! {
    impl PoolStatements {
        async fn pools_of(&mut self, page: &Prepared) -> Result<Pools> {
            let pools: Vec<(String, String, PoolId)> = license_pools::table
                .inner_join(subscription_identifiers::table)
                .filter(license_pools::profile_id.eq(page.profile))
                .select((subscription_identifiers::kind, subscription_identifiers::key, license_pools::id))
                .load(self)
                .await?;
            Ok(pools.into_iter().map(|(kind, key, pool)| (IdentifierKey { kind, key }, pool)).collect())
        }
    }
}
