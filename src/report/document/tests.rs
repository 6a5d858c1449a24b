//! What the documents say, to the letter.

use serde_json::{Value, json};

use super::*;
use crate::engine::Receipt;
use crate::error::Error;
use crate::report::sample;
use crate::steps::Plan;

fn value(document: &impl serde::Serialize) -> Value {
    serde_json::from_str(&to_json(document).unwrap()).unwrap()
}

#[test]
fn a_plan_has_the_fields_of_the_contract() {
    let mut plan = sample::plan();
    plan.items.drain(1..);
    insta::assert_snapshot!(to_json(&plan_document(&sample::frame(), &plan)).unwrap(), @r#"
    {
      "apiVersion": "fsxctl.io/v1alpha1",
      "kind": "Plan",
      "fsxctlVersion": "0.1.0",
      "cluster": {
        "name": "hp-eks",
        "arn": "arn:aws:eks:us-west-2:111122223333:cluster/hp-eks",
        "region": "us-west-2",
        "account": "111122223333"
      },
      "startedAt": "2026-01-02T03:04:05Z",
      "durationMs": 1234,
      "exitCode": 0,
      "items": [
        {
          "step": "identity",
          "decision": "do",
          "because": "the driver needs a role",
          "changes": [
            {
              "verb": "create",
              "resource": {
                "kind": "Role",
                "ref": "FSXLCSI-hp-eks-us-west-2"
              },
              "because": "the driver has no role of its own, and the node role may not create file systems",
              "permissions": [
                "iam:CreateRole",
                "iam:TagRole",
                "iam:PutRolePolicy"
              ],
              "later": [
                "arn"
              ]
            }
          ]
        }
      ],
      "notes": [
        {
          "sign": "unknown",
          "text": "cannot read the policies of role nodes (iam:ListRolePolicies)"
        },
        {
          "sign": "warn",
          "text": "a file system costs money from the moment it is created"
        }
      ],
      "expectedMinutes": 12
    }
    "#);
}

#[test]
fn a_blocked_step_says_why_and_what_it_would_have_changed() {
    let plan = Plan { items: vec![sample::blocked().items.remove(0)], ..Plan::default() };
    let document = value(&plan_document(&sample::frame(), &plan));
    insta::assert_snapshot!(document["items"][0], @r#"{"step":"identity","decision":"blocked","because":"cannot tell whether role fsx is there","changes":[],"blocked":{"code":5,"reason":"denied","message":"cannot tell whether role fsx is there","permission":"iam:GetRole","next":"fsxctl permissions setup dynamic"}}"#);
}

#[test]
fn a_receipt_says_what_is_done_and_which_ids_came_to_be() {
    let mut receipt = sample::receipt();
    receipt.plan.items.drain(2..);
    receipt.plan.items.remove(0);
    insta::assert_snapshot!(to_yaml(&receipt_document(&sample::frame(), &receipt)).unwrap(), @r#"
    apiVersion: fsxctl.io/v1alpha1
    kind: Receipt
    fsxctlVersion: "0.1.0"
    cluster:
      name: hp-eks
      arn: arn:aws:eks:us-west-2:111122223333:cluster/hp-eks
      region: us-west-2
      account: "111122223333"
    startedAt: "2026-01-02T03:04:05Z"
    durationMs: 1234
    exitCode: 0
    items:
    - step: network
      decision: do
      because: Lustre is not let through
      changes:
      - verb: create
        resource:
          kind: SecurityGroup
          ref: fsxctl-hp-eks
        because: no group lets Lustre through
        permissions:
        - ec2:CreateSecurityGroup
        - ec2:AuthorizeSecurityGroupIngress
        later:
        - id
        done: true
        id: sg-0bb
      - verb: update
        resource:
          kind: SecurityGroup
          ref: sg-0aa
        because: nodes do not let the servers answer
        permissions:
        - ec2:AuthorizeSecurityGroupIngress
        later: []
        done: true
        id: null
      done: true
      ids:
      - sg-0bb
    volume:
      namespace: default
      claim: fsx-claim
      persistentVolume: pvc-0c1d
      fileSystemId: fs-0123456789abcdef0
      dnsName: fs-0123456789abcdef0.fsx.us-west-2.amazonaws.com
      mountName: abcdbev
    notes:
    - sign: unknown
      text: cannot read the policies of role nodes (iam:ListRolePolicies)
    - sign: warn
      text: a file system costs money from the moment it is created
    "#);
}

#[test]
fn an_error_has_the_fields_of_the_contract_and_its_own_code() {
    let mut error =
        Error::new(Kind::Denied, "cannot read role fsx").because("AccessDenied").permission("iam:GetRole");
    error.done = vec!["+ Role fsx".to_owned()];
    error.plan = Some(Box::new(sample::blocked()));
    let frame = Frame { cluster: None, ..sample::frame() };
    let mut document = value(&error_document(&frame, &error));
    let plan = document["plan"].take();
    assert_eq!(plan["items"][0]["blocked"]["code"], 5);
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap(), @r#"
    {
      "apiVersion": "fsxctl.io/v1alpha1",
      "kind": "Error",
      "fsxctlVersion": "0.1.0",
      "cluster": null,
      "startedAt": "2026-01-02T03:04:05Z",
      "durationMs": 1234,
      "exitCode": 5,
      "code": 5,
      "reason": "denied",
      "message": "cannot read role fsx",
      "causes": [
        "AccessDenied"
      ],
      "details": [],
      "permission": "iam:GetRole",
      "next": null,
      "partial": true,
      "done": [
        "+ Role fsx"
      ],
      "left": [],
      "items": [],
      "plan": null
    }
    "#);
}

#[test]
fn an_error_code_is_the_exit_code_for_every_kind() {
    for kind in Kind::ALL {
        let document = value(&error_document(&sample::frame(), &Error::new(kind, "x")));
        assert_eq!((&document["code"], &document["exitCode"]), (&json!(kind.code()), &json!(kind.code())));
        assert_eq!(document["partial"], false);
    }
}

#[test]
fn a_step_is_done_when_all_its_changes_are() {
    let receipt = value(&receipt_document(&sample::frame(), &sample::receipt()));
    let done = |at: usize| receipt["items"][at]["done"].as_bool().unwrap();
    assert_eq!([done(0), done(1), done(2), done(3)], [true, true, true, false]);
    let blocked = Receipt { plan: sample::blocked(), made: Vec::new(), ..sample::receipt() };
    let blocked = value(&receipt_document(&sample::frame(), &blocked));
    assert_eq!(blocked["items"][0]["done"], false);
}

#[test]
fn the_same_plan_is_the_same_text() {
    let text = || to_yaml(&plan_document(&sample::frame(), &sample::plan())).unwrap();
    assert_eq!(text(), text());
    let json = to_json(&plan_document(&sample::frame(), &sample::plan())).unwrap();
    assert_eq!(
        serde_yaml::from_str::<Value>(&text()).unwrap(),
        serde_json::from_str::<Value>(&json).unwrap()
    );
}
