//! IAM's answers and refusals, call by call.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Client, Principal};
use crate::state::State;

fn ask(state: &mut State, operation: &str, input: Value) -> Answer {
    crate::aws::call(
        state,
        &Call {
            service: "iam".into(),
            operation: operation.into(),
            input,
            principal: Principal::Caller,
            client: Client::Command,
            region: "us-west-2".into(),
        },
    )
}

fn code(answer: Answer) -> (u16, String) {
    let error = answer.unwrap_err();
    (error.status, error.code)
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"fsx:*","Resource":"*"}]}"#;
const MANAGED: &str = "arn:aws:iam::aws:policy/AmazonFSxFullAccess";

#[test]
fn a_role_lives_and_dies() {
    let mut state = State::new("111122223333", "us-west-2");
    let s = &mut state;
    let create = json!({
        "RoleName": "fsx", "Path": "/team/", "AssumeRolePolicyDocument": TRUST,
        "Tags": [{"Key": "a", "Value": "b"}], "PermissionsBoundary": MANAGED,
    });
    let role = ask(s, "CreateRole", create.clone()).unwrap()["Role"].clone();
    assert_eq!(role["Arn"], "arn:aws:iam::111122223333:role/team/fsx");
    assert!(
        role["AssumeRolePolicyDocument"].as_str().unwrap().starts_with("%7B%22Version%22%3A%222012-10-17%22")
    );
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryArn"], MANAGED);
    assert_eq!(code(ask(s, "CreateRole", create)), (409, "EntityAlreadyExists".into()));
    assert_eq!(code(ask(s, "GetRole", json!({"RoleName": "other"}))), (404, "NoSuchEntity".into()));
    assert_eq!(ask(s, "GetRole", json!({"RoleName": "FSX"})).unwrap()["Role"]["Tags"][0]["Key"], "a");
    assert!(ask(s, "ListRoles", json!({})).unwrap()["Roles"][0].get("Tags").is_none());

    let put = json!({"RoleName": "fsx", "PolicyName": "own", "PolicyDocument": POLICY});
    ask(s, "PutRolePolicy", put.clone()).unwrap();
    ask(s, "PutRolePolicy", put).unwrap();
    assert_eq!(
        ask(s, "ListRolePolicies", json!({"RoleName": "fsx"})).unwrap()["PolicyNames"],
        json!(["own"])
    );
    let bad = json!({"RoleName": "fsx", "PolicyName": "bad", "PolicyDocument": TRUST});
    assert_eq!(code(ask(s, "PutRolePolicy", bad)), (400, "MalformedPolicyDocument".into()));
    ask(s, "AttachRolePolicy", json!({"RoleName": "fsx", "PolicyArn": MANAGED})).unwrap();
    let unknown = json!({"RoleName": "fsx", "PolicyArn": "arn:aws:iam::aws:policy/AmazonFSxCSIDriverPolicy"});
    assert_eq!(code(ask(s, "AttachRolePolicy", unknown)), (404, "NoSuchEntity".into()));
    let attached = ask(s, "ListAttachedRolePolicies", json!({"RoleName": "fsx"})).unwrap();
    assert_eq!(
        attached["AttachedPolicies"],
        json!([{"PolicyName": "AmazonFSxFullAccess", "PolicyArn": MANAGED}])
    );

    let delete = json!({"RoleName": "fsx"});
    assert!(ask(s, "DeleteRole", delete.clone()).unwrap_err().message.contains("detach all policies"));
    ask(s, "DetachRolePolicy", json!({"RoleName": "fsx", "PolicyArn": MANAGED})).unwrap();
    assert_eq!(code(ask(s, "DeleteRole", delete.clone())), (409, "DeleteConflict".into()));
    ask(s, "DeleteRolePolicy", json!({"RoleName": "fsx", "PolicyName": "own"})).unwrap();
    ask(s, "DeleteRole", delete.clone()).unwrap();
    assert_eq!(code(ask(s, "DeleteRole", delete)), (404, "NoSuchEntity".into()));
}

#[test]
fn providers() {
    let mut state = State::new("111122223333", "us-west-2");
    let s = &mut state;
    let url = "https://oidc.eks.us-west-2.amazonaws.com/id/B7";
    let create = json!({"Url": url, "ClientIDList": ["sts.amazonaws.com"]});
    let arn =
        ask(s, "CreateOpenIDConnectProvider", create.clone()).unwrap()["OpenIDConnectProviderArn"].clone();
    assert_eq!(arn, "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/B7");
    assert_eq!(code(ask(s, "CreateOpenIDConnectProvider", create)), (409, "EntityAlreadyExists".into()));
    for bad in ["http://a/b", "https://", "https://a:8443/b", "https://a/b?c=d"] {
        let refused = ask(s, "CreateOpenIDConnectProvider", json!({"Url": bad}));
        assert_eq!(code(refused), (400, "ValidationError".into()), "{bad}");
    }
    let got = ask(s, "GetOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn})).unwrap();
    assert_eq!(got["Url"], "oidc.eks.us-west-2.amazonaws.com/id/B7");
    assert_eq!(got["ThumbprintList"].as_array().unwrap().len(), 1);
    let other = json!({"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/x"});
    assert_eq!(code(ask(s, "GetOpenIDConnectProvider", other)), (404, "NoSuchEntity".into()));
}

#[test]
fn service_linked_roles_are_made_once_and_kept() {
    let mut state = State::new("111122223333", "us-west-2");
    let s = &mut state;
    let create = json!({"AWSServiceName": "fsx.amazonaws.com"});
    let made = ask(s, "CreateServiceLinkedRole", create.clone()).unwrap();
    assert_eq!(
        made["Role"]["Arn"],
        "arn:aws:iam::111122223333:role/aws-service-role/fsx.amazonaws.com/AWSServiceRoleForAmazonFSx"
    );
    assert_eq!(code(ask(s, "CreateServiceLinkedRole", create)), (400, "InvalidInput".into()));
    let delete = json!({"RoleName": "AWSServiceRoleForAmazonFSx"});
    assert_eq!(code(ask(s, "DeleteRole", delete)), (400, "UnmodifiableEntity".into()));
}

#[test]
fn simulation_uses_the_same_engine() {
    let mut state = State::new("111122223333", "us-west-2");
    state.rows_mut("iam.Roles").push(json!({
        "RoleName": "fsx", "AttachedPolicies": [MANAGED], "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }));
    let ask = ask(
        &mut state,
        "SimulatePrincipalPolicy",
        json!({
            "PolicySourceArn": "arn:aws:iam::111122223333:role/fsx",
            "ActionNames": ["fsx:DescribeFileSystems", "fsx:CreateFileSystem", "s3:GetObject"],
        }),
    );
    let results = ask.unwrap()["EvaluationResults"].as_array().unwrap().clone();
    let decisions: Vec<&str> = results.iter().map(|r| r["EvalDecision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["allowed", "implicitDeny", "implicitDeny"]);
    assert_eq!(results[1]["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"], false);
}

#[test]
fn managed_policies_can_be_read() {
    let mut state = State::new("111122223333", "us-west-2");
    let got = ask(&mut state, "GetPolicy", json!({"PolicyArn": MANAGED})).unwrap();
    let version = got["Policy"]["DefaultVersionId"].clone();
    let document =
        ask(&mut state, "GetPolicyVersion", json!({"PolicyArn": MANAGED, "VersionId": version})).unwrap();
    assert!(document["PolicyVersion"]["Document"].as_str().unwrap().contains("fsx%3ACreateFileSystem"));
}
