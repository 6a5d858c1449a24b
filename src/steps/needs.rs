//! What a wish needs to be allowed, before anything is looked at.

use crate::domain::names::{self, Partition};
use crate::domain::permission::{BindTask, Migration, Parts, RoleTask, Task, Verification};
pub use crate::domain::permission::{
    GROUP, IamNeed, Need, RbacNeed, Right, Use, cluster_roles, is_known, needs, policy,
};
use crate::intent::{
    Bind, DriverMode, GroupWish, IdentityMode, Intent, Migrate, Namespaces, PolicyWish, Target, VerifyWish,
};
use crate::steps::StepId;

/// The task that a wish is. What only looking can tell stays open, so that it is never too little.
pub fn task(intent: &Intent, target: &Target) -> Task {
    let region = target.region.as_ref().map(|asked| asked.value.clone());
    let cluster = target.cluster.as_ref().map(|asked| asked.value.clone());
    let mode = intent.identity.mode.value;
    let group = &intent.network.security_group.value;
    let namespace = intent.storage.namespace.as_ref().map_or("default", |asked| asked.value.as_str());
    Task {
        partition: region.as_deref().map_or(Partition::Aws, Partition::of_region),
        role: role(intent, cluster.as_deref(), region.as_deref()),
        region,
        account: target.account.as_ref().map(|asked| asked.value.clone()),
        cluster,
        parts: Parts {
            identity: intent.covers(StepId::Identity) && mode != IdentityMode::None,
            network: intent.covers(StepId::Network),
            driver: intent.covers(StepId::Driver),
            storage: intent.covers(StepId::Storage),
        },
        irsa: matches!(mode, IdentityMode::Auto | IdentityMode::Irsa),
        pod_identity: matches!(mode, IdentityMode::Auto | IdentityMode::PodIdentity),
        addon: matches!(intent.driver.mode.value, DriverMode::Auto | DriverMode::Addon),
        helm: intent.driver.mode.value == DriverMode::Helm,
        upgrade: intent.driver.upgrade,
        migration: migration(intent),
        images: false,
        status: None,
        doctor: false,
        service_account: intent.identity.service_account.value.clone(),
        new_group: *group == GroupWish::Create,
        any_group: !matches!(group, GroupWish::Id(_)),
        class: intent.storage.class.value.clone(),
        claim: (namespace.to_owned(), intent.storage.claim.value.clone()),
        new_namespace: intent.storage.create_namespace,
        waits: intent.wait.is_some(),
        verify: None,
        as_user: target.as_user.clone(),
        bind: None,
    }
}

/// Binding or sharing a file system that is there.
pub fn binding(intent: &Intent, wish: &Bind, target: &Target) -> Task {
    let task = task(intent, target);
    let namespaces = match &wish.namespaces {
        Namespaces::Named(names) if names.is_empty() => vec!["default".to_owned()],
        Namespaces::Named(names) => names.clone(),
        Namespaces::Selected(_) => Vec::new(),
    };
    let bind = BindTask {
        namespaces,
        is_named: wish.fs_id.is_some() || !wish.shares,
        opens: wish.open_ports,
        installs: wish.install_driver,
        removes: wish.remove,
    };
    let parts = Parts { identity: false, network: false, driver: bind.installs, storage: false };
    Task { parts, irsa: false, pod_identity: false, any_group: false, bind: Some(bind), ..task }
}

/// Reading the images that run in a cluster, and nothing else.
pub fn images(intent: &Intent, target: &Target) -> Task {
    let parts = Parts { identity: false, network: false, driver: false, storage: false };
    Task { parts, images: true, upgrade: false, migration: None, ..task(intent, target) }
}

/// Reading the state of everything, of one namespace or of all of them.
pub fn status(intent: &Intent, target: &Target, namespace: Option<String>) -> Task {
    Task { images: false, status: Some(namespace), ..images(intent, target) }
}

/// Diagnosing everything: what `status` reads, and what only a diagnosis needs.
pub fn doctor(intent: &Intent, target: &Target, namespace: Option<String>) -> Task {
    Task { doctor: true, ..status(intent, target, namespace) }
}

/// A verification, or the removal of what earlier ones left. The rest of the intent counts for nothing.
pub fn verification(intent: &Intent, wish: &VerifyWish, target: &Target) -> Task {
    let parts = Parts { identity: false, network: false, driver: false, storage: false };
    let namespace = wish.namespace.clone().unwrap_or_else(|| "default".to_owned());
    let verify = match &wish.cleanup {
        None => Verification::Claim,
        Some(cleanup) if cleanup.everywhere => Verification::CleanUpEverywhere,
        Some(_) => Verification::CleanUp,
    };
    Task {
        parts,
        verify: Some(verify),
        claim: (namespace, wish.claim.clone()),
        upgrade: false,
        migration: None,
        helm: false,
        ..task(intent, target)
    }
}

fn migration(intent: &Intent) -> Option<Migration> {
    Some(match (intent.migrate?, intent.driver.mode.value, intent.identity.mode.value) {
        (Migrate::Driver, DriverMode::Helm, _) => Migration::ToHelm,
        (Migrate::Driver, _, _) => Migration::ToAddon,
        (Migrate::Identity, _, IdentityMode::PodIdentity) => Migration::ToPodIdentity,
        (Migrate::Identity, _, _) => Migration::ToIrsa,
    })
}

fn role(intent: &Intent, cluster: Option<&str>, region: Option<&str>) -> RoleTask {
    let wish = &intent.identity;
    let given = wish
        .role_arn
        .as_ref()
        .and_then(|asked| asked.value.split_once(":role"))
        .map(|(_, rest)| rest.to_owned());
    let name = match (&wish.role_name, cluster, region) {
        (Some(asked), _, _) => asked.value.clone(),
        (None, Some(cluster), Some(region)) => names::role_name(cluster, region),
        (None, _, _) => "FSXLCSI-*".to_owned(),
    };
    RoleTask {
        made: given.is_none(),
        path_and_name: given.unwrap_or_else(|| format!("{}{name}", wish.role_path.value)),
        attaches: wish.policy.value != PolicyWish::Minimal,
        boundary: wish.boundary.is_some(),
    }
}
