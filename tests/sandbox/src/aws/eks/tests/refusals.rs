//! What EKS refuses, associations, the catalogue, and plain reads.

use super::*;

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
            driver(&json!({"addonVersion": "v0.0.1-eksbuild.1"})),
            "InvalidParameterException",
            "Addon version specified is not supported",
        ),
        (
            driver(&json!({"resolveConflicts": "PRESERVE"})),
            "InvalidParameterException",
            "Resolve conflicts option preserve is not supported for operation CreateAddon",
        ),
        (
            driver(&json!({"serviceAccountRoleArn": "arn:aws:iam::111122223333:role/none"})),
            "InvalidParameterException",
            "Role provided in the request does not exist.",
        ),
        (
            driver(&json!({"podIdentityAssociations": identity("arn:aws:iam::111122223333:role/irsa")})),
            "InvalidParameterException",
            "Trust policy of the role provided is invalid. Follow the official documentation to resolve the issue.",
        ),
        (
            driver(&json!({"podIdentityAssociations": identity("arn:aws:iam::444455556666:role/x")})),
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
    let (_, _, message) = refused(&mut state, "CreateAddon", driver(&json!({})));
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
        &json!({"podIdentityAssociations": [{"serviceAccount": "fsx-csi-controller-sa", "roleArn": ROLE}]}),
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
    ask(&mut state, "UpdateAddon", driver(&json!({"podIdentityAssociations": []}))).unwrap();
    let listed = ask(&mut state, "ListPodIdentityAssociations", json!({"clusterName": "c"})).unwrap();
    assert_eq!(listed["associations"], json!([]));
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
