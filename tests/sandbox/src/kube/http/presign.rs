//! The signature of a presigned STS URL, recomputed: it covers the cluster's name (the header
//! `x-k8s-aws-id`, which is not in the URL), so that a token for another cluster does not fit.

use sha2::{Digest, Sha256};

const BLOCK: usize = 64;

/// HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut padded = [0_u8; BLOCK];
    if key.len() > BLOCK {
        padded[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let keyed = |pad: u8| padded.map(|b| b ^ pad);
    let inner = Sha256::new().chain_update(keyed(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(keyed(0x5c)).chain_update(inner).finalize().into()
}

/// Whether the URL was signed with that secret for the cluster of that name.
pub fn verify(url: &str, secret: &str, cluster: &str) -> bool {
    signature(url, secret, cluster).is_some_and(|(expected, given)| expected == given)
}

/// The signature that the URL should have, and the one it has.
pub fn signature(url: &str, secret: &str, cluster: &str) -> Option<(String, String)> {
    let (before, query) = url.split_once('?')?;
    let (_, rest) = before.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut given = String::new();
    // The query is signed as it stands, sorted, without the signature.
    let mut pairs: Vec<&str> = Vec::new();
    for pair in query.split('&') {
        match pair.strip_prefix("X-Amz-Signature=") {
            Some(value) => value.clone_into(&mut given),
            None => pairs.push(pair),
        }
    }
    pairs.sort_unstable();
    let decoded: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let get = |name: &str| decoded.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
    let signed = get("X-Amz-SignedHeaders")?;
    let mut headers = String::new();
    for name in signed.split(';') {
        let value = match name {
            "host" => host,
            "x-k8s-aws-id" => cluster,
            _ => return None,
        };
        headers.push_str(&format!("{name}:{value}\n"));
    }
    let credential = get("X-Amz-Credential")?;
    let (_, scope) = credential.split_once('/')?;
    let empty = hex::encode(Sha256::digest(b""));
    let canonical = format!("GET\n/{path}\n{}\n{headers}\n{signed}\n{empty}", pairs.join("&"));
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        get("X-Amz-Date")?,
        hex::encode(Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = hmac(&key, part.as_bytes()).to_vec();
    }
    Some((hex::encode(hmac(&key, to_sign.as_bytes())), given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_of_rfc_4231() {
        let mac = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex::encode(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn the_cluster_name_is_signed() {
        let url = "https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fus-west-2%2Fsts%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=";
        let (signature, _) = signature(url, "secret", "hp-eks").expect("a presigned URL");
        let signed = format!("{url}{signature}");
        assert!(verify(&signed, "secret", "hp-eks"));
        assert!(!verify(&signed, "secret", "other"));
        assert!(!verify(&signed, "else", "hp-eks"));
    }
}
