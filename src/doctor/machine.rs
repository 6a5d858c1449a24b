//! Breakage by machine: every field of a healthy look is changed, every object and every item of a list taken away, one at
//! a time. Each change is found by a finding that names it, or stands in the list of what is harmless, with the reason.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sample::{examined, healthy};
use super::{Finding, State};
use crate::facts::Checkup;

/// One change.
struct Mutant {
    /// Where, with `*` for places in lists.
    path: String,
    /// What was done there.
    what: &'static str,
    root: Value,
    /// What the finding may name: the old value, and the objects that it is in.
    names: Vec<String>,
}

fn pointer(parts: &[String]) -> String {
    parts.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

fn masked(parts: &[String]) -> String {
    let mask = |part: &String| if part.parse::<usize>().is_ok() { "*".to_owned() } else { part.clone() };
    parts.iter().map(mask).collect::<Vec<_>>().join("/")
}

/// Ids and names on the way from the root to a place.
fn names(root: &Value, parts: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for end in 0..=parts.len() {
        let Some(Value::Object(object)) = root.pointer(&pointer(&parts[..end])) else { continue };
        for key in ["id", "name", "arn", "handle", "node", "claim", "fileSystem"] {
            names.extend(object.get(key).and_then(Value::as_str).map(str::to_owned));
        }
    }
    names
}

fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Object(members) => members.iter().for_each(|(key, member)| {
            all.push(key.clone());
            texts(member, all);
        }),
        _ => {}
    }
}

fn mutants(root: &Value) -> Vec<Mutant> {
    let mut all = Vec::new();
    walk(root, root, &mut Vec::new(), &mut all);
    all
}

fn walk(root: &Value, here: &Value, parts: &mut Vec<String>, all: &mut Vec<Mutant>) {
    let mut change = |what: &'static str, with: &dyn Fn(&mut Value)| {
        let mut changed = root.clone();
        let Some(place) = changed.pointer_mut(&pointer(parts)) else { return };
        with(place);
        let mut named = names(root, parts);
        texts(here, &mut named);
        named.extend(parts.last().cloned());
        named.retain(|name| name.len() > 3);
        all.push(Mutant { path: masked(parts), what, root: changed, names: named });
    };
    match here {
        Value::String(text) => change("changed", &|place| *place = Value::from(format!("{text}x"))),
        Value::Bool(is) => change("turned", &|place| *place = Value::from(!is)),
        Value::Object(members) if members.contains_key("found") => {
            change("gone", &|place| *place = Value::from("missing"))
        }
        _ => {}
    }
    let keys: Vec<String> = match here {
        Value::Array(items) => (0..items.len()).map(|at| at.to_string()).collect(),
        Value::Object(members) => members.keys().cloned().collect(),
        _ => Vec::new(),
    };
    for key in keys {
        let mut changed = root.clone();
        match changed.pointer_mut(&pointer(parts)) {
            Some(Value::Array(items)) => drop(items.remove(key.parse().unwrap_or_default())),
            Some(Value::Object(members)) => drop(members.shift_remove(&key)),
            _ => {}
        }
        parts.push(key.clone());
        let inside = root.pointer(&pointer(parts)).cloned().unwrap_or_default();
        let mut named = names(root, parts);
        texts(&inside, &mut named);
        named.push(key);
        named.retain(|name| name.len() > 3);
        all.push(Mutant { path: masked(parts), what: "taken away", root: changed, names: named });
        walk(root, &inside, parts, all);
        parts.pop();
    }
}

fn found(root: Value) -> Option<Vec<Finding>> {
    let checkup: Checkup = serde_json::from_value(root).ok()?;
    let all = examined(&checkup).into_iter();
    Some(all.filter(|it| matches!(it.state, State::Failed | State::Blocked)).collect())
}

