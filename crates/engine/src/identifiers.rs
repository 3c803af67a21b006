//! Maps unrecognized identifiers to software models.

use seatgraph_core::Product;
use seatgraph_store::{IdentifierId, Model, ModelId, identifiers, models};

use crate::Engine;
use crate::refusal::{Denied, Refusal, RefusalCode};

/// Maximum number of identifiers per command.
const AT_ONCE: usize = 200;

/// Target of a resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An existing model.
    Model(ModelId),
    /// A product. Its model is created if it does not exist.
    Product(Product),
}

impl Engine {
    /// Maps identifiers to a model. Returns the model and the number of current subscriptions that were remapped.
    ///
    /// # Errors
    /// Refuses unknown ids, a product without publisher or name, and more than 200 identifiers.
    pub async fn resolve_identifiers(&self, ids: Vec<IdentifierId>, target: Target) -> Result<(Model, i64), Denied> {
        self.check_identifiers(&ids).await?;
        let model = match target {
            Target::Model(id) => {
                let mut found = models::find_many(self.db(), &[id]).await?;
                let missing = || {
                    let message = format!("software model {id} does not exist");
                    Refusal::new(RefusalCode::NotFound, message).at(["target", "modelId"])
                };
                found.remove(&id).ok_or_else(missing)?
            }
            Target::Product(product) => models::insert_manual(self.db(), &named(product)?).await?,
        };
        let remapped = identifiers::resolve(self.db(), &ids, model.id).await?;
        Ok((model, remapped))
    }

    async fn check_identifiers(&self, ids: &[IdentifierId]) -> Result<(), Denied> {
        let refuse = |code, message: String| Refusal::new(code, message).at(["ids"]);
        if ids.is_empty() {
            return Err(refuse(
                RefusalCode::Required,
                "the list of identifiers is empty; name at least one".to_owned(),
            )
            .into());
        }
        if ids.len() > AT_ONCE {
            return Err(
                refuse(RefusalCode::LimitExceeded, format!("too many identifiers; the maximum is {AT_ONCE}")).into()
            );
        }
        let found = identifiers::find_many(self.db(), ids).await?;
        match ids.iter().find(|id| !found.contains_key(id)) {
            Some(id) => Err(Denied::not_found(&format!("identifier {id}"), "ids")),
            None => Ok(()),
        }
    }
}

/// Trims a product. Refuses empty names.
fn named(product: Product) -> Result<Product, Denied> {
    let trimmed = |text: String| text.trim().to_owned();
    let filled = |text: Option<String>| text.map(trimmed).filter(|text| !text.is_empty());
    let product = Product {
        publisher: trimmed(product.publisher),
        product: trimmed(product.product),
        edition: filled(product.edition),
        category: filled(product.category),
    };
    let required = |what: &str, field| {
        Refusal::new(RefusalCode::Required, format!("the {what} is empty; enter a name"))
            .at(["target", "product", field])
    };
    let mut faults = Vec::new();
    if product.publisher.is_empty() {
        faults.push(required("publisher", "publisher"));
    }
    if product.product.is_empty() {
        faults.push(required("product", "product"));
    }
    if faults.is_empty() { Ok(product) } else { Err(Denied::Refused(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(publisher: &str, name: &str, edition: Option<&str>) -> Product {
        let edition = edition.map(str::to_owned);
        Product { publisher: publisher.to_owned(), product: name.to_owned(), edition, category: None }
    }

    #[test]
    fn a_product_is_trimmed_and_an_empty_edition_is_none() {
        assert_eq!(named(product(" Acme ", "Seat", Some(" "))).unwrap(), product("Acme", "Seat", None));
    }

    #[test]
    fn a_product_without_names_is_refused_at_both_places() {
        let Err(Denied::Refused(faults)) = named(product(" ", "", None)) else { panic!("accepted") };
        let places: Vec<_> = faults.into_iter().filter_map(|fault| fault.field).collect();
        assert_eq!(places, [["target", "product", "publisher"], ["target", "product", "product"]]);
    }
}
