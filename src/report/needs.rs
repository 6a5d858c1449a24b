//! What a command needs to be allowed, for people and for machines.

use serde_json::{Value, json};

use super::escape;
use crate::steps::needs::{GROUP, Need, Right, Use};

/// What a command line needs.
#[derive(Debug, Clone)]
pub struct Needs {
    /// The command line without `fsxctl`; empty for all commands.
    pub command: String,
    /// The permissions, in the order of the table.
    pub needs: Vec<Need>,
}

impl Needs {
    /// One item a permission.
    pub fn items(&self) -> Vec<Value> {
        self.needs.iter().map(item).collect()
    }

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

fn item(need: &Need) -> Value {
    let (usage, condition) = match need.usage {
        Use::Always => ("always", None),
        Use::When(so) => ("sometimes", Some(so)),
        Use::Optional(without) => ("optional", Some(without)),
    };
    let mut item = json!({"usage": usage, "purpose": need.purpose});
    match (usage, condition) {
        ("sometimes", Some(so)) => item["when"] = json!(so),
        (_, Some(without)) => item["without"] = json!(without),
        (_, None) => {}
    }
    match &need.right {
        Right::Iam(iam) => {
            item["iam"] = json!({"action": iam.action, "resources": iam.resources});
        }
        Right::Rbac(rbac) => {
            item["rbac"] = json!({
                "verb": rbac.verb, "apiGroup": rbac.group, "resource": rbac.resource,
                "resourceNames": rbac.names, "namespace": rbac.namespace,
            });
        }
    }
    item
}

/// The page for people: what is always needed, what only some worlds need, what can be done without.
pub fn needs_page(needs: &Needs) -> String {
    let subject = if needs.command.is_empty() {
        "all commands".to_owned()
    } else {
        format!("fsxctl {}", escape(&needs.command))
    };
    if needs.needs.is_empty() {
        return format!("{subject} needs no permission.\n");
    }
    let verb = if needs.command.is_empty() { "need" } else { "needs" };
    let mut text = format!("{subject} {verb}\n");
    for (title, fits) in [
        ("always", (|usage| usage == Use::Always) as fn(Use) -> bool),
        ("sometimes", |usage| matches!(usage, Use::When(_))),
        ("optional (left out, the run says so with ?, or does without)", |usage| {
            matches!(usage, Use::Optional(_))
        }),
    ] {
        for (side, is_iam) in [("AWS", true), ("Kubernetes", false)] {
            let rows: Vec<(String, String)> = needs
                .needs
                .iter()
                .filter(|need| fits(need.usage) && matches!(need.right, Right::Iam(_)) == is_iam)
                .map(line)
                .collect();
            if rows.is_empty() {
                continue;
            }
            text.push_str(&format!("\n{side}, {title}:\n"));
            let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
            for (name, why) in rows {
                text.push_str(&format!("  {name:<width$}  {why}\n"));
            }
        }
    }
    text.push('\n');
    for note in needs.notes() {
        text.push_str(&format!("= {note}\n"));
    }
    let command =
        if needs.command.is_empty() { String::new() } else { format!(" {}", escape(&needs.command)) };
    text.push_str(&format!(
        "\nnext:\n  fsxctl permissions --iam{command} > policy.json\n  fsxctl permissions --rbac{command} | kubectl apply -f -\n"
    ));
    text
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
    (escape(&name).into_owned(), why)
}
