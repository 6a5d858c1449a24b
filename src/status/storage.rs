//! Classes, claims, volumes and file systems, each with what it hangs together with.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::by_tags;
use super::unseen::count;
use super::{
    ClaimState, ClassState, FileSystemState, Health, ItemKind, MadeBy, PodState, PodsOf, PortState,
    PortsState, StorageItem, Summary, VolumeState,
};
use crate::domain::ownership;
use crate::domain::storageclass::PROVISIONER;
use crate::facts::{ClaimUse, Facts, FileSystem, Marks, PodUse, Seen, StorageClass, Survey, Volume};
use crate::steps::network::passage::Passages;

/// Which annotation of a StorageClass makes it the default
/// (<https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass>).
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
/// Which annotation of a volume names who made it.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// What the storage comes to.
pub(super) struct Judged {
    pub(super) classes: Option<Vec<ClassState>>,
    pub(super) items: Vec<StorageItem>,
    pub(super) summary: Summary,
}

/// Everything by name, so that nothing is looked for twice.
pub(super) struct Storage<'a, 'p> {
    survey: &'a Survey,
    passages: &'p mut Passages<'a>,
    volumes: BTreeMap<&'a str, &'a Volume>,
    systems: BTreeMap<&'a str, &'a FileSystem>,
    /// By the volume that the driver makes them for.
    made_for: BTreeMap<String, &'a FileSystem>,
    zones: BTreeMap<&'a str, &'a str>,
    pods: BTreeMap<(&'a str, &'a str), Vec<&'a PodUse>>,
}

impl<'a, 'p> Storage<'a, 'p> {
    pub(super) fn new(survey: &'a Survey, passages: &'p mut Passages<'a>) -> Self {
        let facts = &survey.facts;
        let mut pods: BTreeMap<(&str, &str), Vec<&PodUse>> = BTreeMap::new();
        for pod in survey.pods.found().into_iter().flatten() {
            for claim in &pod.claims {
                pods.entry((pod.namespace.as_str(), claim.as_str())).or_default().push(pod);
            }
        }
        let volumes = facts.storage.volumes.found().into_iter().flatten();
        let all = || facts.file_systems.found().into_iter().flatten();
        let made_for = all().filter_map(|it| Some((it.tags.get(ownership::TAG_CSI_VOLUME)?.clone(), it)));
        let subnets = facts.network.subnets.found().into_iter().flatten();
        Self {
            survey,
            passages,
            volumes: volumes.map(|volume| (volume.name.as_str(), volume)).collect(),
            systems: all().map(|system| (system.id.as_str(), system)).collect(),
            made_for: made_for.collect(),
            zones: subnets.map(|subnet| (subnet.id.as_str(), subnet.zone.as_str())).collect(),
            pods,
        }
    }

    pub(super) fn judged(mut self) -> Judged {
        let mut items = self.claims();
        let used: BTreeSet<String> =
            items.iter().filter_map(|item| Some(item.volume.as_ref()?.name.clone())).collect();
        items.extend(self.volumes_without(&used));
        let made: BTreeSet<String> =
            items.iter().filter_map(|item| Some(item.file_system.as_ref()?.id.clone())).collect();
        items.extend(self.file_systems_without(&made));
        items.sort_by(|a, b| (a.kind, a.health, &a.name).cmp(&(b.kind, b.health, &b.name)));
        let summary = self.summary(&items);
        Judged { classes: self.classes(), items, summary }
    }

