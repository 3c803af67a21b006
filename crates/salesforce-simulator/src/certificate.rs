//! The certificate that an administrator uploads with the app, to check what the app signs.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use webpki::{EndEntityCert, ring};

/// An X.509 certificate. Who issued it and until when it is good are not asked, as the vendor does not either.
#[derive(Clone)]
pub(crate) struct Certificate(CertificateDer<'static>);

impl Certificate {
    /// Reads the first certificate of a text in PEM.
    pub(crate) fn parse(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        EndEntityCert::try_from(&der).ok()?;
        Some(Self(der))
    }

    /// Says whether the certificate's key signed `message` with RS256.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let certificate = EndEntityCert::try_from(&self.0).expect("it was read before");
        certificate.verify_signature(ring::RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}
