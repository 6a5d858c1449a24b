//! What more than the class itself decides: claims' sizes, other classes, the driver's age.

use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::class::judge::{again, each, is_label, problems};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, Resource, Severity};
use crate::domain::lustre::{self, StorageType};
use crate::domain::quantity::{parse_gib, print_gib};
use crate::domain::sizing;
use crate::domain::spelling::distance;
use crate::domain::storageclass::{PROVISIONER, wish_from};
use crate::facts::{ClaimUse, StorageClass};

/// Provisioners with names of their own that are near to the driver's.
const OTHERS: [&str; 8] = [
    "ebs.csi.aws.com",
    "efs.csi.aws.com",
    "s3.csi.aws.com",
    "fsx.openzfs.csi.aws.com",
    "ebs.csi.eks.amazonaws.com",
    "csi.trident.netapp.io",
    "kubernetes.io/aws-ebs",
    "file.csi.aws.com",
];

/// The size that the driver asks FSx for, in GiB, when a claim of a class asks for `gib`; none when the class cannot be read.
pub(in crate::doctor) fn asked_of_fsx(class: &StorageClass, gib: u64) -> Option<u64> {
    let wish = wish_from(&class.parameters, gib).ok()?;
    let named = class.parameters.contains_key("deploymentType").then_some(wish.deployment_type);
    Some(sizing::driver_rounds_to(named, Some(wish.storage_type), wish.throughput, Some(gib)))
}

pub(super) fn sizes(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        let class = exam.class(claim.class.as_deref()?)?;
        let told = refused_size(class, claim).filter(|_| exam.made_for(claim).is_empty())?;
        Some(
            Complaint::new(
                Resource::claim(&claim.namespace, &claim.name),
                format!("claim {}/{} asks for a size that FSx refuses: {told}", claim.namespace, claim.name),
            )
            .because("the driver rounds up to steps that do not hold for what the class asks for")
            .shown_by("PersistentVolumeClaim", "spec.resources.requests.storage", &claim.requested)
            .affecting(exam.with_pods(claim))
            .fixed_by(
                Fix::manual("delete the claim and create it again with a size that FSx takes")
                    .then(format!("kubectl delete pvc {} -n {}", claim.name, claim.namespace)),
            ),
        )
    };
    let refused = Outcome::all(exam.waiting().filter_map(complaint));
    let rounded = each(exam, |class| rounded(exam, class));
    refused.and(rounded)
}

fn refused_size(class: &StorageClass, claim: &ClaimUse) -> Option<String> {
    let asked = asked_of_fsx(class, parse_gib(&claim.requested).ok()?)?;
    let wish = wish_from(&class.parameters, asked).ok()?;
    let shape = wish.shape();
    let legal = sizing::legal_capacity(shape, asked) || sizing::describe_steps(shape).is_none();
    let tiered = wish.storage_type == StorageType::IntelligentTiering;
    // What else is wrong with the class decides whether its size is.
    if legal || tiered || lustre::check(&wish).iter().any(|it| it.field != "size") {
        return None;
    }
    let next = sizing::round_up(shape, asked).map(|up| format!("; the next is {}", print_gib(up)));
    let steps = sizing::describe_steps(shape).unwrap_or_default();
    Some(format!(
        "the driver asks for {}, and {steps} is legal{}",
        print_gib(asked),
        next.unwrap_or_default()
    ))
}

