//! What was seen, by name, so that no check looks for anything twice.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Resource;
use crate::domain::ownership;
use crate::domain::storageclass::PROVISIONER;
use crate::domain::versions::DriverVersion;
use crate::facts::{
    Checkup, ClaimUse, CsiNode, DriverPod, DriverWorkload, Facts, FileSystem, Node, ObjectEvent, PodUse,
    Seen, StorageClass, Survey, Volume,
};
use crate::intent::Intent;
use crate::steps::network::passage::{Passage, Passages};

/// A file system is made within ten minutes, as AWS's page has it; a few more are nothing to worry about.
pub(super) const EXPECTED_SECONDS: i64 = 15 * 60;
/// How long the provisioner may wait before it asks again.
const BOUND_SECONDS: i64 = 5 * 60;
/// How long nothing may be heard of a new claim.
const STARTING_SECONDS: i64 = 3 * 60;

/// One examination.
pub struct Exam<'a> {
    /// What was seen.
    pub seen: &'a Checkup,
    /// A set-up that asks for nothing in particular: what it would leave as it is, is right.
    pub intent: &'a Intent,
    volumes: BTreeMap<&'a str, &'a Volume>,
    systems: BTreeMap<&'a str, &'a FileSystem>,
    made_for: BTreeMap<&'a str, Vec<&'a FileSystem>>,
    classes: BTreeMap<&'a str, &'a StorageClass>,
    nodes: BTreeMap<&'a str, &'a Node>,
    csi_nodes: BTreeMap<&'a str, &'a CsiNode>,
    pods: BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a PodUse>>>,
    events: BTreeMap<String, Vec<&'a ObjectEvent>>,
    claims: Vec<&'a ClaimUse>,
    bound: BTreeMap<&'a str, &'a ClaimUse>,
    in_use: Vec<&'a FileSystem>,
    passages: BTreeMap<&'a str, Passage>,
    /// `namespace/name` of the claims that volumes are for.
    reserved: BTreeSet<&'a str>,
}

impl<'a> Exam<'a> {
    /// Orders what was seen.
    pub fn new(seen: &'a Checkup, intent: &'a Intent) -> Self {
        let facts = &seen.survey.facts;
        let mut exam = Self {
            seen,
            intent,
            volumes: named(&facts.storage.volumes, |volume| &volume.name),
            systems: named(&facts.file_systems, |system| &system.id),
            made_for: BTreeMap::new(),
            classes: named(&seen.survey.classes, |class| &class.name),
            nodes: named(&facts.nodes, |node| &node.name),
            csi_nodes: named(&seen.csi_nodes, |node| &node.node),
            pods: BTreeMap::new(),
            events: BTreeMap::new(),
            claims: Vec::new(),
            bound: BTreeMap::new(),
            in_use: Vec::new(),
            passages: BTreeMap::new(),
            reserved: BTreeSet::new(),
        };
        exam.reserved = exam.volumes.values().filter_map(|volume| volume.claim.as_deref()).collect();
        for system in facts.file_systems.found().into_iter().flatten() {
            if let Some(volume) = system.tags.get(ownership::TAG_CSI_VOLUME) {
                exam.made_for.entry(volume).or_default().push(system);
            }
        }
        for pod in seen.survey.pods.found().into_iter().flatten() {
            for claim in &pod.claims {
                exam.pods.entry(&pod.namespace).or_default().entry(claim).or_default().push(pod);
            }
        }
        for event in seen.events.found().into_iter().flatten() {
            let key = key(&event.kind, &event.namespace, &event.name);
            exam.events.entry(key).or_default().push(event);
        }
        exam.claims =
            seen.survey.claims.found().into_iter().flatten().filter(|it| exam.is_ours(it)).collect();
        // Of two claims that name one volume, the one that has it.
        let (have, name): (Vec<&ClaimUse>, Vec<_>) = exam.claims.iter().partition(|it| it.phase == "Bound");
        let both = name.into_iter().chain(have);
        exam.bound = both.filter_map(|claim| Some((claim.volume.as_deref()?, claim))).collect();
        exam.in_use = exam.used();
        let mut passages = Passages::new(facts);
        exam.passages = exam.in_use.iter().map(|system| (system.id.as_str(), passages.of(system))).collect();
        exam
    }

