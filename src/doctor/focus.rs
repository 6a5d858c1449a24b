//! A narrow question: one claim, pod or file system, with everything that hangs together with it.

use std::collections::BTreeSet;

use super::exam::Exam;
use super::finding::Resource;
use crate::facts::ClaimUse;

/// The objects of one question; empty sets ask about everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Focus {
    /// What it is about, with everything that hangs together with it.
    pub objects: BTreeSet<Resource>,
}

impl Focus {
    /// A claim, its volume, file system and class, and the pods that use it; none when there is no such claim.
    pub fn claim(exam: &Exam<'_>, namespace: &str, name: &str) -> Option<Self> {
        let all = exam.survey().claims.found()?;
        let claim = all.iter().find(|claim| claim.namespace == namespace && claim.name == name)?;
        let mut focus = Self::default();
        focus.add_claim(exam, claim);
        Some(focus)
    }

    /// A pod, the node that it is on, and whatever its claims hang together with; none when there is no such pod that uses
    /// a claim.
    pub fn pod(exam: &Exam<'_>, namespace: &str, name: &str) -> Option<Self> {
        let all = exam.survey().pods.found()?;
        let pod = all.iter().find(|pod| pod.namespace == namespace && pod.name == name)?;
        let mut focus = Self::default();
        let claims = exam.survey().claims.found().into_iter().flatten();
        for claim in claims.filter(|it| it.namespace == namespace && pod.claims.contains(&it.name)) {
            focus.add_claim(exam, claim);
        }
        // Other pods of the claim are another question.
        focus.objects.retain(|object| object.kind != "Pod" && object.kind != "Node");
        focus.objects.insert(Resource::pod(namespace, name));
        focus.objects.extend(pod.node.as_ref().map(|node| Resource::new("Node", node)));
        Some(focus)
    }

    /// A file system, its volumes, their claims and the pods that use them; none when there is no such file system.
    pub fn file_system(exam: &Exam<'_>, id: &str) -> Option<Self> {
        let system = exam.system(id)?;
        let volumes = exam
            .volumes()
            .filter(|volume| exam.system_of(volume).found().is_some_and(|behind| behind.id == system.id));
        let mut focus = Self::default();
        focus.objects.extend(volumes.map(|volume| Resource::new("PersistentVolume", &volume.name)));
        focus.objects.extend(exam.dependents(id));
        focus.objects.insert(Resource::new("FileSystem", id));
        Some(focus)
    }

    fn add_claim(&mut self, exam: &Exam<'_>, claim: &ClaimUse) {
        self.objects.insert(Resource::claim(&claim.namespace, &claim.name));
        self.objects.extend(claim.class.as_ref().map(|class| Resource::new("StorageClass", class)));
        if let Some(name) = &claim.volume {
            self.objects.insert(Resource::new("PersistentVolume", name));
        }
        let behind = claim.volume.as_deref().and_then(|name| exam.volume(name));
        let behind = behind.and_then(|volume| exam.system_of(volume).found().copied());
        let systems = behind.into_iter().chain(exam.made_for(claim).iter().copied());
        self.objects.extend(systems.map(|system| Resource::new("FileSystem", &system.id)));
        let pods = exam.pods_of(&claim.namespace, &claim.name).iter();
        let nodes = pods.clone().filter_map(|pod| pod.node.as_ref());
        self.objects.extend(nodes.map(|node| Resource::new("Node", node)));
        self.objects.extend(pods.map(|pod| Resource::pod(&pod.namespace, &pod.name)));
    }
}