/// Worth knowing: what is paid for and was not asked for.
fn rounded(exam: &Exam<'_>, class: &StorageClass) -> Option<Complaint> {
    // Of a class that is refused nothing is made, whatever the size.
    let refused = !problems(class).is_empty();
    if refused || is_label(exam, class) || exam.facts().storage.volumes.found().is_none() {
        return None;
    }
    let of_it = exam.claims().iter().filter(|claim| claim.class.as_deref() == Some(class.name.as_str()));
    let up = |claim: &&&ClaimUse| {
        let asked = parse_gib(&claim.requested).ok()?;
        let made = asked_of_fsx(class, asked)?;
        // A claim that is Bound to a volume that somebody made has the size that is written there.
        let fixed = claim
            .volume
            .as_deref()
            .and_then(|it| exam.volume(it))
            .is_some_and(|it| !Exam::is_provisioned(it));
        (made > asked && !fixed && refused_size(class, claim).is_none()).then_some((asked, made))
    };
    let claims: Vec<(&&ClaimUse, (u64, u64))> =
        of_it.filter_map(|claim| Some((claim, up(&claim)?))).collect();
    let (first, (asked, made)) = claims.first()?;
    let more = match claims.len() {
        1 => String::new(),
        several => format!(", and {} more likewise", several - 1),
    };
    Some(
        Complaint::new(
            Resource::new("StorageClass", &class.name),
            format!(
                "claim {}/{} asks for {} and gets {}{more}",
                first.namespace,
                first.name,
                print_gib(*asked),
                print_gib(*made)
            ),
        )
        .severity(Severity::Info)
        .because("FSx takes certain sizes only, and the driver rounds up; what is made is what is billed")
        .shown_by("PersistentVolumeClaim", "spec.resources.requests.storage", &first.requested)
        .affecting(claims.iter().map(|(claim, _)| Resource::claim(&claim.namespace, &claim.name))),
    )
}

pub(super) fn too_old(exam: &Exam<'_>) -> Outcome {
    let Some(version) = exam.version() else {
        return Outcome::not_applicable("the driver's version is not known")
            .unless_seen(&exam.seen.workloads)
            .unless_seen(&exam.facts().driver.addon);
    };
    each(exam, |class| {
        let wish = wish_from(&class.parameters, 1200).ok()?;
        let refused = lustre::check_driver(&wish, &version);
        let first = refused.first()?;
        let key = if wish.efa { "efaEnabled" } else { "metadataConfigurationMode" };
        Some(
            Complaint::new(
                Resource::new("StorageClass", &class.name),
                format!("StorageClass {} asks for what driver {version} does not know: {key}", class.name),
            )
            .because(first.reason.clone())
            .shown_by(
                format!("StorageClass {}", class.name),
                format!("parameters.{key}"),
                class.parameters.get(key).cloned().unwrap_or_default(),
            )
            .fixed_by(Fix::consent(
                "upgrade the driver",
                format!("fsxctl setup driver --upgrade --cluster {}", exam.cluster()),
            )),
        )
    })
}

/// Whether a provisioner's name is the driver's with a slip of the pen.
fn is_slip(provisioner: &str) -> bool {
    let typed = provisioner.to_lowercase();
    provisioner != PROVISIONER
        && !OTHERS.contains(&provisioner)
        && (distance(&typed, PROVISIONER) <= 2
            || ["fsx.aws.com", "fsx.csi.amazonaws.com", "csi.fsx.aws.com", "fsx.lustre.csi.aws.com"]
                .contains(&typed.as_str()))
}

pub(super) fn misspelt(exam: &Exam<'_>) -> Outcome {
    let Some(classes) = exam.seen.all_classes.found() else {
        return Outcome::passed().unless_seen(&exam.seen.all_classes);
    };
    let complaint = |class: &crate::facts::ClassRow| {
        let claims = exam.survey().claims.found().into_iter().flatten();
        let of_it = claims.filter(|claim| claim.class.as_deref() == Some(class.name.as_str()));
        let waiting: Vec<&ClaimUse> =
            of_it.filter(|it| it.phase == "Pending" && it.volume.is_none() && !it.terminating).collect();
        let bare = StorageClass { name: class.name.clone(), ..StorageClass::default() };
        let complaint = Complaint::new(
            Resource::new("StorageClass", &class.name),
            format!("StorageClass {} has provisioner {}, not {PROVISIONER}", class.name, class.provisioner),
        )
        .because("nothing makes volumes for a provisioner of that name, unless another driver has it")
        .shown_by(format!("StorageClass {}", class.name), "provisioner", &class.provisioner)
        .affecting(waiting.iter().flat_map(|claim| exam.with_pods(claim)))
        .fixed_by(again(&bare, &format!("write {PROVISIONER}")));
        if waiting.is_empty() { complaint.severity(Severity::Warning) } else { complaint }
    };
    Outcome::all(classes.iter().filter(|class| is_slip(&class.provisioner)).map(complaint))
        .unless_seen(&exam.survey().claims)
}
