//! From one way of installing the driver to another: what is there goes, then the set-up's own plan for an empty
//! cluster follows. Every run decides from what it finds, so a run that was ended is finished by the next.

use super::{ADDON, BY_HELM, block, helm, installed};
use crate::domain::ownership;
use crate::domain::storageclass::PROVISIONER;
use crate::error::Kind;
use crate::facts::{Addon, Facts, Release, Seen, Workload};
use crate::intent::{Asked, DriverMode, IdentityMode, Intent};
use crate::steps::identity::{self, Who};
use crate::steps::{
    Action, Block, Change, Decision, Goal, HOME, Item, Note, ObjectRef, RESTART, Resource, Sign, StepId, Verb,
};

/// What is to go, and the world without it.
struct Cleared {
    removals: Vec<Change>,
    facts: Facts,
    intent: Intent,
}

/// Identity and driver of the plan.
pub(crate) fn plan(intent: &Intent, facts: &Facts) -> Vec<Item> {
    match cleared(intent, facts) {
        Err(block) => vec![Item::blocked(StepId::Driver, *block)],
        Ok(cleared) => follow(cleared),
    }
}

fn follow(cleared: Cleared) -> Vec<Item> {
    let Cleared { removals, facts, intent } = cleared;
    let mut identity = identity::plan(Goal::Present, &intent, &facts);
    let mut driver = super::plan(Goal::Present, &intent, &facts, &identity);
    if removals.is_empty() || identity.item.block.is_some() || driver.block.is_some() {
        return vec![identity.item, driver];
    }
    // A controller that goes need not be restarted.
    identity.item.changes.retain(|change| change.id != RESTART);
    if identity.item.changes.is_empty() {
        identity.item.decision = Decision::Settled;
    }
    let gone: Vec<String> = removals.iter().map(|change| change.id.clone()).collect();
    let later = identity.item.changes.iter_mut().filter(|change| change.id == "association");
    later.chain(&mut driver.changes).for_each(|change| change.after.extend(gone.iter().cloned()));
    driver.changes.splice(0..0, removals);
    driver.decision = Decision::Do;
    driver.because = "the driver is to be installed in another way".to_owned();
    driver.notes.push(Note {
        sign: Sign::Warn,
        text: "until the new driver runs (a minute or two) nothing can be mounted, unmounted or provisioned; running mounts stay, \
               file systems, volumes and claims are not touched"
            .to_owned(),
    });
    vec![identity.item, driver]
}

fn cleared(intent: &Intent, facts: &Facts) -> Result<Cleared, Box<Block>> {
    let addon = match &facts.driver.addon {
        Seen::Found(addon) => Some(addon),
        Seen::Missing => None,
        Seen::Hidden(veil) => return Err(crate::steps::denied("the driver's add-on", veil)),
    };
    let intent = pinned(intent, facts);
    let to_helm = intent.driver.mode.value == DriverMode::Helm;
    match (addon, facts.driver.release.found(), to_helm) {
        (Some(addon), _, true) => without_addon(intent, facts, addon),
        (None, Some(release), false) => without_release(intent, facts, release),
        (None, None, false) => without_manifests(intent, facts),
        (None, None, true) if matches!(installed(&intent, facts)?, Some(how) if how != BY_HELM) => {
            Err(block(
                Kind::Conflict,
                "the driver was installed by manifests".to_owned(),
                "go by way of the add-on: fsxctl migrate driver --to addon",
            ))
        }
        // It is what was asked for already, or nothing is left but to install it.
        _ => Ok(Cleared { removals: Vec::new(), facts: facts.clone(), intent }),
    }
}

/// The identity that the driver has now is the one that it keeps, also when what gave it goes.
fn pinned(intent: &Intent, facts: &Facts) -> Intent {
    let mut intent = intent.clone();
    if intent.identity.mode.value != IdentityMode::Auto {
        return intent;
    }
    let choice = identity::plan(Goal::Present, &intent, facts);
    if choice.item.decision != Decision::Settled {
        return intent;
    }
    let (mode, role) = match choice.who {
        Who::Irsa(role) => (IdentityMode::Irsa, role),
        Who::PodIdentity { role_arn, .. } => (IdentityMode::PodIdentity, role_arn),
        Who::Unknown => return intent,
    };
    intent.identity.mode = Asked::default(mode);
    if intent.identity.role_arn.is_none() && intent.identity.role_name.is_none() {
        intent.identity.role_arn = Some(Asked::default(role));
    }
    intent
}

fn gone(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    facts.driver.addon = Seen::Missing;
    facts.driver.release = Seen::Missing;
    facts.driver.csi_driver = Seen::Missing;
    facts.driver.controller = Seen::Missing;
    facts.driver.node = Seen::Missing;
    facts.driver.namespace = HOME.to_owned();
    facts
}

