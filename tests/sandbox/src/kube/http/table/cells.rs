//! Columns and cells by kind, after the API server's printers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Column;
use crate::kube::kinds::Kind;

/// Lines of `Kind: Column[*] | …`; a star marks what only `-o wide` shows. Name comes first, always.
const COLUMNS: &[(&str, &str)] = &[
    ("Namespace", "Status|Age"),
    (
        "Node",
        "Status|Roles|Age|Version|Internal-IP*|External-IP*|OS-Image*|Kernel-Version*|Container-Runtime*",
    ),
    ("Pod", "Ready|Status|Restarts|Age|IP*|Node*|Nominated Node*|Readiness Gates*"),
    (
        "PersistentVolume",
        "Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode*",
    ),
    (
        "PersistentVolumeClaim",
        "Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode*",
    ),
    ("StorageClass", "Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"),
    ("CSIDriver", "AttachRequired|PodInfoOnMount|StorageCapacity|TokenRequests|RequiresRepublish|Modes|Age"),
    ("CSINode", "Drivers|Age"),
    ("VolumeAttachment", "Attacher|PV|Node|Attached|Age"),
    ("Service", "Type|Cluster-IP|External-IP|Port(s)|Age|Selector*"),
    ("ServiceAccount", "Secrets|Age"),
    ("Secret", "Type|Data|Age"),
    ("ConfigMap", "Data|Age"),
    ("Deployment", "Ready|Up-to-date|Available|Age|Containers*|Images*|Selector*"),
    ("ReplicaSet", "Desired|Current|Ready|Age|Containers*|Images*|Selector*"),
    ("StatefulSet", "Ready|Age|Containers*|Images*"),
    (
        "DaemonSet",
        "Desired|Current|Ready|Up-to-date|Available|Node Selector|Age|Containers*|Images*|Selector*",
    ),
    ("Job", "Status|Completions|Duration|Age|Containers*|Images*|Selector*"),
    ("CronJob", "Schedule|Timezone|Suspend|Active|Last Schedule|Age"),
    ("PodDisruptionBudget", "Min Available|Max Unavailable|Allowed Disruptions|Age"),
    ("Lease", "Holder|Age"),
    ("CustomResourceDefinition", "Created At"),
    ("ClusterRole", "Created At"),
    ("Role", "Created At"),
    ("ClusterRoleBinding", "Role|Age"),
    ("RoleBinding", "Role|Age"),
];

fn names(kind: &Kind) -> &'static str {
    if kind.custom {
        return "Age";
    }
    COLUMNS.iter().find(|(name, _)| *name == kind.kind).map_or("Age", |(_, columns)| columns)
}

/// The columns of a kind.
pub fn columns(kind: &Kind) -> Vec<Column> {
    if kind.kind == "Event" {
        return vec![
            ("Last Seen", "string", "", 0),
            ("Type", "string", "", 0),
            ("Reason", "string", "", 0),
            ("Object", "string", "", 0),
            ("Subobject", "string", "", 1),
            ("Source", "string", "", 1),
            ("Message", "string", "", 0),
            ("First Seen", "string", "", 1),
            ("Count", "string", "", 1),
            ("Name", "string", "name", 1),
        ];
    }
    let mut list: Vec<Column> = vec![("Name", "string", "name", 0)];
    list.extend(names(kind).split('|').map(|column| match column.strip_suffix('*') {
        Some(wide) => (wide, "string", "", 1),
        None => (column, "string", "", 0),
    }));
    list
}

