//! One link of an identity broken at a time, and AWS's own words for it.

use serde_json::{Value, json};

use super::*;
use crate::call::Principal;
use crate::state::State;

const ISSUER: &str = "https://oidc.eks.us-west-2.amazonaws.com/id/B7";
const HOST: &str = "oidc.eks.us-west-2.amazonaws.com/id/B7";
const ROLE: &str = "arn:aws:iam::111122223333:role/fsx";
const SUB: &str = "system:serviceaccount:kube-system:fsx-csi-controller-sa";

fn irsa_trust(sub: &str, aud: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::111122223333:oidc-provider/{HOST}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{HOST}:sub"): sub, format!("{HOST}:aud"): aud}},
    }]})
}

fn pod_trust(actions: &[&str]) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": actions,
    }]})
}

/// A world in which both ways work, but for the annotation and the association.
fn world(trust: &Value) -> State {
    let mut state = State::new("111122223333", "us-west-2");
    state.rows_mut("eks.clusters").push(json!({"name": "c", "identity": {"oidc": {"issuer": ISSUER}}}));
    state
        .rows_mut("iam.OpenIDConnectProviders")
        .push(json!({"Url": ISSUER, "ClientIDList": ["sts.amazonaws.com"]}));
    state.rows_mut("iam.Roles").push(json!({"RoleName": "fsx", "AssumeRolePolicyDocument": trust}));
    state.rows_mut("iam.Roles").push(json!({
        "RoleName": "node", "AssumeRolePolicyDocument": {"Statement": []},
        "AttachedPolicies": ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"],
    }));
    state.rows_mut("eks.nodegroups").push(json!({
        "clusterName": "c", "nodegroupName": "g", "nodeRole": "arn:aws:iam::111122223333:role/node",
    }));
    state.rows_mut("eks.addons").push(json!({"clusterName": "c", "addonName": "eks-pod-identity-agent"}));
    crate::aws::fill(&mut state);
    let now = state.now;
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n", "labels": {"eks.amazonaws.com/nodegroup": "g"}},
        "spec": {"providerID": "aws:///us-west-2a/i-0abc"},
    });
    state.kube.create(node, "test", now).unwrap();
    state
}

fn account(state: &mut State, annotations: &Value) {
    let now = state.now;
    for object in [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": "fsx-csi-controller-sa", "namespace": "kube-system", "annotations": annotations,
        }}),
    ] {
        // A store may come with the namespace.
        let _ = state.kube.create(object, "test", now);
    }
}

fn annotated(trust: &Value) -> State {
    let mut state = world(trust);
    account(&mut state, &json!({"eks.amazonaws.com/role-arn": ROLE}));
    state
}

fn associated(trust: &Value) -> State {
    let mut state = world(trust);
    account(&mut state, &json!({}));
    state.rows_mut("eks.podIdentityAssociations").push(json!({
        "clusterName": "c", "namespace": "kube-system", "serviceAccount": "fsx-csi-controller-sa", "roleArn": ROLE,
    }));
    crate::aws::fill(&mut state);
    state
}

fn pod_with(image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "fsx-csi-controller-1", "namespace": "kube-system"},
        "spec": {"serviceAccountName": "fsx-csi-controller-sa", "nodeName": "n", "containers": [
            {"name": "fsx-plugin", "image": image}, {"name": "csi-provisioner", "image": "p"},
        ]},
    })
}

fn admitted(state: &mut State, image: &str) -> Result<Principal, crate::AwsError> {
    let mut pod = pod_with(image);
    admit_pod(state, &mut pod);
    of_pod(state, &pod)
}

const NEW: &str = "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-fsx-csi-driver:v1.9.0";

fn assert_role(outcome: Result<Principal, crate::AwsError>, wanted: &str) {
    match outcome {
        Ok(Principal::AssumedRole { role, .. }) => assert_eq!(role, wanted),
        other => panic!("{other:?}"),
    }
}

#[test]
fn web_identity_works_when_every_link_holds() {
    let mut state = annotated(&irsa_trust(SUB, "sts.amazonaws.com"));
    assert_role(admitted(&mut state, NEW), "fsx");
}

#[test]
fn pod_identity_works_when_every_link_holds() {
    let mut state = associated(&pod_trust(&["sts:AssumeRole", "sts:TagSession"]));
    assert_role(admitted(&mut state, NEW), "fsx");
}

type Break = fn(&mut State);

