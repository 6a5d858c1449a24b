//! Which security group the file system gets.

use super::{View, note};
use crate::domain::network::{Reach, SecurityGroup};
use crate::domain::ownership::{self, Origin, Ownership};
use crate::domain::names;
use crate::error::Kind;
use crate::intent::{GroupWish, Source};
use crate::steps::{Action, Block, Change, Note, Ref, Resource, Sign, Verb};

/// The id of the change that makes the group.
pub(super) const CREATE: &str = "security-group";

/// The group, and the change that makes it when it is new.
pub(super) struct Chosen {
    pub(super) group: Ref,
    pub(super) change: Option<Change>,
    pub(super) notes: Vec<Note>,
}

impl Chosen {
    fn kept(group: &SecurityGroup, why: &str) -> Self {
        let text = format!("security group {} ({}): {why}", group.id, group.name);
        Self { group: Ref::Known(group.id.clone()), change: None, notes: vec![note(Sign::Keep, text)] }
    }
}

/// Chooses by the order of the contract: a flag; the group of the class in use; ours by tag; the guides' variable;
/// HyperPod's shared group if its self rules let Lustre through; else a new one.
pub(super) fn choose(view: &View<'_>) -> Result<Chosen, Box<Block>> {
    let asked = &view.intent.network.security_group;
    match (&asked.value, &asked.from) {
        (GroupWish::Id(id), Source::Flag(_) | Source::Variable(_)) => return named(view, id, &asked.from.to_string()),
        (GroupWish::Create, _) => return Ok(ours(view).unwrap_or_else(|| create(view))),
        (GroupWish::Id(_) | GroupWish::Auto, _) => {}
    }
    if let Some(chosen) = in_use(view) {
        return Ok(chosen);
    }
    if let Some(chosen) = ours(view) {
        return Ok(chosen);
    }
    if let GroupWish::Id(id) = &asked.value {
        return named(view, id, &asked.from.to_string());
    }
    Ok(of_file_systems(view)?.or_else(|| shared(view)).unwrap_or_else(|| create(view)))
}

fn find<'a>(view: &'a View<'_>, id: &str) -> Option<&'a SecurityGroup> {
    view.groups.iter().find(|group| group.id == id)
}

fn named(view: &View<'_>, id: &str, source: &str) -> Result<Chosen, Box<Block>> {
    if let Some(group) = find(view, id) {
        return Ok(Chosen::kept(group, &format!("asked for by {source}")));
    }
    let there: Vec<String> = view.groups.iter().take(20).map(|group| format!("{} ({})", group.id, group.name)).collect();
    Err(Box::new(Block {
        kind: Kind::Usage,
        message: format!(
            "{source} names security group {id}, which is not in {}; there are {}",
            view.facts.cluster.vpc,
            if there.is_empty() { "none".to_owned() } else { there.join(", ") }
        ),
        permission: None,
        next: Some("name one of these, or leave it to --security-group auto".to_owned()),
    }))
}

/// The group that the StorageClass in use names: nothing else decides where its file systems go.
fn in_use(view: &View<'_>) -> Option<Chosen> {
    let class = view.facts.storage.class.found()?;
    let ids = class.parameters.get("securityGroupIds")?;
    let group = ids.split(',').find_map(|id| find(view, id))?;
    Some(Chosen::kept(group, &format!("StorageClass {} uses it", class.name)))
}

fn ours(view: &View<'_>) -> Option<Chosen> {
    let mine = view.groups.iter().find(|group| {
        matches!(ownership::owner_of(&group.tags), Ownership::Ours { cluster, .. } if cluster == view.facts.cluster.arn)
    })?;
    Some(Chosen::kept(mine, "fsxctl made it for this cluster"))
}

/// The group that file systems of this cluster already wear. Without volumes or without file systems there is none;
/// else what cannot be seen could decide.
fn of_file_systems(view: &View<'_>) -> Result<Option<Chosen>, Box<Block>> {
    let (volumes, systems) = (&view.facts.storage.volumes, &view.facts.file_systems);
    if volumes.found().is_some_and(Vec::is_empty) || systems.found().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    let interfaces = &view.facts.network.interfaces;
    match volumes.hidden().or(systems.hidden()).or(interfaces.hidden()) {
        Some(veil) => Err(super::denied("the security group of this cluster's file systems", veil)),
        None => Ok(worn(view)),
    }
}

fn worn(view: &View<'_>) -> Option<Chosen> {
    let handles: Vec<&str> = view.facts.storage.volumes.found()?.iter().map(|volume| volume.handle.as_str()).collect();
    let interfaces = view.facts.network.interfaces.found()?;
    let systems = view.facts.file_systems.found()?;
    let system = systems.iter().find(|system| handles.contains(&system.id.as_str()))?;
    let interface = interfaces.iter().find(|interface| system.interfaces.contains(&interface.id))?;
    let group = interface.groups.iter().find_map(|id| find(view, id))?;
    Some(Chosen::kept(group, &format!("{} of this cluster uses it", system.id)))
}

/// HyperPod's shared group, when all its nodes wear it and its self rules let Lustre through.
fn shared(view: &View<'_>) -> Option<Chosen> {
    let pods = view.facts.hyperpod.found()?;
    let groups: Vec<&Vec<String>> = pods.iter().flat_map(|pod| &pod.groups).map(|group| &group.security_groups).collect();
    let first = groups.first()?;
    let id = first.iter().find(|id| groups.iter().all(|other| other.contains(id)))?;
    let group = find(view, id)?;
    let reach = Reach { groups: std::slice::from_ref(&group.id), cidrs: &[] };
    let closed = crate::domain::network::uncovered(&group.ingress, &crate::domain::network::LUSTRE_PORTS, reach, &view.lists);
    closed.is_empty().then(|| Chosen::kept(group, "HyperPod's shared group, and its self rules let Lustre through"))
}

fn create(view: &View<'_>) -> Chosen {
    let cluster = &view.facts.cluster;
    let name = names::security_group_name(&cluster.name);
    let tags = ownership::tags(&cluster.arn, Origin::Created, &view.intent.tags);
    let change = Change {
        id: CREATE.to_owned(),
        verb: Verb::Create,
        resource: Resource::new("SecurityGroup", &name),
        because: format!("the file system needs a group of its own in {}", cluster.vpc),
        permissions: vec!["ec2:CreateSecurityGroup".into(), "ec2:CreateTags".into()],
        later: vec!["id".into()],
        details: Vec::new(),
        after: Vec::new(),
        action: Action::CreateGroup {
            name,
            description: format!("FSx for Lustre of EKS cluster {}", cluster.name),
            vpc: cluster.vpc.clone(),
            tags,
        },
    };
    Chosen { group: Ref::Made(CREATE.to_owned()), change: Some(change), notes: Vec::new() }
}

/// Whether fsxctl may add rules to a group: its own, or adopted by name.
pub(super) fn may_change(view: &View<'_>, id: &str) -> bool {
    let ours = find(view, id).is_some_and(|group| {
        matches!(ownership::owner_of(&group.tags), Ownership::Ours { cluster, .. } if cluster == view.facts.cluster.arn)
    });
    ours || view.intent.adopts("SecurityGroup", id)
}

