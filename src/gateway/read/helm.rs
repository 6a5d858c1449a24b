//! Helm releases, from the Secrets in which helm keeps them: base64 of gzipped JSON, one Secret a revision.

use std::io::Read as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::ListParams;
use serde_json::Value;

use super::Answer;
use super::kube::KubeReads;
use crate::domain::ownership::{OWNER, Origin, TAG_ORIGIN, TAG_OWNER};
use crate::facts::{Release, Seen};

/// A release is at most this long when it is unpacked; a Secret holds 1 MiB of it packed.
const LONGEST: u64 = 16 * 1024 * 1024;

impl KubeReads {
    /// The last revision of a release.
    ///
    /// # Errors
    /// Trouble other than denied and not found.
    pub async fn release(&self, namespace: &str, name: &str) -> Answer<Release> {
        let api: Api<Secret> = Api::namespaced(self.api(), namespace);
        let params = ListParams::default().labels(&format!("owner=helm,name={name}"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let all = self
            .list(&format!("list secrets in {namespace}"), &api, params, |found| release(found, now))
            .await?;
        Ok(match all {
            Seen::Found(all) => all.into_iter().max_by_key(|release| release.revision).into(),
            Seen::Missing => Seen::Missing,
            Seen::Hidden(veil) => Seen::Hidden(veil),
        })
    }
}

/// What labels and document say. A document that cannot be read leaves what the labels say.
fn release(secret: Secret, now: Duration) -> Option<Release> {
    let labels = secret.metadata.labels.unwrap_or_default();
    let label = |key: &str| labels.get(key).cloned().unwrap_or_default();
    let revision = label("version").parse().ok()?;
    let data = secret.data.and_then(|mut data| data.remove("release"));
    let document = data.and_then(|data| decode(&data.0)).unwrap_or_default();
    let text =
        |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    // helm stamps what it creates and what it updates under different names.
    let written = ["modifiedAt", "createdAt"].iter().find_map(|key| labels.get(*key)?.parse::<u64>().ok());
    Some(Release {
        name: label("name"),
        namespace: secret.metadata.namespace.unwrap_or_default(),
        chart: text("/chart/metadata/name"),
        chart_version: text("/chart/metadata/version"),
        app_version: text("/chart/metadata/appVersion"),
        status: label("status"),
        revision,
        ours: labels.get(TAG_OWNER).is_some_and(|owner| owner == OWNER),
        // An unknown origin is read as adopted, so that an undo leaves the release alone.
        adopted: labels.get(TAG_ORIGIN).is_none_or(|origin| origin != Origin::Created.as_str()),
        age_seconds: written.map_or(u64::MAX, |written| now.as_secs().saturating_sub(written)),
        values: document.get("config").filter(|values| values.is_object()).cloned().unwrap_or_default(),
    })
}

fn decode(data: &[u8]) -> Option<Value> {
    let packed = STANDARD.decode(data).ok()?;
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).take(LONGEST).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    fn secret(document: &Value, status: &str) -> Secret {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(document.to_string().as_bytes()).expect("memory takes it");
        let packed = STANDARD.encode(gzip.finish().expect("memory takes it"));
        serde_json::from_value(json!({
            "metadata": {"namespace": "ns", "labels": {
                "owner": "helm", "name": "r", "version": "2", "status": status, "createdAt": "100", "fsxctl.io/owner": "fsxctl",
            }},
            "data": {"release": STANDARD.encode(packed)},
        }))
        .expect("a Secret")
    }

    #[test]
    fn a_release_is_read_from_labels_and_document() {
        let chart =
            json!({"metadata": {"name": "aws-fsx-csi-driver", "version": "1.17.0", "appVersion": "1.9.0"}});
        let document = json!({"chart": chart, "config": {"controller": {"region": "us-west-2"}}});
        let found =
            release(secret(&document, "pending-install"), Duration::from_secs(130)).expect("a release");
        assert_eq!((found.chart.as_str(), found.chart_version.as_str()), ("aws-fsx-csi-driver", "1.17.0"));
        assert_eq!((found.status.as_str(), found.revision, found.ours), ("pending-install", 2, true));
        assert_eq!(found.age_seconds, 30);
        assert_eq!(found.values["controller"]["region"], "us-west-2");
    }

    #[test]
    fn a_document_that_cannot_be_read_leaves_the_labels() {
        let mut broken = secret(&json!({}), "deployed");
        broken.data = None;
        let found = release(broken, Duration::from_secs(50)).expect("a release");
        assert_eq!((found.name.as_str(), found.chart.as_str(), found.age_seconds), ("r", "", 0));
    }
}
