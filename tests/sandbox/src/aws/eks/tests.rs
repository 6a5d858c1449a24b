//! EKS call by call, and add-ons from CREATING to gone.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::call::{Client, Principal};

const ROLE: &str = "arn:aws:iam::111122223333:role/fsx";

fn world() -> State {
    let mut state = State::new("111122223333", "us-west-2");
    state.speed = 1.0;
    state.rows_mut(CLUSTERS).push(json!({"name": "c", "version": "1.33"}));
    state.rows_mut("iam.Roles").push(json!({"RoleName": "fsx", "AssumeRolePolicyDocument": {"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    }]}}));
    crate::aws::fill(&mut state);
    let now = state.now;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}});
    // A store may come with the namespace.
    let _ = state.kube.create(namespace, "test", now);
    state
}

fn ask(state: &mut State, operation: &str, input: Value) -> Answer {
    crate::aws::call(
        state,
        &Call {
            service: "eks".into(),
            operation: operation.into(),
            input,
            principal: Principal::Caller,
            client: Client::Command,
            region: "us-west-2".into(),
        },
    )
}

fn refused(state: &mut State, operation: &str, input: Value) -> (u16, String, String) {
    let error = ask(state, operation, input).unwrap_err();
    (error.status, error.code, error.message)
}

/// Time goes by on the AWS side alone.
fn pass(state: &mut State, seconds: u64) {
    state.now += jiff::SignedDuration::try_from(Duration::from_secs(seconds)).unwrap();
    advance(state);
}

fn make_ready(state: &mut State) {
    for (kind, name) in [("Deployment", "fsx-csi-controller"), ("DaemonSet", "fsx-csi-node")] {
        state
            .kube
            .modify("apps/v1", kind, "kube-system", name, |object| {
                object["status"] = json!({"readyReplicas": 2, "desiredNumberScheduled": 1, "numberReady": 1});
            })
            .unwrap();
    }
}

fn driver(more: Value) -> Value {
    let mut input = json!({"clusterName": "c", "addonName": "aws-fsx-csi-driver"});
    for (member, value) in more.as_object().unwrap() {
        input[member] = value.clone();
    }
    input
}

fn status(state: &mut State) -> Value {
    ask(state, "DescribeAddon", driver(json!({}))).unwrap()["addon"]["status"].clone()
}

#[test]
fn an_addon_becomes_active_when_its_pods_are_ready() {
    let mut state = world();
    let values = r#"{"controller":{"region":"us-west-2"},"node":{"region":"us-west-2"}}"#;
    let create = driver(json!({
        "serviceAccountRoleArn": ROLE, "configurationValues": values, "clientRequestToken": "t", "tags": {"a": "b"},
    }));
    let made = ask(&mut state, "CreateAddon", create.clone()).unwrap()["addon"].clone();
    assert_eq!((&made["status"], &made["addonVersion"]), (&json!("CREATING"), &json!("v1.9.0-eksbuild.1")));
    assert_eq!(ask(&mut state, "CreateAddon", create).unwrap()["addon"]["addonArn"], made["addonArn"]);
    let again = refused(&mut state, "CreateAddon", driver(json!({})));
    assert_eq!(again, (409, "ResourceInUseException".into(), "Addon already exists.".into()));
    assert!(state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").is_none());

    pass(&mut state, 5);
    let account = state.kube.get("v1", "ServiceAccount", "kube-system", "fsx-csi-controller-sa").unwrap();
    assert_eq!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], ROLE);
    let deployment = state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").unwrap();
    let containers = &deployment["spec"]["template"]["spec"]["containers"];
    let names: Vec<&str> =
        containers.as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["fsx-plugin", "csi-provisioner", "csi-resizer", "liveness-probe"]);
    let region = json!({"name": "AWS_REGION", "value": "us-west-2"});
    assert!(containers[0]["env"].as_array().unwrap().contains(&region));
    assert!(state.kube.get("storage.k8s.io/v1", "CSIDriver", "", "fsx.csi.aws.com").is_some());
    assert_eq!(status(&mut state), "CREATING");
    make_ready(&mut state);
    pass(&mut state, 36);
    assert_eq!(status(&mut state), "ACTIVE");

    state
        .kube
        .modify("apps/v1", "Deployment", "kube-system", "fsx-csi-controller", |d| {
            d["status"]["readyReplicas"] = json!(1)
        })
        .unwrap();
    pass(&mut state, 1);
    assert_eq!(status(&mut state), "DEGRADED");
    make_ready(&mut state);
    pass(&mut state, 1);
    assert_eq!(status(&mut state), "ACTIVE");
}

