//! Pod Security admission: what a namespace's labels `pod-security.kubernetes.io/…` allow its pods, in the words of
//! the API server (k8s.io/pod-security-admission, policy).
//!
//! Not looked at: AppArmor, SELinux, procMount, sysctls, Windows host processes.

use serde_json::Value;

use super::kinds::Kind;
use super::store::KubeStore;
use super::store::meta::namespace_of;

const LABEL: &str = "pod-security.kubernetes.io/";

/// Capabilities that `baseline` lets containers add.
const CAPABILITIES: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
    "NET_RAW",
];

/// Sources of volumes that `restricted` takes.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    /// A level that nobody knows counts as the strictest one.
    fn parse(text: &str) -> Self {
        match text {
            "privileged" => Self::Privileged,
            "baseline" => Self::Baseline,
            _ => Self::Restricted,
        }
    }
}

/// Level and version of a mode (`enforce`, `warn`) in a namespace, if it says one.
fn policy(store: &KubeStore, namespace: &str, mode: &str) -> Option<(Level, String)> {
    let labels = &store.get("v1", "Namespace", "", namespace)?["metadata"]["labels"];
    let name = labels[format!("{LABEL}{mode}").as_str()].as_str()?;
    let version = labels[format!("{LABEL}{mode}-version").as_str()].as_str().unwrap_or("latest");
    let level = Level::parse(name);
    Some((level, format!("{}:{version}", if level == Level::Restricted { "restricted" } else { name })))
}

/// Why a new pod is refused.
pub fn refusal(store: &KubeStore, pod: &Value) -> Option<String> {
    let (level, name) = policy(store, namespace_of(pod), "enforce")?;
    complaint(level, &pod["spec"]).map(|why| format!("violates PodSecurity {name:?}: {why}"))
}

/// What the API server warns of when an object with a pod template, or a pod, is written: by `warn`, which is
/// `enforce` where it is not given.
pub fn warning(store: &KubeStore, kind: &Kind, object: &Value) -> Option<String> {
    let spec = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => &object["spec"],
        ("batch", "CronJob") => &object["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("batch", "Job")
        | ("", "ReplicationController") => &object["spec"]["template"]["spec"],
        _ => return None,
    };
    let namespace = namespace_of(object);
    let (level, name) = policy(store, namespace, "warn").or_else(|| policy(store, namespace, "enforce"))?;
    complaint(level, spec).map(|why| format!("would violate PodSecurity {name:?}: {why}"))
}

/// What speaks against a pod at a level.
fn complaint(level: Level, spec: &Value) -> Option<String> {
    let mut found: Vec<(&str, String)> = Vec::new();
    if level >= Level::Baseline {
        baseline(level, spec, &mut found);
    }
    if level == Level::Restricted {
        restricted(spec, &mut found);
    }
    let parts: Vec<String> =
        found.into_iter().map(|(reason, detail)| format!("{reason} ({detail})")).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().flat_map(|list| spec[list].as_array().into_iter().flatten())
}

/// `container "a"`, `containers "a", "b"`.
fn named(word: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    format!("{word}{} {}", if names.len() == 1 { "" } else { "s" }, quoted.join(", "))
}

/// The containers for which `bad` holds, in words.
fn bad<'a>(spec: &'a Value, bad: impl Fn(&'a Value) -> bool) -> Option<String> {
    let names: Vec<&str> =
        containers(spec).filter(|c| bad(c)).map(|c| c["name"].as_str().unwrap_or_default()).collect();
    (!names.is_empty()).then(|| named("container", &names))
}

fn added(container: &Value) -> impl Iterator<Item = &str> {
    let list = container["securityContext"]["capabilities"]["add"].as_array().into_iter().flatten();
    list.filter_map(Value::as_str)
}

fn baseline<'a>(level: Level, spec: &'a Value, found: &mut Vec<(&'a str, String)>) {
    if level == Level::Baseline {
        let forbidden = |c: &'a Value| added(c).any(|name| !CAPABILITIES.contains(&name));
        if let Some(who) = bad(spec, forbidden) {
            let names: Vec<&str> =
                containers(spec).flat_map(added).filter(|name| !CAPABILITIES.contains(name)).collect();
            let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            let detail =
                format!("{who} must not include {} in securityContext.capabilities.add", names.join(", "));
            found.push(("non-default capabilities", detail));
        }
    }
    let shared: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .iter()
        .filter(|member| spec[**member] == true)
        .map(|member| format!("{member}=true"))
        .collect();
    if !shared.is_empty() {
        found.push(("host namespaces", shared.join(", ")));
    }
    if level == Level::Baseline {
        let volumes = spec["volumes"].as_array().into_iter().flatten();
        let names: Vec<&str> =
            volumes.filter(|v| v["hostPath"].is_object()).filter_map(|v| v["name"].as_str()).collect();
        if !names.is_empty() {
            found.push(("hostPath volumes", named("volume", &names)));
        }
    }
    let port = |c: &'a Value| {
        c["ports"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|p| p["hostPort"].as_i64().is_some_and(|port| port != 0))
    };
    if let Some(who) = bad(spec, port) {
        found.push(("hostPort", format!("{who} uses a hostPort")));
    }
    if let Some(who) = bad(spec, |c| c["securityContext"]["privileged"] == true) {
        found.push(("privileged", format!("{who} must not set securityContext.privileged=true")));
    }
    if level == Level::Baseline && spec["securityContext"]["seccompProfile"]["type"] == "Unconfined" {
        let detail = "pod must not set securityContext.seccompProfile.type to \"Unconfined\"";
        found.push(("seccompProfile", detail.to_owned()));
    }
}

