//! Opens a connection: from an alias row to a connector that is ready for requests.

use std::num::NonZeroU32;
use std::sync::Arc;

use seatgraph_core::http::{ApiUsage, EgressPolicy, Http, HttpOptions, is_loopback};
use seatgraph_core::layers::{self, RetrySettings, ThrottleSettings};
use seatgraph_core::{ConnectContext, Connector, Error, ErrorKind, OAuth, Registration, Result, TokenSource};
use seatgraph_store::Alias;
use serde_json::Value;
use url::Url;

use crate::access_tokens::AliasTokens;
use crate::instance_url::base_url;
use crate::properties::merged;
use crate::{Engine, EngineSettings};

/// An open connection to one organisation.
pub(crate) struct Connection {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) api_usage: Arc<ApiUsage>,
}

impl Engine {
    /// Connects through `alias`. Sends no request yet.
    pub(crate) fn open(&self, connector: &Registration, alias: &Alias, parent: Option<&Alias>) -> Result<Connection> {
        self.open_with(connector, alias, parent, |oauth, token_http| {
            Arc::new(AliasTokens::new(self, alias, connector, oauth, token_http))
        })
    }

    /// Connects through `alias` with tokens from `tokens`.
    pub(crate) fn open_with(
        &self,
        connector: &Registration,
        alias: &Alias,
        parent: Option<&Alias>,
        tokens: impl FnOnce(OAuth, Http) -> Arc<dyn TokenSource>,
    ) -> Result<Connection> {
        self.stay_in_quarantine()?;
        let config = Value::Object(merged(alias, parent));
        let base = base_url(connector, &config, self.settings())?;
        let options = options(self.settings(), &base);
        let token_http = Http::new(base.clone(), None, options.clone());
        let tokens = connector.oauth(config.clone())?.map(|oauth| tokens(oauth, token_http));
        let http = Http::new(base, tokens, options);
        let api_usage = Arc::clone(http.api_usage());
        let bare = connector.connect(config, ConnectContext { http, clock: Arc::clone(self.clock()) })?;
        let layered = layers::standard(bare, layer_settings(connector.manifest().key, self.settings()));
        Ok(Connection { connector: Arc::from(layered), api_usage })
    }

    /// Returns the token endpoint of `alias`, with an HTTP client for it.
    pub(crate) fn oauth_client(
        &self,
        connector: &Registration,
        alias: &Alias,
        parent: Option<&Alias>,
    ) -> Result<(OAuth, Http)> {
        self.stay_in_quarantine()?;
        let config = Value::Object(merged(alias, parent));
        let base = base_url(connector, &config, self.settings())?;
        let options = options(self.settings(), &base);
        let token_http = Http::new(base, None, options);
        let none = || Error::new(ErrorKind::Unsupported, "connector gets no tokens by OAuth");
        Ok((connector.oauth(config)?.ok_or_else(none)?, token_http))
    }
}

fn options(settings: &EngineSettings, base: &Url) -> HttpOptions {
    HttpOptions {
        timeout: settings.request_timeout,
        connect_timeout: settings.connect_timeout,
        egress: if is_loopback(base) { EgressPolicy::PublicOrLoopback } else { EgressPolicy::Public },
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