    fn facts(&self) -> &'a Facts {
        &self.survey.facts
    }

    /// Claims of the driver: those with a volume of it, those that wait for it, and those of its classes.
    fn claims(&mut self) -> Vec<StorageItem> {
        let classes: BTreeSet<&str> =
            self.survey.classes.found().into_iter().flatten().map(|class| class.name.as_str()).collect();
        let claims = self.survey.claims.found().map_or(&[][..], Vec::as_slice);
        let is_ours = |claim: &&ClaimUse| {
            claim.volume.as_deref().is_some_and(|name| self.volumes.contains_key(name))
                || claim.provisioner.as_deref() == Some(PROVISIONER)
                || claim.class.as_deref().is_some_and(|class| classes.contains(class))
        };
        let fitting: Vec<&ClaimUse> = claims.iter().filter(is_ours).collect();
        fitting.into_iter().map(|claim| self.claim(claim)).collect()
    }

    fn claim(&mut self, claim: &ClaimUse) -> StorageItem {
        let volume = claim.volume.as_deref().and_then(|name| self.volumes.get(name)).copied();
        let (file_system, (health, because)) = match (claim.phase.as_str(), volume) {
            ("Bound", Some(volume)) => self.behind(volume),
            ("Bound", None) if self.facts().storage.volumes.hidden().is_some() => {
                (None, (Health::Unknown, Some("its volume cannot be seen".to_owned())))
            }
            ("Lost", _) | ("Bound", None) => {
                (None, (Health::Broken, Some("its volume is not there any more".to_owned())))
            }
            _ => self.coming(claim),
        };
        let pods = self.survey.pods.hidden().is_none();
        let pods = pods.then(|| self.pods_of(&claim.namespace, &claim.name));
        StorageItem {
            kind: ItemKind::PersistentVolumeClaim,
            name: format!("{}/{}", claim.namespace, claim.name),
            health,
            because,
            claim: Some(claim_state(claim)),
            volume: volume.map(volume_state),
            file_system,
            pods,
        }
    }

    /// A claim that waits, with the file system that the driver makes for it, if it has begun to.
    fn coming(&mut self, claim: &ClaimUse) -> (Option<FileSystemState>, (Health, Option<String>)) {
        let Some(system) = self.made_for.get(&format!("pvc-{}", claim.uid)).copied() else {
            return (None, self.pending(claim));
        };
        let state = self.file_system(system);
        let verdict = match lifecycle(&state) {
            (Health::Healthy, _) => self.pending(claim),
            verdict => verdict,
        };
        (Some(state), verdict)
    }

    /// Why a claim waits. What is being made in its time is no fault.
    fn pending(&self, claim: &ClaimUse) -> (Health, Option<String>) {
        let told = |health, text: &str| (health, Some(text.to_owned()));
        let mut classes = self.survey.classes.found().into_iter().flatten();
        let class = classes.find(|class| Some(&class.name) == claim.class.as_ref());
        if claim.terminating {
            return told(Health::Coming, "it is being deleted");
        }
        if claim.volume.is_some() {
            return told(Health::Coming, "it waits to be bound to its volume");
        }
        let used = self.pods.contains_key(&(claim.namespace.as_str(), claim.name.as_str()));
        match class {
            Some(class) if class.binding_mode == "WaitForFirstConsumer" && !used => {
                told(Health::Coming, "it waits for its first pod")
            }
            Some(_) if super::driver::judged(self.facts()).health == Health::Absent => {
                told(Health::Broken, "there is no driver that could make its file system")
            }
            Some(_) => told(Health::Coming, "its volume is not there yet"),
            None if claim.class.is_some() && self.survey.classes.hidden().is_none() => {
                told(Health::Broken, "its StorageClass is not there")
            }
            None => told(Health::Unknown, "who is to make its volume cannot be told"),
        }
    }

    fn pods_of(&self, namespace: &str, claim: &str) -> PodsOf {
        let pods = self.pods.get(&(namespace, claim)).map_or(&[][..], Vec::as_slice);
        PodsOf {
            total: u32::try_from(pods.len()).unwrap_or(u32::MAX),
            ready: u32::try_from(pods.iter().filter(|pod| pod.ready).count()).unwrap_or(u32::MAX),
            items: pods
                .iter()
                .map(|pod| PodState {
                    name: pod.name.clone(),
                    node: pod.node.clone(),
                    phase: pod.phase.clone(),
                    ready: pod.ready,
                    waiting: pod.waiting.clone(),
                })
                .collect(),
        }
    }

    /// Volumes that no claim uses. Where claims cannot be seen, or only some of them were looked at, a volume with a
    /// claim is not one of these.
    fn volumes_without(&mut self, used: &BTreeSet<String>) -> Vec<StorageItem> {
        if self.survey.namespace.is_some() {
            return Vec::new();
        }
        let blind = self.survey.claims.hidden().is_some();
        let all: Vec<&Volume> =
            self.volumes.values().copied().filter(|it| !used.contains(&it.name)).collect();
        all.into_iter()
            .map(|volume| {
                let (file_system, (mut health, mut because)) = self.behind(volume);
                if health == Health::Healthy {
                    (health, because) = match volume.phase.as_str() {
                        "Failed" => (Health::Broken, Some("Kubernetes could not reclaim it".to_owned())),
                        "Bound" if blind => (health, None),
                        "Released" => (health, Some("its claim is gone; the data is still there".to_owned())),
                        "Bound" => (Health::Broken, Some("its claim is not there any more".to_owned())),
                        _ => (health, Some("no claim uses it".to_owned())),
                    };
                }
                StorageItem {
                    kind: ItemKind::PersistentVolume,
                    name: volume.name.clone(),
                    health,
                    because,
                    claim: None,
                    volume: Some(volume_state(volume)),
                    file_system,
                    pods: None,
                }
            })
            .collect()
    }

    /// File systems of the VPC that no volume uses.
    fn file_systems_without(&mut self, shown: &BTreeSet<String>) -> Vec<StorageItem> {
        let vpc = &self.facts().cluster.vpc;
        if self.survey.namespace.is_some() {
            return Vec::new();
        }
        let blind = self.facts().storage.volumes.hidden().is_some();
        let used: BTreeSet<&str> = self.volumes.values().map(|volume| volume.handle.as_str()).collect();
        let here = |system: &&FileSystem| {
            let is_used = used.contains(system.id.as_str()) || shown.contains(&system.id);
            !is_used && (vpc.is_empty() || system.vpc.as_ref().is_none_or(|it| it == vpc))
        };
        let all: Vec<&FileSystem> = self.systems.values().copied().filter(here).collect();
        all.into_iter()
            .map(|system| {
                let state = self.file_system(system);
                let (health, why) = lifecycle(&state);
                // Healthy by itself says nothing about who uses it.
                let health = if blind && health == Health::Healthy { Health::Unknown } else { health };
                let unused =
                    if blind { "whether a volume uses it cannot be seen" } else { "no volume uses it" };
                StorageItem {
                    kind: ItemKind::FileSystem,
                    name: system.id.clone(),
                    health,
                    because: Some(why.unwrap_or_else(|| unused.to_owned())),
                    claim: None,
                    volume: None,
                    file_system: Some(state),
                    pods: None,
                }
            })
            .collect()
    }

    /// The file system behind a volume, and what it comes to.
    fn behind(&mut self, volume: &Volume) -> (Option<FileSystemState>, (Health, Option<String>)) {
        let told = |health, text: String| (None, (health, Some(text)));
        match (self.systems.get(volume.handle.as_str()).copied(), &self.facts().file_systems) {
            (Some(system), _) => {
                let state = self.file_system(system);
                let verdict = match (lifecycle(&state), state.ports.state) {
                    ((Health::Healthy, None), PortState::Closed) => {
                        (Health::Broken, state.ports.because.first().cloned())
                    }
                    (verdict, _) => verdict,
                };
                (Some(state), verdict)
            }
            (None, Seen::Hidden(_)) => told(Health::Unknown, "its file system cannot be seen".to_owned()),
            // The controller makes file systems in its own account and Region; a volume made by hand can name any.
            (None, _) if volume.marks.annotations.get(PROVISIONED_BY).is_some_and(|by| by == PROVISIONER) => {
                told(Health::Broken, format!("file system {} is not there any more", volume.handle))
            }
            (None, _) => told(
                Health::Unknown,
                format!(
                    "file system {} is not in this account and Region: gone, or somebody else's",
                    volume.handle
                ),
            ),
        }
    }

    fn file_system(&mut self, system: &'a FileSystem) -> FileSystemState {
        let passage = self.passages.of(system);
        let (state, because) = match (passage.closed.is_empty(), passage.unknown.is_empty()) {
            (false, _) => (PortState::Closed, passage.closed_ways()),
            (true, false) => (PortState::Unknown, passage.doubts()),
            (true, true) => (PortState::Open, Vec::new()),
        };
        let zone = system.subnets.iter().find_map(|subnet| self.zones.get(subnet.as_str()));
        FileSystemState {
            id: system.id.clone(),
            lifecycle: system.lifecycle.clone(),
            failure: system.failure.clone(),
            capacity_gib: system.capacity_gib,
            deployment_type: system.deployment_type.clone(),
            storage_type: system.storage_type.clone(),
            throughput: system.throughput,
            version: system.version.clone(),
            dns_name: system.dns_name.clone(),
            mount_name: system.mount_name.clone(),
            vpc: system.vpc.clone(),
            zone: zone.map(|zone| (*zone).to_owned()),
            label: system.tags.get("Name").cloned(),
            ports: PortsState { state, because },
            made_by: by_tags(&system.tags, &self.facts().cluster.arn),
        }
    }

    fn classes(&self) -> Option<Vec<ClassState>> {
        let mut all: Vec<ClassState> =
            self.survey.classes.found()?.iter().map(|class| self.class(class)).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Some(all)
    }

    fn class(&self, class: &StorageClass) -> ClassState {
        let of = |key: &str| class.parameters.get(key).filter(|value| !value.is_empty()).cloned();
        let claims = self.survey.claims.found();
        let named = claims.map(|all| all.iter().filter(|it| it.class.as_ref() == Some(&class.name)).count());
        ClassState {
            name: class.name.clone(),
            default: class.marks.annotations.get(DEFAULT_CLASS).is_some_and(|value| value == "true"),
            made_by: by_marks(&class.marks),
            deployment_type: of("deploymentType"),
            throughput: of("perUnitStorageThroughput"),
            storage_type: of("storageType"),
            subnet: of("subnetId"),
            reclaim_policy: class.reclaim_policy.clone(),
            binding_mode: class.binding_mode.clone(),
            allow_volume_expansion: class.allow_expansion,
            claims: named.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        }
    }

    fn summary(&self, items: &[StorageItem]) -> Summary {
        let number = |fits: &dyn Fn(&StorageItem) -> bool| {
            u32::try_from(items.iter().filter(|item| fits(item)).count()).unwrap_or(u32::MAX)
        };
        let is = |kind| move |item: &StorageItem| item.kind == kind;
        let claims = number(&is(ItemKind::PersistentVolumeClaim));
        let mut pods: BTreeSet<(&str, &str)> = BTreeSet::new();
        for claim in items.iter().filter_map(|item| item.claim.as_ref()) {
            let users = self.pods.get(&(claim.namespace.as_str(), claim.name.as_str())).into_iter().flatten();
            pods.extend(users.map(|pod| (pod.namespace.as_str(), pod.name.as_str())));
        }
        let systems: BTreeSet<&str> =
            items.iter().filter_map(|item| Some(item.file_system.as_ref()?.id.as_str())).collect();
        Summary {
            claims: count(&self.survey.claims).map(|_| claims),
            bound: number(&|item| item.claim.as_ref().is_some_and(|claim| claim.phase == "Bound")),
            volumes_without_claim: number(&is(ItemKind::PersistentVolume)),
            file_systems_without_volume: number(&is(ItemKind::FileSystem)),
            file_systems: count(&self.facts().file_systems)
                .map(|_| u32::try_from(systems.len()).unwrap_or(u32::MAX)),
            pods: count(&self.survey.pods).map(|_| u32::try_from(pods.len()).unwrap_or(u32::MAX)),
            broken: number(&|item| item.health == Health::Broken),
            unknown: number(&|item| item.health == Health::Unknown),
        }
    }
}

