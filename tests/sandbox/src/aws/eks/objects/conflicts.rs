//! Conflicts between an add-on's manifests and what others put into the cluster, and merging.
//!
//! A field conflicts when the live object has it with another value. A service account conflicts in any
//! case (`sandbox.md`, EKS). Nobody asks about an object that EKS itself has written.

use serde_json::{Map, Value, json};

use super::super::super::row;

/// One field that somebody else has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// `ServiceAccount fsx-csi-controller-sa`, `Deployment.apps fsx-csi-controller`.
    pub object: String,
    /// `.spec.template.spec.containers[name="fsx-plugin"].image`.
    pub field: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Named(String),
}

impl Conflict {
    /// One line of the list in EKS's message.
    pub fn line(&self) -> String {
        format!("{} - {}", self.object, self.field)
    }

    /// Puts the field back to what it was.
    pub fn restore(&self, object: &mut Value, before: &Value) {
        let (mut target, mut source) = (object, before);
        for step in &self.steps {
            let (Some(from), Some(to)) = (step.of(source), step.of_mut(target)) else { return };
            (source, target) = (from, to);
        }
        *target = source.clone();
    }
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Member(name) => value.get(name),
            Self::Named(name) => value.as_array()?.iter().find(|entry| row::text(entry, "name") == name),
        }
    }

    fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        match self {
            Self::Member(name) => value.get_mut(name),
            Self::Named(name) => {
                value.as_array_mut()?.iter_mut().find(|entry| row::text(entry, "name") == name)
            }
        }
    }
}

/// EKS's message for conflicts (`failure-modes.md` I-04; the form of the list: eksctl#5880).
pub fn message(conflicts: &[Conflict]) -> String {
    let lines: Vec<String> = conflicts.iter().map(Conflict::line).collect();
    format!(
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\n{}",
        lines.join("\n")
    )
}

/// The conflicts of a live object with a manifest.
pub fn between(live: &Value, manifest: &Value) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut steps = Vec::new();
    let head = head(manifest);
    for member in manifest.as_object().into_iter().flat_map(Map::keys) {
        if !matches!(member.as_str(), "apiVersion" | "kind") {
            steps.push(Step::Member(member.clone()));
            differ(&head, &live[member], &manifest[member], &mut steps, &mut found);
            steps.pop();
        }
    }
    if found.is_empty() && manifest["kind"] == "ServiceAccount" {
        let steps = ["metadata", "labels", "app.kubernetes.io/managed-by"];
        let steps: Vec<Step> = steps.into_iter().map(|step| Step::Member(step.to_owned())).collect();
        found.push(Conflict { object: head, field: path(&steps), steps });
    }
    found
}

/// `Kind.group name`, as EKS names objects.
fn head(manifest: &Value) -> String {
    let kind = row::text(manifest, "kind");
    let name = row::text(&manifest["metadata"], "name");
    match row::text(manifest, "apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group} {name}"),
        None => format!("{kind} {name}"),
    }
}

fn differ(head: &str, live: &Value, wanted: &Value, steps: &mut Vec<Step>, found: &mut Vec<Conflict>) {
    match (live, wanted) {
        (Value::Null, _) => {}
        (Value::Object(_), Value::Object(members)) => {
            for (member, inner) in members {
                steps.push(Step::Member(member.clone()));
                differ(head, &live[member], inner, steps, found);
                steps.pop();
            }
        }
        (Value::Array(_), Value::Array(entries)) if are_named(entries) => {
            for entry in entries {
                let step = Step::Named(row::text(entry, "name").to_owned());
                let other = step.of(live).cloned().unwrap_or_default();
                steps.push(step);
                differ(head, &other, entry, steps, found);
                steps.pop();
            }
        }
        _ if live == wanted => {}
        _ => found.push(Conflict { object: head.to_owned(), field: path(steps), steps: steps.clone() }),
    }
}

fn are_named(entries: &[Value]) -> bool {
    !entries.is_empty() && entries.iter().all(|entry| entry.get("name").is_some_and(Value::is_string))
}

fn path(steps: &[Step]) -> String {
    let text = |step: &Step| match step {
        Step::Member(name) => format!(".{name}"),
        Step::Named(name) => format!("[name=\"{name}\"]"),
    };
    steps.iter().map(text).collect()
}

/// Lays a manifest over an object: members are merged, lists of named entries by name, other lists and
/// values are replaced.
pub fn lay_over(object: &mut Value, manifest: &Value) {
    match (object, manifest) {
        (Value::Object(members), Value::Object(wanted)) => {
            for (member, inner) in wanted {
                lay_over(members.entry(member.clone()).or_insert(Value::Null), inner);
            }
        }
        (Value::Array(entries), Value::Array(wanted)) if are_named(wanted) => {
            for inner in wanted {
                match entries.iter_mut().find(|entry| entry["name"] == inner["name"]) {
                    Some(entry) => lay_over(entry, inner),
                    None => entries.push(inner.clone()),
                }
            }
        }
        (object, manifest) => *object = manifest.clone(),
    }
}

/// A `fieldsV1` of the members of an object down to the second level, without what nobody owns.
pub fn field_set(object: &Value) -> Value {
    let mut set = Map::new();
    for (member, value) in object.as_object().into_iter().flatten() {
        if matches!(member.as_str(), "apiVersion" | "kind" | "metadata" | "status") {
            continue;
        }
        let inner = value.as_object().into_iter().flatten().map(|(name, _)| (format!("f:{name}"), json!({})));
        set.insert(format!("f:{member}"), Value::Object(inner.collect()));
    }
    let metadata = ["labels", "annotations"].into_iter().filter_map(|part| {
        let entries = object["metadata"][part].as_object()?;
        let inner = entries.keys().map(|name| (format!("f:{name}"), json!({})));
        Some((format!("f:{part}"), Value::Object(inner.collect())))
    });
    set.insert("f:metadata".to_owned(), Value::Object(metadata.collect()));
    Value::Object(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": {"a": "1"}},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [
                {"name": "p", "image": "new", "args": ["x"]}, {"name": "q", "image": "q"},
            ]}}},
        })
    }

    #[test]
    fn only_fields_with_other_values_conflict() {
        let live = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": {"b": "1"}},
            "spec": {"replicas": 2, "paused": true, "template": {"spec": {"containers": [
                {"name": "p", "image": "old", "args": ["x"]},
            ]}}},
        });
        let found = between(&live, &manifest());
        let lines: Vec<String> = found.iter().map(Conflict::line).collect();
        assert_eq!(lines, ["Deployment.apps d - .spec.template.spec.containers[name=\"p\"].image"]);
        let mut merged = live.clone();
        lay_over(&mut merged, &manifest());
        let containers = &merged["spec"]["template"]["spec"]["containers"];
        assert_eq!((&containers[0]["image"], &containers[1]["name"]), (&json!("new"), &json!("q")));
        assert_eq!(merged["spec"]["paused"], true);
        found[0].restore(&mut merged, &live);
        assert_eq!(merged["spec"]["template"]["spec"]["containers"][0]["image"], "old");
    }

    #[test]
    fn a_service_account_of_others_always_conflicts() {
        let wanted = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa"}});
        let line = between(&wanted, &wanted)[0].line();
        assert_eq!(line, "ServiceAccount sa - .metadata.labels.app.kubernetes.io/managed-by");
    }
}