#[test]
fn an_addon_whose_pods_never_come_is_degraded() {
    let mut state = world();
    ask(&mut state, "CreateAddon", driver(json!({}))).unwrap();
    pass(&mut state, 41);
    assert_eq!(status(&mut state), "CREATING");
    pass(&mut state, 20);
    let addon = ask(&mut state, "DescribeAddon", driver(json!({}))).unwrap()["addon"].clone();
    assert_eq!(addon["status"], "DEGRADED");
    assert_eq!(addon["health"]["issues"][0]["code"], "InsufficientNumberOfReplicas");
}

#[test]
fn the_service_account_of_others_is_a_conflict() {
    let mut state = world();
    let now = state.now;
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {
            "name": "fsx-csi-controller-sa", "namespace": "kube-system",
            "labels": {"app.kubernetes.io/managed-by": "eksctl"},
            "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/FSXLCSI-c"},
        },
    });
    state.kube.create(account, "eksctl", now).unwrap();
    ask(&mut state, "CreateAddon", driver(json!({"resolveConflicts": "NONE"}))).unwrap();
    pass(&mut state, 5);
    let addon = ask(&mut state, "DescribeAddon", driver(json!({}))).unwrap()["addon"].clone();
    assert_eq!(addon["status"], "CREATE_FAILED");
    let issue = &addon["health"]["issues"][0];
    assert_eq!(issue["code"], "ConfigurationConflict");
    assert_eq!(
        issue["message"],
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\nServiceAccount fsx-csi-controller-sa - .metadata.labels.app.kubernetes.io/managed-by"
    );
    assert!(state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").is_none());

    // Quick Setup's way: OVERWRITE without a role leaves the annotation alone.
    ask(&mut state, "DeleteAddon", driver(json!({}))).unwrap();
    pass(&mut state, 20);
    assert_eq!(refused(&mut state, "DescribeAddon", driver(json!({}))).1, "ResourceNotFoundException");
    ask(&mut state, "CreateAddon", driver(json!({"resolveConflicts": "OVERWRITE"}))).unwrap();
    pass(&mut state, 5);
    assert_eq!(status(&mut state), "CREATING");
    let account = state.kube.get("v1", "ServiceAccount", "kube-system", "fsx-csi-controller-sa").unwrap();
    assert_eq!(account["metadata"]["labels"]["app.kubernetes.io/managed-by"], "EKS");
    assert!(
        account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
            .as_str()
            .unwrap()
            .ends_with("FSXLCSI-c")
    );
}

#[test]
fn create_addon_refuses() {
    let mut state = world();
    state.rows_mut("iam.Roles").push(json!({"RoleName": "irsa"}));
    crate::aws::fill(&mut state);
    let identity = |role: &str| json!([{"serviceAccount": "fsx-csi-controller-sa", "roleArn": role}]);
    let table = [
        (
            json!({"clusterName": "x", "addonName": "a"}),
            "ResourceNotFoundException",
            "No cluster found for name: x.",
        ),
        (
            json!({"clusterName": "c", "addonName": "a"}),
            "InvalidParameterException",
            "Addon specified is not supported",
        ),
        (
            driver(json!({"addonVersion": "v0.0.1-eksbuild.1"})),
            "InvalidParameterException",
            "Addon version specified is not supported",
        ),
        (
            driver(json!({"resolveConflicts": "PRESERVE"})),
            "InvalidParameterException",
            "Resolve conflicts option preserve is not supported for operation CreateAddon",
        ),
        (
            driver(json!({"serviceAccountRoleArn": "arn:aws:iam::111122223333:role/none"})),
            "InvalidParameterException",
            "Role provided in the request does not exist.",
        ),
        (
            driver(json!({"podIdentityAssociations": identity("arn:aws:iam::111122223333:role/irsa")})),
            "InvalidParameterException",
            "Trust policy of the role provided is invalid. Follow the official documentation to resolve the issue.",
        ),
        (
            driver(json!({"podIdentityAssociations": identity("arn:aws:iam::444455556666:role/x")})),
            "InvalidParameterException",
            "Cross-account pass role is not allowed.",
        ),
        (
            json!({"clusterName": "c", "addonName": "eks-pod-identity-agent", "podIdentityAssociations": identity(ROLE)}),
            "InvalidParameterException",
            "Pod Identity feature is not supported for addon version: v1.3.9-eksbuild.3",
        ),
    ];
    for (input, code, text) in table {
        let (_, got, message) = refused(&mut state, "CreateAddon", input.clone());
        assert_eq!((got.as_str(), message.as_str()), (code, text), "{input}");
    }
    state.rows_mut(CLUSTERS)[0]["version"] = json!("1.27");
    let (_, _, message) = refused(&mut state, "CreateAddon", driver(json!({})));
    assert_eq!(message, "Addon aws-fsx-csi-driver specified is not supported in 1.27 kubernetes version");
}

