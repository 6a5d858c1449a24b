//! The objects of the Pod Identity agent, as far as anybody looks at them: its DaemonSet.

use serde_json::{Value, json};

use super::Plan;

const NAME: &str = "eks-pod-identity-agent";

/// The DaemonSet on every node but Fargate's.
pub fn manifests(plan: &Plan) -> Vec<Value> {
    let labels = json!({"app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": NAME});
    let fargate = json!({"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": ["fargate", "auto", "hybrid"]});
    let required = json!({"nodeSelectorTerms": [{"matchExpressions": [fargate]}]});
    let container = json!({
        "name": NAME, "image": plan.image("eks/eks-pod-identity-agent", plan.upstream()),
        "imagePullPolicy": "Always", "command": ["/go-runner", "/eks-pod-identity-agent", "server"],
        "args": ["--port", "80", "--cluster-name", "$(CLUSTER_NAME)", "--probe-port", "2703"],
        "env": [{"name": "AWS_REGION", "value": plan.region}],
        "ports": [{"name": "proxy", "containerPort": 80, "protocol": "TCP"}],
    });
    vec![json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": plan.namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {
                "hostNetwork": true, "priorityClassName": "system-node-critical",
                "tolerations": [{"operator": "Exists"}],
                "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
                "containers": [container],
            }},
        },
    })]
}
