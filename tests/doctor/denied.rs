//! Every call that a diagnosis makes, denied in turn on a healthy world: never a fault, and the permission is named.

use std::collections::BTreeSet;

use fsxctl_sandbox::Entry;

use crate::case::findings;
use crate::harness::World;

/// The pattern that denies a request, and how fsxctl names what it lacks.
fn denial(entry: &Entry) -> Option<(String, String)> {
    if let (Some(service), Some(operation)) = (&entry.service, &entry.operation)
        && entry.api == "aws"
    {
        let action = format!("{service}:{operation}");
        return Some((action.clone(), action));
    }
    let path = entry.path.split('?').next()?.trim_matches('/');
    let mut parts: Vec<&str> = path.split('/').collect();
    let group = if parts.first() == Some(&"apis") { Some(parts.remove(1)) } else { None };
    let (namespace, resource) = match parts.get(2..)? {
        ["namespaces", namespace, resource, ..] => (Some(*namespace), *resource),
        [resource, ..] => (None, *resource),
        [] => return None,
    };
    let verb = entry.verb.as_deref()?;
    let full = group.map_or_else(|| resource.to_owned(), |group| format!("{group}/{resource}"));
    let named = group.map_or_else(|| resource.to_owned(), |group| format!("{resource}.{group}"));
    let place = namespace.map_or_else(String::new, |namespace| format!(" {namespace}"));
    Some((format!("kube:{verb} {full}{place}"), format!("{verb} {named}")))
}

/// What is asked because another world could need it, and no judgement of this one rests on.
const NOTHING_RESTS_ON: [(&str, &str); 6] = [
    ("eks:DescribeAddonVersions", "a newer build is no finding"),
    ("eks:DescribeNodegroup", "the nodes' roles count where the controller has none of its own"),
    ("iam:GetOpenIDConnectProvider", "Pod Identity gives the role"),
    ("iam:ListRolePolicies", "the policies of nodes' roles count where Pod Identity's agent is refused"),
    ("kube:list pods kube-system", "the driver's pods of all namespaces are listed, and those are judged"),
    ("get daemonsets.apps", "all DaemonSets are listed, and those are judged"),
];

#[test]
fn each_permission_denied_in_turn_is_told_and_is_no_fault() {
    let run = World::of(&["done"]).fsxctl("doctor -o json --cluster hp-eks");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let denials: BTreeSet<(String, String)> = run.requests.iter().filter_map(denial).collect();
    assert!(denials.len() > 15, "{denials:#?}");
    let mut wrong = Vec::new();
    for (pattern, named) in denials {
        // Everybody may ask who he is.
        if named == "sts:GetCallerIdentity" {
            continue;
        }
        let layer = format!("denied: [\"{pattern}\"]");
        let run = World::of(&["done", &layer]).fsxctl("doctor -o json --cluster hp-eks");
        let report = run.json();
        let found = findings(&report);
        let fault = found.iter().any(|line| line.contains(" failed ") && !line.contains(" info "));
        let idle = NOTHING_RESTS_ON.iter().any(|(right, _)| named == *right || pattern == *right);
        let told = idle || run.stdout.contains(&named) || run.stderr.contains(&named);
        if fault || report["verdict"] == "fault" || !told || !matches!(run.code, Some(0 | 5)) {
            wrong.push(format!("{pattern}: {:?} told {told} {found:#?}", run.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn with_everything_denied_it_ends_with_5() {
    for layer in ["denied: [\"*\"]", "denied: [\"kube:* *\"]"] {
        let run = World::of(&["done", layer]).fsxctl("doctor --cluster hp-eks");
        run.ends_untouched(5);
    }
}
