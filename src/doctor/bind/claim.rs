//! Claims by themselves.

use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::exam::{EXPECTED_SECONDS, Exam};
use crate::doctor::finding::{Fix, Resource};
use crate::doctor::hyperpod::TEAM_PREFIX;
use crate::domain::spelling::nearest_name;
use crate::facts::{ClaimUse, PodUse, Seen, Volume};

pub(super) fn object(claim: &ClaimUse) -> Resource {
    Resource::claim(&claim.namespace, &claim.name)
}

/// A complaint about a claim, with the pods that it keeps waiting.
pub(super) fn about(exam: &Exam<'_>, claim: &ClaimUse, what: &str) -> Complaint {
    Complaint::new(object(claim), format!("claim {}/{} {what}", claim.namespace, claim.name))
        .affecting(exam.with_pods(claim).into_iter().skip(1))
}

fn read_it(claim: &ClaimUse) -> String {
    format!("kubectl describe pvc {} -n {}", claim.name, claim.namespace)
}

pub(super) fn waits(exam: &Exam<'_>) -> Outcome {
    let systems = &exam.facts().file_systems;
    let complaint = |claim: &&ClaimUse| {
        let age = exam.age(claim.created).unwrap_or_default();
        // What is being made may not be seen, and then nothing tells within its time that it is not.
        let unseen = systems.hidden().is_some() && age < EXPECTED_SECONDS;
        if exam.is_on_its_way(claim) || unseen {
            return None;
        }
        let class = claim.class.as_deref().unwrap_or_default();
        let complaint = about(exam, claim, &format!("waits for a file system of class {class}"))
            .shown_by("PersistentVolumeClaim", "status.phase", &claim.phase)
            .fixed_by(
                Fix::manual("mend what explains it; alone, read what the driver says").then(read_it(claim)),
            );
        Some(match exam.refusals(claim).first() {
            Some(event) => complaint.shown_by(format!("Event {}", event.reason), "message", &event.message),
            None => complaint,
        })
    };
    let waiting: Vec<_> = exam.waiting().collect();
    let outcome = Outcome::all(waiting.iter().filter_map(complaint)).unless_seen(&exam.survey().claims);
    if waiting.is_empty() { outcome } else { outcome.unless_seen(systems) }
}

/// Claims that wait, of whatever driver.
fn pending<'a>(exam: &Exam<'a>) -> impl Iterator<Item = &'a ClaimUse> {
    let all = exam.survey().claims.found().into_iter().flatten();
    all.filter(|claim| claim.phase == "Pending" && !claim.terminating && claim.volume.is_none())
}

/// Whether a volume of the driver is kept for a claim, or could be its.
fn may_bind(claim: &ClaimUse, volume: &Volume) -> bool {
    let its = format!("{}/{}", claim.namespace, claim.name);
    match &volume.claim {
        Some(of) => *of == its,
        None => volume.class == claim.class && volume.phase == "Available",
    }
}

fn sounds_like_lustre(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("fsx") || name.contains("lustre")
}

pub(super) fn without_class(exam: &Exam<'_>) -> Outcome {
    let classes: Vec<&str> = exam.classes().map(|class| class.name.as_str()).collect();
    let known = exam.seen.all_classes.found();
    let complaint = |claim: &ClaimUse| {
        let class = claim.class.as_deref()?;
        let there = known?.iter().any(|row| row.name == class);
        let near = nearest_name(class, &classes);
        let ours = near.is_some() || sounds_like_lustre(class);
        if there || !ours || exam.volumes().any(|volume| may_bind(claim, volume)) {
            return None;
        }
        let meant = near.map_or_else(String::new, |near| format!("; {near} is there"));
        Some(
            about(exam, claim, &format!("names StorageClass {class}, which is not there{meant}"))
                .because("no StorageClass has that name, and no volume of the driver that is free")
                .shown_by("PersistentVolumeClaim", "spec.storageClassName", class)
                .fixed_by(
                    Fix::manual("create that class, or the claim again with the right name")
                        .then("kubectl get storageclass")
                        .then(format!("fsxctl setup dynamic --cluster {}", exam.cluster())),
                ),
        )
    };
    let volumes = &exam.facts().storage.volumes;
    let complaints: Vec<Complaint> =
        if volumes.hidden().is_some() { Vec::new() } else { pending(exam).filter_map(complaint).collect() };
    Outcome::all(complaints)
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.seen.all_classes)
        .unless_seen(volumes)
}

pub(super) fn without_anything(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        let bound = exam.volumes().any(|volume| may_bind(claim, volume));
        let young = exam.age(claim.created).is_some_and(|age| age < 60);
        // A claim without any mark of the driver may be anybody's.
        if claim.class.is_some() || !sounds_like_lustre(&claim.name) || bound || young {
            return None;
        }
        Some(
            about(exam, claim, "names no StorageClass and no volume, and no volume is free for it")
                .because("without a class nothing is made for it")
                .shown_by("PersistentVolumeClaim", "spec.storageClassName", "not set")
                .fixed_by(
                    Fix::manual("create the claim again with a class, or bind a file system that is there")
                        .then(format!("kubectl delete pvc {} -n {}", claim.name, claim.namespace))
                        .then(format!(
                            "fsxctl byo --cluster {} -n {} --claim {}",
                            exam.cluster(),
                            claim.namespace,
                            claim.name
                        )),
                ),
        )
    };
    let volumes = &exam.facts().storage.volumes;
    let complaints: Vec<Complaint> =
        if volumes.hidden().is_some() { Vec::new() } else { pending(exam).filter_map(complaint).collect() };
    Outcome::all(complaints).unless_seen(&exam.survey().claims).unless_seen(volumes)
}

