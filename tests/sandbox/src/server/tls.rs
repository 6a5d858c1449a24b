//! The certificate authority of one run and the TLS side of the Kubernetes listener.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Error;

/// A fresh authority and a server certificate for loopback.
pub struct Tls {
    /// The authority's certificate, PEM.
    pub ca: String,
    /// For the listener; HTTP/1.1 only, so that one connection carries one request at a time and its
    /// times can be told apart.
    pub acceptor: TlsAcceptor,
}

/// Makes both.
///
/// # Errors
/// The certificate or TLS library's words.
pub fn make() -> Result<Tls, Error> {
    let wrong = |why: rcgen::Error| Error::io("make a certificate", why);
    let mut params = CertificateParams::new(Vec::new()).map_err(wrong)?;
    params.distinguished_name.push(DnType::CommonName, "kubernetes");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(wrong)?).map_err(wrong)?;
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned(), "kubernetes.default.svc".to_owned()];
    let mut params = CertificateParams::new(names).map_err(wrong)?;
    params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    let key = KeyPair::generate().map_err(wrong)?;
    let certificate = params.signed_by(&key, &ca).map_err(wrong)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::io("set up TLS", why))?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .map_err(|why| Error::io("set up TLS", why))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls { ca: ca.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
}
