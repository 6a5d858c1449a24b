//! How file systems come about: what fails, repeats or takes long on the way to a claim.

use std::collections::BTreeMap;

use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::class::asked_of_fsx;
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, FixClass, Resource};
use crate::domain::ownership::TAG_CSI_VOLUME;
use crate::domain::quantity::{parse_gib, print_gib};
use crate::domain::versions::TIMEOUT_SINCE;
use crate::facts::{ClaimUse, FileSystem};

pub(super) fn object(system: &FileSystem) -> Resource {
    Resource::new("FileSystem", &system.id)
}

/// A complaint about a file system with what FSx tells of its state.
pub(super) fn about(system: &FileSystem, summary: String) -> Complaint {
    let complaint = Complaint::new(object(system), summary).shown_by(
        "fsx:DescribeFileSystems",
        "Lifecycle",
        &system.lifecycle,
    );
    match &system.failure {
        Some(failure) => complaint.shown_by("fsx:DescribeFileSystems", "FailureDetails.Message", failure),
        None => complaint,
    }
}

/// Whether FSx's words for a failure are about its own servers. They are not documented, so two hints are asked for.
fn speaks_of_capacity(system: &FileSystem) -> bool {
    let words = system.failure.as_deref().unwrap_or_default().to_lowercase();
    let scarce = ["insufficient", "not enough", "unavailable", "not available", "does not have", "unable to"];
    words.contains("capacity") && scarce.iter().any(|it| words.contains(it))
}

pub(super) fn failed(exam: &Exam<'_>, for_room: bool) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        // What is being made beside a failed one is what the claim gets.
        let made = exam.made_for(claim).iter().filter(|_| exam.making(claim).is_none());
        let system = made
            .filter(|system| system.lifecycle == "FAILED" && speaks_of_capacity(system) == for_room)
            .max_by_key(|system| system.more.created)?;
        let (what, cause) = if for_room {
            ("could not be made: AWS may have no room for it in that zone", "FSx's words speak of capacity")
        } else {
            ("could not be made", "the driver asks for it again by the same token and gets the failed one")
        };
        let said =
            system.failure.as_deref().map_or_else(String::new, |failure| format!("; FSx says: {failure}"));
        let first = if for_room {
            "take a subnet in another zone or another type, or wait; then clear the failed one away"
        } else {
            "mend what FSx says, then clear the failed file system away; the claim needs a new uid"
        };
        Some(
            about(
                system,
                format!("file system {} of claim {}/{} {what}", system.id, claim.namespace, claim.name),
            )
            .because(format!("{cause}{said}"))
            .affecting(exam.with_pods(claim))
            .fixed_by(
                Fix::consent(first, format!("aws fsx delete-file-system --file-system-id {}", system.id))
                    .then(format!("kubectl delete pvc {} -n {}", claim.name, claim.namespace)),
            ),
        )
    };
    Outcome::all(exam.waiting().filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().file_systems)
}

pub(super) fn slow(exam: &Exam<'_>) -> Outcome {
    let old = exam.version().filter(|version| !version.at_least(TIMEOUT_SINCE));
    let complaint = |claim: &ClaimUse| {
        let system = exam.making(claim).filter(|it| it.lifecycle == "CREATING")?;
        let minutes = exam.age(system.more.created).unwrap_or_default() / 60;
        let (overdue, timed_out) = (
            exam.is_overdue(system, 0),
            exam.refusals(claim).iter().any(|it| it.message.contains("DeadlineExceeded")),
        );
        if !overdue && !(old.is_some() && timed_out) {
            return None;
        }
        let mut fix = Fix::manual("wait; FSx ends it as AVAILABLE or FAILED")
            .then(format!("aws fsx describe-file-systems --file-system-ids {}", system.id));
        let mut cause = "FSx has not ended it yet".to_owned();
        if let Some(old) = &old {
            cause = format!("driver {old} may make another one each time the provisioner asks again");
            fix = Fix::consent(
                "upgrade the driver",
                format!("fsxctl setup driver --upgrade --cluster {}", exam.cluster()),
            );
        }
        let summary = format!(
            "file system {} of claim {}/{} has been in the making for {minutes} minutes",
            system.id, claim.namespace, claim.name
        );
        Some(
            about(system, summary)
                .because(cause)
                .affecting([Resource::claim(&claim.namespace, &claim.name)])
                .fixed_by(fix),
        )
    };
    Outcome::all(exam.waiting().filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().file_systems)
}

