//! The identity that the SDK in a pod ends up with: its credential chain, judged link by link.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::{access, eks, row};
use super::admission::{self, AGENT_URI};
use super::node;
use super::sdk::Sdk;
use super::trust::{self, Asker};
use super::web::{Claims, judge_web_identity};
use crate::call::{AwsError, Call, Client, Principal};
use crate::state::State;

/// The AWS identity of a pod: static keys in its environment, else web identity, else Pod Identity, else
/// its node's role; the order of the SDK's default chain (aws-fsx-csi-driver, pkg/cloud).
///
/// # Errors
/// What the SDK would say, without the `operation error FSx: <Operation>, ` (SDK v1: `<Operation> failed: `)
/// that stands before it in the driver's text.
pub fn of_pod(state: &mut State, pod: &Value) -> Result<Principal, AwsError> {
    let request = request_id(state);
    let containers = row::list(&pod["spec"], "containers");
    let plugin =
        containers.iter().find(|c| row::text(c, "name") == "fsx-plugin").or_else(|| containers.first());
    let Some(container) = plugin else {
        return Err(Sdk::V2.no_credentials(node::NoRole::Unreachable.text()));
    };
    let (state, sdk) = (&*state, Sdk::of(container));
    let env = |name: &str| variable(state, pod, container, name);
    if let (Some(key), Some(_)) = (env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")) {
        return static_keys(state, &key);
    }
    if let (Some(role), Some(_)) = (env("AWS_ROLE_ARN"), env("AWS_WEB_IDENTITY_TOKEN_FILE")) {
        let outcome = web_identity(state, pod, &role);
        return outcome.map_err(|error| sdk.web_identity_failed(error, &request));
    }
    if env("AWS_CONTAINER_CREDENTIALS_FULL_URI").as_deref() == Some(AGENT_URI) {
        return pod_identity(state, pod, sdk, &request);
    }
    node::principal(state, pod).map_err(|why| sdk.no_credentials(why.text()))
}