fn without_addon(intent: Intent, facts: &Facts, addon: &Addon) -> Result<Cleared, Box<Block>> {
    // Leave that was once given to change it is no leave to delete it.
    let created = ownership::is_created(&addon.tags, &facts.cluster.arn);
    if !created && !intent.adopts("Addon", ADDON) {
        return Err(block(
            Kind::Conflict,
            format!("add-on {ADDON} is not fsxctl's"),
            &format!("let fsxctl delete it with --adopt Addon/{ADDON}"),
        ));
    }
    if matches!(addon.status.as_str(), "CREATING" | "UPDATING" | "DELETING") {
        return Err(block(
            Kind::Conflict,
            format!("add-on {ADDON} is {}", addon.status),
            "wait until that is over and run it again",
        ));
    }
    let removal = Change {
        id: "delete-addon".to_owned(),
        verb: Verb::Delete,
        resource: Resource::new("Addon", ADDON),
        because: "the release would fight with it over the same objects".to_owned(),
        permissions: vec!["eks:DeleteAddon".to_owned(), "eks:DescribeAddon".to_owned()],
        later: Vec::new(),
        details: vec!["EKS takes its objects in the cluster away, the service account among them".to_owned()],
        after: Vec::new(),
        action: Action::DeleteAddon { cluster: facts.cluster.name.clone(), name: ADDON.to_owned() },
    };
    let mut after = gone(facts);
    after.access.service_account = Seen::Missing;
    // What the add-on owns goes with it.
    if facts.access.association.found().is_some_and(|association| association.owner_arn.is_some()) {
        after.access.association = Seen::Missing;
    }
    Ok(Cleared { removals: vec![removal], facts: after, intent })
}

fn without_release(intent: Intent, facts: &Facts, release: &Release) -> Result<Cleared, Box<Block>> {
    let reference = format!("{}/{}", release.namespace, release.name);
    if helm::is_pending(release) && release.age_seconds < helm::ABANDONED_SECONDS {
        return Err(helm::unsettled(release));
    }
    if release.chart != helm::CHART {
        return Err(block(
            Kind::Conflict,
            format!("the driver is a part of chart {}, installed as release {reference}", release.chart),
            "switch it off in the values of that release first",
        ));
    }
    let created = release.ours && !release.adopted;
    if !created && !intent.adopts("Release", &reference) {
        return Err(block(
            Kind::Conflict,
            format!("release {reference} is not fsxctl's"),
            &format!("let fsxctl uninstall it with --adopt Release/{reference}"),
        ));
    }
    let mut after = gone(facts);
    let of_release = facts
        .access
        .service_account
        .found()
        .is_some_and(|account| account.marks.annotations.contains_key(helm::RELEASE_NAME));
    if of_release || release.namespace != HOME {
        after.access.service_account = Seen::Missing;
    }
    let removals = vec![helm::uninstall(facts, release)?];
    Ok(Cleared { removals, facts: after, intent })
}

/// Manifests: Deployment and DaemonSet go, the add-on takes over the rest. Once adopted, what a run that was ended has
/// deleted already need not be there.
fn without_manifests(mut intent: Intent, facts: &Facts) -> Result<Cleared, Box<Block>> {
    let by_helm = facts
        .driver
        .csi_driver
        .found()
        .is_some_and(|it| it.marks.annotations.contains_key(helm::RELEASE_NAME));
    if let Some(veil) = facts.driver.release.hidden().filter(|_| by_helm) {
        return Err(crate::steps::denied("the Helm release of the driver", veil));
    }
    let mut removals = Vec::new();
    for (kind, plural, name, seen) in [
        ("Deployment", "deployments", "fsx-csi-controller", &facts.driver.controller),
        ("DaemonSet", "daemonsets", "fsx-csi-node", &facts.driver.node),
    ] {
        let reference = format!("{HOME}/{name}");
        let is_adopted = intent.adopts(kind, &reference);
        match seen {
            Seen::Hidden(veil) => return Err(crate::steps::denied(&format!("{kind} {name}"), veil)),
            Seen::Missing => {}
            Seen::Found(_) if !is_adopted => {
                return Err(block(
                    Kind::Conflict,
                    "the driver was installed by manifests, which are not fsxctl's".to_owned(),
                    &format!(
                        "let fsxctl delete them with --adopt Deployment/{HOME}/fsx-csi-controller --adopt DaemonSet/{HOME}/fsx-csi-node"
                    ),
                ));
            }
            Seen::Found(workload) => removals.push(removal(kind, plural, name, workload)),
        }
    }
    if intent.adopts("Deployment", &format!("{HOME}/fsx-csi-controller")) {
        intent.adopt.push(("CSIDriver".to_owned(), PROVISIONER.to_owned()));
        intent.adopt.push(("ServiceAccount".to_owned(), format!("{HOME}/fsx-csi-controller-sa")));
    }
    let mut after = facts.clone();
    if !removals.is_empty() {
        after.driver.controller = Seen::Missing;
        after.driver.node = Seen::Missing;
    }
    Ok(Cleared { removals, facts: after, intent })
}

fn removal(kind: &str, plural: &str, name: &str, workload: &Workload) -> Change {
    Change {
        id: format!("delete-{plural}"),
        verb: Verb::Delete,
        resource: Resource::new(kind, format!("{HOME}/{name}")),
        because: "the add-on brings its own".to_owned(),
        permissions: vec![format!("delete {plural}.apps in {HOME}")],
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::DeleteObject {
            at: ObjectRef {
                api_version: "apps/v1".to_owned(),
                kind: kind.to_owned(),
                plural: plural.to_owned(),
                namespace: Some(HOME.to_owned()),
                name: name.to_owned(),
                resource_version: Some(workload.marks.resource_version.clone()),
            },
        },
    }
}
