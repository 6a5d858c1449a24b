//! Every permission that a set-up uses, denied in turn: 5 and its name when the plan depends on it, else 0 with a `?` line.
//! What is hidden is never called missing and never made.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use fsxctl_sandbox::{Entry, Options, Source};
use serde_json::{Value, json};

use crate::harness::{Run, World, sources};

/// The agent of EKS Pod Identity on every node.
const AGENT: &str = "aws: {eks: {addons: [{clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}]}}";

/// What some calls need beside their own action.
const BESIDE: &[(&str, &[&str])] = &[
    ("iam:CreateRole", &["iam:TagRole"]),
    ("iam:CreateOpenIDConnectProvider", &["iam:TagOpenIDConnectProvider"]),
    ("ec2:CreateSecurityGroup", &["ec2:CreateTags"]),
    ("ec2:AuthorizeSecurityGroupIngress", &["ec2:CreateTags"]),
    ("eks:CreateAddon", &["eks:TagResource", "iam:PassRole"]),
];

/// One thing that may be denied: the sandbox's pattern, and how fsxctl names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denial {
    pub pattern: String,
    pub named: String,
}

fn aws(action: &str) -> Denial {
    Denial { pattern: action.to_owned(), named: action.to_owned() }
}

/// What one request needs.
pub fn denials(entry: &Entry) -> Vec<Denial> {
    match (&entry.service, &entry.operation) {
        (Some(service), Some(operation)) if entry.api == "aws" => {
            let action = format!("{service}:{operation}");
            let beside = BESIDE.iter().filter(|(call, _)| *call == action).flat_map(|(_, more)| more.iter());
            std::iter::once(aws(&action)).chain(beside.map(|more| aws(more))).collect()
        }
        _ => kubernetes(entry).into_iter().collect(),
    }
}

/// `/apis/apps/v1/namespaces/kube-system/deployments/x` → `get deployments.apps in kube-system`.
fn kubernetes(entry: &Entry) -> Option<Denial> {
    let path = entry.path.split('?').next()?.trim_matches('/');
    let mut parts: Vec<&str> = path.split('/').collect();
    let group = if parts.first() == Some(&"apis") { Some(parts.remove(1)) } else { None };
    let rest = parts.get(2..)?;
    let (namespace, resource) = match rest {
        ["namespaces", namespace, resource, ..] => (Some(*namespace), *resource),
        [resource, ..] => (None, *resource),
        [] => return None,
    };
    let full = group.map_or_else(|| resource.to_owned(), |group| format!("{resource}.{group}"));
    let verb = entry.verb.as_deref()?;
    let place = namespace.map(|it| (format!(" {it}"), format!(" in {it}"))).unwrap_or_default();
    Some(Denial {
        pattern: format!("kube:{verb} {full}{}", place.0),
        named: format!("{verb} {full}{}", place.1),
    })
}

pub fn all(run: &Run) -> Vec<Denial> {
    let all: BTreeSet<Denial> = run.requests.iter().flat_map(denials).collect();
    all.into_iter().collect()
}

/// The kind that a read tells of, and words by which output would call it absent.
fn kind_of(named: &str) -> Option<&'static str> {
    Some(match named.split(" in ").next()? {
        "iam:GetRole" => "Role",
        "iam:GetRolePolicy" => "RolePolicy",
        "iam:GetOpenIDConnectProvider" => "OIDCProvider",
        "eks:DescribeAddon" => "Addon",
        "eks:ListPodIdentityAssociations" | "eks:DescribePodIdentityAssociation" => "PodIdentityAssociation",
        "ec2:DescribeSecurityGroups" => "SecurityGroup",
        "get storageclasses.storage.k8s.io" => "StorageClass",
        "get persistentvolumeclaims" => "PersistentVolumeClaim",
        "get namespaces" => "Namespace",
        _ => return None,
    })
}

