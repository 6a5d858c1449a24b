//! Add-ons on their way, their objects, conflicts, updates, deletion.

use super::*;

#[test]
fn an_addon_becomes_active_when_its_pods_are_ready() {
    let mut state = world();
    let values = r#"{"controller":{"region":"us-west-2"},"node":{"region":"us-west-2"}}"#;
    let create = driver(&json!({
        "serviceAccountRoleArn": ROLE, "configurationValues": values, "clientRequestToken": "t", "tags": {"a": "b"},
    }));
    let made = ask(&mut state, "CreateAddon", create.clone()).unwrap()["addon"].clone();
    assert_eq!((&made["status"], &made["addonVersion"]), (&json!("CREATING"), &json!("v1.9.0-eksbuild.1")));
    assert_eq!(ask(&mut state, "CreateAddon", create).unwrap()["addon"]["addonArn"], made["addonArn"]);
    let again = refused(&mut state, "CreateAddon", driver(&json!({})));
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
fn an_addon_ends_as_the_worlds_faults_say_and_stays_so() {
    for (operation, outcome, message, code, words) in [
        ("CreateAddon", "CREATE_FAILED", "AccessDenied: no role", "AccessDenied", "no role"),
        ("CreateAddon", "DEGRADED", "pods: none", "InsufficientNumberOfReplicas", "pods: none"),
        ("UpdateAddon", "UPDATE_FAILED", "it broke", "InternalFailure", "it broke"),
        ("DeleteAddon", "DELETE_FAILED", "it stays", "InternalFailure", "it stays"),
    ] {
        let mut state = world();
        state.faults =
            vec![json!({"service": "eks", "operation": operation, "outcome": outcome, "message": message})];
        ask(&mut state, "CreateAddon", driver(&json!({}))).unwrap();
        for _ in 0..2 {
            pass(&mut state, 5);
            if state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").is_some() {
                make_ready(&mut state);
            }
            pass(&mut state, 60);
        }
        if operation != "CreateAddon" {
            assert_eq!(status(&mut state), "ACTIVE");
            ask(&mut state, operation, driver(&json!({}))).unwrap();
            pass(&mut state, 60);
        }
        let objects = state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").is_some();
        assert_eq!(objects, outcome != "CREATE_FAILED", "{outcome}");
        pass(&mut state, 60);
        let addon = ask(&mut state, "DescribeAddon", driver(&json!({}))).unwrap()["addon"].clone();
        assert_eq!(addon["status"], outcome);
        assert_eq!(addon["health"]["issues"], json!([{"code": code, "message": words}]), "{outcome}");
    }
}

#[test]
fn an_addon_whose_pods_never_come_is_degraded() {
    let mut state = world();
    ask(&mut state, "CreateAddon", driver(&json!({}))).unwrap();
    pass(&mut state, 41);
    assert_eq!(status(&mut state), "CREATING");
    pass(&mut state, 20);
    let addon = ask(&mut state, "DescribeAddon", driver(&json!({}))).unwrap()["addon"].clone();
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
    ask(&mut state, "CreateAddon", driver(&json!({"resolveConflicts": "NONE"}))).unwrap();
    pass(&mut state, 5);
    let addon = ask(&mut state, "DescribeAddon", driver(&json!({}))).unwrap()["addon"].clone();
    assert_eq!(addon["status"], "CREATE_FAILED");
    let issue = &addon["health"]["issues"][0];
    assert_eq!(issue["code"], "ConfigurationConflict");
    assert_eq!(
        issue["message"],
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\nServiceAccount fsx-csi-controller-sa - .metadata.labels.app.kubernetes.io/managed-by"
    );
    assert!(state.kube.get("apps/v1", "Deployment", "kube-system", "fsx-csi-controller").is_none());

    // Quick Setup's way: OVERWRITE without a role leaves the annotation alone.
    ask(&mut state, "DeleteAddon", driver(&json!({}))).unwrap();
    pass(&mut state, 20);
    assert_eq!(refused(&mut state, "DescribeAddon", driver(&json!({}))).1, "ResourceNotFoundException");
    ask(&mut state, "CreateAddon", driver(&json!({"resolveConflicts": "OVERWRITE"}))).unwrap();
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
fn an_update_changes_the_objects_and_unsets_the_role() {
    let mut state = world();
    let create = driver(&json!({"serviceAccountRoleArn": ROLE, "addonVersion": "v1.8.0-eksbuild.1"}));
    ask(&mut state, "CreateAddon", create).unwrap();
    pass(&mut state, 5);
    assert_eq!(refused(&mut state, "UpdateAddon", driver(&json!({}))).1, "ResourceInUseException");
    make_ready(&mut state);
    pass(&mut state, 40);
    let update = driver(&json!({"addonVersion": "v1.9.0-eksbuild.1"}));
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
        ask(&mut state, "CreateAddon", driver(&json!({}))).unwrap();
        pass(&mut state, 5);
        make_ready(&mut state);
        pass(&mut state, 40);
        ask(&mut state, "DeleteAddon", driver(&json!({"preserve": preserve}))).unwrap();
        assert_eq!(status(&mut state), "DELETING");
        pass(&mut state, 11);
        assert_eq!(ask(&mut state, "ListAddons", json!({"clusterName": "c"})).unwrap()["addons"], json!([]));
        let left = state.kube.get("apps/v1", "DaemonSet", "kube-system", "fsx-csi-node");
        assert_eq!(left.is_some_and(|d| d["metadata"].get("deletionTimestamp").is_none()), stays);
    }
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
    ask(&mut state, "UpdateAddon", driver(&json!({"addonVersion": "v1.9.0-eksbuild.1"}))).unwrap();
    pass(&mut state, 41);
    assert_eq!(status(&mut state), "UPDATING");
    make_ready(&mut state);
    pass(&mut state, 1);
    assert_eq!(status(&mut state), "ACTIVE");
    ask(&mut state, "DeleteAddon", driver(&json!({}))).unwrap();
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
        ask(&mut state, "CreateAddon", driver(&json!({"addonVersion": "v1.8.0-eksbuild.1"}))).unwrap();
        pass(&mut state, 5);
        make_ready(&mut state);
        pass(&mut state, 40);
        let scaled = |object: &mut Value| object["spec"]["replicas"] = json!(5);
        state.kube.modify("apps/v1", "Deployment", "kube-system", "fsx-csi-controller", scaled).unwrap();
        let update = driver(&json!({"addonVersion": "v1.9.0-eksbuild.1", "resolveConflicts": resolve}));
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
