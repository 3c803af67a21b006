//! The certificate authorities that the client trusts.

use std::fmt;
use std::sync::{Arc, LazyLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::{Error, ErrorKind, Result};

/// The public roots are bundled, so that a machine without a certificate store can connect.
static BUNDLED: LazyLock<ClientConfig> =
    LazyLock::new(|| trusting(RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())));

/// Certificate authorities to trust instead of the bundled public ones, for example a company's own.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedCas(Arc<[CertificateDer<'static>]>);

impl TrustedCas {
    /// Parses the certificates of a PEM file.
    ///
    /// # Errors
    /// `ConfigInvalid` when it contains no certificate, or an unusable one.
    ///
    /// ```
    /// use seatgraph_core::http::TrustedCas;
    ///
    /// assert!(TrustedCas::from_pem(b"not a certificate").is_err());
    /// ```
    pub fn from_pem(pem: &[u8]) -> Result<Self> {
        let invalid = |message: &str| Error::new(ErrorKind::ConfigInvalid, message);
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Arc<[_]>, _>>();
        let certificates = certificates.map_err(|e| invalid("file is not valid PEM").with_source(e))?;
        if certificates.is_empty() {
            return Err(invalid("file contains no certificate"));
        }
        for certificate in certificates.iter() {
            let added = RootCertStore::empty().add(certificate.clone());
            added.map_err(|e| invalid("file contains a certificate that cannot be used").with_source(e))?;
        }
        Ok(Self(certificates))
    }
}

impl fmt::Debug for TrustedCas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedCas({})", self.0.len())
    }
}

/// Configures TLS that trusts `cas`, or the bundled authorities.
pub(super) fn config(cas: Option<&TrustedCas>) -> ClientConfig {
    let Some(TrustedCas(certificates)) = cas else { return BUNDLED.clone() };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    trusting(roots)
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