#[test]
fn a_broken_web_identity_says_what_aws_says() {
    let good = irsa_trust(SUB, "sts.amazonaws.com");
    let refused = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let no_provider =
        format!("InvalidIdentityToken: No OpenIDConnect provider found in your account for {ISSUER}");
    let table: Vec<(Value, Break, u16, String)> = vec![
        (good.clone(), |s| s.rows_mut("iam.OpenIDConnectProviders").clear(), 400, no_provider.clone()),
        (
            good.clone(),
            |s| s.rows_mut("iam.OpenIDConnectProviders")[0]["$visibleAt"] = json!("2999-01-01T00:00:00Z"),
            400,
            no_provider,
        ),
        (
            good.clone(),
            |s| s.rows_mut("iam.OpenIDConnectProviders")[0]["ClientIDList"] = json!(["other"]),
            400,
            "InvalidIdentityToken: Incorrect token audience".to_owned(),
        ),
        (irsa_trust("system:serviceaccount:default:x", "sts.amazonaws.com"), |_| {}, 403, refused.to_owned()),
        (
            irsa_trust("system:serviceaccount:kube-system:*", "sts.amazonaws.com"),
            |_| {},
            403,
            refused.to_owned(),
        ),
        (irsa_trust(SUB, "other"), |_| {}, 403, refused.to_owned()),
        (pod_trust(&["sts:AssumeRole", "sts:TagSession"]), |_| {}, 403, refused.to_owned()),
        (good.clone(), |s| s.rows_mut("iam.Roles").clear(), 403, refused.to_owned()),
        (
            good,
            |s| s.rows_mut("iam.Roles")[0]["$visibleAt"] = json!("2999-01-01T00:00:00Z"),
            403,
            refused.to_owned(),
        ),
    ];
    for (trust, break_it, status, text) in table {
        let mut state = annotated(&trust);
        break_it(&mut state);
        let error = admitted(&mut state, NEW).unwrap_err();
        let kind = if status == 403 { "api error " } else { "" };
        let tries = if status == 400 { "exceeded maximum number of attempts, 3, " } else { "" };
        let start = format!(
            "get identity: get credentials: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, {tries}https response error StatusCode:"
        );
        assert!(error.message.starts_with(&start), "{}", error.message);
        assert!(error.message.ends_with(&format!(", {kind}{text}")), "{}", error.message);
        assert_eq!(error.status, status);
        let old = admitted(&mut state, "x/aws-fsx-csi-driver:v1.2.0").unwrap_err();
        assert!(old.message.starts_with("WebIdentityErr: failed to retrieve credentials\ncaused by: "));
        assert!(old.message.contains(&text), "{}", old.message);
    }
}

#[test]
fn a_broken_pod_identity_says_what_its_agent_says() {
    let good = pod_trust(&["sts:AssumeRole", "sts:TagSession"]);
    let agent = "Get \"http://169.254.170.23/v1/credentials\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    let auth =
        "unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity";
    let table: Vec<(Value, Break, &str)> = vec![
        (good.clone(), |s| s.rows_mut("eks.addons").clear(), agent),
        (good.clone(), |s| s.rows_mut("eks.addons")[0]["status"] = json!("CREATE_FAILED"), agent),
        (pod_trust(&["sts:AssumeRole"]), |_| {}, auth),
        (irsa_trust(SUB, "sts.amazonaws.com"), |_| {}, auth),
        (good.clone(), |s| s.rows_mut("iam.Roles")[0]["$visibleAt"] = json!("2999-01-01T00:00:00Z"), auth),
        (good.clone(), |s| s.rows_mut("iam.Roles")[1]["AttachedPolicies"] = json!([]), auth),
    ];
    for (trust, break_it, text) in table {
        let mut state = associated(&trust);
        break_it(&mut state);
        let error = admitted(&mut state, NEW).unwrap_err();
        assert!(error.message.contains(text), "{}", error.message);
    }
    let mut state = associated(&good);
    let old = admitted(&mut state, "x/aws-fsx-csi-driver:v1.2.0").unwrap_err();
    assert!(old.message.contains("only loopback hosts are allowed"), "{}", old.message);
}

#[test]
fn auto_mode_has_the_agent_built_in() {
    let mut state = associated(&pod_trust(&["sts:AssumeRole", "sts:TagSession"]));
    state.rows_mut("eks.addons").clear();
    state.rows_mut("eks.clusters")[0]["computeConfig"] = json!({"enabled": true});
    assert_role(admitted(&mut state, NEW), "fsx");
}

#[test]
fn what_came_after_the_pod_does_not_count() {
    let mut state = world(&irsa_trust(SUB, "sts.amazonaws.com"));
    let mut early = pod_with(NEW);
    admit_pod(&state, &mut early);
    account(&mut state, &json!({"eks.amazonaws.com/role-arn": ROLE}));
    assert_eq!(
        of_pod(&mut state, &early),
        Ok(Principal::AssumedRole { role: "node".into(), session: "i-0abc".into() })
    );
}

