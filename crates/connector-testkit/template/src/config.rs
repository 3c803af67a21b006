//! The configuration of a connection to Acme.

use schemars::JsonSchema;
use seatgraph_core::{Error, ErrorKind, Result};
use serde::Deserialize;
use url::Url;

/// Properties of an alias. The doc comments are the help texts of forms.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// URL of the organisation at Acme.
    #[schemars(with = "String", extend("format" = "uri"))]
    pub instance_url: Url,
    /// Number of members per page, at most 200.
    #[serde(default = "default_page_size")]
    #[schemars(range(min = 1, max = 200))]
    pub page_size: u32,
}

const fn default_page_size() -> u32 {
    2
}

impl Config {
    /// Validates what types cannot express.
    pub(crate) fn validate(&self) -> Result<()> {
        if (1..=200).contains(&self.page_size) {
            return Ok(());
        }
        let message = format!("property pageSize: {} is not between 1 and 200", self.page_size);
        Err(Error::new(ErrorKind::ConfigInvalid, message).with("property", "pageSize"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_without_rows_is_refused_by_the_name_of_its_property() {
        let config: Config =
            serde_json::from_value(json!({"instanceUrl": "https://acme.example", "pageSize": 0})).unwrap();
        assert_eq!(config.validate().unwrap_err().get("property"), Some("pageSize"));
    }
}
