//! EKS call by call, and add-ons from CREATING to gone: the world and the calls that all cases share.

mod lifecycle;
mod refusals;

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::call::{Client, Principal};

const ROLE: &str = "arn:aws:iam::111122223333:role/fsx";

fn world() -> State {
    let mut state = State::new("111122223333", "us-west-2");
    state.speed = 1.0;
    state.rows_mut(CLUSTERS).push(json!({"name": "c", "version": "1.33"}));
    state.rows_mut("iam.Roles").push(json!({"RoleName": "fsx", "AssumeRolePolicyDocument": {"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    }]}}));
    crate::aws::fill(&mut state);
    let now = state.now;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}});
    // A store may come with the namespace.
    let _ = state.kube.create(namespace, "test", now);
    state
}

fn ask(state: &mut State, operation: &str, input: Value) -> Answer {
    crate::aws::call(
        state,
        &Call {
            service: "eks".into(),
            operation: operation.into(),
            input,
            principal: Principal::Caller,
            client: Client::Command,
            region: "us-west-2".into(),
        },
    )
}

fn refused(state: &mut State, operation: &str, input: Value) -> (u16, String, String) {
    let error = ask(state, operation, input).unwrap_err();
    (error.status, error.code, error.message)
}

/// Time goes by on the AWS side alone.
fn pass(state: &mut State, seconds: u64) {
    state.now += jiff::SignedDuration::try_from(Duration::from_secs(seconds)).unwrap();
    advance(state);
}

fn make_ready(state: &mut State) {
    for (kind, name) in [("Deployment", "fsx-csi-controller"), ("DaemonSet", "fsx-csi-node")] {
        state
            .kube
            .modify("apps/v1", kind, "kube-system", name, |object| {
                object["status"] = json!({"readyReplicas": 2, "desiredNumberScheduled": 1, "numberReady": 1});
            })
            .unwrap();
    }
}

fn driver(more: &Value) -> Value {
    let mut input = json!({"clusterName": "c", "addonName": "aws-fsx-csi-driver"});
    for (member, value) in more.as_object().unwrap() {
        input[member] = value.clone();
    }
    input
}

fn status(state: &mut State) -> Value {
    ask(state, "DescribeAddon", driver(&json!({}))).unwrap()["addon"]["status"].clone()
}
