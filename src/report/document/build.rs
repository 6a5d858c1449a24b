//! From what the program knows to what a document says.

use super::{
    ChangeItem, Document, DocumentKind, DoneChange, DoneItem, ErrorBody, Frame, PlanBody, PlanItem,
    ReceiptBody, Stop,
};
use crate::engine::{Made, Receipt};
use crate::error::Error;
use crate::steps::{Block, Change, Decision, Item, Plan};

/// A plan as a document.
pub fn plan_document(frame: &Frame, plan: &Plan) -> Document<PlanBody> {
    Document::new(frame, DocumentKind::Plan, plan_body(plan))
}

/// A receipt as a document.
pub fn receipt_document(frame: &Frame, receipt: &Receipt) -> Document<ReceiptBody> {
    let body = ReceiptBody {
        items: receipt.plan.items.iter().map(|item| done_item(item, &receipt.made)).collect(),
        volume: receipt.volume.clone(),
        notes: receipt.plan.notes.clone(),
    };
    Document::new(frame, DocumentKind::Receipt, body)
}

/// A failure as a document. Its code is the error's own, whatever the frame says.
pub fn error_document(frame: &Frame, error: &Error) -> Document<ErrorBody> {
    let body = ErrorBody {
        code: error.kind.code(),
        reason: error.kind,
        message: error.message.clone(),
        causes: error.causes.clone(),
        details: error.details.clone(),
        permission: error.permission.clone(),
        next: error.next.clone(),
        partial: error.partial(),
        done: error.done.clone(),
        left: error.left.clone(),
        items: Vec::new(),
        plan: error.plan.as_deref().map(plan_body),
    };
    let mut document = Document::new(frame, DocumentKind::Error, body);
    document.exit_code = error.kind.code();
    document
}

fn plan_body(plan: &Plan) -> PlanBody {
    PlanBody {
        items: plan.items.iter().map(plan_item).collect(),
        notes: plan.notes.clone(),
        expected_minutes: plan.minutes,
    }
}

fn plan_item(item: &Item) -> PlanItem {
    PlanItem {
        step: item.step,
        decision: item.decision,
        because: item.because.clone(),
        changes: item.changes.iter().map(change_item).collect(),
        notes: item.notes.clone(),
        blocked: item.block.as_ref().map(stop),
    }
}

fn stop(block: &Block) -> Stop {
    Stop {
        code: block.kind.code(),
        reason: block.kind,
        message: block.message.clone(),
        permission: block.permission.clone(),
        next: block.next.clone(),
    }
}

fn change_item(change: &Change) -> ChangeItem {
    ChangeItem {
        verb: change.verb,
        resource: change.resource.clone(),
        because: change.because.clone(),
        permissions: change.permissions.clone(),
        later: change.later.clone(),
    }
}

fn done_item(item: &Item, made: &[Made]) -> DoneItem {
    let changes: Vec<_> = item.changes.iter().map(|change| done_change(change, made)).collect();
    DoneItem {
        step: item.step,
        decision: item.decision,
        because: item.because.clone(),
        done: item.decision != Decision::Blocked && changes.iter().all(|change| change.done),
        ids: changes.iter().filter_map(|change| change.id.clone()).collect(),
        changes,
        notes: item.notes.clone(),
    }
}

fn done_change(change: &Change, made: &[Made]) -> DoneChange {
    let made = made.iter().find(|made| made.change == change.id);
    DoneChange {
        change: change_item(change),
        done: made.is_some(),
        id: made.and_then(|made| made.id.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Kind;
    use crate::report::{sample, to_json, to_yaml};

    fn value(document: &impl serde::Serialize) -> Value {
        serde_json::from_str(&to_json(document).unwrap()).unwrap()
    }

    #[test]
    fn a_plan_has_the_fields_of_the_contract() {
        insta::assert_snapshot!(to_json(&plan_document(&sample::frame(), &sample::plan())).unwrap(), @r#"
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
            },
            {
              "step": "network",
              "decision": "do",
              "because": "Lustre is not let through",
              "changes": [
                {
                  "verb": "create",
                  "resource": {
                    "kind": "SecurityGroup",
                    "ref": "fsxctl-hp-eks"
                  },
                  "because": "no group lets Lustre through",
                  "permissions": [
                    "ec2:CreateSecurityGroup",
                    "ec2:AuthorizeSecurityGroupIngress"
                  ],
                  "later": [
                    "id"
                  ]
                },
                {
                  "verb": "update",
                  "resource": {
                    "kind": "SecurityGroup",
                    "ref": "sg-0aa"
                  },
                  "because": "nodes do not let the servers answer",
                  "permissions": [
                    "ec2:AuthorizeSecurityGroupIngress"
                  ],
                  "later": []
                }
              ]
            },
            {
              "step": "driver",
              "decision": "settled",
              "because": "add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active",
              "changes": []
            },
            {
              "step": "storage",
              "decision": "do",
              "because": "one class is not wanted any more",
              "changes": [
                {
                  "verb": "delete",
                  "resource": {
                    "kind": "StorageClass",
                    "ref": "fsx-old"
                  },
                  "because": "asked for",
                  "permissions": [],
                  "later": []
                }
              ],
              "notes": [
                {
                  "sign": "keep",
                  "text": "StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain"
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
    fn a_receipt_says_what_is_done_and_which_ids_came_to_be() {
        insta::assert_snapshot!(to_yaml(&receipt_document(&sample::frame(), &sample::receipt())).unwrap(), @r#"
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
        - step: identity
          decision: do
          because: the driver needs a role
          changes:
          - verb: create
            resource:
              kind: Role
              ref: FSXLCSI-hp-eks-us-west-2
            because: the driver has no role of its own, and the node role may not create file systems
            permissions:
            - iam:CreateRole
            - iam:TagRole
            - iam:PutRolePolicy
            later:
            - arn
            done: true
            id: arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
          done: true
          ids:
          - arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
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
        - step: driver
          decision: settled
          because: add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active
          changes: []
          done: true
          ids: []
        - step: storage
          decision: do
          because: one class is not wanted any more
          changes:
          - verb: delete
            resource:
              kind: StorageClass
              ref: fsx-old
            because: asked for
            permissions: []
            later: []
            done: false
            id: null
          done: false
          ids: []
          notes:
          - sign: keep
            text: StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain
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
        let mut error = Error::new(Kind::Denied, "cannot read role fsx")
            .because("AccessDenied")
            .permission("iam:GetRole");
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
            assert_eq!(
                (&document["code"], &document["exitCode"]),
                (&json!(kind.code()), &json!(kind.code()))
            );
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
}
