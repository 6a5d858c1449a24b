//! One HTTPS call that blocks, on a connection of its own: for the stand-in of helm, and for what the sandbox itself asks
//! a real API server. The listeners and their clients are asynchronous and elsewhere.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

/// A server, whom it is trusted by, and the headers that every call to it has (each with its line's end).
#[derive(Debug, Clone)]
pub struct Server {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Trust in its authority.
    pub tls: Arc<ClientConfig>,
    /// `Name: value\r\n`, any number of them.
    pub headers: String,
}

impl Server {
    /// The status and the body of the answer; a body goes with its content type.
    ///
    /// # Errors
    /// The system's or the TLS library's words; an answer that is not whole is `EOF`.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, &Value)>) -> Result<(u16, Vec<u8>)> {
        let name = ServerName::try_from(self.host.clone()).map_err(Error::other)?;
        let connection = ClientConnection::new(self.tls.clone(), name).map_err(Error::other)?;
        let socket = TcpStream::connect((self.host.as_str(), self.port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut stream = StreamOwned::new(connection, socket);
        let (kind, text) = match body {
            Some((kind, value)) => (kind, value.to_string()),
            None => ("application/json", String::new()),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}:{}\r\n{}Content-Type: {kind}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.host,
            self.port,
            self.headers,
            text.len(),
        );
        stream.write_all((head + &text).as_bytes())?;
        stream.flush()?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // The end without a goodbye: what came is judged by its length.
            Err(why) if why.kind() == ErrorKind::UnexpectedEof => {}
            Err(why) => return Err(why),
            Ok(_) => {}
        }
        split(&answer).ok_or_else(|| Error::other("EOF"))
    }
}

/// Trust in the authorities of a PEM text.
///
/// # Errors
/// What is wrong with it; also when there is none in it.
pub fn trust(pem: &[u8]) -> std::result::Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|why| why.to_string())?;
        // An API server's leaf may stand in the same text and is no authority.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        return Err("no certificate of an authority".to_owned());
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| why.to_string())?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// Status and body of an answer; none when it is not whole.
fn split(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let body = &answer[end + 4..];
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    if head.contains("transfer-encoding: chunked") {
        return Some((status, dechunked(body)?));
    }
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    match length {
        Some(length) if body.len() < length => None,
        _ => Some((status, body.to_vec())),
    }
}

fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?.trim(), 16).ok()?;
        let from = line + 2;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(from..from + size)?);
        rest = rest.get(from + size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_not_whole_are_no_answers() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(split(whole), Some((200, b"{}".to_vec())));
        assert_eq!(split(&whole[..whole.len() - 1]), None);
        let chunked = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert_eq!(split(chunked), Some((201, b"{}".to_vec())));
    }
}
