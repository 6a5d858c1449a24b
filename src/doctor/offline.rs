//! A review of manifests: the same checks over what files hold, as far as it decides alone. Nothing else was looked at, so
//! nothing else is judged.

use crate::facts::{
    Access, Checkup, ClaimUse, ClassRow, Cluster, Driver, Facts, Network, PodUse, Seen, Storage,
    StorageClass, Survey, Veil, Volume,
};

/// Checks that judge what stands in a manifest alone.
pub const OFFLINE: [&str; 30] = [
    "FSX-SC-01",
    "FSX-SC-02",
    "FSX-SC-03",
    "FSX-SC-04",
    "FSX-SC-05",
    "FSX-SC-06",
    "FSX-SC-07",
    "FSX-SC-08",
    "FSX-SC-09",
    "FSX-SC-10",
    "FSX-SC-11",
    "FSX-SC-12",
    "FSX-SC-13",
    "FSX-SC-14",
    "FSX-SC-15",
    "FSX-SC-18",
    "FSX-SC-50",
    "FSX-SC-51",
    "FSX-AZ-06",
    "FSX-BIND-03",
    "FSX-BIND-09",
    "FSX-MNT-05",
    "FSX-MNT-12",
    "FSX-STAT-01",
    "FSX-STAT-02",
    "FSX-STAT-03",
    "FSX-STAT-04",
    "FSX-STAT-05",
    "FSX-STAT-06",
    "FSX-STAT-09",
];

/// What files hold of storage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// StorageClasses, of whatever provisioner.
    pub classes: Vec<StorageClass>,
    /// Volumes of the driver.
    pub volumes: Vec<Volume>,
    /// Claims.
    pub claims: Vec<ClaimUse>,
    /// Pods that use claims.
    pub pods: Vec<PodUse>,
}

/// As if a cluster held this and nothing else could be seen.
pub fn checkup_of(written: Written, at: i64) -> Checkup {
    let all_classes = written.classes.iter().map(|class| ClassRow {
        name: class.name.clone(),
        provisioner: class.provisioner.clone(),
        default: false,
    });
    let all_classes = Seen::Found(all_classes.collect());
    let ours = |class: &StorageClass| class.provisioner == crate::domain::storageclass::PROVISIONER;
    Checkup {
        at,
        survey: Survey {
            facts: nothing(written.volumes),
            veiled: Some(veil()),
            shut: None,
            namespace: None,
            classes: Seen::Found(written.classes.into_iter().filter(ours).collect()),
            claims: Seen::Found(written.claims),
            pods: Seen::Found(written.pods),
        },
        events: unseen(),
        unread_events: Vec::new(),
        workloads: unseen(),
        driver_pods: unseen(),
        csi_nodes: unseen(),
        all_classes,
        static_keys: unseen(),
        associations: unseen(),
        acls: unseen(),
        dns: unseen(),
        endpoints: unseen(),
    }
}

fn veil() -> Veil {
    Veil { permission: String::new(), cause: "a review of manifests looks at nothing else".to_owned() }
}

fn unseen<T>() -> Seen<T> {
    Seen::Hidden(veil())
}

fn nothing(volumes: Vec<Volume>) -> Facts {
    Facts {
        caller: unseen(),
        region: String::new(),
        reached: String::new(),
        // Stands in commands where a person puts the name.
        cluster: Cluster { name: "CLUSTER".to_owned(), ..Cluster::default() },
        hyperpod: unseen(),
        nodes: unseen(),
        access: Access {
            provider: unseen(),
            roles: std::collections::BTreeMap::new(),
            boundaries: std::collections::BTreeMap::new(),
            association: unseen(),
            agent: unseen(),
            service_account: unseen(),
            node_roles: unseen(),
        },
        network: Network {
            subnets: unseen(),
            groups: unseen(),
            routes: unseen(),
            interfaces: unseen(),
            instances: unseen(),
            prefix_lists: std::collections::BTreeMap::new(),
        },
        driver: Driver {
            addon: unseen(),
            versions: unseen(),
            schema: unseen(),
            csi_driver: unseen(),
            namespace: "kube-system".to_owned(),
            controller: unseen(),
            node: unseen(),
            release: unseen(),
            helm: unseen(),
            pods: unseen(),
        },
        file_systems: unseen(),
        other_file_systems: std::collections::BTreeMap::new(),
        storage: Storage {
            claim_namespace: String::new(),
            namespace: unseen(),
            class: unseen(),
            claim: unseen(),
            volumes: Seen::Found(volumes),
            taken: Vec::new(),
            places: unseen(),
        },
    }
}
