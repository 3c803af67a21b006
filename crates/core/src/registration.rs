//! Type-erased connectors for the constant list of the binary.

use std::fmt;

use serde_json::Value;

use crate::{ConnectContext, Connector, Error, ErrorKind, Manifest, OAuth, Provider, Result, Setup, SetupContext};

/// A connector of the binary, as function pointers.
///
/// The configuration is JSON with a schema. It is validated when it is saved, not when it is first used.
#[derive(Clone, Copy)]
pub struct Registration {
    manifest: &'static Manifest,
    config_schema: fn() -> Value,
    oauth: fn(Value) -> Result<Option<OAuth>>,
    setup: fn(&SetupContext<'_>) -> Setup,
    covers: fn(&str, &str) -> bool,
    connect: fn(Value, ConnectContext) -> Result<Box<dyn Connector>>,
}

impl Registration {
    /// Registers a provider.
    #[must_use]
    pub const fn of<P: Provider>() -> Self {
        Self {
            manifest: const { &P::MANIFEST },
            config_schema: || schemars::schema_for!(P::Config).to_value(),
            oauth: |config| P::oauth(&read::<P>(config)?),
            setup: P::setup,
            covers: P::covers,
            connect: |config, context| Ok(Box::new(P::connect(read::<P>(config)?, context)?)),
        }
    }

    /// Returns the manifest.
    #[must_use]
    pub const fn manifest(&self) -> &'static Manifest {
        self.manifest
    }

    /// Returns the JSON Schema of the configuration.
    #[must_use]
    pub fn config_schema(&self) -> Value {
        (self.config_schema)()
    }

    /// Returns the OAuth endpoints for `config`. Also validates a configuration without a connection.
    ///
    /// # Errors
    /// `ConfigInvalid` with the property.
    pub fn oauth(&self, config: Value) -> Result<Option<OAuth>> {
        (self.oauth)(config)
    }

    /// Returns the set-up steps at the vendor.
    #[must_use]
    pub fn setup(&self, context: &SetupContext<'_>) -> Setup {
        (self.setup)(context)
    }

    /// Says whether a granted scope includes `needed`.
    #[must_use]
    pub fn covers(&self, granted: &str, needed: &str) -> bool {
        (self.covers)(granted, needed)
    }

    /// Creates a connection. No I/O.
    ///
    /// # Errors
    /// `ConfigInvalid` with the property.
    pub fn connect(&self, config: Value, context: ConnectContext) -> Result<Box<dyn Connector>> {
        (self.connect)(config, context)
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registration").field(&self.manifest.key).finish()
    }
}

fn read<P: Provider>(config: Value) -> Result<P::Config> {
    serde_path_to_error::deserialize(config).map_err(|e| {
        let path = e.path().to_string();
        Error::new(ErrorKind::ConfigInvalid, format!("property {path}: {}", e.inner())).with("property", path)
    })
}
