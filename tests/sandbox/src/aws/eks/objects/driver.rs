//! The objects of the FSx CSI driver in the words of chart 1.17.0 (kubernetes-sigs/aws-fsx-csi-driver).
//!
//! Labels of the EKS build are UNCONFIRMED there; here they are the chart's, and `managed-by: EKS`.

use serde_json::{Value, json};

use super::Plan;
use crate::aws::row;

const NAME: &str = "aws-fsx-csi-driver";
const PROVISIONER: &str = "v6.2.0-eksbuild.2";
const RESIZER: &str = "v2.1.0-eksbuild.3";
const REGISTRAR: &str = "v2.16.0-eksbuild.3";
const LIVENESS: &str = "v2.18.0-eksbuild.3";
const CONTROLLER_SOCKETS: &str = "/var/lib/csi/sockets/pluginproxy/";

/// Every object, in the order in which they are made.
pub fn manifests(plan: &Plan) -> Vec<Value> {
    let mut all = accounts(plan);
    all.extend(access(plan));
    all.push(json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver",
        "metadata": {"name": "fsx.csi.aws.com", "labels": labels(plan)},
        "spec": {"attachRequired": false, "fsGroupPolicy": "ReadWriteOnceWithFSType"},
    }));
    all.push(json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        // The chart has this namespace fixed.
        "metadata": {"name": "fsx-csi-controller", "namespace": "kube-system", "labels": labels(plan)},
        "spec": {"selector": {"matchLabels": selector(plan, "fsx-csi-controller")}, "maxUnavailable": 1},
    }));
    all.push(controller(plan));
    all.push(node(plan));
    all
}

/// The chart's common labels (its `_helpers.tpl`), or those of the EKS build.
fn labels(plan: &Plan) -> Value {
    let Some(chart) = &plan.chart else {
        return json!({"app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "EKS"});
    };
    json!({
        "app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": chart.release,
        "helm.sh/chart": format!("{NAME}-{}", chart.version),
        "app.kubernetes.io/version": chart.app_version, "app.kubernetes.io/managed-by": "Helm",
    })
}

fn selector(plan: &Plan, app: &str) -> Value {
    match &plan.chart {
        None => json!({"app": app, "app.kubernetes.io/name": NAME}),
        Some(chart) => json!({
            "app": app, "app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": chart.release,
        }),
    }
}

fn pod_labels(plan: &Plan, app: &str) -> Value {
    let mut all = labels(plan);
    all["app"] = json!(app);
    all
}

/// The service account of a part: its name is a value of the chart; the add-on's is fixed.
fn account_of(plan: &Plan, part: &str, default: &str) -> String {
    let given = plan.values[part]["serviceAccount"]["name"].as_str().filter(|_| plan.chart.is_some());
    given.unwrap_or(default).to_owned()
}

fn controller_account(plan: &Plan) -> String {
    account_of(plan, "controller", "fsx-csi-controller-sa")
}

fn node_account(plan: &Plan) -> String {
    account_of(plan, "node", "fsx-csi-node-sa")
}

/// The service accounts that are made; with the chart each can be left to somebody else, or annotated.
fn accounts(plan: &Plan) -> Vec<Value> {
    let mut all = Vec::new();
    for (part, name) in [("controller", controller_account(plan)), ("node", node_account(plan))] {
        let values = &plan.values[part]["serviceAccount"];
        if plan.chart.is_some() && values["create"] == false {
            continue;
        }
        let mut made = account(plan, &name);
        match &plan.chart {
            Some(_) if row::given(values, "annotations") => {
                made["metadata"]["annotations"] = values["annotations"].clone();
            }
            Some(_) => {}
            None => {
                if let Some(role) = plan.role.as_ref().filter(|_| part == "controller") {
                    made["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": role});
                }
            }
        }
        all.push(made);
    }
    all
}

fn account(plan: &Plan, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": plan.namespace, "labels": labels(plan)},
    })
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
}

fn access(plan: &Plan) -> Vec<Value> {
    let read = ["get", "list", "watch"];
    let events = ["list", "watch", "create", "update", "patch"];
    let provisioner = json!([
        rule("", &["persistentvolumes"], &["get", "list", "watch", "create", "delete"]),
        rule("", &["persistentvolumeclaims"], &["get", "list", "watch", "update"]),
        rule("storage.k8s.io", &["storageclasses"], &read),
        rule("", &["events"], &events),
        rule("storage.k8s.io", &["csinodes"], &read),
        rule("", &["nodes"], &read),
        rule("coordination.k8s.io", &["leases"], &["get", "watch", "list", "delete", "update", "create"]),
    ]);
    let resizer = json!([
        rule("", &["persistentvolumes"], &["get", "list", "watch", "update", "patch"]),
        rule("", &["persistentvolumeclaims"], &read),
        rule("", &["persistentvolumeclaims/status"], &["update", "patch"]),
        rule("storage.k8s.io", &["storageclasses"], &read),
        rule("", &["events"], &events),
        rule("", &["pods"], &read),
    ]);
    let node = json!([rule("", &["nodes"], &["get", "patch"])]);
    let mut all = Vec::new();
    for (role, rules, binding, account) in [
        (
            "fsx-csi-external-provisioner-role",
            provisioner,
            "fsx-csi-external-provisioner-binding",
            controller_account(plan),
        ),
        ("fsx-external-resizer-role", resizer, "fsx-csi-resizer-binding", controller_account(plan)),
        ("fsx-csi-node-role", node, "fsx-csi-node-getter-binding", node_account(plan)),
    ] {
        all.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": role, "labels": labels(plan)}, "rules": rules,
        }));
        all.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": binding, "labels": labels(plan)},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": plan.namespace}],
            "roleRef": {"kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io"},
        }));
    }
    all
}