#[test]
fn a_new_role_is_not_seen_at_once() {
    let mut state = world();
    let trust = state.rows("iam.Roles")[0]["AssumeRolePolicyDocument"].to_string();
    let create = Call {
        service: "iam".into(),
        operation: "CreateRole".into(),
        input: json!({"RoleName": "new", "AssumeRolePolicyDocument": trust.replace("[{", "{").replace("}]", "}")}),
        principal: Principal::Caller,
        client: Client::Command,
        region: "us-west-2".into(),
    };
    crate::aws::call(&mut state, &create).unwrap();
    let associate = json!({
        "clusterName": "c", "namespace": "n", "serviceAccount": "s", "roleArn": "arn:aws:iam::111122223333:role/new",
    });
    let (_, code, text) = refused(&mut state, "CreatePodIdentityAssociation", associate.clone());
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("InvalidParameterException", "Role provided in the request does not exist.")
    );
    pass(&mut state, 9);
    ask(&mut state, "CreatePodIdentityAssociation", associate).unwrap();
}

#[test]
fn associations_are_one_for_a_service_account() {
    let mut state = world();
    let create = json!({
        "clusterName": "c", "namespace": "kube-system", "serviceAccount": "fsx-csi-controller-sa", "roleArn": ROLE,
        "clientRequestToken": "t",
    });
    let made =
        ask(&mut state, "CreatePodIdentityAssociation", create.clone()).unwrap()["association"].clone();
    let id = made["associationId"].clone();
    assert_eq!(
        ask(&mut state, "CreatePodIdentityAssociation", create.clone()).unwrap()["association"]["associationId"],
        id
    );
    let mut other = create;
    other["clientRequestToken"] = json!("u");
    let (status, code, text) = refused(&mut state, "CreatePodIdentityAssociation", other);
    assert_eq!((status, code.as_str()), (409, "ResourceInUseException"));
    assert_eq!(text, format!("Association already exists: {}", id.as_str().unwrap()));
    let addon = driver(
        json!({"podIdentityAssociations": [{"serviceAccount": "fsx-csi-controller-sa", "roleArn": ROLE}]}),
    );
    assert_eq!(refused(&mut state, "CreateAddon", addon.clone()).1, "ResourceInUseException");
    ask(&mut state, "DeletePodIdentityAssociation", json!({"clusterName": "c", "associationId": id}))
        .unwrap();

    let made = ask(&mut state, "CreateAddon", addon).unwrap()["addon"].clone();
    let listed = ask(&mut state, "ListPodIdentityAssociations", json!({"clusterName": "c"})).unwrap();
    let association = listed["associations"][0].clone();
    assert_eq!(association["ownerArn"], made["addonArn"]);
    assert_eq!(made["podIdentityAssociations"], json!([association["associationArn"]]));
    let delete = json!({"clusterName": "c", "associationId": association["associationId"]});
    assert_eq!(refused(&mut state, "DeletePodIdentityAssociation", delete).1, "InvalidRequestException");
    pass(&mut state, 60);
    ask(&mut state, "UpdateAddon", driver(json!({"podIdentityAssociations": []}))).unwrap();
    let listed = ask(&mut state, "ListPodIdentityAssociations", json!({"clusterName": "c"})).unwrap();
    assert_eq!(listed["associations"], json!([]));
}