pub(super) fn elsewhere(exam: &Exam<'_>) -> Outcome {
    let (claims, pods) = (&exam.survey().claims, &exam.survey().pods);
    let outcome = Outcome::passed().unless_seen(claims).unless_seen(pods);
    let (Seen::Found(all), Seen::Found(users), None) = (claims, pods, &exam.survey().namespace) else {
        return outcome;
    };
    let complaint = |pod: &PodUse| {
        // Namespaces of HyperPod's teams are a question of their own.
        let of_team = pod.namespace.starts_with(TEAM_PREFIX);
        if pod.phase != "Pending" || pod.terminating || pod.node.is_some() || of_team {
            return None;
        }
        let is_there = |name: &String| all.iter().any(|it| it.namespace == pod.namespace && it.name == *name);
        let missing = pod.claims.iter().find(|name| !is_there(name))?;
        let other = exam.claims().iter().find(|it| it.name == *missing && it.phase == "Bound")?;
        let summary = format!(
            "pod {}/{} names claim {missing}, which is in namespace {} and not in its own",
            pod.namespace, pod.name, other.namespace
        );
        let volume = other.volume.as_deref().and_then(|it| exam.volume(it));
        let system = volume.and_then(|volume| exam.system_of(volume).found().copied());
        let by_id = system.map_or_else(String::new, |system| format!(" --fs-id {}", system.id));
        Some(
            Complaint::new(Resource::pod(&pod.namespace, &pod.name), summary)
                .because("a pod uses claims of its own namespace only")
                .shown_by("Pod", "spec.volumes[].persistentVolumeClaim.claimName", missing)
                .shown_by("PersistentVolumeClaim", "metadata.namespace", &other.namespace)
                .fixed_by(Fix::consent(
                    "give the namespace a volume and a claim of the same file system",
                    format!(
                        "fsxctl share --cluster {}{by_id} --namespaces {} --claim {missing}",
                        exam.cluster(),
                        pod.namespace
                    ),
                )),
        )
    };
    Outcome { complaints: users.iter().filter_map(complaint).collect(), ..outcome }
}

pub(super) fn lost(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        let lost = claim.phase == "Lost";
        let ours = lost && exam.claims().iter().any(|it| it.uid == claim.uid);
        if !lost || !ours && exam.made_for(claim).is_empty() {
            return None;
        }
        let system = exam.made_for(claim).iter().find(|system| system.lifecycle == "AVAILABLE");
        let name = claim.volume.as_deref().unwrap_or_default();
        let complaint = about(exam, claim, &format!("has lost its volume {name}"))
            .because("somebody deleted the volume; a claim is never given another")
            .shown_by("PersistentVolumeClaim", "status.phase", &claim.phase);
        let again = format!("kubectl delete pvc {} -n {}", claim.name, claim.namespace);
        Some(match system {
            Some(system) => complaint
                .shown_by(
                    "fsx:DescribeFileSystems",
                    "Lifecycle",
                    format!("{} {}", system.id, system.lifecycle),
                )
                .fixed_by(
                    Fix::consent("the file system is still there: make the claim again and bind it", again)
                        .then(format!(
                            "fsxctl byo --cluster {} --fs-id {} -n {} --claim {}",
                            exam.cluster(),
                            system.id,
                            claim.namespace,
                            claim.name
                        )),
                ),
            None => complaint.fixed_by(
                Fix::manual("look for the file system that the volume had, and bind it with a new claim")
                    .then("aws fsx describe-file-systems")
                    .then(again),
            ),
        })
    };
    let all = exam.survey().claims.found().into_iter().flatten();
    Outcome::all(all.filter_map(complaint)).unless_seen(&exam.survey().claims)
}

const READ_ONLY: &str = "ReadOnlyMany";

pub(super) fn read_only(exam: &Exam<'_>) -> Outcome {
    let fix = || Fix::manual("ask for ReadWriteMany, and say readOnly: true where the pod mounts it");
    let of_claim = |claim: &ClaimUse| {
        let asks = claim.access_modes.iter().any(|mode| mode == READ_ONLY);
        (asks && exam.made_for(claim).is_empty()).then(|| {
            about(exam, claim, "asks for ReadOnlyMany, which the driver does not make")
                .because("the driver takes ReadWriteMany and ReadWriteOnce only")
                .shown_by("PersistentVolumeClaim", "spec.accessModes", claim.access_modes.join(", "))
                .fixed_by(fix().then(format!("kubectl delete pvc {} -n {}", claim.name, claim.namespace)))
        })
    };
    // The kubelet mounts with the first of a volume's modes.
    let of_volume = |volume: &Volume| {
        let first = volume.access_modes.first().is_some_and(|mode| mode == READ_ONLY);
        (first && !volume.terminating).then(|| {
            let claim = exam.claim_of(volume);
            let latent = if claim.is_some() { "" } else { "; no claim has it yet" };
            Complaint::new(
                Resource::new("PersistentVolume", &volume.name),
                format!("volume {} is ReadOnlyMany, which the driver does not mount{latent}", volume.name),
            )
            .because("the driver takes ReadWriteMany and ReadWriteOnce only")
            .shown_by(
                format!("PersistentVolume {}", volume.name),
                "spec.accessModes",
                volume.access_modes.join(", "),
            )
            .affecting(claim.into_iter().flat_map(|claim| exam.with_pods(claim)))
            .fixed_by(fix())
        })
    };
    let claims = Outcome::all(exam.waiting().filter_map(of_claim)).unless_seen(&exam.survey().claims);
    claims.and(Outcome::all(exam.volumes().filter_map(of_volume)).unless_seen(&exam.facts().storage.volumes))
}