/// A UUID as AWS numbers requests.
pub fn request_id(state: &mut State) -> String {
    let digits = state.hex(32);
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// The value of a variable, Secrets looked up; none when it is not set or its Secret is not there.
fn variable(state: &State, pod: &Value, container: &Value, name: &str) -> Option<String> {
    let entry = row::list(container, "env").iter().find(|entry| row::text(entry, "name") == name)?;
    if let Some(value) = entry["value"].as_str() {
        return Some(value.to_owned()).filter(|value| !value.is_empty());
    }
    secret(state, pod, &entry["valueFrom"]["secretKeyRef"])
}

/// What a `secretKeyRef` of a pod stands for, if the Secret is there.
pub fn secret(state: &State, pod: &Value, wanted: &Value) -> Option<String> {
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default");
    let secret = state.kube.get("v1", "Secret", namespace, row::text(wanted, "name"))?;
    let key = row::text(wanted, "key");
    if let Some(plain) = secret["stringData"][key].as_str() {
        return Some(plain.to_owned());
    }
    let bytes = STANDARD.decode(secret["data"][key].as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}

fn static_keys(state: &State, key: &str) -> Result<Principal, AwsError> {
    let holds = |user: &&Value| {
        row::list(user, "AccessKeys").iter().any(|have| have == key || have["AccessKeyId"] == key)
    };
    match state.rows("iam.Users").iter().find(holds) {
        Some(user) => Ok(Principal::User { name: row::text(user, "UserName").to_owned() }),
        // What FSx answers to a key that no longer exists.
        None => Err(AwsError::new(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )),
    }
}

fn web_identity(state: &State, pod: &Value, role: &str) -> Result<Principal, AwsError> {
    let cluster = state.rows("eks.clusters").first();
    let issuer = cluster.map_or("", |cluster| cluster["identity"]["oidc"]["issuer"].as_str().unwrap_or(""));
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default");
    let account = admission::service_account(pod);
    let claims = Claims {
        issuer: issuer.to_owned(),
        subject: format!("system:serviceaccount:{namespace}:{account}"),
        audiences: vec![admission::token_audience(pod)],
        expires: None,
        pod: None,
    };
    judge_web_identity(state, role, &claims)?;
    // The SDK names the session by the nanoseconds of now (aws-sdk-go-v2, credentials/stscreds).
    let session = state.now.as_nanosecond().to_string();
    Ok(Principal::AssumedRole { role: row::last(role).to_owned(), session })
}

/// Who the Pod Identity agent lets the holder of a token be.
///
/// # Errors
/// The refusals of EKS Auth.
pub fn by_token(state: &mut State, claims: &Claims) -> Result<Principal, AwsError> {
    let request = request_id(state);
    let refused = |why: &str| AwsError::new("AccessDeniedException", why).with_status(400);
    if !claims.audiences.iter().any(|audience| audience == trust::POD_IDENTITY_SERVICE) {
        return Err(refused("The token's audience is not pods.eks.amazonaws.com"));
    }
    let mut parts = claims.subject.split(':').skip(2);
    let (Some(namespace), Some(account)) = (parts.next(), parts.next()) else {
        return Err(refused("The token is no service account's"));
    };
    let name = claims.pod.as_deref().unwrap_or_default();
    let bound = state.kube.get("v1", "Pod", namespace, name);
    let pod = bound.filter(|pod| admission::service_account(pod) == account).cloned();
    let pod = pod.ok_or_else(|| refused("The token's pod is not there"))?;
    pod_identity(state, &pod, Sdk::V2, &request)
}

fn pod_identity(state: &State, pod: &Value, sdk: Sdk, request: &str) -> Result<Principal, AwsError> {
    let Some(cluster) = state.rows("eks.clusters").first() else { return Err(sdk.agent_unreachable()) };
    if sdk == Sdk::V1 || !agent_answers(state, cluster, pod) {
        return Err(sdk.agent_unreachable());
    }
    let arn = row::text(cluster, "arn");
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default");
    let account = admission::service_account(pod);
    let refused = |why: &str| sdk.eks_auth_refused(why, request);
    if let Ok(node) = node::principal(state, &as_host_network(pod))
        && !may_ask_eks_auth(state, &node, arn)
    {
        let who = access::arn(state, &node);
        let action = "eks-auth:AssumeRoleForPodIdentity";
        return Err(refused(&format!(
            "User: {who} is not authorized to perform: {action} on resource: {arn} because no identity-based policy allows the {action} action"
        )));
    }
    let association = admission::association(state, row::text(cluster, "name"), namespace, account);
    let Some(association) = association else {
        return Err(refused("No pod identity association found for the service account"));
    };
    let role = trust::visible_role(state, row::text(association, "roleArn"));
    let asker = Asker::PodIdentity { cluster: arn, namespace, service_account: account };
    let trusted = role.filter(|role| {
        ["sts:AssumeRole", "sts:TagSession"].iter().all(|action| trust::trusts(state, role, &asker, action))
    });
    let Some(role) = trusted else {
        return Err(refused(
            "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
        ));
    };
    let pod_name = pod["metadata"]["name"].as_str().unwrap_or_default();
    // EKS names the session `eks-<cluster>-<pod>-<uuid>`.
    let session = format!("eks-{}-{pod_name}-{request}", row::text(cluster, "name"));
    Ok(Principal::AssumedRole {
        role: row::text(role, "RoleName").to_owned(),
        session: session.chars().take(64).collect(),
    })
}

/// The agent itself runs on the host's network, whatever the pod does.
fn as_host_network(pod: &Value) -> Value {
    let mut copy = pod.clone();
    copy["spec"]["hostNetwork"] = Value::Bool(true);
    copy
}

fn may_ask_eks_auth(state: &State, node: &Principal, cluster_arn: &str) -> bool {
    // A node whose role the world does not list is not judged, like a caller that is not listed.
    if access::own_row(state, node).is_none() {
        return true;
    }
    let call = Call {
        service: "eks-auth".to_owned(),
        operation: "AssumeRoleForPodIdentity".to_owned(),
        input: serde_json::json!({"clusterArn": cluster_arn}),
        principal: node.clone(),
        client: Client::Addon,
        region: state.region.clone(),
    };
    access::authorize(state, &call).is_ok()
}

/// Whether the Pod Identity agent answers on the pod's node: built into EKS Auto Mode, else the add-on
/// must be there, and its pod on that node, where the world has agent pods at all, be ready.
fn agent_answers(state: &State, cluster: &Value, pod: &Value) -> bool {
    if cluster["computeConfig"]["enabled"] == true {
        return true;
    }
    let name = row::text(cluster, "name");
    let add_on = eks::addon(state, name, "eks-pod-identity-agent");
    let works = add_on.is_some_and(|a| matches!(row::text(a, "status"), "ACTIVE" | "DEGRADED" | "UPDATING"));
    let mut agents = state
        .kube
        .list("v1", "Pod")
        .filter(|agent| agent["metadata"]["labels"]["app.kubernetes.io/name"] == "eks-pod-identity-agent");
    let Some(first) = agents.next() else { return works };
    let node = &pod["spec"]["nodeName"];
    std::iter::once(first).chain(agents).any(|agent| agent["spec"]["nodeName"] == *node && is_ready(agent))
}

/// Whether a pod's Ready condition is true.
pub fn is_ready(pod: &Value) -> bool {
    let conditions = row::list(&pod["status"], "conditions");
    conditions.iter().any(|c| row::text(c, "type") == "Ready" && row::text(c, "status") == "True")
}
