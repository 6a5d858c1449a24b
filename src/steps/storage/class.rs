//! The StorageClass: made when missing; when there, only what was asked for is compared.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{block, network, note};
use crate::domain::storageclass::PROVISIONER;
use crate::domain::{ownership, regions, storageclass};
use crate::error::Kind;
use crate::facts::{Facts, Seen, StorageClass};
use crate::intent::{GroupWish, Intent, Source, SubnetWish};
use crate::steps::{Action, Block, Change, Fill, Note, ObjectRef, Ref, Resource, Sign, StepId, Verb};

/// The id of the change that makes the class.
const CREATE: &str = "storage-class";

pub(super) fn plan(
    intent: &Intent,
    facts: &Facts,
    network: &network::Choice,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let name = &intent.storage.class.value;
    match &facts.storage.class {
        Seen::Missing => {
            let change = make(intent, facts, network)?;
            notes.extend(offered(intent, facts));
            Ok(vec![change])
        }
        Seen::Found(found) => {
            usable(facts, found)?;
            compare(intent, found, notes)
        }
        Seen::Hidden(veil) => Err(crate::steps::denied(&format!("StorageClass {name}"), veil)),
    }
}

/// Parameters, and where an id that is known only after apply goes.
type Filled = (BTreeMap<String, String>, Vec<Fill>);

/// The parameters as the driver shall read them; the group may be known only after apply.
fn parameters(intent: &Intent, facts: &Facts, network: &network::Choice) -> Result<Filled, Box<Block>> {
    // What stopped the network's choice stops the class, also when the network is out of scope.
    if let Some(block) = &network.item.block {
        return Err(Box::new(block.clone()));
    }
    let Some(subnet) = &network.subnet else {
        return Err(block(
            Kind::Usage,
            "the file system's subnet is not known".to_owned(),
            "name it with --subnet, or do not skip the network",
        ));
    };
    let (group, fills) = match &network.group {
        Some(Ref::Known(id)) => (id.clone(), Vec::new()),
        Some(Ref::Made(change)) if intent.covers(StepId::Network) => {
            let fill = Fill { pointer: "/parameters/securityGroupIds".to_owned(), made_by: change.clone() };
            (String::from("(known after apply)"), vec![fill])
        }
        Some(Ref::Made(_)) | None => {
            return Err(block(
                Kind::Usage,
                "the file system's security group is not known".to_owned(),
                "name it with --security-group, or do not skip the network",
            ));
        }
    };
    let mut tags = intent.storage.extra_tags.clone();
    tags.extend(ownership::tags(&facts.cluster.arn, ownership::Origin::Created, &intent.tags));
    let parameters = storageclass::parameters(&intent.storage.file_system, &subnet.id, &[group], &tags)
        .map_err(|e| {
            block(
                Kind::Usage,
                e.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                "leave that tag out",
            )
        })?;
    Ok((parameters, fills))
}

pub(super) fn make(intent: &Intent, facts: &Facts, network: &network::Choice) -> Result<Change, Box<Block>> {
    let wish = &intent.storage;
    let (parameters, fills) = parameters(intent, facts, network)?;
    let object = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": wish.class.value, "labels": {ownership::LABEL_MANAGED_BY: ownership::MANAGER}},
        "provisioner": PROVISIONER,
        "parameters": parameters,
        "mountOptions": wish.mount_options.value,
        "reclaimPolicy": wish.reclaim.value,
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": true,
    });
    let mut details: Vec<String> = parameters
        .iter()
        .filter(|(key, _)| *key != "extraTags")
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    details.push(format!("reclaimPolicy: {}", wish.reclaim.value));
    details.push(format!("mountOptions: {}", wish.mount_options.value.join(", ")));
    if wish.reclaim.value == "Delete" {
        details.push("with Delete, deleting the claim deletes the file system and its data".to_owned());
    }
    Ok(Change {
        id: CREATE.to_owned(),
        verb: Verb::Create,
        resource: Resource::new("StorageClass", &wish.class.value),
        because: "it is missing".to_owned(),
        permissions: vec!["create storageclasses.storage.k8s.io".to_owned()],
        later: Vec::new(),
        details,
        after: fills.iter().map(|fill| fill.made_by.clone()).collect(),
        action: Action::CreateObject { at: at(&wish.class.value), object, fills },
    })
}

fn at(name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "storage.k8s.io/v1".to_owned(),
        kind: "StorageClass".to_owned(),
        plural: "storageclasses".to_owned(),
        namespace: None,
        name: name.to_owned(),
        resource_version: None,
    }
}

