//! The subscription catalogue: which product an identifier stands for.
//!
//! Data, not code: a file under `fixtures/`, embedded by the connector. The key decides; where a vendor's key is
//! not known for certain, the name does.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Identifier, Result};

/// What an identifier stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Product {
    /// Who makes it.
    pub publisher: String,
    /// The product, in the vendor's words: `Sales Cloud`.
    pub product: String,
    /// The variant within the product: `Login`, `Plus`; `None` for the product itself.
    pub edition: Option<String>,
    /// The sort of software: `CRM`.
    pub category: Option<String>,
}

/// One line of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// The kind of identifier it speaks of.
    pub kind: String,
    /// The vendor's keys for it, compared exactly.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The vendor's names for it, compared without case; used only for keys that no entry knows.
    #[serde(default)]
    pub names: Vec<String>,
    /// The product.
    pub product: String,
    /// The variant.
    #[serde(default)]
    pub edition: Option<String>,
    /// The sort of software.
    #[serde(default)]
    pub category: Option<String>,
}

/// A connector's catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Who makes everything in it.
    pub publisher: String,
    /// Its lines; the first that matches wins.
    pub entries: Vec<CatalogueEntry>,
}

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// `Malformed` with the place of the fault.
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|e| Error::new(ErrorKind::Malformed, "subscription catalogue is not understood").with_source(e))
    }

    /// Finds the product of `identifier`, by key and then by name; `None` sends it to the queue of unrecognized ones.
    #[must_use]
    pub fn recognize(&self, identifier: &Identifier) -> Option<Product> {
        let of_kind = || self.entries.iter().filter(|entry| entry.kind == identifier.id.kind);
        let by_key = of_kind().find(|entry| entry.keys.contains(&identifier.id.key));
        let by_name = || of_kind().find(|entry| entry.names.iter().any(|n| same_words(n, &identifier.name)));
        by_key.or_else(by_name).map(|entry| self.product(entry))
    }

    /// Lists the products, each once, in the order of the file.
    #[must_use]
    pub fn products(&self) -> Vec<Product> {
        let mut products = Vec::new();
        for product in self.entries.iter().map(|entry| self.product(entry)) {
            if !products.contains(&product) {
                products.push(product);
            }
        }
        products
    }

    fn product(&self, entry: &CatalogueEntry) -> Product {
        Product {
            publisher: self.publisher.clone(),
            product: entry.product.clone(),
            edition: entry.edition.clone(),
            category: entry.category.clone(),
        }
    }
}

fn same_words(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::parse(
            r#"{"publisher":"Acme","entries":[
                {"kind":"SEAT","keys":["A"],"names":["Alpha"],"product":"First"},
                {"kind":"SEAT","keys":["B"],"names":["Beta"],"product":"Second","edition":"Login"}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_key_outranks_a_name() {
        let found = catalogue().recognize(&Identifier::new("SEAT", "B", "Alpha")).unwrap();
        assert_eq!((found.product.as_str(), found.edition.as_deref()), ("Second", Some("Login")));
    }

    #[test]
    fn an_unknown_key_is_found_by_its_name_whatever_its_case() {
        let found = catalogue().recognize(&Identifier::new("SEAT", "Z", " alpha ")).unwrap();
        assert_eq!(found.product, "First");
    }

    #[test]
    fn an_identifier_of_another_kind_is_not_recognized() {
        assert_eq!(catalogue().recognize(&Identifier::new("FEATURE", "A", "Alpha")), None);
    }
}