/// Only those of this cluster's claims and volumes: others are other clusters'.
pub(super) fn twins(exam: &Exam<'_>) -> Outcome {
    let mut groups: BTreeMap<&str, Vec<&FileSystem>> = BTreeMap::new();
    for system in exam.facts().file_systems.found().into_iter().flatten() {
        if let Some(volume) = system.tags.get(TAG_CSI_VOLUME).filter(|_| system.lifecycle != "DELETING") {
            groups.entry(volume).or_default().push(system);
        }
    }
    groups.retain(|_, systems| systems.len() > 1);
    let of_claim =
        |name: &str| exam.claims().iter().find(|claim| name.strip_prefix("pvc-") == Some(&*claim.uid));
    let complaints = groups.into_iter().filter_map(|(name, systems)| {
        let volume = exam.volume(name);
        let claim = of_claim(name);
        let resource = match (volume, claim) {
            (Some(volume), _) => Resource::new("PersistentVolume", &volume.name),
            (None, Some(claim)) => Resource::claim(&claim.namespace, &claim.name),
            (None, None) => return None,
        };
        let ids: Vec<&str> = systems.iter().map(|system| system.id.as_str()).collect();
        let mut fix = Fix::manual("look at what is in those that no volume names, and delete them");
        // While no volume names one of them, the driver may still take any.
        for extra in systems.iter().filter(|it| volume.is_some_and(|volume| volume.handle != it.id)) {
            fix.class = FixClass::Consent;
            fix = fix.then(format!("aws fsx delete-file-system --file-system-id {}", extra.id));
        }
        Some(
            Complaint::new(
                resource,
                format!("{} file systems were made for {name}: {}", ids.len(), ids.join(", ")),
            )
            .because("each of them is billed and takes addresses of its subnet; one is used")
            .shown_by("fsx:DescribeFileSystems", format!("Tags[{TAG_CSI_VOLUME}]={name}"), ids.join(", "))
            .fixed_by(fix),
        )
    });
    Outcome::all(complaints)
        .unless_seen(&exam.facts().file_systems)
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.survey().claims)
}

/// What the driver's answers to claims say by a token of FSx's or the SDK's.
pub(in crate::doctor) fn by_token(
    exam: &Exam<'_>,
    tokens: &[&str],
    tell: impl Fn(&ClaimUse) -> Complaint,
) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        // While something is being made, what was answered before is of the past.
        let refusals = exam.refusals(claim);
        let named = |message: &str| tokens.iter().any(|token| message.contains(token));
        let event = refusals.iter().find(|event| named(&event.message))?;
        exam.making(claim).is_none().then(|| {
            tell(claim)
                .shown_by(format!("Event {}", event.reason), "message", &event.message)
                .affecting(exam.with_pods(claim).into_iter().skip(1))
        })
    };
    Outcome::all(exam.waiting().filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.seen.events)
}

fn about_claim(claim: &ClaimUse, summary: &str) -> Complaint {
    Complaint::new(
        Resource::claim(&claim.namespace, &claim.name),
        format!("claim {}/{}: {summary}", claim.namespace, claim.name),
    )
}

pub(super) fn throttled(exam: &Exam<'_>) -> Outcome {
    let tokens = [
        "ThrottlingException",
        "TooManyRequests",
        "rate limit token",
        "Rate exceeded",
        "retry quota exceeded",
    ];
    by_token(exam, &tokens, |claim| {
        about_claim(claim, "FSx answers the driver too seldom")
            .because("the account asks FSx more often than its rate allows")
            .fixed_by(Fix::consent(
                "upgrade the driver: v1.8.0 and later ask once a minute for all file systems",
                format!("fsxctl setup driver --upgrade --cluster {}", exam.cluster()),
            ))
    })
}

pub(super) fn quota(exam: &Exam<'_>) -> Outcome {
    by_token(exam, &["ServiceLimitExceeded"], |claim| {
        about_claim(claim, "a quota of FSx is reached")
            .because("FSx refuses a further file system, or more capacity of that type, in this account and Region")
            .fixed_by(
                Fix::manual("ask for a higher quota of that deployment type, or delete what is not used")
                    .then("aws service-quotas list-service-quotas --service-code fsx"),
            )
    })
}

pub(super) fn other_size(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        let class = exam.class(claim.class.as_deref()?)?;
        let wanted = asked_of_fsx(class, parse_gib(&claim.requested).ok()?)?;
        let differs = |it: &&&FileSystem| it.capacity_gib.is_some_and(|there| there != wanted);
        let system = exam.made_for(claim).iter().find(differs).filter(|it| it.lifecycle != "FAILED")?;
        let refusals = exam.refusals(claim);
        let event = refusals.iter().find(|event| event.message.contains("AlreadyExists"))?;
        let there = print_gib(system.capacity_gib.unwrap_or_default());
        Some(
            about_claim(
                claim,
                &format!(
                    "file system {} was made for it with {there}, and {} are asked for now",
                    system.id,
                    print_gib(wanted)
                ),
            )
            .because(
                "the driver finds its file system by the claim's uid and does not take one of another size",
            )
            .shown_by(format!("Event {}", event.reason), "message", &event.message)
            .shown_by("fsx:DescribeFileSystems", "StorageCapacity", there)
            .affecting(exam.with_pods(claim).into_iter().skip(1))
            .fixed_by(
                Fix::manual("delete the file system if it is empty, and create the claim again")
                    .then(format!("aws fsx describe-file-systems --file-system-ids {}", system.id)),
            ),
        )
    };
    Outcome::all(exam.waiting().filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.seen.events)
        .unless_seen(&exam.facts().file_systems)
}
