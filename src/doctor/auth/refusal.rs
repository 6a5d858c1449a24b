//! What AWS said when it refused the controller, read by tokens: the code, the action, the principal. Lines are never
//! compared whole.

use super::super::exam::Exam;
use crate::facts::ObjectEvent;

/// Events older than this tell of the past: the provisioner asks again after five minutes at most.
const RECENT_SECONDS: i64 = 15 * 60;
/// Services whose actions the driver's creations touch.
const SERVICES: [&str; 6] = ["fsx", "iam", "sts", "s3", "kms", "ec2"];

/// Who was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principal<'a> {
    /// A user of IAM: static keys.
    User,
    /// A node, by its role's name: the session is named after its instance.
    Node(&'a str),
    /// Another role, by its name.
    Role(&'a str),
}

/// A refusal in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal<'a> {
    /// `fsx:TagResource`, when it is told.
    pub(super) action: Option<&'a str>,
    /// Who was refused, when it is told.
    pub(super) principal: Option<Principal<'a>>,
    /// Whether the credentials themselves were refused.
    pub(super) bad_credentials: bool,
    /// The event's own words.
    pub(super) event: &'a ObjectEvent,
}

impl<'a> Refusal<'a> {
    /// Reads one event; none when it is no refusal.
    pub(super) fn of(event: &'a ObjectEvent) -> Option<Self> {
        let has = |token: &str| event.message.contains(token);
        let denied = has("AccessDenied") || has("UnauthorizedOperation");
        let bad_credentials = has("InvalidClientTokenId")
            || has("UnrecognizedClientException")
            || has("SignatureDoesNotMatch")
            || has("InvalidAccessKeyId");
        if !denied && !bad_credentials {
            return None;
        }
        let words = || event.message.split(|it: char| it.is_whitespace() || ",;\"'()".contains(it));
        let action = words().map(|word| word.trim_end_matches(['.', ':'])).find(|word| is_action(word));
        let principal = words().find_map(principal);
        Some(Self { action, principal, bad_credentials, event })
    }

    /// Recent refusals of claims that still wait.
    pub(super) fn all(exam: &Exam<'a>) -> Vec<Self> {
        let recent = |event: &&ObjectEvent| exam.age(event.last).is_some_and(|age| age < RECENT_SECONDS);
        let events = exam.waiting().flat_map(|claim| exam.claim_events(claim));
        events.filter(recent).filter_map(Self::of).collect()
    }
}

fn is_action(word: &str) -> bool {
    word.split_once(':').is_some_and(|(service, name)| {
        SERVICES.contains(&service)
            && name.starts_with(|it: char| it.is_ascii_uppercase())
            && name.chars().all(|it| it.is_ascii_alphanumeric())
    })
}

fn principal(word: &str) -> Option<Principal<'_>> {
    let rest = word.strip_prefix("arn:")?;
    if let Some((_, role)) = rest.split_once(":assumed-role/") {
        let (role, session) = role.split_once('/')?;
        let is_node = session.trim_end_matches([':', '.']).starts_with("i-");
        return Some(if is_node { Principal::Node(role) } else { Principal::Role(role) });
    }
    rest.contains(":user/").then_some(Principal::User)
}
