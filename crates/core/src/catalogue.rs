//! The subscription catalogue: the product of each subscription identifier.
//!
//! A catalogue is a JSON file under `fixtures/` that the connector embeds. An identifier is recognized by its key, or by
//! its name where the vendor's key is uncertain.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Identifier, Result};

/// The software product that an identifier stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Product {
    /// The publisher.
    pub publisher: String,
    /// The vendor's name of the product: `Sales Cloud`.
    pub product: String,
    /// The edition: `Login`, `Plus`; `None` for the product itself.
    pub edition: Option<String>,
    /// The category of software: `CRM`.
    pub category: Option<String>,
}

/// An entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// The kind of the identifiers.
    pub kind: String,
    /// The vendor's keys, compared exactly.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The vendor's names, compared without case; used only if no entry has the key.
    #[serde(default)]
    pub names: Vec<String>,
    /// The product.
    pub product: String,
    /// The edition.
    #[serde(default)]
    pub edition: Option<String>,
    /// The category of software.
    #[serde(default)]
    pub category: Option<String>,
}

/// A connector's catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Who makes everything in it.
    pub publisher: String,
    /// The entries; the first match counts.
    pub entries: Vec<CatalogueEntry>,
}

impl Catalogue {
    /// Parses a catalogue.
    ///
    /// # Errors
    /// `Malformed`; the source has the position.
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|e| Error::new(ErrorKind::Malformed, "subscription catalogue is malformed").with_source(e))
    }

    /// Finds the product of `identifier`, by key and then by name; `None` if it is unknown.
    #[must_use]
    pub fn recognize(&self, identifier: &Identifier) -> Option<Product> {
        let of_kind = || self.entries.iter().filter(|entry| entry.kind == identifier.id.kind);
        let by_key = of_kind().find(|entry| entry.keys.contains(&identifier.id.key));
        let by_name = || of_kind().find(|entry| entry.names.iter().any(|n| same_name(n, &identifier.name)));
        by_key.or_else(by_name).map(|entry| self.product(entry))
    }

    /// Lists the products without duplicates, in the order of the file.
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

fn same_name(a: &str, b: &str) -> bool {
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
    fn a_key_takes_precedence_over_a_name() {
        let found = catalogue().recognize(&Identifier::new("SEAT", "B", "Alpha")).unwrap();
        assert_eq!((found.product.as_str(), found.edition.as_deref()), ("Second", Some("Login")));
    }

    #[test]
    fn an_unknown_key_is_recognized_by_name_without_case() {
        let found = catalogue().recognize(&Identifier::new("SEAT", "Z", " alpha ")).unwrap();
        assert_eq!(found.product, "First");
    }

    #[test]
    fn an_identifier_of_another_kind_is_not_recognized() {
        assert_eq!(catalogue().recognize(&Identifier::new("FEATURE", "A", "Alpha")), None);
    }
}