/// Every rule of the matrix for one run.
fn judge(denial: &Denial, run: &Run, silent: &[&str]) -> Result<(), String> {
    let told = || format!("{denial:?}\n{}", run.show());
    if run.stderr.contains("panicked") {
        return Err(format!("a panic: {}", told()));
    }
    let document: Value = serde_json::from_str(&run.stdout).map_err(|why| format!("{why}: {}", told()))?;
    let plan = if document["kind"] == "Error" { &document["plan"] } else { &document };
    let changes: Vec<&Value> = plan["items"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|item| item["changes"].as_array().into_iter().flatten())
        .collect();
    match run.code {
        Some(5) => {
            if document["permission"] != denial.named.as_str() {
                return Err(format!("{} is not named: {}", denial.named, told()));
            }
            let message = document["message"].as_str().unwrap_or_default();
            let absent = ["is missing", "not there", "does not exist", "not installed", "there is no"];
            if absent.iter().any(|word| message.contains(word)) {
                return Err(format!("hidden is called missing: {}", told()));
            }
            let is_made = |change: &&Value| {
                Some(change["resource"]["kind"].as_str().unwrap_or_default()) == kind_of(&denial.named)
                    && change["verb"] == "create"
            };
            if run.writes().is_empty() && changes.iter().any(is_made) {
                return Err(format!("hidden would be made: {}", told()));
            }
            Ok(())
        }
        Some(0) => {
            let says = document.to_string().contains("\"sign\":\"unknown\"")
                || run.stderr.contains("cannot be seen");
            if says || silent.contains(&denial.named.as_str()) {
                Ok(())
            } else {
                Err(format!("no ? line: {}", told()))
            }
        }
        code => Err(format!("{code:?}: {}", told())),
    }
}

/// Runs `words` in the worlds with each permission denied, two at a time.
fn matrix(start: &(dyn Fn(&str) -> World + Sync), words: &str, denials: &[Denial], silent: &[&str]) {
    let next = AtomicUsize::new(0);
    let faults = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(denial) = denials.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let world = start(&format!("denied: {}", json!([denial.pattern])));
                    let run = world.fsxctl(words);
                    if let Err(fault) = judge(denial, &run, silent) {
                        faults.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), denials.len(), faults.join("\n=====\n"));
}

/// What a first run asks for only after its plan was made, and does without.
const SILENT_FIRST: &[&str] = &[
    "ec2:DescribeNetworkInterfaces",
    // The claim is got now and then instead; a claim that is Bound at once is not waited for at all.
    "watch persistentvolumeclaims in default",
    "list persistentvolumeclaims in default",
    "watch events in default",
    "list events in default",
];

fn first_and_second(layers: &[&str], identity: &str) {
    let words = format!("setup dynamic --yes --identity {identity} -o json");
    let world = World::of(layers);
    let first = world.fsxctl(&words);
    assert_eq!(first.code, Some(0), "{}", first.show());
    let finished = world.sandbox.snapshot();
    let second = world.fsxctl(&words);
    second.ends_untouched(0);
    let on_layers = |denied: &str| {
        let mut all = layers.to_vec();
        all.push(denied);
        World::of(&all)
    };
    let (first, second) = (all(&first), all(&second));
    assert!(first.len() > 35 && second.len() > 25, "{} and {}", first.len(), second.len());
    matrix(&on_layers, &words, &first, SILENT_FIRST);
    let on_finished = |denied: &str| {
        let mut worlds = vec![Source::text(&finished)];
        worlds.extend(sources(&[denied]));
        World::with(Options { worlds, ..Options::default() })
    };
    matrix(&on_finished, &words, &second, &[]);
}

#[test]
fn whoever_may_not_watch_waits_all_the_same() {
    // The claim takes four seconds, so that there is something to wait for.
    let slow = "durations: {createFileSystem: 40m}";
    for (denied, says) in [
        (&["kube:watch persistentvolumeclaims"][..], "is Bound after"),
        (&["kube:watch *", "kube:list persistentvolumeclaims", "kube:list events"], "is Bound after"),
        (&["kube:list events"], "events of the claim cannot be seen (list events in default)"),
        (&["kube:watch events", "kube:list events"], "is Bound after"),
    ] {
        let world = World::of(&["ready", slow, &format!("denied: {}", json!(denied))]);
        let run = world.fsxctl("setup dynamic --yes");
        assert_eq!(run.code, Some(0), "{denied:?}: {}", run.show());
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(says), "{denied:?}: {}", run.stderr);
    }
    // Whoever may not even get the claim cannot wait for it: that is known before anything is written.
    let world = World::of(&["ready", slow, "denied: [\"kube:* persistentvolumeclaims\"]"]);
    world.fsxctl("setup dynamic --yes -q").ends_untouched(5);
}

#[test]
fn each_permission_of_a_set_up_with_irsa_denied_in_turn() {
    first_and_second(&["bare"], "irsa");
}

#[test]
fn each_permission_of_a_set_up_with_pod_identity_denied_in_turn() {
    first_and_second(&["bare", AGENT], "pod-identity");
}