#[test]
fn without_anything_the_node_decides() {
    let trust = irsa_trust(SUB, "sts.amazonaws.com");
    let mut state = world(&trust);
    assert_role(admitted(&mut state, NEW), "node");
    state.rows_mut("ec2.Instances").push(json!({
        "InstanceId": "i-0abc", "MetadataOptions": {"HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
    }));
    let error = admitted(&mut state, NEW).unwrap_err();
    assert!(
        error.message.contains("no EC2 IMDS role found, operation error ec2imds: GetMetadata"),
        "{}",
        error.message
    );
    state.rows_mut("ec2.Instances").clear();
    state.rows_mut("eks.nodegroups").clear();
    let error = admitted(&mut state, "x/aws-fsx-csi-driver:v1.2.0").unwrap_err();
    assert_eq!(error.message, "NoCredentialProviders: no valid providers in chain");
}

#[test]
fn static_keys_win() {
    let mut state = annotated(&irsa_trust(SUB, "sts.amazonaws.com"));
    let now = state.now;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws-secret", "namespace": "kube-system"},
        "data": {"key_id": "QUtJQTE=", "access_key": "eA=="},
    });
    state.kube.create(secret, "test", now).unwrap();
    let from = |key: &str| json!({"secretKeyRef": {"name": "aws-secret", "key": key, "optional": true}});
    let mut pod = pod_with(NEW);
    pod["spec"]["containers"][0]["env"] = json!([
        {"name": "AWS_ACCESS_KEY_ID", "valueFrom": from("key_id")},
        {"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": from("access_key")},
    ]);
    admit_pod(&state, &mut pod);
    let error = of_pod(&mut state, &pod).unwrap_err();
    assert_eq!(error.code, "UnrecognizedClientException");
    state.rows_mut("iam.Users").push(json!({"UserName": "ann", "AccessKeys": ["AKIA1"]}));
    assert_eq!(of_pod(&mut state, &pod), Ok(Principal::User { name: "ann".into() }));
}

#[test]
fn admission_follows_the_webhook() {
    let mut state = annotated(&irsa_trust(SUB, "sts.amazonaws.com"));
    let mut pod = pod_with(NEW);
    pod["spec"]["containers"][1]["env"] = json!([{"name": "AWS_REGION", "value": "eu-west-1"}]);
    admit_pod(&state, &mut pod);
    let env = |pod: &Value, container: usize, name: &str| {
        let list = pod["spec"]["containers"][container]["env"].as_array().unwrap().clone();
        let found: Vec<Value> = list.into_iter().filter(|e| e["name"] == name).collect();
        assert!(found.len() < 2, "{name} twice");
        found.first().map(|e| e["value"].clone()).unwrap_or_default()
    };
    assert_eq!(env(&pod, 0, "AWS_ROLE_ARN"), ROLE);
    assert_eq!(env(&pod, 0, "AWS_REGION"), "us-west-2");
    assert_eq!(env(&pod, 1, "AWS_REGION"), "eu-west-1");
    assert_eq!(
        pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["audience"],
        "sts.amazonaws.com"
    );
    let once = pod.clone();
    admit_pod(&state, &mut pod);
    assert_eq!(pod, once);
    // An association wins over an annotation.
    state.rows_mut("eks.podIdentityAssociations").push(json!({
        "clusterName": "c", "namespace": "kube-system", "serviceAccount": "fsx-csi-controller-sa", "roleArn": ROLE,
    }));
    let mut pod = pod_with(NEW);
    admit_pod(&state, &mut pod);
    assert_eq!(env(&pod, 0, "AWS_ROLE_ARN"), Value::Null);
    assert_eq!(env(&pod, 0, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), "http://169.254.170.23/v1/credentials");
}

#[test]
fn tokens_that_are_none_are_refused() {
    for token in ["", "a.b", "a.b.c", "a.e30.c"] {
        assert_eq!(claims_of(token).unwrap_err().code, "InvalidIdentityToken", "{token}");
    }
    // {"iss":"https://x","sub":"s","aud":["a"],"exp":1}
    let claims = claims_of("h.eyJpc3MiOiJodHRwczovL3giLCJzdWIiOiJzIiwiYXVkIjpbImEiXSwiZXhwIjoxfQ.s").unwrap();
    assert_eq!(
        (claims.issuer.as_str(), claims.subject.as_str(), claims.expires),
        ("https://x", "s", Some(1))
    );
    let mut state = world(&irsa_trust("s", "a"));
    state.rows_mut("iam.OpenIDConnectProviders").push(json!({"Url": "https://x", "ClientIDList": ["a"]}));
    crate::aws::fill(&mut state);
    assert_eq!(judge_web_identity(&state, ROLE, &claims).unwrap_err().code, "ExpiredTokenException");
}