/// A class that names no subnet or group, or one that is not in the cluster's VPC, cannot make a file system (the driver
/// answers `SubnetId is required`, FSx that they do not exist). What is Bound already needs none made.
fn usable(facts: &Facts, found: &StorageClass) -> Result<(), Box<Block>> {
    if found.provisioner != PROVISIONER
        || facts.storage.claim.found().is_some_and(|claim| claim.phase == "Bound")
    {
        return Ok(());
    }
    for key in ["subnetId", "securityGroupIds"] {
        let named = found.parameters.get(key).map_or("", String::as_str);
        let strange = strangers(facts, found, key).next();
        let problem = match strange {
            _ if named.is_empty() => {
                format!("names no {key}, without which the driver cannot make a file system")
            }
            Some(id) => format!("names {key} {id:?}, which is not in {}", facts.cluster.vpc),
            None => continue,
        };
        return Err(block(
            Kind::Conflict,
            format!("StorageClass {} {problem}, and Kubernetes cannot change it", found.name),
            "take another name with --class, for instance --class fsx-sc-2",
        ));
    }
    Ok(())
}

/// The ids in a parameter of a class that are not among those of the cluster's VPC, as far as these can be seen.
fn strangers<'a>(facts: &Facts, found: &'a StorageClass, key: &str) -> impl Iterator<Item = &'a str> {
    let (subnets, groups) = (&facts.network.subnets, &facts.network.groups);
    let there: Option<Vec<&str>> = match key {
        "subnetId" => subnets.found().map(|all| all.iter().map(|it| it.id.as_str()).collect()),
        _ => groups.found().map(|all| all.iter().map(|it| it.id.as_str()).collect()),
    };
    let named = found.parameters.get(key).map_or("", String::as_str);
    let strange = there.map(|there| named.split(',').filter(move |id| !there.contains(id)).collect());
    Vec::into_iter(strange.unwrap_or_default())
}

/// Whether the class is newer than what was seen of the network: it names a group that was not there yet, as when another
/// run makes both during one look.
pub(super) fn outran_the_look(facts: &Facts) -> bool {
    let ours = facts.storage.class.found().filter(|class| class.provisioner == PROVISIONER);
    ours.is_some_and(|class| strangers(facts, class, "securityGroupIds").any(|id| !id.is_empty()))
}

fn compare(intent: &Intent, found: &StorageClass, notes: &mut Vec<Note>) -> Result<Vec<Change>, Box<Block>> {
    let wish = &intent.storage;
    if found.provisioner != PROVISIONER {
        return Err(block(
            Kind::Conflict,
            format!("StorageClass {} belongs to provisioner {}", found.name, found.provisioner),
            "take another name with --class",
        ));
    }
    let wanted = wanted(intent, found);
    let differences = storageclass::differences(&wanted, &found.parameters);
    let (asked, kept): (Vec<_>, Vec<_>) =
        differences.into_iter().partition(|difference| is_asked(intent, &difference.key));
    let show = |difference: &storageclass::Difference| {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
        format!("{} is {}, asked for is {}", difference.key, side(&difference.found), difference.asked)
    };
    let mut fixed: Vec<String> = asked.iter().map(show).collect();
    if wish.reclaim.is_asked() && wish.reclaim.value != found.reclaim_policy {
        fixed.push(format!("reclaimPolicy is {}, asked for is {}", found.reclaim_policy, wish.reclaim.value));
    }
    if !fixed.is_empty() {
        return Err(block(
            Kind::Conflict,
            format!(
                "StorageClass {} is there and differs, and Kubernetes cannot change it: {}",
                found.name,
                fixed.join("; ")
            ),
            "take another name with --class, for instance --class fsx-sc-2",
        ));
    }
    tell_kept(intent, found, &kept, notes);
    change_in_place(intent, found)
}

/// What a new class would have, for comparison; subnet and group only when they were asked for by flag or by a
/// variable of fsxctl's own.
fn wanted(intent: &Intent, found: &StorageClass) -> BTreeMap<String, String> {
    let wish = &intent.storage;
    let mut all = storageclass::parameters(&wish.file_system, "", &[], &wish.extra_tags).unwrap_or_default();
    all.remove("subnetId");
    all.remove("securityGroupIds");
    // What a new class leaves out because it is the driver's default is compared all the same when it was asked for.
    for key in wish.asked.iter().filter(|key| !all.contains_key(*key)).collect::<Vec<_>>() {
        let default = storageclass::parameter(key).map_or("", |parameter| parameter.default);
        all.insert(key.clone(), default.to_owned());
    }
    let (group, subnet) = (&intent.network.security_group, &intent.network.subnet);
    if let (GroupWish::Id(id), Source::Flag(_) | Source::Variable(_)) = (&group.value, &group.from) {
        all.insert("securityGroupIds".to_owned(), id.clone());
    }
    if let (SubnetWish::OneOf(ids), Source::Flag(_) | Source::Variable(_)) = (&subnet.value, &subnet.from)
        && !found.parameters.get("subnetId").is_some_and(|id| ids.contains(id))
    {
        all.insert("subnetId".to_owned(), ids.join(" or "));
    }
    all
}

