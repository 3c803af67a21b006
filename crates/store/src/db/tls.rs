//! TLS to PostgreSQL, as `sslmode` asks for it.
//!
//! `prefer` and `require` encrypt without looking at the certificate, as libpq does; `verify-ca` and `verify-full`
//! both check chain and name, against `sslrootcert` or the bundled roots.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Error, Result};

/// An address of PostgreSQL, with what tokio-postgres does not read of it.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: tokio_postgres::Config,
    verify: bool,
    roots: Option<PathBuf>,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut verify = false;
        let mut roots = None;
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", "verify-ca" | "verify-full")) => {
                    verify = true;
                    kept.push("sslmode=require");
                }
                Some(("sslrootcert", path)) => roots = Some(PathBuf::from(path)),
                _ => kept.push(pair),
            }
        }
        let understood = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        let mut config = tokio_postgres::Config::from_str(&understood).map_err(Error::unavailable)?;
        if config.get_application_name().is_none() {
            config.application_name("seatgraph");
        }
        Ok(Self { config, verify, roots })
    }

    /// Returns whether every host is a socket of this machine, where there is nothing to encrypt, whatever the mode.
    pub(super) fn is_local(&self) -> bool {
        self.config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
    }

    fn roots(&self) -> Result<RootCertStore> {
        let Some(path) = &self.roots else {
            return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
        };
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| Error::unavailable(e.to_string()))? {
            let certificate = certificate.map_err(|e| Error::unavailable(e.to_string()))?;
            store.add(certificate).map_err(Error::unavailable)?;
        }
        Ok(store)
    }
}

pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(Error::unavailable)?;
    let config = if address.verify {
        builder.with_root_certificates(address.roots()?).with_no_client_auth()
    } else {
        let anyone = Arc::new(AnyCertificate(provider));
        builder.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(config))
}

/// Takes any certificate: what `sslmode=require` promises is encryption, not identity.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    #[test]
    fn sslmode_is_honoured() {
        let cases = [
            ("postgres://h/d", SslMode::Prefer, false),
            ("postgres://h/d?sslmode=disable", SslMode::Disable, false),
            ("postgres://h/d?sslmode=require&application_name=x", SslMode::Require, false),
            ("postgres://h/d?sslmode=verify-full&sslrootcert=/etc/ca.pem", SslMode::Require, true),
        ];
        for (url, mode, verify) in cases {
            let address = Address::parse(url).unwrap();
            assert_eq!((address.config.get_ssl_mode(), address.verify), (mode, verify), "{url}");
        }
    }

    #[test]
    fn an_unknown_mode_is_refused() {
        assert!(Address::parse("postgres://h/d?sslmode=perhaps").is_err());
    }
}