#[test]
fn an_update_changes_the_objects_and_unsets_the_role() {
    let mut state = world();
    let create = driver(json!({"serviceAccountRoleArn": ROLE, "addonVersion": "v1.8.0-eksbuild.1"}));
    ask(&mut state, "CreateAddon", create).unwrap();
    pass(&mut state, 5);
    assert_eq!(refused(&mut state, "UpdateAddon", driver(json!({}))).1, "ResourceInUseException");
    make_ready(&mut state);
    pass(&mut state, 40);
    let update = driver(json!({"addonVersion": "v1.9.0-eksbuild.1"}));
    let update = ask(&mut state, "UpdateAddon", update).unwrap()["update"].clone();
    assert_eq!((&update["status"], status(&mut state)), (&json!("InProgress"), json!("UPDATING")));
    pass(&mut state, 41);
    let describe = json!({"name": "c", "addonName": "aws-fsx-csi-driver", "updateId": update["id"]});
    assert_eq!(ask(&mut state, "DescribeUpdate", describe).unwrap()["update"]["status"], "Successful");
    let deployment = state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").unwrap();
    let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap();
    assert!(image.ends_with("/eks/aws-fsx-csi-driver:v1.9.0"), "{image}");
    let account = state.kube.get("v1", "ServiceAccount", "kube-system", "fsx-csi-controller-sa").unwrap();
    assert_eq!(account["metadata"]["annotations"].get("eks.amazonaws.com/role-arn"), None);
}

#[test]
fn deletion_takes_the_objects_unless_they_are_preserved() {
    for (preserve, stays) in [(false, false), (true, true)] {
        let mut state = world();
        ask(&mut state, "CreateAddon", driver(json!({}))).unwrap();
        pass(&mut state, 5);
        make_ready(&mut state);
        pass(&mut state, 40);
        ask(&mut state, "DeleteAddon", driver(json!({"preserve": preserve}))).unwrap();
        assert_eq!(status(&mut state), "DELETING");
        pass(&mut state, 11);
        assert_eq!(ask(&mut state, "ListAddons", json!({"clusterName": "c"})).unwrap()["addons"], json!([]));
        let left = state.kube.get("apps/v1", "DaemonSet", "kube-system", "fsx-csi-node");
        assert_eq!(left.is_some_and(|d| d["metadata"].get("deletionTimestamp").is_none()), stays);
    }
}

#[test]
fn the_catalogue_is_filtered() {
    let mut state = world();
    let of = json!({"addonName": "aws-fsx-csi-driver", "kubernetesVersion": "1.33"});
    let found = ask(&mut state, "DescribeAddonVersions", of).unwrap()["addons"].clone();
    let first = &found[0]["addonVersions"][0];
    assert_eq!(first["addonVersion"], "v1.9.0-eksbuild.1");
    assert_eq!(
        first["compatibilities"],
        json!([{"clusterVersion": "1.33", "platformVersions": ["*"], "defaultVersion": true}])
    );
    let none = json!({"addonName": "aws-fsx-csi-driver", "kubernetesVersion": "1.20"});
    assert_eq!(ask(&mut state, "DescribeAddonVersions", none).unwrap()["addons"], json!([]));
    let all = ask(&mut state, "DescribeAddonVersions", json!({"types": ["networking"]})).unwrap();
    assert_eq!(all["addons"].as_array().unwrap().len(), 3);
    let configuration = json!({"addonName": "aws-fsx-csi-driver", "addonVersion": "v1.9.0-eksbuild.1"});
    let answer = ask(&mut state, "DescribeAddonConfiguration", configuration).unwrap();
    assert_eq!(answer["podIdentityConfiguration"][0]["serviceAccount"], "fsx-csi-controller-sa");
    let schema: Value = serde_json::from_str(answer["configurationSchema"].as_str().unwrap()).unwrap();
    assert_eq!(schema["properties"]["controller"]["properties"]["region"]["type"], "string");
}

