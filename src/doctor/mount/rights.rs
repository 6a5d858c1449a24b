//! Who may write: what is worth knowing while a pod keeps ending.

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource};
use super::failure::volumes_of;
use crate::facts::PodUse;

/// Whether a pod's program keeps ending. Why is in its log, which is not read.
fn crashes(pod: &PodUse) -> bool {
    !pod.ready && matches!(pod.waiting.as_deref(), Some("CrashLoopBackOff" | "Error"))
}

/// M-10.
pub(super) fn not_root(exam: &Exam<'_>) -> Outcome {
    let note = |pod: &PodUse| {
        let user = pod.run_as_user.filter(|user| *user != 0 && crashes(pod))?;
        let named = volumes_of(exam, pod);
        named.first()?;
        Some(
            Complaint::new(
                Resource::pod(&pod.namespace, &pod.name),
                format!("pod {}/{} keeps ending, and runs as user {user}, who may not be allowed to write", pod.namespace, pod.name),
            )
            .because("the root directory of a file system is root's until somebody changes that; its log tells whether it is `Permission denied`")
            .shown_by("Pod", "spec.securityContext.runAsUser", user.to_string())
            .fixed_by(
                Fix::manual("look whether its log says so; if it does, make a directory for that user once, as root")
                    .then(format!("kubectl logs {} -n {} --previous", pod.name, pod.namespace)),
            ),
        )
    };
    Outcome::all(exam.users().into_iter().filter_map(note)).unless_seen(&exam.survey().pods)
}

/// M-11.
pub(super) fn squash(exam: &Exam<'_>) -> Outcome {
    let note = |system: &&crate::facts::FileSystem| {
        let squash = system.more.root_squash.as_deref().filter(|it| !it.is_empty() && *it != "0:0")?;
        Some(
            Complaint::new(
                Resource::new("FileSystem", &system.id),
                format!("file system {} turns root of its clients into {squash}", system.id),
            )
            .because("root in pods may be denied, and chown fails, on nodes that are not exempted")
            .shown_by("fsx:DescribeFileSystems", "RootSquashConfiguration.RootSquash", squash)
            .fixed_by(
                Fix::manual("exempt nodes by their NIDs, if root in pods is to write")
                    .then(format!("aws fsx describe-file-systems --file-system-ids {}", system.id)),
            ),
        )
    };
    Outcome::all(exam.in_use().iter().filter_map(note)).unless_seen(&exam.facts().file_systems)
}
