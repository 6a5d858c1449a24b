//! Releases as helm keeps them: one Secret a revision, whose data is base64 of gzipped JSON.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::chart::Chart;
use super::client::{Client, Refusal};

/// One revision.
#[derive(Debug, Clone)]
pub struct Release {
    /// `helm.sh/release.v1`'s own document.
    pub document: Value,
    /// Labels that the person gave.
    pub labels: Vec<(String, String)>,
}

impl Release {
    /// A new revision.
    pub fn new(place: (&str, &str, u64), chart: &Chart, config: &Value, objects: &[Value]) -> Self {
        let (name, namespace, version) = place;
        let now = jiff::Timestamp::now().to_string();
        let manifest: Vec<String> = objects.iter().map(|object| format!("---\n{object}\n")).collect();
        Self {
            document: json!({
                "name": name, "namespace": namespace, "version": version,
                "info": {"first_deployed": now, "last_deployed": now, "deleted": "", "description": "", "status": ""},
                "chart": {"metadata": {"name": chart.name, "version": chart.version, "appVersion": chart.app_version, "apiVersion": "v2"}},
                "config": config, "manifest": manifest.concat(),
            }),
            labels: Vec::new(),
        }
    }

    /// A member of the document.
    pub fn text(&self, pointer: &str) -> &str {
        self.document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// `deployed`, `failed`, `pending-install`, …
    pub fn status(&self) -> &str {
        self.text("/info/status")
    }

    /// The revision's number.
    pub fn revision(&self) -> u64 {
        self.document["version"].as_u64().unwrap_or_default()
    }

    /// Sets the state.
    pub fn set(&mut self, status: &str, description: &str) {
        self.document["info"]["status"] = json!(status);
        self.document["info"]["description"] = json!(description);
    }

    /// The objects that it made.
    pub fn objects(&self) -> Vec<Value> {
        let parts = self.text("/manifest").split("---\n").filter(|part| !part.trim().is_empty());
        parts.filter_map(|part| serde_json::from_str(part.trim()).ok()).collect()
    }

    fn secret(&self, stamp: &str) -> Value {
        let name = self.text("/name");
        let mut labels = json!({
            "owner": "helm", "name": name, "status": self.status(), "version": self.revision().to_string(),
            stamp: jiff::Timestamp::now().as_second().to_string(),
        });
        for (key, value) in &self.labels {
            labels[key] = json!(value);
        }
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
            "metadata": {"name": self.secret_name(), "namespace": self.text("/namespace"), "labels": labels},
            // The API's own base64 around helm's.
            "data": {"release": STANDARD.encode(encode(&self.document))},
        })
    }

    fn secret_name(&self) -> String {
        format!("sh.helm.release.v1.{}.v{}", self.text("/name"), self.revision())
    }

    fn secrets(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.text("/namespace"))
    }

    /// Keeps a new revision.
    ///
    /// # Errors
    /// The API server's.
    pub fn create(&self, client: &Client) -> Result<(), Refusal> {
        let body = self.secret("createdAt");
        client.call("POST", &self.secrets(), Some(("application/json", &body))).map(drop)
    }

    /// Keeps what changed of a revision.
    ///
    /// # Errors
    /// The API server's.
    pub fn update(&self, client: &Client) -> Result<(), Refusal> {
        let body = self.secret("modifiedAt");
        let path = format!("{}/{}", self.secrets(), self.secret_name());
        client.call("PUT", &path, Some(("application/json", &body))).map(drop)
    }

    /// Forgets a revision.
    ///
    /// # Errors
    /// The API server's.
    pub fn forget(&self, client: &Client) -> Result<(), Refusal> {
        client.call("DELETE", &format!("{}/{}", self.secrets(), self.secret_name()), None).map(drop)
    }
}

/// Revisions of a release, oldest first; of all releases without a name.
///
/// # Errors
/// The API server's, in helm's words.
pub fn history(client: &Client, namespace: &str, name: Option<&str>) -> Result<Vec<Release>, String> {
    let selector = match name {
        Some(name) => format!("name%3D{name}%2Cowner%3Dhelm"),
        None => "owner%3Dhelm".to_owned(),
    };
    let path = format!("/api/v1/namespaces/{namespace}/secrets?labelSelector={selector}");
    let answer = client.call("GET", &path, None).map_err(|refusal| {
        if refusal.status == 0 {
            refusal.message
        } else {
            format!("query: failed to query with labels: {}", refusal.message)
        }
    })?;
    let mut all: Vec<Release> = answer["items"].as_array().into_iter().flatten().filter_map(read).collect();
    all.sort_by_key(Release::revision);
    Ok(all)
}

fn read(secret: &Value) -> Option<Release> {
    let data = STANDARD.decode(secret["data"]["release"].as_str()?).ok()?;
    let system = ["owner", "name", "status", "version", "createdAt", "modifiedAt"];
    let labels = secret["metadata"]["labels"].as_object().into_iter().flatten();
    Some(Release {
        document: decode(&data)?,
        labels: labels
            .filter(|(key, _)| !system.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
    })
}

fn encode(document: &Value) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = gzip.write_all(document.to_string().as_bytes());
    STANDARD.encode(gzip.finish().unwrap_or_default())
}

fn decode(data: &[u8]) -> Option<Value> {
    let mut text = String::new();
    GzDecoder::new(STANDARD.decode(data).ok()?.as_slice()).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_comes_back_as_it_was_kept() {
        let chart = Chart { name: "c".into(), version: "1.0.0".into(), app_version: "2".into() };
        let objects =
            [json!({"kind": "ServiceAccount", "metadata": {"name": "a"}}), json!({"kind": "CSIDriver"})];
        let mut release = Release::new(("r", "ns", 3), &chart, &json!({"a": 1}), &objects);
        release.labels = vec![("who".into(), "me".into())];
        release.set("pending-install", "x");
        let back = read(&release.secret("createdAt")).unwrap();
        assert_eq!(
            (back.revision(), back.status(), back.objects()),
            (3, "pending-install", objects.to_vec())
        );
        assert_eq!(back.labels, release.labels);
        assert_eq!(release.secret("createdAt")["metadata"]["name"], "sh.helm.release.v1.r.v3");
    }
}