/// The cells of an object.
pub fn row(kind: &Kind, object: &Value, now: Timestamp) -> Vec<Value> {
    if kind.kind == "Event" {
        return event(object, now);
    }
    let created = object["metadata"]["creationTimestamp"].as_str().unwrap_or_default();
    let mut cells = vec![json!(text(&object["metadata"]["name"]))];
    for column in names(kind).split('|') {
        let column = column.trim_end_matches('*');
        cells.push(match column {
            "Age" => json!(age(created, now)),
            "Created At" => json!(created),
            _ => cell(kind, column, object, now),
        });
    }
    cells
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn or_none(text: String) -> Value {
    json!(if text.is_empty() { "<none>".to_owned() } else { text })
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// How long ago, as `kubectl` writes it (`5s`, `3m20s`, `2d4h`).
pub fn age(time: &str, now: Timestamp) -> String {
    let Ok(then) = time.parse::<Timestamp>() else { return "<unknown>".into() };
    human(now.duration_since(then).as_secs())
}

/// apimachinery's `HumanDuration`.
fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let pair = |a: i64, b: i64, units: (&str, &str)| {
        if b == 0 { format!("{a}{}", units.0) } else { format!("{a}{}{b}{}", units.0, units.1) }
    };
    match seconds {
        ..=-2 => "<invalid>".into(),
        -1..=0 => "0s".into(),
        1..120 => format!("{seconds}s"),
        120..600 => pair(minutes, seconds % 60, ("m", "s")),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => pair(hours, minutes % 60, ("h", "m")),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => pair(hours / 24, hours % 24, ("d", "h")),
        691_200..63_072_000 => format!("{}d", hours / 24),
        63_072_000..252_288_000 => pair(hours / 8760, (hours / 24) % 365, ("y", "d")),
        _ => format!("{}y", hours / 8760),
    }
}

fn cell(kind: &Kind, column: &str, object: &Value, now: Timestamp) -> Value {
    match kind.kind.as_str() {
        "Pod" => pod(column, object, now),
        "Node" => node(column, object),
        "PersistentVolume" | "PersistentVolumeClaim" => volume(kind, column, object),
        "StorageClass" => storage_class(column, object),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => workload(&kind.kind, column, object),
        "Job" => job(column, object, now),
        "Service" => service(column, object),
        _ => other(kind, column, object),
    }
}

fn other(kind: &Kind, column: &str, object: &Value) -> Value {
    let spec = &object["spec"];
    let count = |v: &Value| v.as_object().map_or(0, serde_json::Map::len);
    match (kind.kind.as_str(), column) {
        ("Namespace", "Status") => json!(text(&object["status"]["phase"])),
        ("CSIDriver", "TokenRequests") => json!("<unset>"),
        ("CSIDriver", "Modes") => json!(join(&spec["volumeLifecycleModes"])),
        ("CSIDriver", column) => {
            let member =
                column.get(..1).unwrap_or_default().to_lowercase() + column.get(1..).unwrap_or_default();
            json!(text(&spec[member.as_str()]))
        }
        ("CSINode", "Drivers") => json!(spec["drivers"].as_array().map_or(0, Vec::len)),
        ("VolumeAttachment", "Attacher") => json!(text(&spec["attacher"])),
        ("VolumeAttachment", "PV") => json!(text(&spec["source"]["persistentVolumeName"])),
        ("VolumeAttachment", "Node") => json!(text(&spec["nodeName"])),
        ("VolumeAttachment", "Attached") => json!(text(&object["status"]["attached"])),
        ("ServiceAccount", "Secrets") => json!(object["secrets"].as_array().map_or(0, Vec::len)),
        ("Secret", "Type") => json!(text(&object["type"])),
        ("Secret" | "ConfigMap", "Data") => json!(count(&object["data"]) + count(&object["binaryData"])),
        ("CronJob", "Schedule") => json!(text(&spec["schedule"])),
        ("CronJob", "Timezone") => or_none(text(&spec["timeZone"])),
        ("CronJob", "Suspend") => json!(if spec["suspend"] == true { "True" } else { "False" }),
        ("CronJob", "Active") => json!(object["status"]["active"].as_array().map_or(0, Vec::len)),
        ("PodDisruptionBudget", "Min Available") => json!(or(text(&spec["minAvailable"]), "N/A")),
        ("PodDisruptionBudget", "Max Unavailable") => json!(or(text(&spec["maxUnavailable"]), "N/A")),
        ("PodDisruptionBudget", _) => json!(number(&object["status"]["disruptionsAllowed"])),
        ("Lease", "Holder") => json!(text(&spec["holderIdentity"])),
        ("ClusterRoleBinding" | "RoleBinding", "Role") => {
            json!(format!("{}/{}", text(&object["roleRef"]["kind"]), text(&object["roleRef"]["name"])))
        }
        _ => json!("<none>"),
    }
}

fn or(text: String, else_: &str) -> String {
    if text.is_empty() { else_.to_owned() } else { text }
}

fn join(list: &Value) -> String {
    let parts: Vec<String> = list.as_array().into_iter().flatten().map(text).collect();
    parts.join(",")
}

fn modes(list: &Value) -> String {
    let short = list.as_array().into_iter().flatten().map(|mode| match mode.as_str() {
        Some("ReadWriteOnce") => "RWO",
        Some("ReadOnlyMany") => "ROX",
        Some("ReadWriteMany") => "RWX",
        Some("ReadWriteOncePod") => "RWOP",
        _ => "",
    });
    short.collect::<Vec<_>>().join(",")
}

fn volume(kind: &Kind, column: &str, object: &Value) -> Value {
    let (spec, status) = (&object["spec"], &object["status"]);
    let claim = kind.kind == "PersistentVolumeClaim";
    let phase = if object["metadata"]["deletionTimestamp"].is_string() {
        "Terminating".to_owned()
    } else {
        text(&status["phase"])
    };
    match column {
        "Status" => json!(phase),
        "Volume" => json!(text(&spec["volumeName"])),
        "Capacity" if claim => json!(text(&status["capacity"]["storage"])),
        "Capacity" => json!(text(&spec["capacity"]["storage"])),
        "Access Modes" if claim => json!(modes(&status["accessModes"])),
        "Access Modes" => json!(modes(&spec["accessModes"])),
        "Reclaim Policy" => json!(text(&spec["persistentVolumeReclaimPolicy"])),
        "Claim" if spec["claimRef"].is_object() => {
            json!(format!("{}/{}", text(&spec["claimRef"]["namespace"]), text(&spec["claimRef"]["name"])))
        }
        "StorageClass" => json!(text(&spec["storageClassName"])),
        "VolumeAttributesClass" => json!(or(text(&spec["volumeAttributesClassName"]), "<unset>")),
        "Reason" => json!(text(&status["reason"])),
        "VolumeMode" => json!(or(text(&spec["volumeMode"]), "<unset>")),
        _ => json!(""),
    }
}

fn storage_class(column: &str, object: &Value) -> Value {
    match column {
        "Provisioner" => json!(text(&object["provisioner"])),
        "ReclaimPolicy" => json!(or(text(&object["reclaimPolicy"]), "Delete")),
        "VolumeBindingMode" => json!(or(text(&object["volumeBindingMode"]), "Immediate")),
        _ => json!(object["allowVolumeExpansion"] == true),
    }
}

fn pod(column: &str, object: &Value, now: Timestamp) -> Value {
    let (spec, status) = (&object["spec"], &object["status"]);
    let statuses = status["containerStatuses"].as_array().map(Vec::as_slice).unwrap_or_default();
    match column {
        "Ready" => {
            let ready = statuses.iter().filter(|s| s["ready"] == true).count();
            json!(format!("{ready}/{}", spec["containers"].as_array().map_or(0, Vec::len)))
        }
        "Status" => json!(pod_status(object, statuses)),
        "Restarts" => {
            let restarts: i64 = statuses.iter().map(|s| number(&s["restartCount"])).sum();
            let last =
                statuses.iter().filter_map(|s| s["lastState"]["terminated"]["finishedAt"].as_str()).max();
            match last {
                Some(last) if restarts > 0 => json!(format!("{restarts} ({} ago)", age(last, now))),
                _ => json!(restarts.to_string()),
            }
        }
        "IP" => or_none(text(&status["podIP"])),
        "Node" => or_none(text(&spec["nodeName"])),
        _ => json!("<none>"),
    }
}

fn pod_status(object: &Value, statuses: &[Value]) -> String {
    let status = &object["status"];
    let mut reason = or(text(&status["reason"]), &text(&status["phase"]));
    for one in statuses.iter().rev() {
        let state = &one["state"];
        if let Some(waiting) = state["waiting"]["reason"].as_str() {
            waiting.clone_into(&mut reason);
        } else if state["terminated"].is_object() {
            reason = match state["terminated"]["reason"].as_str() {
                Some(terminated) if !terminated.is_empty() => terminated.to_owned(),
                _ => format!("ExitCode:{}", number(&state["terminated"]["exitCode"])),
            };
        }
    }
    if object["metadata"]["deletionTimestamp"].is_string() {
        return "Terminating".into();
    }
    reason
}

fn node(column: &str, object: &Value) -> Value {
    let status = &object["status"];
    let info = &status["nodeInfo"];
    let address = |kind: &str| {
        let list = status["addresses"].as_array().into_iter().flatten();
        or_none(list.filter(|a| a["type"] == kind).map(|a| text(&a["address"])).next().unwrap_or_default())
    };
    match column {
        "Status" => {
            let ready = status["conditions"].as_array().into_iter().flatten().find(|c| c["type"] == "Ready");
            let mut words = vec![match ready.map(|c| c["status"] == "True") {
                Some(true) => "Ready",
                Some(false) => "NotReady",
                None => "Unknown",
            }];
            if object["spec"]["unschedulable"] == true {
                words.push("SchedulingDisabled");
            }
            json!(words.join(","))
        }
        "Roles" => {
            let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
            let roles: Vec<&str> =
                labels.filter_map(|(k, _)| k.strip_prefix("node-role.kubernetes.io/")).collect();
            or_none(roles.join(","))
        }
        "Version" => json!(text(&info["kubeletVersion"])),
        "Internal-IP" => address("InternalIP"),
        "External-IP" => address("ExternalIP"),
        "OS-Image" => json!(or(text(&info["osImage"]), "<unknown>")),
        "Kernel-Version" => json!(or(text(&info["kernelVersion"]), "<unknown>")),
        _ => json!(or(text(&info["containerRuntimeVersion"]), "<unknown>")),
    }
}

fn pairs(map: &Value) -> String {
    let list: Vec<String> =
        map.as_object().into_iter().flatten().map(|(k, v)| format!("{k}={}", text(v))).collect();
    list.join(",")
}

fn of_template(column: &str, object: &Value) -> Option<Value> {
    let containers = object["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten();
    match column {
        "Containers" => Some(json!(containers.map(|c| text(&c["name"])).collect::<Vec<_>>().join(","))),
        "Images" => Some(json!(containers.map(|c| text(&c["image"])).collect::<Vec<_>>().join(","))),
        "Selector" => Some(or_none(pairs(&object["spec"]["selector"]["matchLabels"]))),
        _ => None,
    }
}

fn workload(kind: &str, column: &str, object: &Value) -> Value {
    if let Some(cell) = of_template(column, object) {
        return cell;
    }
    let (spec, status) = (&object["spec"], &object["status"]);
    match (kind, column) {
        ("Deployment" | "StatefulSet", "Ready") => {
            json!(format!("{}/{}", number(&status["readyReplicas"]), number(&spec["replicas"])))
        }
        ("Deployment", "Up-to-date") => json!(number(&status["updatedReplicas"])),
        ("Deployment", _) => json!(number(&status["availableReplicas"])),
        ("ReplicaSet", "Desired") => json!(number(&spec["replicas"])),
        ("ReplicaSet", "Current") => json!(number(&status["replicas"])),
        ("ReplicaSet", _) => json!(number(&status["readyReplicas"])),
        ("DaemonSet", "Desired") => json!(number(&status["desiredNumberScheduled"])),
        ("DaemonSet", "Current") => json!(number(&status["currentNumberScheduled"])),
        ("DaemonSet", "Ready") => json!(number(&status["numberReady"])),
        ("DaemonSet", "Up-to-date") => json!(number(&status["updatedNumberScheduled"])),
        ("DaemonSet", "Available") => json!(number(&status["numberAvailable"])),
        _ => or_none(pairs(&spec["template"]["spec"]["nodeSelector"])),
    }
}

fn job(column: &str, object: &Value, now: Timestamp) -> Value {
    if let Some(cell) = of_template(column, object) {
        return cell;
    }
    let (spec, status) = (&object["spec"], &object["status"]);
    let condition = |kind: &str| {
        let list = status["conditions"].as_array().into_iter().flatten();
        list.clone().any(|c| c["type"] == kind && c["status"] == "True")
    };
    match column {
        "Status" if condition("Complete") => json!("Complete"),
        "Status" if condition("Failed") => json!("Failed"),
        "Status" if object["metadata"]["deletionTimestamp"].is_string() => json!("Terminating"),
        "Status" => json!("Running"),
        "Completions" => json!(format!("{}/{}", number(&status["succeeded"]), number(&spec["completions"]))),
        _ => {
            let time = |member: &str| status[member].as_str().and_then(|t| t.parse::<Timestamp>().ok());
            let Some(start) = time("startTime") else { return json!("") };
            let end = time("completionTime").unwrap_or(now);
            json!(human(end.duration_since(start).as_secs()))
        }
    }
}

fn service(column: &str, object: &Value) -> Value {
    let spec = &object["spec"];
    match column {
        "Type" => json!(text(&spec["type"])),
        "Cluster-IP" => or_none(text(&spec["clusterIP"])),
        "Port(s)" => {
            let ports = spec["ports"].as_array().into_iter().flatten();
            let list: Vec<String> =
                ports.map(|p| format!("{}/{}", number(&p["port"]), text(&p["protocol"]))).collect();
            or_none(list.join(","))
        }
        "Selector" => or_none(pairs(&spec["selector"])),
        _ => json!("<none>"),
    }
}

fn event(object: &Value, now: Timestamp) -> Vec<Value> {
    let about = &object["involvedObject"];
    let last = ["lastTimestamp", "eventTime", "firstTimestamp"].iter().find_map(|m| object[*m].as_str());
    let first = object["firstTimestamp"].as_str().or_else(|| object["eventTime"].as_str());
    let since = |time: Option<&str>| time.map_or_else(|| "<unknown>".to_owned(), |t| age(t, now));
    let source = match object["source"]["host"].as_str().filter(|h| !h.is_empty()) {
        Some(host) => format!("{}, {host}", text(&object["source"]["component"])),
        None => or(text(&object["source"]["component"]), &text(&object["reportingComponent"])),
    };
    vec![
        json!(since(last)),
        json!(text(&object["type"])),
        json!(text(&object["reason"])),
        json!(format!("{}/{}", text(&about["kind"]).to_lowercase(), text(&about["name"]))),
        json!(text(&about["fieldPath"])),
        json!(source),
        json!(text(&object["message"]).trim()),
        json!(since(first)),
        json!(number(&object["count"]).max(1)),
        json!(text(&object["metadata"]["name"])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_kubectl_prints_them() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (121, "2m1s"),
            (660, "11m"),
            (3600 * 3 + 60, "3h1m"),
            (3600 * 30, "30h"),
            (86400 * 3, "3d"),
            (86400 * 3 + 3600, "3d1h"),
            (86400 * 30, "30d"),
        ] {
            assert_eq!(human(seconds), text, "{seconds}");
        }
    }
}
