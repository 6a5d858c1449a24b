//! Which security group the file system gets.

use super::{View, note};
use crate::domain::names;
use crate::domain::network::{LUSTRE_PORTS, Reach, Rule, SecurityGroup, egress_open, uncovered};
use crate::domain::ownership::{self, Origin, Ownership};
use crate::error::Kind;
use crate::facts::FileSystem;
use crate::intent::{GroupWish, Source};
use crate::steps::{Action, Block, Change, Note, Ref, Resource, Sign, StepId, Verb};

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
        (GroupWish::Id(id), Source::Flag(_) | Source::Variable(_)) => {
            return named(view, id, &asked.from.to_string());
        }
        (GroupWish::Create, _) => {
            let chosen = ours(view).unwrap_or_else(|| create(view));
            return no_other(view, &chosen).map(|()| chosen);
        }
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

/// A class that is there names its group for good: a new one would serve nothing.
fn no_other(view: &View<'_>, chosen: &Chosen) -> Result<(), Box<Block>> {
    let Some(class) = view.facts.storage.class.found().filter(|_| view.intent.covers(StepId::Storage)) else {
        return Ok(());
    };
    let named = class.parameters.get("securityGroupIds").map_or("", String::as_str);
    if chosen.group == Ref::Known(named.to_owned()) {
        return Ok(());
    }
    Err(Box::new(Block {
        kind: Kind::Conflict,
        message: format!(
            "StorageClass {} is there with security group {named:?}, and Kubernetes cannot change it",
            class.name
        ),
        permission: None,
        next: Some("leave --security-group out, or take another name with --class".to_owned()),
    }))
}

fn find<'a>(view: &'a View<'_>, id: &str) -> Option<&'a SecurityGroup> {
    view.groups.iter().find(|group| group.id == id)
}

fn named(view: &View<'_>, id: &str, source: &str) -> Result<Chosen, Box<Block>> {
    if let Some(group) = find(view, id) {
        return Ok(Chosen::kept(group, &format!("asked for by {source}")));
    }
    let mut there: Vec<String> =
        view.groups.iter().map(|group| format!("{} ({})", group.id, group.name)).collect();
    there.sort();
    there.truncate(20);
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
    let cluster = &view.facts.cluster.arn;
    let made = view.groups.iter().filter(|group| ownership::is_created(&group.tags, cluster));
    if let Some(made) = made.min_by_key(|group| &group.id) {
        return Some(Chosen::kept(made, "fsxctl made it for this cluster"));
    }
    let adopted = view.groups.iter().filter(|group| ownership::is_adopted(&group.tags, cluster));
    let adopted = adopted.min_by_key(|group| &group.id)?;
    Some(Chosen::kept(adopted, "fsxctl was let to change it for this cluster"))
}

/// The group that file systems of this cluster already wear. Whatever is hidden here could change the choice, unless
/// one of the lists is known to be empty.
fn of_file_systems(view: &View<'_>) -> Result<Option<Chosen>, Box<Block>> {
    let systems = super::visible(&view.facts.file_systems, "file systems");
    let volumes = super::visible(&view.facts.storage.volumes, "volumes");
    if matches!(systems, Ok([])) || matches!(volumes, Ok([])) {
        return Ok(None);
    }
    let (systems, volumes) = (systems?, volumes?);
    let mut mine: Vec<&FileSystem> =
        systems.iter().filter(|system| volumes.iter().any(|volume| volume.handle == system.id)).collect();
    if mine.is_empty() {
        return Ok(None);
    }
    let interfaces = super::visible(&view.facts.network.interfaces, "interfaces of file systems")?;
    mine.sort_by_key(|system| &system.id);
    let worn = |system: &FileSystem| {
        let own = interfaces.iter().filter(|interface| system.interfaces.contains(&interface.id));
        own.flat_map(|interface| &interface.groups)
            .filter_map(|id| find(view, id))
            .min_by_key(|group| &group.id)
    };
    let found = mine.into_iter().find_map(|system| Some((system, worn(system)?)));
    Ok(found.map(|(system, group)| Chosen::kept(group, &format!("{} of this cluster uses it", system.id))))
}

