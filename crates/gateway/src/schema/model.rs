//! Software models: the products that subscription identifiers stand for.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, ModelId, models, subscriptions};

use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::filters::StringFilter;
use super::loaders::{IdentifiersOf, SeatsOfModel};
use super::paging::{Connection, Paged, Paging};
use super::scalars::int;
use super::subscription_row::{self, SoftwareSubscription, SubscriptionIdentifier};

/// Name and order of this list, part of its cursors.
const LISTING: &str = "softwareModels by PRODUCT ASC";

/// A product and edition of a publisher. Subscription identifiers map to software models. Models of catalogue products
/// are created automatically.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SoftwareModel {
    /// Product category, such as `CRM`. Null if unknown.
    category: Option<String>,
    /// Edition or variant of the product, such as `Login`. Null for the product itself.
    edition: Option<String>,
    /// Global ID.
    pub(crate) id: ID,
    /// Origin of the model.
    origin: ModelOrigin,
    /// Product name used by the vendor.
    product: String,
    /// Publisher of the software.
    publisher: String,
    #[graphql(skip)]
    key: ModelId,
}

impl From<store::Model> for SoftwareModel {
    fn from(row: store::Model) -> Self {
        Self {
            category: row.category,
            edition: Some(row.edition).filter(|edition| !edition.is_empty()),
            id: row.id.to_string().into(),
            origin: row.origin.into(),
            product: row.product,
            publisher: row.publisher,
            key: row.id,
        }
    }
}

#[ComplexObject]
impl SoftwareModel {
    /// Subscription identifiers that map to this model. The list is bounded by the catalogue and manual resolutions.
    async fn identifiers(&self, ctx: &Context<'_>) -> Result<Vec<SubscriptionIdentifier>> {
        let identifiers = ctx.request()?.load(IdentifiersOf(self.key)).await?.unwrap_or_default();
        Ok(identifiers.into_iter().map(SubscriptionIdentifier::from).collect())
    }

    /// Number of current subscriptions of this model, in all profiles.
    async fn subscription_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.request()?.load(SeatsOfModel(self.key)).await?.map_or(0, int))
    }

    /// Current subscriptions of this model, in all profiles.
    async fn subscriptions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<SoftwareSubscription>> {
        let filter = subscriptions::SubscriptionFilter { model_id: Some(self.key), ..Default::default() };
        subscription_row::page(ctx, filter, None, &Paging::forward(first, after)).await
    }
}

/// Origin of a software model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::ModelOrigin")]
pub(crate) enum ModelOrigin {
    /// Created from a connector's catalogue.
    Catalogue,
    /// Created by a user who resolved an identifier.
    Manual,
}

/// Filters software models. All given conditions must match.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct SoftwareModelFilter {
    /// Product name.
    product: Option<StringFilter>,
    /// Publisher.
    publisher: Option<StringFilter>,
    /// Case-insensitive text contained in the publisher, product or edition.
    search: Option<String>,
}

impl From<SoftwareModelFilter> for models::ModelFilter {
    fn from(filter: SoftwareModelFilter) -> Self {
        Self {
            publisher: filter.publisher.map(Into::into),
            product: filter.product.map(Into::into),
            search: filter.search,
        }
    }
}

impl Paged for SoftwareModel {
    type Total = models::ModelFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        models::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Returns a page of software models.
pub(crate) async fn page(
    request: &RequestContext,
    filter: models::ModelFilter,
    paging: &Paging,
) -> Result<Connection<SoftwareModel>> {
    let rows = paging.read(LISTING)?;
    let page = models::page(&request.db, &filter, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, filter, SoftwareModel::from))
}
