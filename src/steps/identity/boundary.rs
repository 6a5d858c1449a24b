//! The permissions boundary: what it does not allow, no policy of the role can give. It is judged and never changed.

use super::{conflict, role};
use crate::domain::policy::{self, Answer};
use crate::error::Kind;
use crate::facts::{Facts, Role, Seen};
use crate::intent::Intent;
use crate::steps::{Block, Note, Sign};

/// What a boundary leaves of what the driver needs.
pub(super) enum Limit {
    /// All of it; or it could not be judged, and the note says so.
    Enough(Option<Note>),
    /// Not these actions.
    Denies(Vec<String>),
}

/// Judges a boundary by its ARN.
pub(super) fn limit(intent: &Intent, facts: &Facts, arn: &str) -> Limit {
    let unknown = |text: String| Limit::Enough(Some(Note { sign: Sign::Unknown, text }));
    let document = match facts.access.boundaries.get(arn) {
        Some(Seen::Found(document)) => document,
        Some(Seen::Hidden(veil)) => {
            return unknown(format!(
                "whether permissions boundary {arn} lets the driver work cannot be seen ({})",
                veil.permission
            ));
        }
        Some(Seen::Missing) | None => {
            return unknown(format!("permissions boundary {arn} was not found, so it was not judged"));
        }
    };
    let documents = std::slice::from_ref(document);
    let (mut denied, mut unclear) = (Vec::new(), Vec::new());
    for (need, answer) in policy::missing_permissions(documents, &[], &role::policy_wish(intent, facts)) {
        match answer {
            Answer::Allowed => {}
            Answer::Denied | Answer::Missing => denied.push(need.action),
            Answer::CannotTell(why) => unclear.push(format!("{} ({why})", need.action)),
        }
    }
    match (denied.is_empty(), unclear.is_empty()) {
        (false, _) => Limit::Denies(denied),
        (true, false) => {
            unknown(format!("cannot tell whether permissions boundary {arn} allows {}", unclear.join(", ")))
        }
        (true, true) => Limit::Enough(None),
    }
}

/// Why the role cannot work under its boundary, if so. What cannot be judged becomes a note.
pub(super) fn fault(intent: &Intent, facts: &Facts, role: &Role, notes: &mut Vec<Note>) -> Option<String> {
    let arn = role.boundary.as_ref()?;
    match limit(intent, facts, arn) {
        Limit::Denies(actions) => {
            Some(format!("its permissions boundary {arn} does not allow {}", actions.join(", ")))
        }
        Limit::Enough(note) => {
            notes.extend(note);
            None
        }
    }
}

/// The boundary of a role that is to be made must let the driver work.
pub(super) fn asked(intent: &Intent, facts: &Facts, notes: &mut Vec<Note>) -> Result<(), Box<Block>> {
    let Some(asked) = &intent.identity.boundary else { return Ok(()) };
    let usage = |message: String, next: &str| {
        Err(Box::new(Block { kind: Kind::Usage, message, permission: None, next: Some(next.to_owned()) }))
    };
    if facts.access.boundaries.get(&asked.value).is_some_and(Seen::is_missing) {
        return usage(
            format!("{} names policy {}, which does not exist", asked.from, asked.value),
            "name a policy that exists with --permissions-boundary",
        );
    }
    match limit(intent, facts, &asked.value) {
        Limit::Denies(actions) => usage(
            format!(
                "{} names {}, which does not allow {}: a role under it could not let the driver work",
                asked.from,
                asked.value,
                actions.join(", ")
            ),
            "name a boundary that allows them with --permissions-boundary",
        ),
        Limit::Enough(note) => {
            notes.extend(note);
            Ok(())
        }
    }
}

/// A role that is there keeps its boundary and path: those that were asked for must be the ones it has.
pub(super) fn as_asked(intent: &Intent, role: &Role) -> Result<(), Box<Block>> {
    let wish = &intent.identity;
    let differs = |what: &str, there: &str, from: &crate::intent::Source, asked: &str| {
        Err(conflict(
            format!(
                "role {} has {what} {there}, and {from} asks for {asked}; fsxctl does not change it",
                role.name
            ),
            format!("leave {from} out, or take another name with --role-name"),
        ))
    };
    if let Some(asked) = wish.boundary.as_ref().filter(|asked| role.boundary.as_ref() != Some(&asked.value)) {
        let there = role.boundary.as_deref().unwrap_or("(none)");
        return differs("permissions boundary", there, &asked.from, &asked.value);
    }
    let path = path(&role.arn);
    if wish.role_path.is_asked() && wish.role_path.value != path {
        return differs("path", &path, &wish.role_path.from, &wish.role_path.value);
    }
    Ok(())
}

/// The path in a role's ARN: `/team/` of `arn:aws:iam::111122223333:role/team/name`.
fn path(arn: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let path = resource.strip_prefix("role").unwrap_or_default();
    path.rfind('/').and_then(|end| path.get(..=end)).filter(|path| !path.is_empty()).unwrap_or("/").to_owned()
}
