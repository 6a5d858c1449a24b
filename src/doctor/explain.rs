//! What a word means: checks, StorageClass parameters, exit codes, errors of a mount. From the same tables as everything
//! else, so that no page says anything the program does not do.

use serde::Serialize;

use super::table;
use crate::domain::mount::{ERRNOS, Errno};
use crate::domain::spelling::nearest_name;
use crate::domain::storageclass::{PARAMETERS, Parameter};
use crate::error::Kind;

/// The page of a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The word, as it is written.
    pub term: String,
    /// `check`, `parameter`, `exit code`, `mount error`.
    pub what: String,
    /// In a line.
    pub title: String,
    /// At length.
    pub sections: Vec<Section>,
}

/// A paragraph and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Section {
    /// What it answers.
    pub name: String,
    /// The answer.
    pub text: String,
}

/// All words that have a page: kind, word, and what it means in a line.
pub fn terms() -> Vec<(&'static str, String, String)> {
    let checks = table::all().map(|check| ("check", check.id.to_owned(), check.title.to_owned()));
    let parameters = PARAMETERS.iter().map(|it| ("parameter", it.key.to_owned(), it.meaning.to_owned()));
    let codes = CODES.iter().map(|(code, text, _)| ("exit code", code.to_string(), (*text).to_owned()));
    let errnos = ERRNOS.iter().map(|it| ("mount error", it.name.to_owned(), it.words.to_owned()));
    checks.chain(parameters).chain(codes).chain(errnos).collect()
}

/// The page of a word; else the nearest word that has one.
///
/// # Errors
/// The nearest word, when one is near.
pub fn explain(term: &str) -> Result<Explanation, Option<String>> {
    let number = |prefix: &str| term.strip_prefix(prefix).unwrap_or(term).parse::<u8>().ok();
    if let Some(check) = table::find(term) {
        return Ok(check_page(check));
    }
    if let Some(parameter) = PARAMETERS.iter().find(|it| it.key.eq_ignore_ascii_case(term)) {
        return Ok(parameter_page(parameter));
    }
    if let Some((code, title, text)) = CODES.iter().find(|(code, ..)| number("exit-") == Some(*code)) {
        return Ok(code_page(*code, title, text));
    }
    let is_asked = |it: &&Errno| it.name.eq_ignore_ascii_case(term) || number("errno-") == Some(it.number);
    if let Some(errno) = ERRNOS.iter().find(is_asked) {
        return Ok(errno_page(errno));
    }
    let words = terms();
    let words: Vec<&str> = words.iter().map(|(_, word, _)| word.as_str()).collect();
    Err(nearest_name(term, &words)
        .or_else(|| nearest_name(&term.to_ascii_uppercase(), &words))
        .map(str::to_owned))
}

fn page(what: &str, term: &str, title: &str, sections: &[(&str, String)]) -> Explanation {
    let filled = sections.iter().filter(|(_, text)| !text.is_empty());
    Explanation {
        term: term.to_owned(),
        what: what.to_owned(),
        title: title.to_owned(),
        sections: filled
            .map(|(name, text)| Section { name: (*name).to_owned(), text: text.clone() })
            .collect(),
    }
}

fn check_page(check: &super::Check) -> Explanation {
    page(
        "check",
        check.id,
        check.title,
        &[
            ("severity", check.severity.to_string()),
            ("seen", check.symptom.to_owned()),
            ("why", check.why.to_owned()),
            ("decided by", check.decided_by.to_owned()),
            ("way out", check.remedy.to_owned()),
            ("explains", check.explains.join(", ")),
            ("source", check.source.to_owned()),
        ],
    )
}

fn parameter_page(parameter: &Parameter) -> Explanation {
    page(
        "parameter",
        parameter.key,
        parameter.meaning,
        &[
            ("unit", parameter.unit.to_owned()),
            ("without it", parameter.default.to_owned()),
            ("field", parameter.source.to_owned()),
            (
                "source",
                "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/v1.9.0/pkg/driver/controller.go"
                    .to_owned(),
            ),
        ],
    )
}

fn code_page(code: u8, title: &str, text: &str) -> Explanation {
    page("exit code", &code.to_string(), title, &[("then", text.to_owned())])
}

fn errno_page(errno: &Errno) -> Explanation {
    let (causes, decides) = MOUNT_CAUSES
        .iter()
        .find(|(number, ..)| *number == errno.number)
        .map_or(("", ""), |(_, causes, decides)| (causes, decides));
    page(
        "mount error",
        errno.name,
        &format!("mount.lustre ends with exit status {}: {}", errno.number, errno.words),
        &[
            ("causes", causes.to_owned()),
            ("told apart by", decides.to_owned()),
            ("then", "fsxctl doctor --pod NAMESPACE/NAME".to_owned()),
            (
                "source",
                "https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html".to_owned(),
            ),
        ],
    )
}

