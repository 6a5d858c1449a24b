//! What the user may do: the world's `denied` for COMMAND, access policies and RBAC for whoever is
//! listed in IAM.

use http::Method;
use serde_json::Value;

use super::KubeError;
use super::authn::User;
use super::path::Route;
use crate::kube::kinds;
use crate::state::State;

/// One action to judge.
#[derive(Debug, Clone, Default)]
pub struct Action<'a> {
    /// Verb.
    pub verb: &'a str,
    /// API group.
    pub group: &'a str,
    /// Resource.
    pub resource: &'a str,
    /// Subresource, empty for none.
    pub subresource: &'a str,
    /// Namespace, empty for the cluster scope.
    pub namespace: &'a str,
    /// Name, empty for a collection.
    pub name: &'a str,
}

impl Action<'_> {
    fn full(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }
}

/// Judges a request.
///
/// # Errors
/// 403 in the API server's words.
pub fn check(
    state: &State,
    user: &User,
    route: &Route,
    path: &str,
    method: &Method,
) -> Result<(), KubeError> {
    let verb = route.verb(method);
    let Route::Object(target) = route else {
        // `system:discovery` and `system:public-info-viewer` let every authenticated user in here.
        let open = !matches!(route, Route::Unknown);
        if open || user.admin {
            return Ok(());
        }
        let message = format!("forbidden: User {:?} cannot {verb} path {path:?}", user.name);
        let mut error = KubeError::plain(403, "Forbidden", message);
        error.details = Some(Box::new(serde_json::json!({})));
        return Err(error);
    };
    let action = Action {
        verb,
        group: &target.group,
        resource: &target.plural,
        subresource: &target.subresource,
        namespace: if target.plural == "namespaces" { "" } else { &target.namespace },
        name: &target.name,
    };
    if allowed(state, user, &action) { Ok(()) } else { Err(forbidden(user, &action)) }
}

/// Whether the world denies it to COMMAND.
pub fn denied(state: &State, action: &Action<'_>) -> bool {
    state.denied.iter().any(|pattern| denies(pattern, action))
}

/// Whether the user may do it.
pub fn allowed(state: &State, user: &User, action: &Action<'_>) -> bool {
    if user.command && denied(state, action) {
        return false;
    }
    user.admin
        || user.groups.iter().any(|g| g == "system:masters")
        || open_review(action)
        || user.policies.iter().any(|(policy, namespaces)| by_policy(policy, namespaces, action))
        || by_rbac(state, user, action)
}

/// `system:basic-user`: everybody may ask about themselves.
fn open_review(action: &Action<'_>) -> bool {
    action.verb == "create"
        && matches!(
            action.resource,
            "selfsubjectaccessreviews" | "selfsubjectrulesreviews" | "selfsubjectreviews"
        )
}

fn wild(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            tail.is_empty() || (0..=rest.len()).any(|at| rest.is_char_boundary(at) && wild(tail, &rest[at..]))
        }),
    }
}

/// `kube:VERB RESOURCE[.group or group/resource] [NAMESPACE]`, each part with `*` for anything.
fn denies(pattern: &str, action: &Action<'_>) -> bool {
    let Some(rest) = pattern.strip_prefix("kube:") else { return false };
    let mut words = rest.split_whitespace();
    let (Some(verb), resource, namespace) = (words.next(), words.next().unwrap_or("*"), words.next()) else {
        return false;
    };
    if !wild(verb, action.verb) || namespace.is_some_and(|ns| !wild(ns, action.namespace)) {
        return false;
    }
    let full = action.full();
    let mut names =
        vec![full.clone(), format!("{full}.{}", action.group), format!("{}/{full}", action.group)];
    if !action.subresource.is_empty() {
        names.push(format!("{}.{}/{}", action.resource, action.group, action.subresource));
    }
    names.iter().any(|name| wild(resource, name))
}

/// The access policies of EKS, as far as the references name them.
fn by_policy(policy: &str, namespaces: &[String], action: &Action<'_>) -> bool {
    let scoped = !namespaces.is_empty();
    if scoped && !namespaces.iter().any(|pattern| wild(pattern, action.namespace)) {
        return false;
    }
    let reading = matches!(action.verb, "get" | "list" | "watch");
    match policy {
        "AmazonEKSClusterAdminPolicy" => true,
        "AmazonEKSAdminViewPolicy" => reading,
        "AmazonEKSAdminPolicy" => scoped || !cluster_scoped(action),
        "AmazonEKSEditPolicy" => !cluster_scoped(action) && action.group != "rbac.authorization.k8s.io",
        "AmazonEKSViewPolicy" => {
            reading
                && !cluster_scoped(action)
                && action.resource != "secrets"
                && action.group != "rbac.authorization.k8s.io"
        }
        _ => false,
    }
}

