//! A policy document and RBAC manifests from what is needed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{GROUP, Need, RbacNeed, Right, Use};

/// The name of the roles and bindings.
const NAME: &str = "fsxctl";

/// How a statement is told from others: when it is needed, on what, under which condition.
type Key = (u8, Vec<String>, Vec<String>);

/// The policy document: what is always needed, what some worlds need, what is optional; one statement for each set of
/// resources.
pub fn policy(needs: &[Need]) -> Value {
    let mut statements: BTreeMap<Key, BTreeSet<&str>> = BTreeMap::new();
    for need in needs {
        let Right::Iam(iam) = &need.right else { continue };
        let rank = match need.usage {
            Use::Always => 0,
            Use::When(_) => 1,
            Use::Optional(_) => 2,
        };
        let key = (rank, iam.resources.clone(), iam.only_with.clone());
        statements.entry(key).or_default().insert(&iam.action);
    }
    let mut counts = [0_u32; 3];
    let made = statements.into_iter().map(|((rank, resources, only_with), actions)| {
        let rank = usize::from(rank).min(2);
        let word = ["Always", "Sometimes", "Optional"].get(rank).copied().unwrap_or_default();
        let count = counts.get_mut(rank).map_or(0, |count| {
            *count += 1;
            *count
        });
        let mut statement = json!({
            "Sid": format!("{word}{count}"),
            "Effect": "Allow",
            "Action": actions,
            "Resource": resources,
        });
        if !only_with.is_empty() {
            statement["Condition"] = json!({"StringEquals": {"ec2:CreateAction": only_with}});
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": made.collect::<Vec<_>>()})
}

/// ClusterRole, Roles where a namespace is enough, and their bindings to the group [`GROUP`].
pub fn cluster_roles(needs: &[Need]) -> Vec<Value> {
    let mut places: BTreeMap<Option<&str>, Vec<&RbacNeed>> = BTreeMap::new();
    for need in needs {
        if let Right::Rbac(rbac) = &need.right {
            places.entry(rbac.namespace.as_deref()).or_default().push(rbac);
        }
    }
    places.into_iter().flat_map(|(namespace, needs)| role_and_binding(namespace, &needs)).collect()
}

fn role_and_binding(namespace: Option<&str>, needs: &[&RbacNeed]) -> [Value; 2] {
    let api = "rbac.authorization.k8s.io";
    let (role, binding) = match namespace {
        None => ("ClusterRole", "ClusterRoleBinding"),
        Some(_) => ("Role", "RoleBinding"),
    };
    let mut metadata = json!({"name": NAME});
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    [
        json!({
            "apiVersion": format!("{api}/v1"), "kind": role, "metadata": metadata, "rules": rules(needs),
        }),
        json!({
            "apiVersion": format!("{api}/v1"), "kind": binding, "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": role, "name": NAME},
            "subjects": [{"apiGroup": api, "kind": "Group", "name": GROUP}],
        }),
    ]
}

/// One rule for each resource and set of names.
fn rules(needs: &[&RbacNeed]) -> Vec<Value> {
    let mut rules: BTreeMap<(&str, &str, &[String]), BTreeSet<&str>> = BTreeMap::new();
    for need in needs {
        let key = (need.group.as_str(), need.resource.as_str(), need.names.as_slice());
        rules.entry(key).or_default().insert(&need.verb);
    }
    rules
        .into_iter()
        .map(|((group, resource, names), verbs)| {
            let mut rule = json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
            if !names.is_empty() {
                rule["resourceNames"] = json!(names);
            }
            rule
        })
        .collect()
}
