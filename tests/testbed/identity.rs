//! A driver that may not: the claim stays Pending, with the event that the sandbox's own provisioner gives as well.

use fsxctl_sandbox::State;
use serde_json::{Value, json};

use crate::Test;
use crate::bed::{Bed, Beds};

pub const TESTS: &[Test] = &[("identity::what_the_driver_may_not_do_is_told_alike", all)];

const ROLE: &str = "FSXLCSI-hp-eks-us-west-2";
const ACCOUNT: &str = "system:serviceaccount:kube-system:fsx-csi-controller-sa";

/// What is wrong, how it comes to be, and what the event must say.
type Case = (&'static str, fn(&mut State), &'static str);

const CASES: &[Case] = &[
    (
        "subject",
        |state| in_trust(state, ACCOUNT, "system:serviceaccount:kube-system:another"),
        "api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ),
    (
        "audience",
        |state| in_trust(state, "\"sts.amazonaws.com\"", "\"sts.example.com\""),
        "api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ),
    (
        "client",
        |state| provider(state)["ClientIDList"] = json!(["sts.example.com"]),
        "InvalidIdentityToken: Incorrect token audience",
    ),
    (
        "provider",
        |state| state.rows_mut("iam.OpenIDConnectProviders").clear(),
        "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.",
    ),
    (
        "create",
        |state| in_policy(state, "fsx:CreateFileSystem"),
        "is not authorized to perform: fsx:CreateFileSystem on resource: arn:aws:fsx:us-west-2:111122223333:file-system/",
    ),
    (
        "tag",
        |state| in_policy(state, "fsx:TagResource"),
        "is not authorized to perform: fsx:TagResource on resource: arn:aws:fsx:us-west-2:111122223333:file-system/",
    ),
];

fn role(state: &mut State) -> &mut Value {
    state.find_mut("iam.Roles", "RoleName", ROLE).expect("fsxctl has made the role")
}

fn provider(state: &mut State) -> &mut Value {
    state.rows_mut("iam.OpenIDConnectProviders").first_mut().expect("fsxctl has made the provider")
}

fn in_trust(state: &mut State, from: &str, to: &str) {
    changed(&mut role(state)["AssumeRolePolicyDocument"], from, to);
}

fn in_policy(state: &mut State, action: &str) {
    changed(&mut role(state)["InlinePolicies"], &format!("\"{action}\""), "\"fsx:DescribeBackups\"");
}

fn changed(document: &mut Value, from: &str, to: &str) {
    let before = document.to_string();
    let after = before.replace(from, to);
    assert_ne!(after, before, "{from} is not in it");
    *document = serde_json::from_str(&after).expect("still JSON");
}

fn all(beds: &Beds) {
    let real = beds.own(&["bare"], told);
    let builtin = told(&beds.builtin(&["bare"]));
    assert_eq!(real, builtin, "the real driver's words, and those of the sandbox's own provisioner");
}

/// What the events say in each case.
fn told(bed: &Bed) -> Vec<String> {
    bed.ok("setup dynamic --yes -q --identity irsa --driver addon --skip storage");
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "plain"},
        "provisioner": "fsx.csi.aws.com",
        "parameters": {
            "subnetId": "subnet-0a10000000000000a", "securityGroupIds": "sg-0b10000000000000b",
            "deploymentType": "SCRATCH_2",
        },
    });
    bed.create("/apis/storage.k8s.io/v1/storageclasses", &class);
    CASES.iter().map(|case| one(bed, case)).collect()
}

fn one(bed: &Bed, (name, spoil, says): &Case) -> String {
    let before = bed.world.sandbox.with_state(|state| {
        let before = (state.rows("iam.Roles").to_vec(), state.rows("iam.OpenIDConnectProviders").to_vec());
        spoil(state);
        before
    });
    // Credentials live for an hour: only new pods ask again.
    let pods = ["-n", "kube-system", "-l", "app=fsx-csi-controller"];
    let names = || {
        let list = bed.list("/api/v1/namespaces/kube-system/pods?labelSelector=app%3Dfsx-csi-controller");
        let ready = |pod: &Value| {
            pod["status"]["phase"] == "Running" && pod["metadata"]["deletionTimestamp"].is_null()
        };
        list.iter()
            .filter(|pod| ready(pod))
            .map(|pod| pod["metadata"]["name"].to_string())
            .collect::<Vec<_>>()
    };
    let old = names();
    bed.kubectl_ok(&[&["delete", "pods", "--grace-period=0", "--force"], &pods[..]].concat());
    bed.until("new controller pods", || {
        let now = names();
        (now.len() == 2 && now.iter().all(|name| !old.contains(name))).then_some(())
    });
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "plain", "resources": {"requests": {"storage": "1200Gi"}}},
    });
    bed.create("/api/v1/namespaces/default/persistentvolumeclaims", &claim);
    let text = bed.until(says, || bed.failure("default", name).filter(|text| text.contains(says)));
    let now = bed.claim("default", name).unwrap_or_default();
    assert_eq!(now["status"]["phase"], "Pending", "{now:#}");
    bed.kubectl_ok(&["delete", "pvc", name, "-n", "default"]);
    bed.world.sandbox.with_state(|state| {
        state.aws.insert("iam.Roles".to_owned(), before.0);
        state.aws.insert("iam.OpenIDConnectProviders".to_owned(), before.1);
    });
    plain(&text)
}

/// Without what is another one each time: ids of requests, volumes and sessions.
fn plain(text: &str) -> String {
    let words = text.split_inclusive([' ', '/', '"', ',']).map(|word| {
        let bare = word.trim_end_matches([' ', '/', '"', ',']);
        let uuid = |text: &str| text.len() == 36 && text.split('-').count() == 5;
        let end = &word[bare.len()..];
        if uuid(bare.trim_start_matches("pvc-")) {
            format!("[uid]{end}")
        } else if bare.len() >= 19 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("[session]{end}")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}
