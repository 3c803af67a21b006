//! Whose word is taken for who a server is.

use std::fmt;
use std::sync::{Arc, LazyLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::{Error, ErrorKind, Result};

/// The roots are bundled, so that a machine without a certificate store can reach a vendor.
static BUNDLED: LazyLock<ClientConfig> =
    LazyLock::new(|| trusting(RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())));

/// Certificate authorities that are trusted in the place of the bundled, public ones: a company's own.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorities(Arc<[CertificateDer<'static>]>);

impl Authorities {
    /// Reads certificates as a PEM file holds them.
    ///
    /// # Errors
    /// `ConfigInvalid` when it holds none, or one that is not an authority's.
    ///
    /// ```
    /// use seatgraph_core::http::Authorities;
    ///
    /// assert!(Authorities::from_pem(b"not a certificate").is_err());
    /// ```
    pub fn from_pem(pem: &[u8]) -> Result<Self> {
        let invalid = |message: &str| Error::new(ErrorKind::ConfigInvalid, message);
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Arc<[_]>, _>>();
        let certificates = certificates.map_err(|e| invalid("PEM is not valid").with_source(e))?;
        if certificates.is_empty() {
            return Err(invalid("there is no certificate in it"));
        }
        for certificate in certificates.iter() {
            let added = RootCertStore::empty().add(certificate.clone());
            added.map_err(|e| invalid("a certificate in it is not usable").with_source(e))?;
        }
        Ok(Self(certificates))
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.0.len())
    }
}

/// Configures TLS that takes the word of `authorities`, or of the bundled ones.
pub(super) fn config(authorities: Option<&Authorities>) -> ClientConfig {
    let Some(Authorities(certificates)) = authorities else { return BUNDLED.clone() };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    trusting(roots)
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
