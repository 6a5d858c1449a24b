//! What "it is there already" means for a call: somebody else was quicker since the plan, perhaps another run of the
//! same command. What is there is looked at; if it is what was to be made, it is found, else nothing is built on it.

use serde_json::Value;

use super::{Hands, Outcome};
use crate::domain::ownership::{TAG_CLUSTER, TAG_OWNER};
use crate::domain::quantity;
use crate::facts::{Seen, Veil};
use crate::gateway::{Trouble, TroubleKind};
use crate::steps::{Action, Change, Direction, Ref};

/// Looks at what is there.
pub(super) async fn already(
    hands: Hands<'_>,
    change: &Change,
    action: &Action,
    trouble: Trouble,
) -> Result<Outcome, Trouble> {
    match action {
        Action::Authorize { .. } => one_by_one(hands, action).await,
        Action::CreateGroup { .. } => group(hands, action, trouble).await,
        Action::CreateProvider { .. } => Ok(Outcome::Found(Some(change.resource.reference.clone()))),
        Action::CreateRole { .. } => role(hands, action, trouble).await,
        Action::CreateAddon { .. } | Action::CreateAssociation { .. } => {
            Box::pin(of_eks(hands, action, trouble)).await
        }
        Action::CreateObject { .. } => object(hands, action, trouble).await,
        _ => Ok(Outcome::Found(None)),
    }
}

/// The inline policy of a role that was found instead of made: another run may have written another one into it.
pub(super) async fn policy_of_found_role(
    hands: Hands<'_>,
    role: &str,
    name: &str,
    document: &Value,
) -> Result<Option<Outcome>, Trouble> {
    match hands.reads.role_policy(role, name).await? {
        Seen::Missing => Ok(None),
        Seen::Found(there) if there == *document => Ok(Some(Outcome::Found(None))),
        Seen::Found(_) => {
            let text = format!("inline policy {name} of role {role} was written meanwhile, and differs");
            Err(Trouble::new(TroubleKind::Conflict, "iam", "PutRolePolicy", &text))
        }
        Seen::Hidden(veil) => Err(denied("iam", &veil)),
    }
}

/// EC2 refuses the whole request for one duplicate rule, so the others are still missing.
async fn one_by_one(hands: Hands<'_>, action: &Action) -> Result<Outcome, Trouble> {
    let Action::Authorize { group: Ref::Known(group), direction, rules, tags } = action else {
        return Ok(Outcome::Found(None));
    };
    for rule in rules {
        let ingress = *direction == Direction::Ingress;
        match hands.writes.authorize(group, ingress, std::slice::from_ref(rule), tags).await {
            Err(trouble) if trouble.what != TroubleKind::Exists => return Err(trouble),
            _ => {}
        }
    }
    Ok(Outcome::Found(None))
}

async fn group(hands: Hands<'_>, action: &Action, trouble: Trouble) -> Result<Outcome, Trouble> {
    let Action::CreateGroup { name, vpc, tags, .. } = action else { return Err(trouble) };
    let groups = match hands.reads.groups(&[vpc]).await? {
        Seen::Found(groups) => groups,
        Seen::Missing => Vec::new(),
        Seen::Hidden(veil) => return Err(denied("ec2", &veil)),
    };
    let there = groups.into_iter().find(|group| group.name == *name);
    let is_ours = |there: &crate::domain::network::SecurityGroup| {
        [TAG_OWNER, TAG_CLUSTER].iter().all(|tag| there.tags.get(*tag) == tags.get(*tag))
    };
    match there {
        Some(group) if is_ours(&group) => Ok(Outcome::Found(Some(group.id))),
        Some(group) => Err(in_the_way(
            trouble,
            &format!("{} has this name, and is not fsxctl's for this cluster", group.id),
        )),
        None => Err(in_the_way(trouble, "it came and went meanwhile")),
    }
}

async fn role(hands: Hands<'_>, action: &Action, trouble: Trouble) -> Result<Outcome, Trouble> {
    let Action::CreateRole { name, path, trust, .. } = action else { return Err(trouble) };
    match hands.reads.role(name).await? {
        Seen::Found(there) if !there.arn.ends_with(&format!(":role{path}{name}")) => {
            Err(in_the_way(trouble, &format!("it was made meanwhile, as {}", there.arn)))
        }
        Seen::Found(there) if there.trust != *trust => {
            Err(in_the_way(trouble, "it was made meanwhile, and its trust policy is another one"))
        }
        Seen::Found(there) => Ok(Outcome::Found(Some(there.arn))),
        // IAM does not show a new role everywhere at once.
        Seen::Missing => Ok(Outcome::Found(None)),
        Seen::Hidden(veil) => Err(denied("iam", &veil)),
    }
}

