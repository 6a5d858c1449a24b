//! What a command needs to be allowed, for people and for machines.

use serde::Serialize;
use serde_json::Value;

use super::{Document, DocumentKind, Frame, Line, Mark, Page, Style};
use crate::steps::needs::{GROUP, Need, Right, Use, cluster_roles, policy};

/// What a command line needs.
#[derive(Debug, Clone)]
pub struct Needs {
    /// The command line without `fsxctl`; empty for all commands.
    pub command: String,
    /// The permissions, in the order of the table.
    pub needs: Vec<Need>,
}

/// What a `Permissions` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionsBody {
    /// The command line without `fsxctl`; empty for all commands.
    pub command: String,
    /// One item a permission.
    pub items: Vec<NeedItem>,
    /// The same as an IAM policy document.
    pub iam_policy: Value,
    /// The same as Kubernetes roles and bindings.
    pub cluster_role: Vec<Value>,
    /// What goes with it.
    pub notes: Vec<String>,
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedItem {
    /// How much it is needed.
    pub usage: Usage,
    /// What it is for.
    pub purpose: String,
    /// In which worlds, when `sometimes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What happens without it, when `optional`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without: Option<String>,
    /// The permission, when it is one of AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam: Option<IamItem>,
    /// The permission, when it is one of Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rbac: Option<RbacItem>,
}

/// How much a permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Usage {
    /// Without it the run ends with 5.
    Always,
    /// Only in the worlds that `when` names.
    Sometimes,
    /// Without it the run goes on as `without` says.
    Optional,
}

/// An IAM action on resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IamItem {
    /// `eks:DescribeCluster`.
    pub action: String,
    /// ARNs, patterns, or `*`.
    pub resources: Vec<String>,
}

/// An RBAC verb on a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RbacItem {
    /// `get`.
    pub verb: String,
    /// API group; empty for the core.
    pub api_group: String,
    /// `deployments`.
    pub resource: String,
    /// Names; none: all.
    pub resource_names: Vec<String>,
    /// Namespace; null: cluster-wide.
    pub namespace: Option<String>,
}

/// The document.
pub fn needs_document(frame: &Frame, needs: &Needs) -> Document<PermissionsBody> {
    let body = PermissionsBody {
        command: needs.command.clone(),
        items: needs.needs.iter().map(item).collect(),
        iam_policy: policy(&needs.needs),
        cluster_role: cluster_roles(&needs.needs),
        notes: needs.notes(),
    };
    Document::new(frame, DocumentKind::Permissions, body)
}

impl Needs {
    /// What goes with it.
    pub fn notes(&self) -> Vec<String> {
        if self.needs.is_empty() {
            return Vec::new();
        }
        let mut notes = vec![
            "nothing was looked at: what only looking can tell is a wildcard; name cluster and Region to narrow it"
                .to_owned(),
            "sts:GetCallerIdentity needs no permission".to_owned(),
            format!(
                "the bindings are for group {GROUP}: aws eks create-access-entry --cluster-name CLUSTER --principal-arn ARN \
                 --kubernetes-groups {GROUP}"
            ),
        ];
        if self.may_end_with_helm() {
            notes.push(
                "where the add-on has no build for the cluster's Kubernetes the driver comes with Helm, which needs more: add \
                 --driver helm to see it"
                    .to_owned(),
            );
        }
        notes
    }

    /// Whether the choice between add-on and Helm is left to fsxctl, and what Helm needs is not among the permissions.
    fn may_end_with_helm(&self) -> bool {
        if self.command.contains("--driver addon") || self.command.contains("--driver=addon") {
            return false;
        }
        let any = |fits: &dyn Fn(&Right) -> bool| self.needs.iter().any(|need| fits(&need.right));
        any(&|right| matches!(right, Right::Iam(iam) if iam.action == "eks:CreateAddon"))
            && !any(
                &|right| matches!(right, Right::Rbac(rbac) if rbac.verb == "escalate" || rbac.verb == "bind"),
            )
    }
}

fn item(need: &Need) -> NeedItem {
    let (usage, when, without) = match need.usage {
        Use::Always => (Usage::Always, None, None),
        Use::When(so) => (Usage::Sometimes, Some(so.to_owned()), None),
        Use::Optional(without) => (Usage::Optional, None, Some(without.to_owned())),
    };
    let (iam, rbac) = match &need.right {
        Right::Iam(iam) => {
            (Some(IamItem { action: iam.action.clone(), resources: iam.resources.clone() }), None)
        }
        Right::Rbac(rbac) => {
            let rbac = RbacItem {
                verb: rbac.verb.clone(),
                api_group: rbac.group.clone(),
                resource: rbac.resource.clone(),
                resource_names: rbac.names.clone(),
                namespace: rbac.namespace.clone(),
            };
            (None, Some(rbac))
        }
    };
    NeedItem { usage, purpose: need.purpose.to_owned(), when, without, iam, rbac }
}

/// The page for people: what is always needed, what only some worlds need, what can be done without. Its lines are
/// never broken: they are looked through with grep.
pub fn needs_page(needs: &Needs) -> Page {
    let mut page = Page::new();
    let subject = if needs.command.is_empty() {
        "all commands".to_owned()
    } else {
        format!("fsxctl {}", needs.command)
    };
    if needs.needs.is_empty() {
        page.push(Line::new().plain(format!("{subject} needs no permission.")));
        return page;
    }
    let verb = if needs.command.is_empty() { "need" } else { "needs" };
    page.push(Line::new().plain(format!("{subject} {verb}")));
    for (title, fits) in [
        ("always", (|usage| usage == Use::Always) as fn(Use) -> bool),
        ("sometimes", |usage| matches!(usage, Use::When(_))),
        ("optional (left out, the run says so with ?, or does without)", |usage| {
            matches!(usage, Use::Optional(_))
        }),
    ] {
        for (side, is_iam) in [("AWS", true), ("Kubernetes", false)] {
            let fitting = |need: &&Need| fits(need.usage) && matches!(need.right, Right::Iam(_)) == is_iam;
            let rows: Vec<(String, String)> = needs.needs.iter().filter(fitting).map(line).collect();
            if rows.is_empty() {
                continue;
            }
            page.gap();
            page.push(Line::new().plain(format!("{side}, {title}:")));
            let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
            for (name, why) in rows {
                page.push(Line::indented(2).plain(format!("{name:<width$}  {why}")));
            }
        }
    }
    page.gap();
    for note in needs.notes() {
        page.push(Line::signed(Mark::Keep).plain(note));
    }
    page.gap();
    page.push(Line::new().plain("next:"));
    let command = if needs.command.is_empty() { String::new() } else { format!(" {}", needs.command) };
    for next in [
        format!("fsxctl permissions --iam{command} > policy.json"),
        format!("fsxctl permissions --rbac{command} | kubectl apply -f -"),
    ] {
        page.push(Line::indented(2).span(Style::Command, next));
    }
    page
}

fn line(need: &Need) -> (String, String) {
    let name = match &need.right {
        Right::Iam(iam) => iam.action.clone(),
        Right::Rbac(rbac) => rbac.shown(),
    };
    let why = match need.usage {
        Use::Always => need.purpose.to_owned(),
        Use::When(so) => format!("{}, when {so}", need.purpose),
        Use::Optional(without) => format!("{}; without it {without}", need.purpose),
    };
    (name, why)
}