fn cluster_scoped(action: &Action<'_>) -> bool {
    kinds::built_in()
        .iter()
        .find(|k| k.group == action.group && k.plural == action.resource)
        .is_some_and(|k| !k.namespaced)
}

fn by_rbac(state: &State, user: &User, action: &Action<'_>) -> bool {
    const GROUP: &str = "rbac.authorization.k8s.io/v1";
    let everywhere = state.kube.list(GROUP, "ClusterRoleBinding").filter(|b| binds(b, user));
    let here = state.kube.list(GROUP, "RoleBinding").filter(|b| {
        !action.namespace.is_empty() && b["metadata"]["namespace"] == action.namespace && binds(b, user)
    });
    everywhere.chain(here).any(|binding| {
        let role = &binding["roleRef"];
        let namespace = if role["kind"] == "Role" { action.namespace } else { "" };
        let (kind, name) =
            (role["kind"].as_str().unwrap_or_default(), role["name"].as_str().unwrap_or_default());
        name == "cluster-admin" && kind == "ClusterRole"
            || state.kube.get(GROUP, kind, namespace, name).is_some_and(|role| {
                role["rules"].as_array().into_iter().flatten().any(|rule| permits(rule, action))
            })
    })
}

fn binds(binding: &Value, user: &User) -> bool {
    binding["subjects"].as_array().into_iter().flatten().any(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => name == user.name,
            Some("Group") => user.groups.iter().any(|g| g == name),
            Some("ServiceAccount") => {
                let namespace = subject["namespace"].as_str().unwrap_or_default();
                user.name == format!("system:serviceaccount:{namespace}:{name}")
            }
            _ => false,
        }
    })
}

fn permits(rule: &Value, action: &Action<'_>) -> bool {
    let has = |member: &str, text: &str| {
        rule[member].as_array().into_iter().flatten().any(|v| v == text || v == "*")
    };
    let full = action.full();
    let resource = has("resources", &full)
        || (!action.subresource.is_empty()
            && rule["resources"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|v| *v == format!("*/{}", action.subresource)));
    let named = rule["resourceNames"]
        .as_array()
        .is_none_or(|names| names.is_empty() || names.iter().any(|n| *n == action.name));
    has("verbs", action.verb) && has("apiGroups", action.group) && resource && named
}

/// 403 for an action.
pub fn forbidden(user: &User, action: &Action<'_>) -> KubeError {
    let full = action.full();
    let name = if action.name.is_empty() { String::new() } else { format!(" {:?}", action.name) };
    let scope = if action.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {:?}", action.namespace)
    };
    let message = format!(
        "{}{name} is forbidden: User {:?} cannot {} resource {full:?} in API group {:?} {scope}",
        if action.group.is_empty() {
            action.resource.into()
        } else {
            format!("{}.{}", action.resource, action.group)
        },
        user.name,
        action.verb,
        action.group
    );
    let mut details = serde_json::json!({});
    if !action.name.is_empty() {
        details["name"] = action.name.into();
    }
    if !action.group.is_empty() {
        details["group"] = action.group.into();
    }
    details["kind"] = action.resource.into();
    KubeError { code: 403, reason: "Forbidden".into(), message, details: Some(Box::new(details)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_patterns() {
        let secrets = Action { verb: "list", resource: "secrets", namespace: "x", ..Action::default() };
        let deployments = Action {
            verb: "patch",
            group: "apps",
            resource: "deployments",
            namespace: "kube-system",
            ..Action::default()
        };
        for (pattern, secret, deployment) in [
            ("kube:list secrets", true, false),
            ("kube:list secrets x", true, false),
            ("kube:list secrets y", false, false),
            ("kube:* *", true, true),
            ("kube:patch apps/deployments kube-system", false, true),
            ("kube:patch deployments.apps", false, true),
            ("kube:patch deployments.apps default", false, false),
            ("iam:GetRole", false, false),
        ] {
            assert_eq!(
                (denies(pattern, &secrets), denies(pattern, &deployments)),
                (secret, deployment),
                "{pattern}"
            );
        }
    }

    #[test]
    fn forbidden_texts() {
        let user = User {
            name: "arn:x".into(),
            groups: Vec::new(),
            uid: String::new(),
            command: true,
            admin: true,
            policies: Vec::new(),
        };
        let list =
            Action { verb: "list", group: "storage.k8s.io", resource: "storageclasses", ..Action::default() };
        assert_eq!(
            forbidden(&user, &list).message,
            "storageclasses.storage.k8s.io is forbidden: User \"arn:x\" cannot list resource \"storageclasses\" in API group \"storage.k8s.io\" at the cluster scope"
        );
        let get = Action { verb: "get", resource: "secrets", namespace: "n", name: "s", ..Action::default() };
        assert_eq!(
            forbidden(&user, &get).message,
            "secrets \"s\" is forbidden: User \"arn:x\" cannot get resource \"secrets\" in API group \"\" in the namespace \"n\""
        );
    }
}
