//! One plan, receipt and frame, which the tests of this module tell in every way there is.

use super::{ClusterId, Frame, Header, VerifiedClaim, VerifyBody, VerifySummary};
use crate::engine::{Made, Receipt, VolumeMade};
use crate::error::Kind;
use crate::steps::verify::{NodeVerdict, PodStep, Verdict, overall};
use crate::steps::{Action, Block, Change, Decision, Item, Note, Plan, Resource, Sign, StepId, Verb};

/// What a hostile name may bring along.
pub(super) const HOSTILE: &str = "x\u{1b}[2J\r\n+ Role forged\u{202e}\0";

pub(super) fn header() -> Header {
    Header { cluster: cluster(), access: "endpoint and token from eks:DescribeCluster".to_owned() }
}

fn cluster() -> ClusterId {
    ClusterId {
        name: "hp-eks".to_owned(),
        arn: "arn:aws:eks:us-west-2:111122223333:cluster/hp-eks".to_owned(),
        region: "us-west-2".to_owned(),
        account: "111122223333".to_owned(),
    }
}

pub(super) fn frame() -> Frame {
    Frame {
        version: "0.1.0".to_owned(),
        cluster: Some(cluster()),
        started_at: "2026-01-02T03:04:05Z".to_owned(),
        duration_ms: 1234,
        exit_code: 0,
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn note(sign: Sign, text: &str) -> Note {
    Note { sign, text: text.to_owned() }
}

/// A change by id, verb, object and reason. What the engine would do is of no interest here.
fn change(id: &str, verb: Verb, resource: Resource, because: &str) -> Change {
    Change {
        id: id.to_owned(),
        verb,
        resource,
        because: because.to_owned(),
        permissions: Vec::new(),
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::RestartDeployment { namespace: "kube-system".to_owned(), name: "fsx".to_owned() },
    }
}

/// Every decision but blocked, every verb, every sign.
pub(super) fn plan() -> Plan {
    let role = Change {
        permissions: strings(&["iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy"]),
        later: strings(&["arn"]),
        details: strings(&["trusts system:serviceaccount:kube-system:fsx-csi-controller-sa and nobody else"]),
        ..change(
            "role",
            Verb::Create,
            Resource::new("Role", "FSXLCSI-hp-eks-us-west-2"),
            "the driver has no role of its own, and the node role may not create file systems",
        )
    };
    let group = Change {
        permissions: strings(&["ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress"]),
        later: strings(&["id"]),
        details: strings(&["tcp 988 from itself", "tcp 1018-1023 from itself"]),
        ..change(
            "group",
            Verb::Create,
            Resource::new("SecurityGroup", "fsxctl-hp-eks"),
            "no group lets Lustre through",
        )
    };
    let node_rules = Change {
        details: strings(&["tcp 988 from fsxctl-hp-eks"]),
        permissions: strings(&["ec2:AuthorizeSecurityGroupIngress"]),
        ..change(
            "node-rules/sg-0aa",
            Verb::Update,
            Resource::new("SecurityGroup", "sg-0aa"),
            "nodes do not let the servers answer",
        )
    };
    let old = change("old", Verb::Delete, Resource::new("StorageClass", "fsx-old"), "asked for");
    let make = |step, because: &str, changes| Item {
        decision: Decision::Do,
        changes,
        ..Item::settled(step, because)
    };
    Plan {
        items: vec![
            make(StepId::Identity, "the driver needs a role", vec![role]),
            make(StepId::Network, "Lustre is not let through", vec![group, node_rules]),
            Item::settled(StepId::Driver, "add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active"),
            Item {
                notes: vec![note(
                    Sign::Keep,
                    "StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain",
                )],
                ..make(StepId::Storage, "one class is not wanted any more", vec![old])
            },
        ],
        notes: vec![
            note(Sign::Unknown, "cannot read the policies of role nodes (iam:ListRolePolicies)"),
            note(Sign::Warn, "a file system costs money from the moment it is created"),
        ],
        minutes: Some(12),
    }
}

/// A plan in which nothing is to be done.
pub(super) fn settled() -> Plan {
    let item = |step| Item::settled(step, "as asked");
    Plan { items: StepId::ALL.into_iter().map(item).collect(), notes: Vec::new(), minutes: None }
}

/// A plan that cannot be carried out.
pub(super) fn blocked() -> Plan {
    let block = Block {
        kind: Kind::Denied,
        message: "cannot tell whether role fsx is there".to_owned(),
        permission: Some("iam:GetRole".to_owned()),
        next: Some("fsxctl permissions setup dynamic".to_owned()),
    };
    let mut plan = plan();
    plan.items.splice(..1, [Item::blocked(StepId::Identity, block)]);
    plan
}

/// A plan made of text that somebody else wrote.
pub(super) fn hostile() -> Plan {
    let change = Change {
        permissions: strings(&[HOSTILE]),
        later: strings(&[HOSTILE]),
        details: strings(&[HOSTILE]),
        ..change("a", Verb::Update, Resource::new(HOSTILE, HOSTILE), HOSTILE)
    };
    let block = Block {
        kind: Kind::Conflict,
        message: HOSTILE.to_owned(),
        permission: Some(HOSTILE.to_owned()),
        next: Some(HOSTILE.to_owned()),
    };
    let item = Item {
        changes: vec![change],
        notes: vec![note(Sign::Keep, HOSTILE)],
        ..Item::blocked(StepId::Network, block)
    };
    Plan { items: vec![item], notes: vec![note(Sign::Warn, HOSTILE)], minutes: Some(1) }
}

/// The plan carried out, but for its last change.
pub(super) fn receipt() -> Receipt {
    let made = |change: &str, id: Option<&str>| Made { change: change.to_owned(), id: id.map(str::to_owned) };
    Receipt {
        plan: plan(),
        made: vec![
            made("role", Some("arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2")),
            made("group", Some("sg-0bb")),
            made("node-rules/sg-0aa", None),
        ],
        volume: Some(VolumeMade {
            namespace: "default".to_owned(),
            claim: "fsx-claim".to_owned(),
            persistent_volume: Some("pvc-0c1d".to_owned()),
            file_system_id: Some("fs-0123456789abcdef0".to_owned()),
            dns_name: Some("fs-0123456789abcdef0.fsx.us-west-2.amazonaws.com".to_owned()),
            mount_name: Some("abcdbev".to_owned()),
        }),
        more: Vec::new(),
        waited: true,
    }
}

/// A node that is well.
fn well(node: &str, from: &str) -> NodeVerdict {
    NodeVerdict {
        node: node.to_owned(),
        group: Some("gpu".to_owned()),
        zone: Some("us-west-2a".to_owned()),
        verdict: Verdict::Ok,
        step: None,
        errno: None,
        summary: None,
        cause: None,
        said: None,
        next: None,
        source: Some("10.0.1.5@tcp:/abcdbev".to_owned()),
        options: vec!["rw".to_owned(), "flock".to_owned()],
        write_mi_bps: Some(210.5),
        read_mi_bps: None,
        read_from: Some(from.to_owned()),
        locked: Some(true),
    }
}

/// What a verification came to: a node that is well, two that fail alike, and one that could not be tried.
pub(super) fn verified() -> VerifyBody {
    let text = |text: &str| Some(text.to_owned());
    let failed = |node: &str| NodeVerdict {
        verdict: Verdict::Failed,
        step: Some(PodStep::Mounted),
        errno: Some(5),
        summary: text("mount ended with exit status 5 (EIO, Input/output error)"),
        cause: text("security groups keep them apart"),
        said: text("mount.lustre: mount failed: Input/output error Is the MGS running?"),
        next: text("fsxctl setup network --cluster hp-eks"),
        source: None,
        options: Vec::new(),
        write_mi_bps: None,
        read_from: None,
        locked: None,
        ..well(node, "")
    };
    let unknown = NodeVerdict {
        verdict: Verdict::Unknown,
        step: None,
        errno: None,
        summary: text("it could not be tried: the container does not start"),
        cause: None,
        said: text(HOSTILE),
        next: text("name an image that the node can pull: --image"),
        ..failed("node-d")
    };
    let items = vec![well("node-a", "node-b"), failed("node-b"), failed("node-c"), unknown];
    VerifyBody {
        verdict: overall(&items),
        run: "0a0b0c0d".to_owned(),
        claim: VerifiedClaim {
            namespace: "default".to_owned(),
            name: "fsx-claim".to_owned(),
            persistent_volume: text("pvc-0c1d"),
            file_system_id: text("fs-0123456789abcdef0"),
            ..VerifiedClaim::default()
        },
        read_only: false,
        mib: 64,
        image: "busybox".to_owned(),
        run_as: "0:0".to_owned(),
        summary: VerifySummary::of(&items),
        items,
        left: vec!["Job default/fsxctl-verify-0a0b0c0d-1".to_owned()],
        notes: vec![note(Sign::Unknown, "file systems cannot be seen")],
    }
}

/// A diagnosis with a cause, what it explains, something that is worth knowing, and something that could not be seen.
pub(crate) fn diagnosed() -> super::DoctorBody {
    use crate::doctor::{Area, Evidence, Finding, Fix, Resource, Severity, State, Summary, verdict_of};
    let finding = |id: &str, state, rank| Finding {
        id: id.to_owned(),
        title: "Something is wrong".to_owned(),
        category: Area::of(id).unwrap_or(Area::Note),
        severity: Severity::Error,
        state,
        rank,
        resource: Resource::claim("ml", "fsx-claim"),
        affects: vec![Resource::pod("ml", "train-0")],
        summary: "claim ml/fsx-claim waits".to_owned(),
        evidence: vec![Evidence::new("eks:DescribeCluster", "identity.oidc.issuer", "https://x")],
        cause: "the provider is missing".to_owned(),
        fix: Some(
            Fix::consent("make it", "fsxctl setup identity --cluster hp-eks").then("kubectl get pvc -n ml"),
        ),
        blocked_by: Vec::new(),
        docs: "docs/checks.md#fsx-auth-01".to_owned(),
    };
    let explained = Finding {
        blocked_by: vec!["FSX-AUTH-01".to_owned()],
        fix: None,
        ..finding("FSX-BIND-50", State::Blocked, 2)
    };
    let info = Finding { severity: Severity::Info, ..finding("FSX-NOTE-02", State::Failed, 3) };
    let unseen = Finding {
        evidence: vec![Evidence::new("not authorized", "permission", "ec2:DescribeNetworkAcls")],
        summary: "needs ec2:DescribeNetworkAcls".to_owned(),
        affects: Vec::new(),
        fix: None,
        ..finding("FSX-NET-09", State::Error, 4)
    };
    let passed = Finding { cause: String::new(), fix: None, ..finding("FSX-INST-01", State::Passed, 5) };
    let items = vec![finding("FSX-AUTH-01", State::Failed, 1), explained, info, unseen, passed];
    let summary = Summary::of(&items);
    super::DoctorBody { verdict: verdict_of(&summary), summary, items }
}
