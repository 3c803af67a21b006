//! Software models.

use std::collections::HashMap;

use diesel::dsl::{Filter, count_star, exists};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use seatgraph_core::Product;

use crate::db::{with_conn, with_tx};
use crate::listing::{Key, by_key, exclusive, grouped, search, sorted, text};
use crate::records::folded;
use crate::schema::{accounts, software_models, subscription_identifiers, subscriptions};
use crate::types::Bind;
use crate::visibility::Limited;
use crate::{
    Db, Direction, IdentifierRow, Model, ModelId, ModelOrigin, PageOf, PageRequest, ProfileId, Reader, Result,
    StringFilter,
};

/// Filters models. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFilter {
    /// Publisher.
    pub publisher: Option<StringFilter>,
    /// Product name.
    pub product: Option<StringFilter>,
    /// Case-insensitive text contained in the publisher, product or edition.
    pub search: Option<String>,
}

#[diesel::dsl::auto_type]
fn held(profiles: Vec<ProfileId>) -> _ {
    let held = subscriptions::table.inner_join(subscription_identifiers::table);
    let held = held.filter(subscription_identifiers::model_id.eq(software_models::id.nullable()));
    exists(held.filter(subscriptions::profile_id.eq_any(profiles)))
}

/// The models of the subscriptions that the reader sees; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Filter<software_models::table, Limited<held>> {
    software_models::table.filter(db.limited(held))
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr) => {
        text!($query, software_models::publisher, $filter.publisher);
        text!($query, software_models::product, $filter.product);
        search!($query, software_models::search_text, $filter.search);
    };
}

/// Returns a page of models, ordered by publisher, product and edition.
///
/// # Errors
/// `CursorMismatch` if a cursor belongs to another list.
pub async fn page(db: &Reader, filter: &ModelFilter, request: &PageRequest) -> Result<PageOf<Model>> {
    use software_models::{edition, product, publisher};
    let plan = request.plan("models by PRODUCT", Direction::Asc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(Model::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter);
        for (side, bound) in plan.bounds() {
            let (by, name, variant) = bound.product()?;
            let at = (by.into_sql::<Text>(), name.into_sql::<Text>(), variant.into_sql::<Text>());
            query = query.filter(exclusive((publisher, product, edition), at, side));
        }
        let sort = plan.sort();
        query =
            query.order((sorted(publisher, sort, false), sorted(product, sort, false), sorted(edition, sort, false)));
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |model: &Model| {
        (Key::Product(model.publisher.clone(), model.product.clone(), model.edition.clone()), model.id.as_uuid())
    }))
}

/// Counts the matching models.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &ModelFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        apply_filter!(query, filter);
        Ok(query.get_result(c).await?)
    })
}

/// Finds models.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[ModelId]) -> Result<HashMap<ModelId, Model>> {
    let rows = with_conn!(db, read, |c| {
        let query = visible(db).select(Model::as_select());
        Ok(query.filter(software_models::id.eq_any(ids.to_vec())).load(c).await?)
    })?;
    Ok(by_key(rows, |model: &Model| model.id))
}

/// Returns the identifiers of each model, ordered by kind and key.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn identifiers(db: &Reader, ids: &[ModelId]) -> Result<HashMap<ModelId, Vec<IdentifierRow>>> {
    use subscription_identifiers::{connector, key, kind, model_id};
    let rows: Vec<IdentifierRow> = with_conn!(db, read, |c| {
        let query = crate::identifiers::visible(db).select(IdentifierRow::as_select());
        let query = query.filter(model_id.eq_any(ids.to_vec())).order((connector, kind, key));
        Ok(query.load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().filter_map(|row| Some((row.model_id?, row)))))
}

/// Counts the current subscriptions per model. Models without any are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn subscription_counts(db: &Reader, ids: &[ModelId]) -> Result<HashMap<ModelId, i64>> {
    use subscription_identifiers::model_id;
    let rows: Vec<(Option<ModelId>, i64)> = with_conn!(db, read, |c| {
        let held =
            crate::subscriptions::visible(db).inner_join(accounts::table).inner_join(subscription_identifiers::table);
        let live = held.filter(subscriptions::retired_at.is_null()).filter(accounts::retired_at.is_null());
        let live = live.filter(model_id.eq_any(ids.to_vec())).group_by(model_id);
        Ok(live.select((model_id, count_star())).load(c).await?)
    })?;
    Ok(rows.into_iter().filter_map(|(model, count)| Some((model?, count))).collect())
}

/// Inserts a model on behalf of a user, or returns the existing one with the same names.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn insert_manual(db: &Db, product: &Product) -> Result<Model> {
    let (id, product) = (ModelId::generate(), product.clone());
    with_tx!(db, Full, |c, now| {
        let edition = product.edition.as_deref().unwrap_or_default();
        let search_text = folded(&[product.publisher.as_str(), &product.product, edition].join("\n"));
        let values = (
            software_models::id.eq(id),
            software_models::publisher.eq(&product.publisher),
            software_models::product.eq(&product.product),
            software_models::edition.eq(edition),
            software_models::category.eq(&product.category),
            software_models::origin.eq(ModelOrigin::Manual),
            software_models::search_text.eq(search_text),
            software_models::created_at.eq(Bind(now)),
            software_models::updated_at.eq(Bind(now)),
        );
        let unique = (software_models::publisher, software_models::product, software_models::edition);
        diesel::insert_into(software_models::table).values(values).on_conflict(unique).do_nothing().execute(c).await?;
        let same = software_models::table.filter(software_models::publisher.eq(&product.publisher));
        let same = same.filter(software_models::product.eq(&product.product));
        let same = same.filter(software_models::edition.eq(edition));
        Ok(same.select(Model::as_select()).first(c).await?)
    })
}