/// The health check that both plugin containers have.
fn probe(port: u16) -> (Value, Value) {
    (
        json!([{"name": "healthz", "containerPort": port, "protocol": "TCP"}]),
        json!({
            "httpGet": {"path": "/healthz", "port": "healthz"}, "initialDelaySeconds": 10,
            "timeoutSeconds": 3, "periodSeconds": 2, "failureThreshold": 5,
        }),
    )
}

fn resources() -> Value {
    json!({"requests": {"cpu": "10m", "memory": "40Mi"}, "limits": {"memory": "256Mi"}})
}

fn from_field(name: &str, path: &str) -> Value {
    json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})
}

/// Arguments of the driver itself.
fn plugin_args(part: &Value, mode: &str) -> Value {
    let format = part["loggingFormat"].as_str().unwrap_or("text");
    let level = part["logLevel"].as_u64().unwrap_or(2);
    json!([
        format!("--mode={mode}"),
        "--endpoint=$(CSI_ENDPOINT)",
        format!("--logging-format={format}"),
        format!("--v={level}"),
    ])
}

fn region(part: &Value) -> Option<Value> {
    let region = part["region"].as_str().filter(|region| !region.is_empty())?;
    Some(json!({"name": "AWS_REGION", "value": region}))
}

fn controller_plugin(plan: &Plan) -> Value {
    let part = &plan.values["controller"];
    let secret = |name: &str, key: &str| {
        let from = json!({"secretKeyRef": {"name": "aws-secret", "key": key, "optional": true}});
        json!({"name": name, "valueFrom": from})
    };
    let mut env = vec![
        json!({"name": "CSI_ENDPOINT", "value": "unix:///var/lib/csi/sockets/pluginproxy/csi.sock"}),
        from_field("CSI_NODE_NAME", "spec.nodeName"),
        secret("AWS_ACCESS_KEY_ID", "key_id"),
        secret("AWS_SECRET_ACCESS_KEY", "access_key"),
    ];
    env.extend(region(part));
    let (ports, liveness) = probe(9910);
    let mut args = plugin_args(part, "controller");
    if let (Some(tags), Some(args)) = (part["extraTags"].as_object(), args.as_array_mut())
        && !tags.is_empty()
    {
        let pairs: Vec<String> =
            tags.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
        args.push(json!(format!("--extra-tags={}", pairs.join(","))));
    }
    json!({
        "name": "fsx-plugin", "image": plan.driver_image(),
        "imagePullPolicy": "IfNotPresent", "args": args, "env": env, "ports": ports,
        "livenessProbe": liveness, "resources": resources(),
        "volumeMounts": [{"name": "socket-dir", "mountPath": CONTROLLER_SOCKETS}],
    })
}

fn sidecar(plan: &Plan, name: &str, tag: &str, args: &Value) -> Value {
    json!({
        "name": name, "image": plan.image(&format!("eks/{name}"), tag), "imagePullPolicy": "IfNotPresent",
        "args": args, "resources": resources(),
        "env": [{"name": "ADDRESS", "value": "/var/lib/csi/sockets/pluginproxy/csi.sock"}],
        "volumeMounts": [{"name": "socket-dir", "mountPath": CONTROLLER_SOCKETS}],
    })
}

fn liveness(plan: &Plan, port: u16, volume: &str) -> Value {
    json!({
        "name": "liveness-probe", "image": plan.image("eks/livenessprobe", LIVENESS),
        "imagePullPolicy": "IfNotPresent",
        "args": ["--csi-address=/csi/csi.sock", format!("--health-port={port}")], "resources": resources(),
        "volumeMounts": [{"name": volume, "mountPath": "/csi"}],
    })
}

