//! The certificate of the app, which verifies assertions.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use webpki::{EndEntityCert, ring};

/// An X.509 certificate. Issuer and validity are not checked, as in Salesforce.
#[derive(Clone)]
pub(crate) struct Certificate(CertificateDer<'static>);

impl Certificate {
    /// Parses the first certificate of a PEM text.
    pub(crate) fn parse(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        EndEntityCert::try_from(&der).ok()?;
        Some(Self(der))
    }

    /// Verifies an RS256 signature.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let certificate = EndEntityCert::try_from(&self.0).expect("it was read before");
        certificate.verify_signature(ring::RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}
