//! Software models: what identifiers stand for.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, SimpleObject};
use seatgraph_store::{self as store, ModelId, models, subscriptions};

use super::error::{self, Result};
use super::filters::StringFilter;
use super::loaders::{IdentifiersOf, SeatsOfModel};
use super::paging::{Connection, Listed, Paging};
use super::scalars::int;
use super::scope::{RequestScope, Scoped as _};
use super::subscription_row::{self, SoftwareSubscription, SubscriptionIdentifier};

/// How the list of models is ordered, for its cursors.
const LISTING: &str = "softwareModels by PRODUCT ASC";

/// A product of a publisher, in one edition: what subscription identifiers stand for. Those that a catalogue knows come
/// into being by themselves.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SoftwareModel {
    /// The sort of software, `CRM` for example.
    category: Option<String>,
    /// The variant within the product, `Login` for example; null for the product itself.
    edition: Option<String>,
    /// The global id.
    pub(crate) id: ID,
    /// Who made the model.
    origin: ModelOrigin,
    /// The product, in the vendor's words.
    product: String,
    /// Who makes the software.
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
    /// What the vendors call it. As many as the catalogues and people named.
    async fn identifiers(&self, ctx: &Context<'_>) -> Result<Vec<SubscriptionIdentifier>> {
        let identifiers = ctx.scope()?.load(IdentifiersOf(self.key)).await?.unwrap_or_default();
        Ok(identifiers.into_iter().map(SubscriptionIdentifier::from).collect())
    }

    /// How many subscriptions of it are held, over all profiles.
    async fn subscription_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.scope()?.load(SeatsOfModel(self.key)).await?.map_or(0, int))
    }

    /// The subscriptions of it, over all profiles.
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

/// Who made a software model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::ModelOrigin")]
pub(crate) enum ModelOrigin {
    /// A connector's catalogue.
    Catalogue,
    /// A person, who resolved an identifier with it.
    Manual,
}

/// Leaves out the models that do not fit; all that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct SoftwareModelFilter {
    /// The product.
    product: Option<StringFilter>,
    /// Who makes the software.
    publisher: Option<StringFilter>,
    /// The publisher, the product or the edition holds this, whatever the case.
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

impl Listed for SoftwareModel {
    type Total = models::ModelFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        models::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Lists a page of models.
pub(crate) async fn page(
    scope: &RequestScope,
    filter: models::ModelFilter,
    paging: &Paging,
) -> Result<Connection<SoftwareModel>> {
    let request = paging.read(LISTING)?;
    let page = models::page(&scope.db, &filter, &request).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(LISTING, page, filter, SoftwareModel::from))
}
