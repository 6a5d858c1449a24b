//! Words that page, tables and lines have in common.

use crate::report::Mark;
use crate::status::{
    ClassState, DriverState, FileSystemState, GroupState, Health, IdentityState, MadeBy, NodesState, Owner,
    PodsOf, PortState, ReadyPods, Unseen, Way,
};

/// The sign of a health. What is being made is neither broken nor unknown.
pub(super) const fn mark(health: Health) -> Mark {
    match health {
        Health::Broken => Mark::Blocked,
        Health::Unknown => Mark::Unknown,
        Health::Coming => Mark::Change,
        Health::Healthy | Health::Absent => Mark::Keep,
    }
}

/// `1,980`.
pub(super) fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 claim`, `1,980 claims`.
pub(super) fn many(count: usize, word: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} {word}{end}", number(count))
}

pub(super) const fn made_by(made_by: MadeBy) -> Option<&'static str> {
    match made_by {
        MadeBy::Fsxctl => Some("made by fsxctl"),
        MadeBy::Adopted => Some("adopted by fsxctl"),
        MadeBy::OtherCluster => Some("made by fsxctl for another cluster"),
        MadeBy::Others => None,
    }
}

/// Whatever there is, with commas.
pub(super) fn listed(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// `3 of 3 Ready: us-west-2a 2, us-west-2b 1`.
pub(super) fn nodes(nodes: &NodesState) -> String {
    let zone = |zone: &Option<String>| zone.clone().unwrap_or_else(|| "no zone".to_owned());
    let zones =
        nodes.zones.iter().map(|it| Some(format!("{} {}", zone(&it.zone), number(it.total as usize))));
    let ready = format!("{} of {} Ready", number(nodes.ready as usize), number(nodes.total as usize));
    let zones = listed(zones);
    if zones.is_empty() { "none".to_owned() } else { format!("{ready}: {zones}") }
}

/// `workers 2 (HyperPod, ml.p5.48xlarge)`, group by group.
pub(super) fn node_groups(nodes: &NodesState, limit: usize) -> String {
    let group = |it: &crate::status::NodeGroupState| {
        let name = it.group.clone().unwrap_or_else(|| "no group".to_owned());
        let what = listed([it.hyperpod.then(|| "HyperPod".to_owned()), Some(it.instance_types.join(" "))]);
        let what = if what.is_empty() { what } else { format!(" ({what})") };
        let unready = it.total.saturating_sub(it.ready);
        let unready = if unready > 0 { format!(", {unready} not Ready") } else { String::new() };
        Some(format!("{name} {}{what}{unready}", number(it.total as usize)))
    };
    let shown = listed(nodes.groups.iter().take(limit).map(group));
    match nodes.groups.len().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown}, and {}", many(more, "more group")),
    }
}

pub(super) fn identity(identity: &IdentityState) -> String {
    let way = match identity.way {
        Some(Way::PodIdentity) => "Pod Identity",
        Some(Way::Irsa) => "IRSA",
        Some(Way::None) | None => "",
    };
    let role = identity.role.clone().unwrap_or_default();
    // A judgement that is right names way and role itself.
    let told = identity.because.contains(&role) && identity.because.contains(way);
    let head = if told { String::new() } else { format!("{way} with {role}: ") };
    let by = identity.made_by.and_then(made_by).map(|by| format!(" ({by})")).unwrap_or_default();
    format!("{head}{}{by}", identity.because)
}

pub(super) fn driver(driver: &DriverState) -> String {
    let owner = match driver.owner {
        Some(Owner::None) => return "not installed".to_owned(),
        Some(Owner::Addon) => "EKS add-on".to_owned(),
        Some(Owner::Helm) => match &driver.release {
            Some(release) => format!("Helm release {release}"),
            None => "Helm".to_owned(),
        },
        Some(Owner::Manifests) => "manifests".to_owned(),
        None => "who installed it cannot be seen".to_owned(),
    };
    let pods =
        |name: &str, pods: Option<ReadyPods>| pods.map(|it| format!("{name} {}/{}", it.ready, it.desired));
    let version = driver.version.as_deref().unwrap_or_default();
    let status = driver.status.as_deref().unwrap_or_default();
    let head = [owner.as_str(), version, status].join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    listed([
        Some(head),
        pods("controller", driver.controller),
        pods("node plugin", driver.node),
        driver.newer.as_ref().map(|build| format!("newer: {build}")),
        driver.made_by.and_then(made_by).map(str::to_owned),
    ])
}

/// `hp-cluster-nodes, 1 file system, instance group gpu`.
pub(super) fn group(group: &GroupState) -> String {
    let systems = (group.file_systems > 0).then(|| many(group.file_systems as usize, "file system"));
    let nodes = (!group.nodes.is_empty()).then(|| group.nodes.join(", "));
    let worn = listed([systems, nodes, made_by(group.made_by).map(str::to_owned)]);
    format!("{}, {worn}", group.name)
}

/// `PERSISTENT_2, 250 MB/s/TiB, Retain, 1 claim`.
pub(super) fn class(class: &ClassState) -> String {
    listed([
        class.default.then(|| "default class".to_owned()),
        class.deployment_type.clone(),
        class.storage_type.clone(),
        class.throughput.as_ref().map(|it| format!("{it} MB/s/TiB")),
        Some(class.reclaim_policy.clone()),
        (class.binding_mode != "Immediate").then(|| class.binding_mode.clone()),
        class.claims.map(|claims| many(claims as usize, "claim")),
        made_by(class.made_by).map(str::to_owned),
    ])
}

pub(super) const fn ports(state: PortState) -> &'static str {
    match state {
        PortState::Open => "open",
        PortState::Closed => "closed",
        PortState::Unknown => "?",
    }
}

/// `AVAILABLE in us-west-2a, 1200 GiB, PERSISTENT_2 SSD, 250 MB/s/TiB, Lustre 2.15, ports open`.
pub(super) fn file_system(system: &FileSystemState) -> String {
    let place = match (&system.zone, &system.vpc) {
        (Some(zone), _) => format!(" in {zone}"),
        (None, Some(vpc)) => format!(" in {vpc}"),
        (None, None) => String::new(),
    };
    let kind = [&system.deployment_type, &system.storage_type].into_iter().flatten();
    let kind = kind.map(String::as_str).collect::<Vec<_>>().join(" ");
    listed([
        system.label.as_ref().map(|label| format!("named {label}")),
        Some(format!("{}{place}", system.lifecycle)),
        system.capacity_gib.map(|size| format!("{size} GiB")),
        Some(kind),
        system.throughput.map(|it| format!("{it} MB/s/TiB")),
        system.version.as_ref().map(|it| format!("Lustre {it}")),
        Some(format!("ports {}", ports(system.ports.state))),
        made_by(system.made_by).map(str::to_owned),
    ])
}

/// `2 pods`, `2 pods (1 Ready)`.
pub(super) fn pods(pods: &PodsOf) -> String {
    let total = many(pods.total as usize, "pod");
    if pods.ready == pods.total { total } else { format!("{total} ({} Ready)", pods.ready) }
}

pub(super) fn unseen(unseen: &Unseen) -> String {
    match &unseen.permission {
        Some(permission) => format!("{} cannot be seen ({permission})", unseen.what),
        None => format!("{} cannot be seen: {}", unseen.what, unseen.cause),
    }
}
