//! How EKS words conflicts, and what PRESERVE leaves out. Finding them is server-side apply's.

use serde_json::Value;

use super::super::super::row;

/// One field that somebody else has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// `ServiceAccount fsx-csi-controller-sa`, `Deployment.apps fsx-csi-controller`.
    pub object: String,
    /// `.spec.template.spec.containers[name="fsx-plugin"].image`.
    pub field: String,
}

impl Conflict {
    /// A conflict over a field of this manifest's object.
    pub fn new(manifest: &Value, field: &str) -> Self {
        Self { object: head(manifest), field: field.to_owned() }
    }

    /// One line of the list in EKS's message.
    pub fn line(&self) -> String {
        format!("{} - {}", self.object, self.field)
    }
}

/// EKS's message for conflicts (the form of the list: eksctl#5880).
pub fn message(conflicts: &[Conflict]) -> String {
    let lines: Vec<String> = conflicts.iter().map(Conflict::line).collect();
    format!(
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\n{}",
        lines.join("\n")
    )
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

/// Takes out of a manifest the fields that conflict.
pub fn leave_out(manifest: &mut Value, conflicts: &[Conflict]) {
    let head = head(manifest);
    let fields: Vec<&str> = conflicts.iter().filter(|c| c.object == head).map(|c| c.field.as_str()).collect();
    if !fields.is_empty() {
        prune("", manifest, &fields);
    }
}

fn prune(path: &str, value: &mut Value, fields: &[&str]) {
    match value {
        Value::Object(members) => {
            let at = |member: &str| format!("{path}.{member}");
            members.retain(|member, _| !fields.contains(&at(member).as_str()));
            for (member, inner) in members {
                prune(&at(member), inner, fields);
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                if let Some(name) = entry["name"].as_str().map(str::to_owned) {
                    prune(&format!("{path}[name=\"{name}\"]"), entry, fields);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn conflicting_fields_are_left_out_of_their_own_object_only() {
        let mut manifest = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "d", "labels": {"app.kubernetes.io/name": "x"}},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "p", "image": "i"}]}}},
        });
        let conflict = |field: &str| Conflict { object: "Deployment.apps d".into(), field: field.into() };
        let mut all = vec![
            conflict(".spec.template.spec.containers[name=\"p\"].image"),
            conflict(".metadata.labels.app.kubernetes.io/name"),
        ];
        all.push(Conflict { object: "DaemonSet.apps d".into(), field: ".spec.replicas".into() });
        leave_out(&mut manifest, &all);
        assert_eq!(
            manifest,
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": {}},
                "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "p"}]}}},
            })
        );
        assert_eq!(all[0].line(), "Deployment.apps d - .spec.template.spec.containers[name=\"p\"].image");
    }
}
