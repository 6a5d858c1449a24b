//! What could not be looked at, each once, with the permission that would show it.

use super::Unseen;
use crate::facts::{Seen, Survey, Veil};

/// Everything that is hidden. What a shut door hides is told once, not part by part.
pub(super) fn of(survey: &Survey) -> Vec<Unseen> {
    let mut all: Vec<Unseen> = Vec::new();
    if let Some(veil) = &survey.veiled {
        add(&mut all, "the cluster, and Kubernetes with it,", veil);
    } else if let Some(cause) = &survey.shut {
        let cause = cause.clone();
        all.push(Unseen { what: "Kubernetes".to_owned(), permission: None, cause });
    }
    let doors: Vec<String> = survey.veiled.iter().map(|veil| veil.permission.clone()).collect();
    for (what, veil) in parts(survey) {
        if !veil.permission.is_empty() && !doors.contains(&veil.permission) {
            add(&mut all, &what, veil);
        }
    }
    all
}

fn add(all: &mut Vec<Unseen>, what: &str, veil: &Veil) {
    let permission = Some(veil.permission.clone());
    if !all.iter().any(|known| known.what == what && known.permission == permission) {
        all.push(Unseen { what: what.to_owned(), permission, cause: veil.cause.clone() });
    }
}

fn parts(survey: &Survey) -> Vec<(String, &Veil)> {
    let facts = &survey.facts;
    let (access, network, driver) = (&facts.access, &facts.network, &facts.driver);
    let mut all: Vec<(String, Option<&Veil>)> = vec![
        ("the caller".to_owned(), facts.caller.hidden()),
        ("HyperPod clusters".to_owned(), facts.hyperpod.hidden()),
        ("nodes".to_owned(), facts.nodes.hidden()),
        ("the driver's add-on".to_owned(), driver.addon.hidden()),
        ("builds of the add-on".to_owned(), driver.versions.hidden()),
        ("the CSIDriver".to_owned(), driver.csi_driver.hidden()),
        ("the driver's controller".to_owned(), driver.controller.hidden()),
        ("the driver's node plugin".to_owned(), driver.node.hidden()),
        ("the controller's pods".to_owned(), driver.pods.hidden()),
        ("the driver's Helm release".to_owned(), driver.release.hidden()),
        ("the OIDC provider".to_owned(), access.provider.hidden()),
        ("the Pod Identity association".to_owned(), access.association.hidden()),
        ("the Pod Identity agent".to_owned(), access.agent.hidden()),
        ("the controller's service account".to_owned(), access.service_account.hidden()),
        ("the nodes' roles".to_owned(), access.node_roles.hidden()),
        ("subnets and their zones".to_owned(), network.subnets.hidden()),
        ("security groups".to_owned(), network.groups.hidden()),
        ("interfaces of file systems".to_owned(), network.interfaces.hidden()),
        ("EC2 instances of the cluster".to_owned(), network.instances.hidden()),
        ("file systems".to_owned(), facts.file_systems.hidden()),
        ("StorageClasses".to_owned(), survey.classes.hidden()),
        ("volumes".to_owned(), facts.storage.volumes.hidden()),
        ("claims".to_owned(), survey.claims.hidden()),
        ("pods that use claims".to_owned(), survey.pods.hidden()),
    ];
    for (name, role) in &access.roles {
        all.push((format!("role {name}"), role.role.hidden()));
        all.push((format!("policies of role {name}"), role.policies.hidden()));
        let unread = role.policies.found().and_then(|policies| policies.unread.first());
        all.push((format!("a policy of role {name}"), unread));
    }
    all.extend(
        access.boundaries.iter().map(|(arn, seen)| (format!("permissions boundary {arn}"), seen.hidden())),
    );
    all.into_iter().filter_map(|(what, veil)| Some((what, veil?))).collect()
}

/// Whether there is nothing that could be counted: hidden, as against none.
pub(super) fn count<T>(seen: &Seen<Vec<T>>) -> Option<u32> {
    match seen {
        Seen::Found(all) => Some(u32::try_from(all.len()).unwrap_or(u32::MAX)),
        Seen::Missing => Some(0),
        Seen::Hidden(_) => None,
    }
}