#[test]
fn every_single_breakage_is_named_or_known_to_be_harmless() {
    let root = serde_json::to_value(healthy()).expect("facts serialise");
    let (mut silent, mut strange): (BTreeMap<String, usize>, BTreeMap<String, String>) = Default::default();
    let mut named = 0;
    for mutant in mutants(&root) {
        let Some(findings) = found(mutant.root) else { continue };
        let place = format!("{} {}", mutant.path, mutant.what);
        let Some(first) = findings.first() else {
            *silent.entry(place).or_default() += 1;
            continue;
        };
        let text = serde_json::to_string(first).expect("a finding");
        if mutant.names.iter().any(|name| text.contains(name.as_str())) {
            named += 1;
        } else {
            strange.insert(place, format!("{} {}", first.id, first.summary));
        }
    }
    // What is found today; fewer means that something went silent inside a pattern below.
    assert!(named >= 118, "{named} changes were named");
    let mut lost: Vec<String> = Vec::new();
    for (place, text) in &strange {
        if !UNNAMED.iter().any(|(pattern, _)| fits(pattern, place)) {
            lost.push(format!("{place} is found as something else: {text}"));
        }
    }
    for place in silent.keys() {
        if !HARMLESS.iter().any(|(pattern, _)| fits(pattern, place)) {
            lost.push(format!("{place} is not found"));
        }
    }
    for (pattern, why) in HARMLESS.iter().chain(&UNNAMED) {
        if !silent.keys().chain(strange.keys()).any(|place| fits(pattern, place)) {
            lost.push(format!("nothing is {pattern} ({why})"));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// Whether a place is as a pattern says, in which `*` stands for anything.
fn fits(pattern: &str, place: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| place.strip_prefix(first)) else { return false };
    let mut ends = true;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        ends = part.is_empty();
    }
    ends || rest.is_empty()
}

/// Found by another name than that of what was changed.
const UNNAMED: [(&str, &str); 8] = [
    ("staticKeys/found turned", "the Secret has no name among the facts"),
    ("*/inline/*/Action*", "the actions that are lacking are named, not those that are written"),
    ("*/inline/*/Effect*", "likewise"),
    ("survey/facts/access/serviceAccount gone", "the account is named by the driver's convention"),
    ("*/overridesVpc turned", "the group is named"),
    ("survey/facts/hyperpod/found/*/status changed", "the cluster's name is shorter than what is compared"),
    ("*/defaultTarget taken away", "the subnet of the controller is named"),
    ("survey/facts/hyperpod/found/*/groups/*/overridesVpc turned", "likewise"),
];

/// What no finding is about, and why that is right.
const HARMLESS: [(&str, &str); 71] = [
    ("*/marks/*", "labels, versions and uids tell who made an object"),
    ("*/tags/*", "tags tell who made an object; the claim of a volume is told by the volume"),
    ("survey/facts/storage/claim*", "a set-up looks at it; a diagnosis lists all claims"),
    ("survey/facts/storage/class*", "a set-up looks at it; a diagnosis lists all classes"),
    ("survey/facts/storage/namespace*", "a set-up looks at it"),
    ("survey/facts/driver/pods*", "a set-up looks at kube-system; a diagnosis lists all namespaces"),
    ("survey/facts/driver/controller*", "likewise"),
    ("survey/facts/driver/node*", "likewise"),
    ("survey/facts/driver/versions*", "a newer build is no finding"),
    ("survey/facts/driver/csiDriver/found/fsGroupPolicy*", "without it Kubernetes takes its default"),
    ("survey/facts/driver/addon*", "what it is called and which build it is decides nothing; its pods run"),
    ("survey/facts/caller*", "who looks decides nothing"),
    ("survey/facts/cluster/*", "what set-up needs to know of the cluster; nothing of it breaks a mount"),
    ("survey/facts/reached*", "how Kubernetes was reached"),
    ("survey/facts/region*", "which Region was looked at"),
    ("survey/namespace*", "no namespace was asked for"),
    ("survey/shut*", "Kubernetes is open"),
    ("survey/veiled*", "the cluster can be seen"),
    ("unreadEvents*", "all events were read"),
    ("events gone", "no events, no trouble"),
    ("acls gone", "a VPC without lists is one whose lists were not given"),
    ("endpoints gone", "the default route leads to AWS"),
    ("dns*", "another server may know the name as well, and only a mount shows it"),
    ("associations gone", "IRSA gives the role"),
    ("staticKeys gone", "it is not there"),
    ("allClasses*", "classes of others, and names"),
    ("csiNodes*", "a node that tells nothing may still be starting, and its plugin runs"),
    (
        "driverPods/found/*",
        "one of several, or what only tells a pod's story; the workload counts what is ready",
    ),
    ("workloads gone", "the add-on is there, and tells of itself"),
    ("workloads/found/*", "names, charts and tags that name no version"),
    ("survey/claims*", "a claim that is not there is missed by nobody, and one that is Bound is right"),
    ("survey/classes*", "what is Bound needs its class no more, and defaults stand for what is left out"),
    ("survey/pods*", "a pod that runs has what it needs"),
    (
        "survey/facts/access/provider/found/arn*",
        "another issuer's provider would have been asked for by its own name",
    ),
    ("survey/facts/access/roles/AWSServiceRoleForAmazonFSx*", "file systems are there, so FSx has its role"),
    ("survey/facts/access/roles/FSXLCSI-hp-eks-us-west-2 *", "not looked at, which is unseen"),
    ("*/role/found/boundary*", "there is none"),
    ("*/role/found/name*", "the ARN is what counts"),
    ("*/policies gone", "a role without policies has an empty list, and is never missing"),
    ("*/policies/found/complete*", "what was read is enough"),
    ("*/policies/found/inline/*/Action/*", "an action that only some wishes need"),
    (
        "*/policies/found/inline/*/Version*",
        "the driver's policy has no variables, which is what the version decides about",
    ),
    ("*/trust/Version*", "likewise of the trust"),
    ("*/trust/Statement/*/Condition*", "less asked for lets the account in all the same"),
    ("*/trust/Statement/*/Effect*", "IAM takes no such document; unseen"),
    ("*/trust/Statement/*/Principal *", "IAM takes no such document; unseen"),
    ("survey/facts/fileSystems/found/*/arn*", "the id is what counts"),
    ("survey/facts/fileSystems/found/*/capacityGib*", "a size decides nothing when nothing grows"),
    ("survey/facts/fileSystems/found/*/deploymentType*", "told by a note at most"),
    (
        "survey/facts/fileSystems/found/*/dnsName taken away",
        "FSx tells it for every file system that can be mounted",
    ),
    ("survey/facts/fileSystems/found/*/failure*", "there is none"),
    ("survey/facts/fileSystems/found/*/id*", "the DNS name finds it as well"),
    ("survey/facts/fileSystems/found/*/interfaces/*", "the other interfaces wear the same groups"),
    ("survey/facts/fileSystems/found/*/kind*", "only Lustre ones are among the facts"),
    ("survey/facts/fileSystems/found/*/lifecycle changed", "a word that FSx does not have says nothing"),
    ("survey/facts/fileSystems/found/*/more/*", "age, owner and key of what is there"),
    (
        "survey/facts/fileSystems/found/*/mountName taken away",
        "FSx tells it for every file system that can be mounted",
    ),
    ("survey/facts/fileSystems/found/*/storageType*", "decides nothing of a mount"),
    ("survey/facts/fileSystems/found/*/subnets/*", "a subnet of another VPC, whose zone is not known"),
    ("survey/facts/fileSystems/found/*/throughput*", "decides nothing of a mount"),
    ("survey/facts/fileSystems/found/*/version changed", "a version that the table of clients does not know"),
    ("survey/facts/fileSystems/found/*/vpc taken away", "FSx tells it always"),
    ("survey/facts/hyperpod*", "groups that are not there have no nodes to mount on; names decide nothing"),
    (
        "survey/facts/network/groups*",
        "a group that is not listed cannot be judged, and the other rules of one let everything through",
    ),
    ("survey/facts/network/instances*", "nodes whose groups nobody tells cannot be judged"),
    ("survey/facts/network/interfaces gone", "interfaces that were not asked for"),
    ("survey/facts/network/interfaces/found/*", "address, owner and subnet of what wears the right groups"),
    (
        "survey/facts/network/routes*",
        "an implied main table, and ways to the internet that the controller does not take",
    ),
    ("survey/facts/network/subnets*", "a subnet that is not listed cannot be judged"),
    (
        "survey/facts/nodes*",
        "a node that is not there mounts nothing; what is not known of one cannot be judged",
    ),
    (
        "survey/facts/storage/volumes*",
        "what Kubernetes compared when it bound them; another name mounts all the same",
    ),
];