/// What the lifecycle of a file system comes to, in FSx's words when they say more.
fn lifecycle(state: &FileSystemState) -> (Health, Option<String>) {
    let failure = state.failure.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
    let told = |health| (health, Some(format!("file system {} is {}{failure}", state.id, state.lifecycle)));
    match state.lifecycle.as_str() {
        "AVAILABLE" => (Health::Healthy, None),
        "CREATING" | "UPDATING" => told(Health::Coming),
        "FAILED" | "MISCONFIGURED" | "MISCONFIGURED_UNAVAILABLE" | "DELETING" => told(Health::Broken),
        _ => told(Health::Unknown),
    }
}

fn claim_state(claim: &ClaimUse) -> ClaimState {
    ClaimState {
        namespace: claim.namespace.clone(),
        name: claim.name.clone(),
        phase: claim.phase.clone(),
        size: claim.capacity.clone().unwrap_or_else(|| claim.requested.clone()),
        class: claim.class.clone(),
        access_modes: claim.access_modes.clone(),
        terminating: claim.terminating,
        made_by: if claim.ours { MadeBy::Fsxctl } else { MadeBy::Others },
    }
}

fn volume_state(volume: &Volume) -> VolumeState {
    VolumeState {
        name: volume.name.clone(),
        phase: volume.phase.clone(),
        size: volume.size.clone(),
        reclaim_policy: volume.reclaim_policy.clone(),
        claim: volume.claim.clone(),
        file_system: volume.handle.clone(),
        made_by: by_marks(&volume.marks),
    }
}

/// Whose work a Kubernetes object is.
fn by_marks(marks: &Marks) -> MadeBy {
    if ownership::is_labelled_ours(&marks.labels) {
        MadeBy::Fsxctl
    } else if ownership::may_change(&marks.labels, &marks.annotations) {
        MadeBy::Adopted
    } else {
        MadeBy::Others
    }
}
