//! A connector without its type, for a list that is a constant.

use std::fmt;

use serde_json::Value;

use crate::{ConnectContext, Connector, Error, ErrorKind, Manifest, OAuth, Provider, Result, Setup, SetupContext};

/// One connector of the binary, kept as plain function pointers.
///
/// The type of the configuration stays inside: from outside it is JSON with a schema, which is what a database can
/// keep and a form can draw, and it is checked when it is written, not when it is first used.
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

    /// What the connector is and does.
    #[must_use]
    pub const fn manifest(&self) -> &'static Manifest {
        self.manifest
    }

    /// The JSON Schema of an alias's properties, from the type that reads them.
    #[must_use]
    pub fn config_schema(&self) -> Value {
        (self.config_schema)()
    }

    /// Says where tokens come from under `config`; the way to validate a configuration without connecting.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the property.
    pub fn oauth(&self, config: Value) -> Result<Option<OAuth>> {
        (self.oauth)(config)
    }

    /// Says what is done at the vendor before a connection works.
    #[must_use]
    pub fn setup(&self, context: &SetupContext<'_>) -> Setup {
        (self.setup)(context)
    }

    /// Says whether a scope that was granted allows what `needed` does.
    #[must_use]
    pub fn covers(&self, granted: &str, needed: &str) -> bool {
        (self.covers)(granted, needed)
    }

    /// Makes a link. No I/O.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the property.
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