/// Whether a person asked for this parameter.
fn is_asked(intent: &Intent, key: &str) -> bool {
    let derived = match key {
        "metadataConfigurationMode" => intent.storage.asked.contains("metadataIops"),
        "subnetId" => intent.network.subnet.is_asked(),
        "securityGroupIds" => intent.network.security_group.is_asked(),
        "extraTags" => !intent.storage.extra_tags.is_empty(),
        _ => false,
    };
    derived || intent.storage.asked.contains(key)
}

/// What AWS's table of Regions says against the type that is to be made. The table ages, so this is no refusal.
fn offered(intent: &Intent, facts: &Facts) -> Option<Note> {
    let why = regions::doubt(&facts.region, &intent.storage.file_system)?;
    Some(note(Sign::Warn, format!("{why}, as far as AWS's table of Regions tells; FSx may refuse it")))
}

/// What of the class itself differs from a new one, in Kubernetes's own fields.
fn kept_fields(intent: &Intent, found: &StorageClass) -> Vec<String> {
    let wish = &intent.storage;
    let mut kept = Vec::new();
    let options = |options: &[String]| match options {
        [] => "none".to_owned(),
        options => options.join(","),
    };
    if !wish.mount_options.is_asked() && wish.mount_options.value != found.mount_options {
        let (there, new) = (options(&found.mount_options), options(&wish.mount_options.value));
        kept.push(format!("keeps mountOptions {there} (a new one would have {new})"));
    }
    if !found.allow_expansion {
        kept.push("keeps allowVolumeExpansion false: its claims cannot grow".to_owned());
    }
    kept
}

fn tell_kept(
    intent: &Intent,
    found: &StorageClass,
    kept: &[storageclass::Difference],
    notes: &mut Vec<Note>,
) {
    let fields = kept_fields(intent, found);
    let all = fields.iter().map(|text| note(Sign::Keep, format!("StorageClass {} {text}", found.name)));
    notes.extend(all);
    if kept.is_empty() && fields.is_empty() {
        notes.push(note(Sign::Keep, format!("StorageClass {} is there", found.name)));
    }
    for difference in kept {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
        notes.push(note(
            Sign::Keep,
            format!(
                "StorageClass {} keeps {} {} (a new one would have {})",
                found.name,
                difference.key,
                side(&difference.found),
                difference.asked
            ),
        ));
    }
    if found.binding_mode == "WaitForFirstConsumer" {
        notes.push(note(
            Sign::Keep,
            format!("StorageClass {} binds a claim with its first pod; it is not waited for", found.name),
        ));
    }
    if found.reclaim_policy == "Delete" {
        notes.push(note(
            Sign::Warn,
            format!(
                "StorageClass {} says Delete: deleting a claim deletes its file system and all data",
                found.name
            ),
        ));
    }
}

/// Mount options may change in place, in a class of ours or an adopted one.
fn change_in_place(intent: &Intent, found: &StorageClass) -> Result<Vec<Change>, Box<Block>> {
    let wish = &intent.storage.mount_options;
    if !wish.is_asked() || wish.value == found.mount_options {
        return Ok(Vec::new());
    }
    let ours = ownership::may_change(&found.marks.labels, &found.marks.annotations);
    if !ours && !intent.adopts("StorageClass", &found.name) {
        return Err(block(
            Kind::Conflict,
            format!(
                "StorageClass {} is not fsxctl's ({}), and its mount options are {}",
                found.name,
                ownership::maker_by_labels(&found.marks.labels, &found.marks.annotations),
                found.mount_options.join(", ")
            ),
            &format!(
                "let fsxctl change it with --adopt StorageClass/{}, or take another name with --class",
                found.name
            ),
        ));
    }
    let mut object: Value = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": found.name, "resourceVersion": found.marks.resource_version},
        "mountOptions": wish.value,
    });
    super::mark_adopted(&mut object, &found.marks);
    Ok(vec![Change {
        id: CREATE.to_owned(),
        verb: Verb::Update,
        resource: Resource::new("StorageClass", &found.name),
        because: format!("{} asks for other mount options", wish.from),
        permissions: vec!["patch storageclasses.storage.k8s.io".to_owned()],
        later: Vec::new(),
        details: vec![format!(
            "mountOptions: {} instead of {}",
            wish.value.join(", "),
            found.mount_options.join(", ")
        )],
        after: Vec::new(),
        action: Action::PatchObject { at: at(&found.name), patch: object },
    }])
}
