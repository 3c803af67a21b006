//! Unrecognized identifiers: subscription identifiers that wait for manual resolution.

use std::collections::HashSet;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use seatgraph_core::Product;
use seatgraph_store::{self as store, identifiers};

use super::alias;
use super::connector::{self, Connector, SoftwareProduct};
use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::loaders::SeatsOfIdentifier;
use super::paging::{Connection, Paged, Paging};
use super::scalars::{DateTime, int};
use super::subscription_row::SubscriptionIdentifier;

/// Name and order of this list, part of its cursors.
const LISTING: &str = "unrecognizedIdentifiers by FIRST_SEEN_AT ASC";

/// Maximum number of suggestions per identifier.
const SUGGESTIONS: usize = 3;

/// A subscription identifier that the connector's catalogue does not contain. It waits for manual resolution.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct UnrecognizedIdentifier {
    /// Time when a sync first reported the identifier.
    first_seen_at: DateTime,
    /// Global ID.
    pub(crate) id: ID,
    /// The vendor's identifier.
    identifier: SubscriptionIdentifier,
    #[graphql(skip)]
    key: store::IdentifierId,
    #[graphql(skip)]
    connector: String,
}

impl From<store::IdentifierRow> for UnrecognizedIdentifier {
    fn from(row: store::IdentifierRow) -> Self {
        Self {
            first_seen_at: row.first_seen_at.into(),
            id: row.id.to_string().into(),
            key: row.id,
            connector: row.connector.clone(),
            identifier: row.into(),
        }
    }
}

#[ComplexObject]
impl UnrecognizedIdentifier {
    /// The connector that reported the identifier.
    async fn connector(&self, ctx: &Context<'_>) -> Result<Connector> {
        alias::connector(ctx.request()?, &self.connector)
    }

    /// Number of current subscriptions with this identifier, in all profiles.
    async fn subscription_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.request()?.load(SeatsOfIdentifier(self.key)).await?.map_or(0, int))
    }

    /// Up to three products from the connector's catalogue with similar names, best match first.
    async fn suggestions(&self, ctx: &Context<'_>) -> Result<Vec<SoftwareProduct>> {
        let Some(registration) = ctx.request()?.engine.connector(&self.connector) else { return Ok(Vec::new()) };
        let products = connector::catalogue(registration)?.products();
        let text = format!("{} {}", self.identifier.name, self.identifier.key);
        Ok(suggest(&text, products).into_iter().map(SoftwareProduct::from).collect())
    }
}

/// Returns the products whose names share the most words with `text`.
fn suggest(text: &str, products: Vec<Product>) -> Vec<Product> {
    let wanted = words(text);
    let likeness = |product: &Product| {
        let names = format!("{} {}", product.product, product.edition.as_deref().unwrap_or_default());
        words(&names).intersection(&wanted).count()
    };
    let mut likely: Vec<_> =
        products.into_iter().map(|product| (likeness(&product), product)).filter(|(shared, _)| *shared > 0).collect();
    // Stable: of equally likely ones the catalogue's order decides.
    likely.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    likely.into_iter().take(SUGGESTIONS).map(|(_, product)| product).collect()
}

fn words(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
    words.map(str::to_lowercase).collect()
}

impl Paged for UnrecognizedIdentifier {
    type Total = ();

    async fn count(request: &RequestContext, (): &()) -> Result<i64> {
        identifiers::count_unrecognized(&request.db).await.map_err(error::store)
    }
}

/// Returns a page of unrecognized identifiers, oldest first.
pub(crate) async fn page(request: &RequestContext, paging: &Paging) -> Result<Connection<UnrecognizedIdentifier>> {
    let rows = paging.read(LISTING)?;
    let page = identifiers::unrecognized(&request.db, &rows).await.map_err(error::store)?;
    Ok(Connection::of(LISTING, page, (), UnrecognizedIdentifier::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(name: &str, edition: Option<&str>) -> Product {
        Product { publisher: "Acme".into(), product: name.into(), edition: edition.map(str::to_owned), category: None }
    }

    #[test]
    fn the_product_with_the_most_common_words_comes_first() {
        let products = vec![product("Sales Cloud", None), product("Customer Community", Some("Login"))];
        let found = suggest("Customer Community Cloud Login", products);
        let names: Vec<_> = found.iter().map(|product| product.product.as_str()).collect();
        assert_eq!(names, ["Customer Community", "Sales Cloud"]);
    }

    #[test]
    fn a_name_without_common_words_has_no_suggestion() {
        assert_eq!(suggest("PID_UNKNOWN", vec![product("Sales Cloud", None)]), []);
    }
}
