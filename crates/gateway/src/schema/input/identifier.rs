//! Input that resolves unrecognized identifiers.

use async_graphql::{ID, InputObject, OneofObject};
use seatgraph_core::Product;
use seatgraph_engine::Target;
use seatgraph_store::IdentifierId;

use super::{Refused, parse_id};
use crate::schema::command::Input;
use crate::schema::context::RequestContext;

/// Maps identifiers to a software model.
#[derive(Debug, InputObject)]
pub(crate) struct ResolveIdentifierInput {
    /// Global IDs of the unrecognized identifiers.
    ids: Vec<ID>,
    /// The software model.
    target: ResolveTarget,
}

/// A software model: an existing one, or the one of a product. Exactly one field must be set.
#[derive(Debug, OneofObject)]
pub(crate) enum ResolveTarget {
    /// Global ID of an existing software model.
    ModelId(ID),
    /// The product. Its software model is created if it does not exist.
    Product(SoftwareProductInput),
}

impl Input for ResolveIdentifierInput {
    type Command = (Vec<IdentifierId>, Target);

    fn read(self, _: &RequestContext) -> Result<Self::Command, Refused> {
        let read = |id: &ID| parse_id(&["ids"], "unrecognized identifier", id);
        let ids = self.ids.iter().map(read).collect::<Result<_, _>>()?;
        let target = match self.target {
            ResolveTarget::ModelId(id) => Target::Model(parse_id(&["target", "modelId"], "software model", &id)?),
            ResolveTarget::Product(product) => Target::Product(product.into()),
        };
        Ok((ids, target))
    }
}

/// A software product.
#[derive(Debug, InputObject)]
pub(crate) struct SoftwareProductInput {
    /// Product category, such as `CRM`.
    category: Option<String>,
    /// Edition or variant of the product. Omit it for the product itself.
    edition: Option<String>,
    /// Product name used by the vendor.
    product: String,
    /// Publisher of the software.
    publisher: String,
}

impl From<SoftwareProductInput> for Product {
    fn from(input: SoftwareProductInput) -> Self {
        Self { publisher: input.publisher, product: input.product, edition: input.edition, category: input.category }
    }
}