/// HyperPod's shared group, when all its nodes wear it and its self rules let Lustre through.
fn shared(view: &View<'_>) -> Option<Chosen> {
    let pods = view.facts.hyperpod.found()?;
    let groups: Vec<&Vec<String>> =
        pods.iter().flat_map(|pod| &pod.groups).map(|group| &group.security_groups).collect();
    let everywhere = groups.first()?.iter().filter(|id| groups.iter().all(|other| other.contains(id)));
    let group = everywhere
        .filter_map(|id| find(view, id))
        .filter(|group| lets_itself_through(view, group))
        .min_by_key(|group| &group.id)?;
    Some(Chosen::kept(group, "HyperPod's shared group, and its self rules let Lustre through"))
}

fn lets_itself_through(view: &View<'_>, group: &SecurityGroup) -> bool {
    let reach = Reach { groups: std::slice::from_ref(&group.id), cidrs: &[] };
    let is_open = |rules: &[Rule]| uncovered(rules, &LUSTRE_PORTS, reach, &view.lists).is_empty();
    is_open(&group.ingress) && (egress_open(&group.egress) || is_open(&group.egress))
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
    let cluster = &view.facts.cluster.arn;
    let ours = find(view, id).is_some_and(|group| ownership::is_ours(&group.tags, cluster));
    ours || view.intent.adopts("SecurityGroup", id)
}

/// Whose a group is that is not fsxctl's, and who else uses it: one clause for people who decide about it.
pub(super) fn told(view: &View<'_>, id: &str) -> String {
    let Some(group) = find(view, id) else { return String::new() };
    let interfaces = view.facts.network.interfaces.found().map_or(&[][..], Vec::as_slice);
    let systems = view.facts.file_systems.found().map_or(&[][..], Vec::as_slice);
    let wears = |system: &&FileSystem| {
        let mut own = interfaces.iter().filter(|interface| system.interfaces.contains(&interface.id));
        own.any(|interface| interface.groups.iter().any(|worn| worn == id))
    };
    let worn: Vec<&str> = systems.iter().filter(wears).map(|system| system.id.as_str()).collect();
    let users = match worn.as_slice() {
        [] => String::new(),
        [one] => format!("; file system {one} uses it"),
        [first, rest @ ..] => format!("; file system {first} and {} more use it", rest.len()),
    };
    format!("{}{users}", ownership::maker_by_tags(&group.tags))
}

/// What was adopted says so. A group that serves another cluster of fsxctl's keeps that cluster's tags.
pub(super) fn adopt(view: &View<'_>, group: &Ref, changes: &[Change]) -> Option<Change> {
    let Ref::Known(id) = group else { return None };
    let found = find(view, id).filter(|_| view.intent.adopts("SecurityGroup", id))?;
    let of_group = |change: &&Change| change.resource.reference == *id;
    if ownership::owner_of(&found.tags) != Ownership::NotOurs || !changes.iter().any(|it| of_group(&it)) {
        return None;
    }
    Some(Change {
        id: "group-tags".to_owned(),
        verb: Verb::Update,
        resource: Resource::new("SecurityGroup", id),
        because: "what fsxctl adds to it is to be found again".to_owned(),
        permissions: vec!["ec2:CreateTags".to_owned()],
        later: Vec::new(),
        details: vec![format!("tag {}=adopted", ownership::TAG_ORIGIN)],
        after: changes.iter().filter(of_group).map(|change| change.id.clone()).collect(),
        action: Action::TagGroup {
            group: id.clone(),
            tags: ownership::tags(
                &view.facts.cluster.arn,
                Origin::Adopted,
                &std::collections::BTreeMap::new(),
            ),
        },
    })
}