    /// The snapshot.
    pub fn facts(&self) -> &'a Facts {
        &self.seen.survey.facts
    }

    /// The survey.
    pub fn survey(&self) -> &'a Survey {
        &self.seen.survey
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &'a str {
        &self.facts().cluster.name
    }

    /// The cluster as an object.
    pub fn cluster_object(&self) -> Resource {
        Resource::new("Cluster", self.cluster())
    }

    /// Claims of the driver: with a volume of it, waiting for it, or of one of its classes.
    pub fn claims(&self) -> &[&'a ClaimUse] {
        &self.claims
    }

    /// Claims that the driver is to make a file system for, and that have none yet. One whose class waits for its first
    /// pod, and that no pod uses, waits for nothing of the driver's.
    pub fn waiting(&self) -> impl Iterator<Item = &'a ClaimUse> {
        self.claims.iter().copied().filter(|claim| self.is_waiting(claim))
    }

    /// The same as objects.
    pub fn waiting_objects(&self) -> Vec<Resource> {
        self.waiting().map(|claim| Resource::claim(&claim.namespace, &claim.name)).collect()
    }

    fn is_waiting(&self, claim: &ClaimUse) -> bool {
        let Some(class) = claim.class.as_deref().and_then(|class| self.class(class)) else { return false };
        let asked = class.binding_mode != "WaitForFirstConsumer"
            || !self.pods_of(&claim.namespace, &claim.name).is_empty();
        claim.phase == "Pending" && claim.volume.is_none() && !claim.terminating && asked
    }

    /// Whether anything needs the controller to call FSx: a class of the driver, a volume that the driver made, or a claim
    /// that waits for one. Mounting alone needs no credentials.
    pub fn is_dynamic(&self) -> bool {
        !self.classes.is_empty() || self.waiting().next().is_some()
    }

    /// StorageClasses of the driver.
    pub fn classes(&self) -> impl Iterator<Item = &'a StorageClass> {
        self.classes.values().copied()
    }

    /// A StorageClass of the driver.
    pub fn class(&self, name: &str) -> Option<&'a StorageClass> {
        self.classes.get(name).copied()
    }

    /// Volumes of the driver.
    pub fn volumes(&self) -> impl Iterator<Item = &'a Volume> {
        self.volumes.values().copied()
    }

    /// A volume of the driver.
    pub fn volume(&self, name: &str) -> Option<&'a Volume> {
        self.volumes.get(name).copied()
    }

    /// Whether the driver made a volume, as the provisioner's annotation tells.
    pub fn is_provisioned(volume: &Volume) -> bool {
        volume.marks.annotations.get("pv.kubernetes.io/provisioned-by").is_some_and(|by| by == PROVISIONER)
    }

    /// A file system of the account and Region.
    pub fn system(&self, id: &str) -> Option<&'a FileSystem> {
        self.systems.get(id).copied()
    }

    /// The file system that a volume mounts: by its handle, else by its DNS name.
    pub fn system_of(&self, volume: &Volume) -> Seen<&'a FileSystem> {
        match &self.facts().file_systems {
            Seen::Hidden(veil) => Seen::Hidden(veil.clone()),
            Seen::Missing => Seen::Missing,
            Seen::Found(all) => {
                let by_name =
                    || all.iter().find(|it| it.dns_name.is_some() && it.dns_name == volume.dns_name);
                self.system(&volume.handle).or_else(by_name).into()
            }
        }
    }

    /// The file systems that the driver made for a claim, by their tag. More than one is a leak.
    pub fn made_for(&self, claim: &ClaimUse) -> &[&'a FileSystem] {
        self.made_for.get(format!("pvc-{}", claim.uid).as_str()).map_or(&[], Vec::as_slice)
    }

    /// The file system that FSx makes for a claim, or has only just made: the driver asks for it again after five minutes at
    /// most, and the claim is Bound then.
    pub fn making(&self, claim: &ClaimUse) -> Option<&'a FileSystem> {
        let made = self.made_for(claim).iter().copied();
        made.filter(|system| {
            system.lifecycle == "CREATING"
                || system.lifecycle == "AVAILABLE" && !self.is_overdue(system, BOUND_SECONDS)
        })
        .max_by_key(|system| system.more.created)
    }

    /// Whether a file system was asked for longer ago than its making takes, and so many seconds more.
    pub fn is_overdue(&self, system: &FileSystem, more: i64) -> bool {
        // Creation of more than 50 TB is known to outlast the time that the driver waits (aws-fsx-csi-driver#433).
        let large = system.capacity_gib.is_some_and(|gib| gib > 50 * 1024);
        let expected = if large { 2 * EXPECTED_SECONDS } else { EXPECTED_SECONDS };
        self.age(system.more.created).is_some_and(|age| age > expected + more)
    }

    /// Whether what a claim waits for is on its way: being made, or asked for a moment ago.
    pub fn is_on_its_way(&self, claim: &ClaimUse) -> bool {
        let started = self.age(claim.created).is_some_and(|age| age < STARTING_SECONDS);
        self.making(claim).is_some() || started && self.refusals(claim).is_empty()
    }

    /// What the driver answered of late to a claim that waits, the latest first. It asks again after five minutes at most, so
    /// what is older is of the past.
    pub fn refusals(&self, claim: &ClaimUse) -> Vec<&'a ObjectEvent> {
        let mut events = self.claim_events(claim);
        events.retain(|event| self.is_recent(event));
        events.sort_by_key(|event| std::cmp::Reverse(event.last));
        events
    }

    /// Whether an event is of the last minutes; one that does not tell is.
    pub fn is_recent(&self, event: &ObjectEvent) -> bool {
        self.age(event.last).is_none_or(|age| age < EXPECTED_SECONDS)
    }

    /// A claim and the pods that use it.
    pub fn with_pods(&self, claim: &ClaimUse) -> Vec<Resource> {
        let pods = self.pods_of(&claim.namespace, &claim.name).iter();
        let pods = pods.map(|pod| Resource::pod(&pod.namespace, &pod.name));
        std::iter::once(Resource::claim(&claim.namespace, &claim.name)).chain(pods).collect()
    }

    /// The claim that has a volume.
    pub fn claim_of(&self, volume: &Volume) -> Option<&'a ClaimUse> {
        self.bound.get(volume.name.as_str()).copied()
    }

    /// File systems behind this cluster's volumes, and those made for its claims.
    pub fn in_use(&self) -> &[&'a FileSystem] {
        &self.in_use
    }

    /// Whether security groups let Lustre through to a file system in use.
    pub(super) fn passage(&self, id: &str) -> Option<&Passage> {
        self.passages.get(id)
    }

    /// Claims, then pods, that depend on a file system.
    pub fn dependents(&self, id: &str) -> Vec<Resource> {
        let volumes: BTreeSet<&str> = self
            .volumes()
            .filter(|volume| self.system_of(volume).found().is_some_and(|system| system.id == id))
            .map(|volume| volume.name.as_str())
            .collect();
        let made = |claim: &&&ClaimUse| {
            claim.volume.as_deref().is_some_and(|volume| volumes.contains(volume))
                || self.made_for(claim).iter().any(|system| system.id == id)
        };
        let claims: Vec<&&ClaimUse> = self.claims.iter().filter(made).collect();
        let pods = claims.iter().flat_map(|claim| self.pods_of(&claim.namespace, &claim.name));
        let pods = pods.map(|pod| Resource::pod(&pod.namespace, &pod.name));
        let all = claims.iter().map(|claim| Resource::claim(&claim.namespace, &claim.name));
        let mut all: Vec<Resource> = all.collect();
        all.extend(pods);
        all
    }

    /// Pods that use a claim and have not ended.
    pub fn pods_of(&self, namespace: &str, claim: &str) -> &[&'a PodUse] {
        self.pods.get(namespace).and_then(|pods| pods.get(claim)).map_or(&[], Vec::as_slice)
    }

    /// Pods that use claims of the driver, each once.
    pub fn users(&self) -> Vec<&'a PodUse> {
        let mut seen = BTreeSet::new();
        let all = self.claims.iter().flat_map(|claim| self.pods_of(&claim.namespace, &claim.name));
        all.copied().filter(|pod| seen.insert((&pod.namespace, &pod.name))).collect()
    }

    /// Warning events of an object. Those of an earlier object of the same name are left out where the uid is known.
    pub fn events_of(&self, object: (&str, &str, &str), uid: &str) -> Vec<&'a ObjectEvent> {
        let all = self.events.get(&key(object.0, object.1, object.2)).map_or(&[][..], Vec::as_slice);
        let of_it = |event: &&&ObjectEvent| uid.is_empty() || event.uid.as_deref().is_none_or(|it| it == uid);
        all.iter().filter(of_it).copied().collect()
    }

    /// Warning events of a claim that waits.
    pub fn claim_events(&self, claim: &ClaimUse) -> Vec<&'a ObjectEvent> {
        self.events_of(("PersistentVolumeClaim", &claim.namespace, &claim.name), &claim.uid)
    }

    /// Warning events of a pod.
    pub fn pod_events(&self, pod: &PodUse) -> Vec<&'a ObjectEvent> {
        self.events_of(("Pod", &pod.namespace, &pod.name), &pod.uid)
    }

    /// A node.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.nodes.get(name).copied()
    }

    /// Which drivers a node knows.
    pub fn csi_node(&self, name: &str) -> Option<&'a CsiNode> {
        self.csi_nodes.get(name).copied()
    }

    /// Seconds since something, by the looking machine's clock; none when it is not known. Never negative.
    pub fn age(&self, since: Option<i64>) -> Option<i64> {
        since.map(|since| (self.seen.at - since).max(0))
    }

    /// The controllers of the driver, one for each copy of it.
    pub fn controllers(&self) -> Vec<&'a DriverWorkload> {
        self.workloads("Deployment")
    }

    /// The node plugins of the driver.
    pub fn plugins(&self) -> Vec<&'a DriverWorkload> {
        self.workloads("DaemonSet")
    }

    fn workloads(&self, kind: &str) -> Vec<&'a DriverWorkload> {
        self.seen.workloads.found().into_iter().flatten().filter(|workload| workload.kind == kind).collect()
    }

    /// Living pods of the controller.
    pub fn controller_pods(&self) -> Vec<&'a DriverPod> {
        self.driver_pods(true)
    }

    /// Living node plugins.
    pub fn plugin_pods(&self) -> Vec<&'a DriverPod> {
        self.driver_pods(false)
    }

    fn driver_pods(&self, controller: bool) -> Vec<&'a DriverPod> {
        let all = self.seen.driver_pods.found().into_iter().flatten();
        all.filter(|pod| pod.controller == controller && !pod.terminating && pod.phase != "Succeeded")
            .collect()
    }

    /// The controller's version, from its image's tag, else from the add-on; never from a chart's version.
    pub fn version(&self) -> Option<DriverVersion> {
        let image = self.controllers().into_iter().chain(self.plugins()).find_map(|it| it.image.as_deref());
        let by_image = image.and_then(DriverVersion::of_image);
        by_image.or_else(|| self.facts().driver.addon.found()?.version.parse().ok())
    }

    /// Whether a driver is there in any form, as far as can be seen.
    pub fn has_driver(&self) -> bool {
        !self.controllers().is_empty() || !self.plugins().is_empty()
    }

    fn is_ours(&self, claim: &ClaimUse) -> bool {
        claim.volume.as_deref().is_some_and(|name| self.volumes.contains_key(name))
            || claim.provisioner.as_deref() == Some(PROVISIONER)
            || claim.class.as_deref().is_some_and(|class| self.classes.contains_key(class))
            // A claim that waits for a volume which was made for it.
            || self.reserved.contains(format!("{}/{}", claim.namespace, claim.name).as_str())
    }

    fn used(&self) -> Vec<&'a FileSystem> {
        let behind = self.volumes().filter_map(|volume| self.system_of(volume).found().copied());
        let made = self.claims.iter().flat_map(|claim| self.made_for(claim).to_vec());
        let mut ids = BTreeSet::new();
        behind.chain(made).filter(|system| ids.insert(system.id.as_str())).collect()
    }
}

fn named<T>(seen: &Seen<Vec<T>>, name: fn(&T) -> &String) -> BTreeMap<&str, &T> {
    seen.found().into_iter().flatten().map(|it| (name(it).as_str(), it)).collect()
}

/// An object as events name it.
fn key(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind} {namespace}/{name}")
}
