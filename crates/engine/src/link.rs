//! Opens an alias: from its row to a connector that is ready to be asked.

use std::num::NonZeroU32;
use std::sync::Arc;

use seatgraph_core::Finding;
use seatgraph_core::http::{Http, HttpOptions, Meter};
use seatgraph_core::layers::{self, RetrySettings, ThrottleSettings};
use seatgraph_core::{
    ConnectContext, Connector, Error, ErrorKind, GrantType, Registration, Result, Severity, TokenSource,
};
use seatgraph_store::Alias;
use serde_json::Value;
use url::Url;

use crate::aliases::{INSTANCE_URL, merged};
use crate::tokens::AliasTokens;
use crate::{Engine, EngineSettings};

/// The address of a connector that has none; `.invalid` never resolves (RFC 2606).
const NOWHERE: &str = "http://unset.invalid";

/// An open connection to one organisation.
pub(crate) struct Link {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) meter: Arc<Meter>,
}

impl Engine {
    /// Connects through `alias`. Nothing is asked of the vendor yet.
    pub(crate) fn open(&self, connector: &Registration, alias: &Alias, parent: Option<&Alias>) -> Result<Link> {
        let config = Value::Object(merged(alias, parent));
        let base = base(&config)?;
        let options = options(self.settings());
        let tokens = connector.oauth(config.clone())?.map(|oauth| {
            let lender = Http::new(base.clone(), None, options.clone());
            let tokens = AliasTokens::new(self, alias, oauth, scopes(connector), lender);
            Arc::new(tokens) as Arc<dyn TokenSource>
        });
        let http = Http::new(base, tokens, options);
        let meter = Arc::clone(http.meter());
        let bare = connector.connect(config, ConnectContext { http, clock: Arc::clone(self.clock()) })?;
        let dressed = layers::standard(bare, layer_settings(connector.manifest().key, self.settings()));
        Ok(Link { connector: Arc::from(dressed), meter })
    }
}

fn base(config: &Value) -> Result<Url> {
    let written = config.get(INSTANCE_URL).and_then(Value::as_str).unwrap_or(NOWHERE);
    written.parse().map_err(|e: url::ParseError| {
        let finding = Finding::new(
            "CONFIG_INVALID",
            Severity::Error,
            "The instance URL of the connection alias is not an address.",
            "Set instanceUrl on the alias.",
        );
        let error = Error::new(ErrorKind::ConfigInvalid, "instance URL is not an address");
        error.with("property", INSTANCE_URL).with_finding(finding).with_source(e)
    })
}

/// The scopes of everything this version carries out.
fn scopes(connector: &Registration) -> Vec<&'static str> {
    let available = connector.manifest().processes.iter().filter(|spec| spec.available);
    let of_grant = available
        .flat_map(|spec| spec.scopes)
        .filter(|granted| granted.grant == GrantType::ClientCredentials)
        .flat_map(|granted| granted.scopes.iter().copied());
    let mut scopes: Vec<_> = of_grant.collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

fn options(settings: &EngineSettings) -> HttpOptions {
    HttpOptions {
        timeout: settings.request_timeout,
        connect_timeout: settings.connect_timeout,
        ..HttpOptions::default()
    }
}

fn layer_settings(connector: &'static str, settings: &EngineSettings) -> layers::Settings {
    let repeats = usize::try_from(settings.request_retries).unwrap_or(usize::MAX);
    let retry = RetrySettings { repeats, first_delay: settings.retry_delay, ..RetrySettings::default() };
    let pace = NonZeroU32::new(settings.pages_per_second).unwrap_or(NonZeroU32::MIN);
    let throttle = ThrottleSettings { per_second: pace, burst: pace, ..ThrottleSettings::default() };
    layers::Settings { connector, retry, throttle }
}