async fn of_eks(hands: Hands<'_>, action: &Action, trouble: Trouble) -> Result<Outcome, Trouble> {
    match action {
        Action::CreateAddon { cluster, name, version, role_arn, association, .. } => {
            let there = match hands.reads.addon(cluster, name).await? {
                Seen::Found(there) => there,
                Seen::Missing => return Err(in_the_way(trouble, "it came and went meanwhile")),
                Seen::Hidden(veil) => return Err(denied("eks", &veil)),
            };
            if version.as_ref().is_some_and(|version| *version != there.version) {
                return Err(in_the_way(
                    trouble,
                    &format!("it was made meanwhile, in version {}", there.version),
                ));
            }
            let by_association = association.is_some() != there.associations.is_empty();
            if there.role_arn != *role_arn || !by_association {
                return Err(in_the_way(
                    trouble,
                    "it was made meanwhile, and its controller gets its role another way",
                ));
            }
            Ok(Outcome::Found(None))
        }
        Action::CreateAssociation { cluster, namespace, service_account, role_arn, .. } => {
            let id = match hands.reads.association_id(cluster, namespace, service_account).await? {
                Seen::Found(id) => id,
                Seen::Missing => return Err(in_the_way(trouble, "it came and went meanwhile")),
                Seen::Hidden(veil) => return Err(denied("eks", &veil)),
            };
            match hands.reads.association(cluster, &id).await? {
                Seen::Found(there) if there.role_arn == *role_arn => Ok(Outcome::Found(Some(id))),
                Seen::Found(there) => {
                    Err(in_the_way(trouble, &format!("it was made meanwhile, with {}", there.role_arn)))
                }
                Seen::Missing => Err(in_the_way(trouble, "it came and went meanwhile")),
                Seen::Hidden(veil) => Err(denied("eks", &veil)),
            }
        }
        _ => Ok(Outcome::Found(None)),
    }
}

async fn object(hands: Hands<'_>, action: &Action, trouble: Trouble) -> Result<Outcome, Trouble> {
    let Action::CreateObject { at, object, .. } = action else { return Err(trouble) };
    match hands.kube.object(&super::calls::place(at.clone())).await? {
        Seen::Found(there) => match difference("", object, &there) {
            None => Ok(Outcome::Found(None)),
            Some(difference) => {
                Err(in_the_way(trouble, &format!("it was made meanwhile, and differs: {difference}")))
            }
        },
        Seen::Missing => Err(in_the_way(trouble, "it came and went meanwhile")),
        Seen::Hidden(veil) => Err(denied("kubernetes", &veil)),
    }
}

/// The first value that an object was to have and has not. What the server adds does not count, nor do labels.
fn difference(path: &str, wanted: &Value, there: &Value) -> Option<String> {
    match wanted {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !(path.is_empty() && *name == "metadata"))
            .find_map(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                difference(&path, value, there.get(name).unwrap_or(&Value::Null))
            }),
        _ if wanted == there || (is_empty(wanted) && is_empty(there)) => None,
        // The server writes quantities in its own way: `1024Gi` comes back as `1Ti`.
        Value::String(text) if path.ends_with(".storage") && same_quantity(text, there) => None,
        _ => Some(format!("{path} is {there}, not {wanted}")),
    }
}

/// What the server leaves out.
fn is_empty(value: &Value) -> bool {
    value.is_null()
        || value.as_str().is_some_and(str::is_empty)
        || value.as_array().is_some_and(Vec::is_empty)
}

fn same_quantity(wanted: &str, there: &Value) -> bool {
    let there = there.as_str().and_then(|text| quantity::parse_bytes(text).ok());
    there.is_some() && quantity::parse_bytes(wanted).ok() == there
}

fn in_the_way(trouble: Trouble, text: &str) -> Trouble {
    Trouble { what: TroubleKind::Conflict, message: text.to_owned(), code: None, ..trouble }
}

fn denied(service: &'static str, veil: &Veil) -> Trouble {
    let operation = veil.permission.split_once(':').map_or(veil.permission.as_str(), |(_, name)| name);
    Trouble::new(TroubleKind::Denied, service, operation, &veil.cause)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_wanted_is_compared() {
        let wanted = json!({"metadata": {"name": "c", "labels": {"a": "b"}}, "parameters": {"x": "1"}, "mountOptions": ["flock"]});
        let mut there = json!({"metadata": {"name": "c", "uid": "1"}, "parameters": {"x": "1"}, "mountOptions": ["flock"], "status": {}});
        assert_eq!(difference("", &wanted, &there), None);
        there["parameters"]["x"] = json!("2");
        assert_eq!(difference("", &wanted, &there).as_deref(), Some("parameters.x is \"2\", not \"1\""));
        there["parameters"] = json!({});
        assert_eq!(difference("", &wanted, &there).as_deref(), Some("parameters.x is null, not \"1\""));
        let sized = |size: &str| json!({"spec": {"capacity": {"storage": size}, "storageClassName": ""}});
        let kept = json!({"spec": {"capacity": {"storage": "1Ti"}}});
        assert_eq!(difference("", &sized("1024Gi"), &kept), None, "the server writes it so");
        assert!(difference("", &sized("1200Gi"), &kept).is_some());
        there = json!({"parameters": {"x": "1"}, "mountOptions": []});
        assert_eq!(difference("", &wanted, &there).as_deref(), Some("mountOptions is [], not [\"flock\"]"));
    }
}