fn controller(plan: &Plan) -> Value {
    let part = &plan.values["controller"];
    let timeout = format!("--timeout={}", part["timeout"].as_str().unwrap_or("5m"));
    let provisioner = json!([
        "--csi-address=$(ADDRESS)",
        "--v=2",
        timeout,
        "--extra-create-metadata",
        "--leader-election=true",
    ]);
    // The resizer's timeout is fixed (the chart's controller-deployment.yaml).
    let resizer = json!(["--csi-address=$(ADDRESS)", "--v=2", "--leader-election=true", "--timeout=5m"]);
    let tolerations = json!([
        {"key": "CriticalAddonsOnly", "operator": "Exists"},
        {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ]);
    let not_fargate =
        json!({"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": ["fargate"]});
    let prefer = json!([{"weight": 1, "preference": {"matchExpressions": [not_fargate]}}]);
    let mut spec = json!({
        "serviceAccountName": controller_account(plan),
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": given_or(part, "tolerations", tolerations),
        "affinity": given_or(part, "affinity", json!({
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": prefer},
        })),
        "containers": [
            controller_plugin(plan),
            sidecar(plan, "csi-provisioner", PROVISIONER, &provisioner),
            sidecar(plan, "csi-resizer", RESIZER, &resizer),
            liveness(plan, 9910, "socket-dir"),
        ],
        "volumes": [{"name": "socket-dir", "emptyDir": {}}],
    });
    select_nodes(&mut spec, part);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "fsx-csi-controller", "namespace": plan.namespace, "labels": labels(plan)},
        "spec": {
            "replicas": part["replicaCount"].as_u64().unwrap_or(2),
            "selector": {"matchLabels": selector(plan, "fsx-csi-controller")},
            "template": {"metadata": {"labels": pod_labels(plan, "fsx-csi-controller")}, "spec": spec},
        },
    })
}

fn given_or(part: &Value, member: &str, default: Value) -> Value {
    if row::given(part, member) { part[member].clone() } else { default }
}

fn select_nodes(spec: &mut Value, part: &Value) {
    for (key, value) in part["nodeSelector"].as_object().into_iter().flatten() {
        spec["nodeSelector"][key] = value.clone();
    }
}

fn node_plugin(plan: &Plan, kubelet: &str) -> Value {
    let part = &plan.values["node"];
    let mut env = vec![
        json!({"name": "CSI_ENDPOINT", "value": "unix:/csi/csi.sock"}),
        from_field("CSI_NODE_NAME", "spec.nodeName"),
    ];
    env.extend(region(part));
    let (ports, liveness) = probe(9810);
    json!({
        "name": "fsx-plugin", "image": plan.driver_image(),
        "imagePullPolicy": "IfNotPresent", "args": plugin_args(part, "node"), "env": env, "ports": ports,
        "livenessProbe": liveness, "resources": resources(), "securityContext": {"privileged": true},
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/aws-fsx-csi-driver", "pre-stop-hook"]}}},
        "volumeMounts": [
            {"name": "kubelet-dir", "mountPath": kubelet, "mountPropagation": "Bidirectional"},
            {"name": "plugin-dir", "mountPath": "/csi"},
        ],
    })
}

fn node(plan: &Plan) -> Value {
    let part = &plan.values["node"];
    let kubelet = part["kubeletPath"].as_str().unwrap_or("/var/lib/kubelet");
    let socket = format!("{kubelet}/plugins/fsx.csi.aws.com/csi.sock");
    let registrar = json!({
        "name": "node-driver-registrar",
        "image": plan.image("eks/csi-node-driver-registrar", REGISTRAR), "imagePullPolicy": "IfNotPresent",
        "args": ["--csi-address=$(ADDRESS)", "--kubelet-registration-path=$(DRIVER_REG_SOCK_PATH)", "--v=2"],
        "env": [
            {"name": "ADDRESS", "value": "/csi/csi.sock"}, {"name": "DRIVER_REG_SOCK_PATH", "value": socket},
            from_field("KUBE_NODE_NAME", "spec.nodeName"),
        ],
        "resources": resources(),
        "volumeMounts": [
            {"name": "plugin-dir", "mountPath": "/csi"}, {"name": "registration-dir", "mountPath": "/registration"},
        ],
    });
    let not_fargate =
        json!({"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": ["fargate"]});
    let required = json!({"nodeSelectorTerms": [{"matchExpressions": [not_fargate]}]});
    let tolerations = if part["tolerateAllTaints"] == false {
        let mut some = row::list(part, "tolerations").to_vec();
        some.push(json!({"key": "fsx.csi.aws.com/agent-not-ready", "operator": "Exists"}));
        json!(some)
    } else {
        json!([{"operator": "Exists"}])
    };
    let host = |name: &str, path: String, kind: &str| json!({"name": name, "hostPath": {"path": path, "type": kind}});
    let mut spec = json!({
        "serviceAccountName": node_account(plan),
        "priorityClassName": "system-node-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "dnsPolicy": "ClusterFirst",
        "tolerations": tolerations,
        "affinity": given_or(part, "affinity", json!({
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required},
        })),
        "containers": [node_plugin(plan, kubelet), registrar, liveness(plan, 9810, "plugin-dir")],
        "volumes": [
            host("kubelet-dir", kubelet.to_owned(), "Directory"),
            host("registration-dir", format!("{kubelet}/plugins_registry/"), "Directory"),
            host("plugin-dir", format!("{kubelet}/plugins/fsx.csi.aws.com/"), "DirectoryOrCreate"),
        ],
    });
    select_nodes(&mut spec, part);
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "fsx-csi-node", "namespace": plan.namespace, "labels": labels(plan)},
        "spec": {
            "selector": {"matchLabels": selector(plan, "fsx-csi-node")},
            "template": {"metadata": {"labels": pod_labels(plan, "fsx-csi-node")}, "spec": spec},
        },
    })
}