/// Exit codes: what each means, and what to do then.
const CODES: [(u8, &str, &str); 13] = [
    (0, "done, or nothing to do", "Go on. A diagnosis found nothing at or above --fail-on."),
    (
        Kind::Bug.code(),
        "a bug, or a service answered in a way nobody expected",
        "Run it again with -v and --trace-calls, and report it.",
    ),
    (
        Kind::Usage.code(),
        "the command line or the config file cannot be, or names what does not exist",
        "Read the message: it says what would do.",
    ),
    (
        Kind::Findings.code(),
        "a verification failed, or the doctor found errors",
        "Mend the finding of rank 1 first, and run it again.",
    ),
    (
        4,
        "the doctor found less than errors, at or above --fail-on",
        "Read the findings; nothing is broken now.",
    ),
    (
        Kind::Denied.code(),
        "no or expired credentials, or a no from AWS or Kubernetes that could change the plan",
        "Renew the credentials, or allow what the message names: `fsxctl permissions COMMAND`.",
    ),
    (
        Kind::Unavailable.code(),
        "throttled, unreachable or timed out; nothing is broken",
        "Run the same command again.",
    ),
    (
        Kind::Conflict.code(),
        "something not ours or different is in the way, or the world moved",
        "Read the difference; adopt it with --adopt, or take another name.",
    ),
    (Kind::Pending.code(), "changes are pending", "Apply them."),
    (Kind::Declined.code(), "consent needed and nobody there, or declined", "Pass --yes to apply the plan."),
    (
        Kind::EndedBadly.code(),
        "an object ended badly after a write",
        "Read the reason of the service: `fsxctl doctor` finds its cause.",
    ),
    (Kind::Interrupted.code(), "interrupted", "Run the same command again; it goes on where it was."),
    (Kind::Terminated.code(), "terminated", "Run the same command again; it goes on where it was."),
];

/// What an errno of a mount may come from, and what tells these causes apart.
const MOUNT_CAUSES: [(u8, &str, &str); 10] = [
    (
        1,
        "The driver's pod is not privileged, or a policy of the node forbids mounts.",
        "The DaemonSet's securityContext.",
    ),
    (
        2,
        "The mount name is wrong or missing, or a directory in it is not there; or the DNS name is another file system's.",
        "The volume's dnsname and mountname against fsx:DescribeFileSystems DNSName and LustreConfiguration.MountName.",
    ),
    (
        5,
        "The servers did not answer as they should (`Is the MGS running?`): closed ports, a file system that is not \
         AVAILABLE, or SNAT that changes the source port.",
        "Lifecycle; tcp 988 and 1018-1023 both ways on every interface for this node's groups; network ACLs; routes.",
    ),
    (13, "The node's user may not mount, or a policy forbids it.", "The DaemonSet's securityContext."),
    (
        16,
        "An earlier mount or unmount on the node has not ended.",
        "Events of the pod; restarts of fsx-csi-node there.",
    ),
    (
        19,
        "The node's kernel has no Lustre client, or has not loaded it yet.",
        "Node osImage and kernelVersion; the node's age; whether all nodes of its group fail.",
    ),
    (
        22,
        "The client is too new for the file system's version, or a mount option is not Lustre's. `Is the file system name \
         correct?` is boilerplate and no evidence.",
        "FileSystemTypeVersion against the node's kernel; the volume's mountOptions.",
    ),
    (30, "The volume is mounted read-only.", "The volume's mountOptions, readOnly and access modes."),
    (
        108,
        "The servers evicted the client: its connection was lost.",
        "Lifecycle; maintenance window; the network since.",
    ),
    (
        110,
        "Nothing answers: closed ports, a network ACL, no route, or another VPC.",
        "As for EIO, and the VPC of the file system.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_list_has_a_page() {
        for (what, word, _) in terms() {
            let page = explain(&word).unwrap_or_else(|near| panic!("{word} has no page, near {near:?}"));
            assert_eq!((page.what.as_str(), page.term.as_str()), (what, word.as_str()));
            assert!(page.sections.iter().all(|section| !section.text.trim().is_empty()), "{word}");
            assert!(!page.sections.is_empty(), "{word}");
        }
    }

    #[test]
    fn words_are_found_as_people_type_them() {
        for (typed, word) in [
            ("fsx-inst-01", "FSX-INST-01"),
            ("3", "3"),
            ("exit-3", "3"),
            ("eio", "EIO"),
            ("errno-5", "EIO"),
            ("22", "EINVAL"),
            ("SUBNETID", "subnetId"),
        ] {
            assert_eq!(explain(typed).map(|page| page.term), Ok(word.to_owned()));
        }
        assert_eq!(explain("FSX-INST-0"), Err(Some("FSX-INST-01".to_owned())));
        assert_eq!(explain("weather"), Err(None));
    }

    #[test]
    fn every_exit_code_and_errno_is_told() {
        for kind in Kind::ALL {
            assert!(CODES.iter().any(|(code, ..)| *code == kind.code()), "{kind:?}");
        }
        for errno in ERRNOS {
            assert!(MOUNT_CAUSES.iter().any(|(number, ..)| *number == errno.number), "{}", errno.name);
        }
    }
}
