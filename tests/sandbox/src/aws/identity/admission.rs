//! What the EKS pod identity webhook puts into a pod at admission, and when.
//!
//! Source: aws/amazon-eks-pod-identity-webhook. An association wins over an annotation, as in the
//! webhook; nothing is added to a container that already names the same settings.

use serde_json::{Value, json};

use super::super::row;
use crate::state::State;

/// The address of the Pod Identity agent on every node.
pub const AGENT_URI: &str = "http://169.254.170.23/v1/credentials";
/// Annotation of a service account: the role to take.
pub const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";
const AUDIENCE_ANNOTATION: &str = "eks.amazonaws.com/audience";
const DEFAULT_AUDIENCE: &str = "sts.amazonaws.com";
const IRSA_DIR: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
const POD_IDENTITY_DIR: &str = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
const IRSA_VOLUME: &str = "aws-iam-token";
const POD_IDENTITY_VOLUME: &str = "eks-pod-identity-token";

struct Injection {
    env: Vec<(&'static str, String)>,
    volume: &'static str,
    directory: &'static str,
    file: &'static str,
    audience: String,
}

/// Adds environment, token volume and mounts as the EKS webhooks do. A pod without an association or
/// annotation for its service account is left as it is, for good: this happens only at admission.
pub fn admit_pod(state: &State, pod: &mut Value) {
    let Some(cluster) = state.rows("eks.clusters").first() else { return };
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
    let account = service_account(pod).to_owned();
    let Some(mut injection) = injection(state, row::text(cluster, "name"), &namespace, &account) else {
        return;
    };
    injection.env.push(("AWS_STS_REGIONAL_ENDPOINTS", "regional".to_owned()));
    injection.env.push(("AWS_DEFAULT_REGION", state.region.clone()));
    injection.env.push(("AWS_REGION", state.region.clone()));
    inject(pod, &injection);
}

/// The service account of a pod.
pub fn service_account(pod: &Value) -> &str {
    pod["spec"]["serviceAccountName"].as_str().unwrap_or("default")
}

/// The association of a service account.
pub fn association<'a>(state: &'a State, cluster: &str, namespace: &str, account: &str) -> Option<&'a Value> {
    state.rows("eks.podIdentityAssociations").iter().find(|a| {
        row::text(a, "clusterName") == cluster
            && row::text(a, "namespace") == namespace
            && row::text(a, "serviceAccount") == account
    })
}

fn injection(state: &State, cluster: &str, namespace: &str, account: &str) -> Option<Injection> {
    if association(state, cluster, namespace, account).is_some() {
        return Some(Injection {
            env: vec![
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AGENT_URI.to_owned()),
                (
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                    format!("{POD_IDENTITY_DIR}/{POD_IDENTITY_VOLUME}"),
                ),
            ],
            volume: POD_IDENTITY_VOLUME,
            directory: POD_IDENTITY_DIR,
            file: POD_IDENTITY_VOLUME,
            audience: super::trust::POD_IDENTITY_SERVICE.to_owned(),
        });
    }
    let object = state.kube.get("v1", "ServiceAccount", namespace, account)?;
    let annotations = &object["metadata"]["annotations"];
    let role = annotations[ROLE_ANNOTATION].as_str().filter(|role| !role.is_empty())?;
    Some(Injection {
        env: vec![
            ("AWS_ROLE_ARN", role.to_owned()),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{IRSA_DIR}/token")),
        ],
        volume: IRSA_VOLUME,
        directory: IRSA_DIR,
        file: "token",
        audience: annotations[AUDIENCE_ANNOTATION].as_str().unwrap_or(DEFAULT_AUDIENCE).to_owned(),
    })
}

fn inject(pod: &mut Value, injection: &Injection) {
    for list in ["containers", "initContainers"] {
        for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
            for (name, value) in &injection.env {
                add_unless(container, "env", "name", name, json!({"name": name, "value": value}));
            }
            let mount = json!({"name": injection.volume, "mountPath": injection.directory, "readOnly": true});
            add_unless(container, "volumeMounts", "name", injection.volume, mount);
        }
    }
    let token = json!({"serviceAccountToken": {
        "audience": injection.audience, "expirationSeconds": 86400, "path": injection.file,
    }});
    let volume = json!({"name": injection.volume, "projected": {"sources": [token], "defaultMode": 420}});
    if pod["spec"].is_object() {
        add_unless(&mut pod["spec"], "volumes", "name", injection.volume, volume);
    }
}

fn add_unless(owner: &mut Value, list: &str, member: &str, value: &str, entry: Value) {
    if row::list(owner, list).iter().any(|have| row::text(have, member) == value) {
        return;
    }
    if !owner[list].is_array() {
        owner[list] = json!([]);
    }
    if let Some(entries) = owner[list].as_array_mut() {
        entries.push(entry);
    }
}

/// The audience of the web identity token that a pod carries.
pub fn token_audience(pod: &Value) -> String {
    let volumes = row::list(&pod["spec"], "volumes");
    let volume = volumes.iter().find(|volume| row::text(volume, "name") == IRSA_VOLUME);
    let sources = volume.map_or(&[][..], |volume| row::list(&volume["projected"], "sources"));
    let audience = sources.iter().find_map(|source| source["serviceAccountToken"]["audience"].as_str());
    audience.unwrap_or(DEFAULT_AUDIENCE).to_owned()
}