#[test]
fn clusters_tags_and_access_entries_are_read() {
    let mut state = world();
    state.rows_mut(ACCESS_ENTRIES).push(json!({
        "clusterName": "c", "principalArn": ROLE, "AssociatedPolicies": [{"policyArn": "p"}],
    }));
    let cluster = ask(&mut state, "DescribeCluster", json!({"name": "c"})).unwrap()["cluster"].clone();
    assert_eq!(cluster["arn"], "arn:aws:eks:us-west-2:111122223333:cluster/c");
    assert!(
        cluster["identity"]["oidc"]["issuer"]
            .as_str()
            .unwrap()
            .starts_with("https://oidc.eks.us-west-2.amazonaws.com/id/")
    );
    let arn = cluster["arn"].clone();
    ask(&mut state, "TagResource", json!({"resourceArn": arn, "tags": {"a": "1", "b": "2"}})).unwrap();
    ask(&mut state, "UntagResource", json!({"resourceArn": arn, "tagKeys": ["a"]})).unwrap();
    let tags = ask(&mut state, "ListTagsForResource", json!({"resourceArn": arn})).unwrap();
    assert_eq!(tags, json!({"tags": {"b": "2"}}));
    let entry = json!({"clusterName": "c", "principalArn": ROLE});
    let policies = ask(&mut state, "ListAssociatedAccessPolicies", entry).unwrap();
    assert_eq!(policies["associatedAccessPolicies"], json!([{"policyArn": "p"}]));
    let missing = refused(&mut state, "DescribeNodegroup", json!({"clusterName": "c", "nodegroupName": "g"}));
    assert_eq!(missing.1, "ResourceNotFoundException");
}

#[test]
fn an_addon_of_the_world_file_owns_its_unmarked_objects() {
    let mut state = world();
    let settled =
        json!({"clusterName": "c", "addonName": "aws-fsx-csi-driver", "addonVersion": "v1.8.0-eksbuild.1"});
    state.rows_mut(ADDONS).push(settled);
    crate::aws::fill(&mut state);
    let now = state.now;
    for (api_version, kind, name) in
        [("v1", "ServiceAccount", "fsx-csi-controller-sa"), ("apps/v1", "Deployment", "fsx-csi-controller")]
    {
        let object = json!({
            "apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "kube-system"},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "fsx-plugin", "image": "old"}]},
            }},
        });
        state.kube.create(object, "", now).unwrap();
        state
            .kube
            .modify(api_version, kind, "kube-system", name, |object| {
                row::unset(&mut object["metadata"], "managedFields");
            })
            .unwrap();
    }
    ask(&mut state, "UpdateAddon", driver(json!({"addonVersion": "v1.9.0-eksbuild.1"}))).unwrap();
    pass(&mut state, 41);
    assert_eq!(status(&mut state), "UPDATING");
    make_ready(&mut state);
    pass(&mut state, 1);
    assert_eq!(status(&mut state), "ACTIVE");
    ask(&mut state, "DeleteAddon", driver(json!({}))).unwrap();
    pass(&mut state, 11);
    assert!(state.kube.get("v1", "ServiceAccount", "kube-system", "fsx-csi-controller-sa").is_none());
}

#[test]
fn an_addon_loaded_halfway_goes_on() {
    let mut state = world();
    let half = json!({"clusterName": "c", "addonName": "aws-fsx-csi-driver", "status": "CREATING"});
    state.rows_mut(ADDONS).push(half);
    pass(&mut state, 1);
    pass(&mut state, 5);
    assert!(state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").is_some());
    make_ready(&mut state);
    pass(&mut state, 40);
    assert_eq!(status(&mut state), "ACTIVE");
}

#[test]
fn preserve_keeps_what_others_changed() {
    for (resolve, status_after, replicas) in
        [("PRESERVE", "ACTIVE", 5), ("OVERWRITE", "ACTIVE", 2), ("NONE", "UPDATE_FAILED", 5)]
    {
        let mut state = world();
        ask(&mut state, "CreateAddon", driver(json!({"addonVersion": "v1.8.0-eksbuild.1"}))).unwrap();
        pass(&mut state, 5);
        make_ready(&mut state);
        pass(&mut state, 40);
        let scaled = |object: &mut Value| object["spec"]["replicas"] = json!(5);
        state.kube.modify("apps/v1", "Deployment", "kube-system", "fsx-csi-controller", scaled).unwrap();
        let update = driver(json!({"addonVersion": "v1.9.0-eksbuild.1", "resolveConflicts": resolve}));
        ask(&mut state, "UpdateAddon", update).unwrap();
        let ready = |object: &mut Value| object["status"]["readyReplicas"] = json!(5);
        state.kube.modify("apps/v1", "Deployment", "kube-system", "fsx-csi-controller", ready).unwrap();
        pass(&mut state, 41);
        assert_eq!(status(&mut state), status_after, "{resolve}");
        let live = state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").unwrap();
        assert_eq!(live["spec"]["replicas"], replicas, "{resolve}");
        let updates = state.rows("eks.$updates");
        let failed = status_after == "UPDATE_FAILED";
        assert_eq!(updates[0]["status"], if failed { "Failed" } else { "Successful" });
    }
}