fn restricted<'a>(spec: &'a Value, found: &mut Vec<(&'a str, String)>) {
    if let Some(who) = bad(spec, |c| c["securityContext"]["allowPrivilegeEscalation"] != false) {
        let detail = format!("{who} must set securityContext.allowPrivilegeEscalation=false");
        found.push(("allowPrivilegeEscalation != false", detail));
    }
    capabilities(spec, found);
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        let source = volume.as_object().and_then(|v| v.keys().find(|key| *key != "name"));
        if let Some(source) = source
            && !VOLUMES.contains(&source.as_str())
        {
            let detail = format!(
                "volume {:?} uses restricted volume type {source:?}",
                volume["name"].as_str().unwrap_or_default()
            );
            found.push(("restricted volume types", detail));
        }
    }
    root(spec, found);
    let profile =
        |value: &Value| value["securityContext"]["seccompProfile"]["type"].as_str().map(str::to_owned);
    let of_pod = profile(spec);
    let open = |c: &'a Value| match profile(c).or_else(|| of_pod.clone()) {
        Some(kind) => !matches!(kind.as_str(), "RuntimeDefault" | "Localhost"),
        None => true,
    };
    if let Some(who) = bad(spec, open) {
        let detail = format!(
            "pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
        );
        found.push(("seccompProfile", detail));
    }
}

fn capabilities<'a>(spec: &'a Value, found: &mut Vec<(&'a str, String)>) {
    let drops = |c: &'a Value| {
        let list = c["securityContext"]["capabilities"]["drop"].as_array().into_iter().flatten();
        list.into_iter().any(|name| name == "ALL")
    };
    let mut details = Vec::new();
    if let Some(who) = bad(spec, |c| !drops(c)) {
        details.push(format!("{who} must set securityContext.capabilities.drop=[\"ALL\"]"));
    }
    let adds = |c: &'a Value| added(c).any(|name| name != "NET_BIND_SERVICE");
    if let Some(who) = bad(spec, adds) {
        let names = containers(spec).flat_map(added).filter(|name| *name != "NET_BIND_SERVICE");
        let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
        details
            .push(format!("{who} must not include {} in securityContext.capabilities.add", names.join(", ")));
    }
    if !details.is_empty() {
        found.push(("unrestricted capabilities", details.join("; ")));
    }
}

fn root<'a>(spec: &'a Value, found: &mut Vec<(&'a str, String)>) {
    let of_pod = &spec["securityContext"]["runAsNonRoot"];
    let refuses = bad(spec, |c| c["securityContext"]["runAsNonRoot"] == false);
    let silent = |c: &'a Value| c["securityContext"]["runAsNonRoot"].is_null() && *of_pod != true;
    let setters: Vec<String> =
        (*of_pod == false).then(|| "pod".to_owned()).into_iter().chain(refuses).collect();
    if !setters.is_empty() {
        let detail = format!("{} must not set securityContext.runAsNonRoot=false", setters.join(" and "));
        found.push(("runAsNonRoot != true", detail));
    } else if let Some(who) = bad(spec, silent) {
        found.push((
            "runAsNonRoot != true",
            format!("pod or {who} must set securityContext.runAsNonRoot=true"),
        ));
    }
    let zero = |value: &Value| value["securityContext"]["runAsUser"] == 0;
    let setters: Vec<String> =
        zero(spec).then(|| "pod".to_owned()).into_iter().chain(bad(spec, zero)).collect();
    if !setters.is_empty() {
        found.push(("runAsUser=0", format!("{} must not set runAsUser=0", setters.join(" and "))));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLAIN: &str = "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")";

    #[test]
    fn pods_are_judged_by_their_level() {
        let good = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
        let pod = |context: &Value, container: &Value| {
            json!({"securityContext": context, "containers": [{"name": "c", "securityContext": container}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "x"}}]})
        };
        let calm =
            json!({"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}});
        let rooted = json!({"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}});
        for (level, spec, says) in [
            (Level::Baseline, pod(&json!({}), &json!({})), None),
            (Level::Restricted, pod(&json!({}), &json!({})), Some(PLAIN)),
            (Level::Restricted, pod(&calm, &good), None),
            (
                Level::Restricted,
                pod(&rooted, &good),
                Some(
                    "runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), runAsUser=0 (pod must not set runAsUser=0)",
                ),
            ),
            (
                Level::Baseline,
                pod(&json!({}), &json!({"privileged": true})),
                Some("privileged (container \"c\" must not set securityContext.privileged=true)"),
            ),
            (
                Level::Baseline,
                json!({"hostNetwork": true, "containers": [], "volumes": [{"name": "h", "hostPath": {"path": "/"}}]}),
                Some("host namespaces (hostNetwork=true), hostPath volumes (volume \"h\")"),
            ),
            (
                Level::Baseline,
                pod(&json!({}), &json!({"capabilities": {"add": ["SYS_ADMIN"]}})),
                Some(
                    "non-default capabilities (container \"c\" must not include \"SYS_ADMIN\" in securityContext.capabilities.add)",
                ),
            ),
            (Level::Privileged, pod(&json!({}), &json!({"privileged": true})), None),
        ] {
            assert_eq!(complaint(level, &spec).as_deref(), says, "{level:?} {spec}");
        }
    }
}
