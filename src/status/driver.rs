//! The driver: who installed it, which version, and whether its pods are there.

use super::identity::by_tags;
use super::{DriverState, Health, MadeBy, Owner, ReadyPods};
use crate::domain::ownership;
use crate::domain::versions::DriverVersion;
use crate::facts::{Addon, Facts, Seen, Workload};

/// Where helm puts its own mark on every object of a release.
const RELEASE_NAME: &str = "meta.helm.sh/release-name";

pub(super) fn judged(facts: &Facts) -> DriverState {
    let driver = &facts.driver;
    let owner = owner(facts);
    let addon = driver.addon.found();
    let release = driver.release.found();
    let controller = driver.controller.found();
    let image = || {
        let image = controller.and_then(|workload| workload.image.as_deref());
        image
            .map(|image| DriverVersion::of_image(image).map_or_else(|| image.to_owned(), |it| it.to_string()))
    };
    let version = addon.map(|addon| addon.version.clone()).or_else(image);
    let issues = issues(facts, owner);
    DriverState {
        health: health(facts, owner, &issues),
        owner,
        newer: addon.and_then(|addon| newer(facts, addon)),
        status: addon
            .map(|addon| addon.status.clone())
            .or_else(|| release.map(|release| release.status.clone())),
        release: release.map(|release| format!("{}/{}", release.namespace, release.name)),
        made_by: made_by(facts, owner),
        controller: controller.map(ready),
        node: driver.node.found().map(ready),
        version,
        issues,
    }
}

fn ready(workload: &Workload) -> ReadyPods {
    ReadyPods { ready: workload.ready, desired: workload.desired }
}

/// None when it cannot be told.
fn owner(facts: &Facts) -> Option<Owner> {
    let driver = &facts.driver;
    if driver.addon.found().is_some() {
        return Some(Owner::Addon);
    }
    let marks = [
        driver.controller.found().map(|workload| &workload.marks),
        driver.csi_driver.found().map(|found| &found.marks),
        driver.node.found().map(|workload| &workload.marks),
    ];
    let mut marks = marks.into_iter().flatten();
    if let Some(marks) = marks.next() {
        if driver.addon.hidden().is_some() {
            return None;
        }
        let by_helm = marks.annotations.contains_key(RELEASE_NAME)
            || marks.labels.get(ownership::LABEL_MANAGED_BY).is_some_and(|by| by == "Helm");
        return Some(if by_helm { Owner::Helm } else { Owner::Manifests });
    }
    let hidden = driver.addon.hidden().is_some()
        || driver.controller.hidden().is_some()
        || driver.csi_driver.hidden().is_some();
    if hidden { None } else { Some(Owner::None) }
}

fn made_by(facts: &Facts, owner: Option<Owner>) -> Option<MadeBy> {
    Some(match owner? {
        Owner::Addon => by_tags(&facts.driver.addon.found()?.tags, &facts.cluster.arn),
        Owner::Helm => match facts.driver.release.found()? {
            release if release.ours && release.adopted => MadeBy::Adopted,
            release if release.ours => MadeBy::Fsxctl,
            _ => MadeBy::Others,
        },
        Owner::Manifests => MadeBy::Others,
        Owner::None => return None,
    })
}

/// The newest build for this Kubernetes, when it is newer than the add-on that is there.
fn newer(facts: &Facts, addon: &Addon) -> Option<String> {
    let builds = facts.driver.versions.found()?;
    let fitting = builds.iter().filter(|build| build.kubernetes.contains(&facts.cluster.version));
    let newest = fitting.filter_map(|build| build.version.parse::<DriverVersion>().ok()).max()?;
    let here: DriverVersion = addon.version.parse().ok()?;
    (newest > here).then(|| newest.to_string())
}

fn issues(facts: &Facts, owner: Option<Owner>) -> Vec<String> {
    let driver = &facts.driver;
    let mut all: Vec<String> = Vec::new();
    if let Some(addon) = driver.addon.found() {
        all.extend(addon.issues.iter().map(|issue| format!("{}: {}", issue.code, issue.message)));
        if addon.issues.is_empty() && is_bad(&addon.status) {
            all.push(format!("the add-on is {}", addon.status));
        }
    }
    if let Some(release) = driver.release.found().filter(|release| release.status != "deployed") {
        all.push(format!("the Helm release is {}", release.status));
    }
    if owner == Some(Owner::None) {
        return all;
    }
    for (name, seen) in
        [("Deployment fsx-csi-controller", &driver.controller), ("DaemonSet fsx-csi-node", &driver.node)]
    {
        match seen {
            Seen::Found(workload) if workload.ready < workload.desired => {
                all.push(format!("{name}: {} of {} pods are ready", workload.ready, workload.desired));
            }
            Seen::Missing if owner.is_some() => {
                all.push(format!("{name} is not there in {}", driver.namespace));
            }
            Seen::Found(_) | Seen::Missing | Seen::Hidden(_) => {}
        }
    }
    all
}

fn is_bad(status: &str) -> bool {
    status.ends_with("_FAILED") || status == "DEGRADED"
}

/// An add-on at work may have pods that are not ready yet.
fn health(facts: &Facts, owner: Option<Owner>, issues: &[String]) -> Health {
    let driver = &facts.driver;
    let at_work = driver
        .addon
        .found()
        .is_some_and(|addon| matches!(addon.status.as_str(), "CREATING" | "UPDATING" | "DELETING"));
    let rolling = driver.controller.found().is_some_and(|workload| workload.rolling);
    match owner {
        None => Health::Unknown,
        Some(Owner::None) => Health::Absent,
        Some(_) if at_work => Health::Coming,
        Some(_)
            if !issues.is_empty()
                && rolling
                && driver.addon.found().is_none_or(|addon| !is_bad(&addon.status)) =>
        {
            Health::Coming
        }
        Some(_) if !issues.is_empty() => Health::Broken,
        Some(_) if driver.controller.hidden().is_some() || driver.node.hidden().is_some() => Health::Unknown,
        Some(_) => Health::Healthy,
    }
}
