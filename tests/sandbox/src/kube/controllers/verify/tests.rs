//! Runs of `fsxctl verify` on the world `done`, on the world's own clock.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::FILES;
use crate::kube::store::{Propagation, Removal};
use crate::server::Source;
use crate::state::State;

const HEAD: &str = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n";
const NODES: [&str; 2] = ["hyperpod-i-0a10000000000000a", "hyperpod-i-0a10000000000000b"];

fn world(layer: &str) -> State {
    let mut sources = vec![Source::BuiltIn("done".to_owned())];
    if !layer.is_empty() {
        sources.push(Source::text(format!("{HEAD}{layer}")));
    }
    let mut state = crate::world::load(&sources, 1.0).expect("a world");
    pass(&mut state, 1);
    state
}

fn pass(state: &mut State, seconds: i64) {
    for _ in 0..seconds * 5 {
        let now = state.now + SignedDuration::from_millis(200);
        state.advance(now);
    }
}

/// A Job of the run `0a0b0c0d`; `more` is laid over it.
#[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
fn job(state: &mut State, this: usize, peers: usize, more: Value) {
    let labels = json!({"app.kubernetes.io/managed-by": "fsxctl", "fsxctl.io/job": "verify", "fsxctl.io/run": "0a0b0c0d"});
    let env = |name: &str, value: String| json!({"name": format!("FSXCTL_VERIFY_{name}"), "value": value});
    let read_only = more["$readOnly"] == true;
    let mut job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": format!("fsxctl-verify-0a0b0c0d-{this}"), "namespace": "default", "labels": labels},
        "spec": {"backoffLimit": 0, "activeDeadlineSeconds": 300, "ttlSecondsAfterFinished": 600, "template": {
            "metadata": {"labels": labels},
            "spec": {
                "restartPolicy": "Never", "nodeName": NODES[this],
                "containers": [{"name": "verify", "image": "busybox:1.37",
                    "volumeMounts": [{"name": "data", "mountPath": "/fsx"}],
                    "env": [
                        env("RUN", "0a0b0c0d".into()), env("SELF", this.to_string()),
                        env("PEER", ((this + 1) % peers).to_string()), env("PEERS", peers.to_string()),
                        env("MIB", "64".into()), env("SECONDS", "60".into()), env("READ_ONLY", read_only.to_string()),
                    ]}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "fsx-claim"}}],
            },
        }},
    });
    let mut more = more;
    if let Some(members) = more.as_object_mut() {
        members.shift_remove("$readOnly");
    }
    crate::world::merge(&mut job, more);
    let now = state.now;
    state.kube.create(job, "fsxctl", now).expect("a job");
    state.advance(now);
}

/// Lines of the pod of a Job, without what goes before each, and its exit code.
fn outcome(state: &State, this: usize) -> (Vec<String>, Option<i64>) {
    let prefix = format!("fsxctl-verify-0a0b0c0d-{this}-");
    let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let logs = state.other.get("logs").and_then(Value::as_array).into_iter().flatten();
    let lines = logs
        .filter(|entry| name(&entry["pod"]).starts_with(&prefix))
        .flat_map(|entry| entry["lines"].as_array().cloned().unwrap_or_default())
        .map(|line| name(&line["text"]).strip_prefix("fsxctl-verify/1 ").expect("the prefix").to_owned());
    let pod = state.kube.list("v1", "Pod").find(|p| name(&p["metadata"]["name"]).starts_with(&prefix));
    let code =
        pod.and_then(|p| p["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"].as_i64());
    (lines.collect(), code)
}

fn words(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect()
}

fn files(state: &State) -> usize {
    state.rows("fsx.FileSystems").iter().map(|row| row[FILES].as_array().map_or(0, Vec::len)).sum()
}

fn condition(state: &State, this: usize) -> Option<String> {
    let job = state.kube.get("batch/v1", "Job", "default", &format!("fsxctl-verify-0a0b0c0d-{this}"))?;
    let last = job["status"]["conditions"].as_array()?.last()?.clone();
    last["type"].as_str().map(str::to_owned)
}

#[test]
fn a_run_writes_locks_reads_the_other_s_file_and_leaves_nothing() {
    let mut state = world("");
    job(&mut state, 0, 2, json!({}));
    job(&mut state, 1, 2, json!({}));
    pass(&mut state, 6);
    assert!(files(&state) > 4, "both have written, and nobody has removed anything");
    pass(&mut state, 10);
    for this in 0..2 {
        let (lines, code) = outcome(&state, this);
        assert_eq!(words(&lines), ["begin", "mounted", "written", "locked", "read", "removed", "end"]);
        let begin = format!("begin run=0a0b0c0d self={this} peer={} peers=2 mib=64 uid=0 gid=0", 1 - this);
        assert_eq!(lines[0], begin);
        assert!(lines[1].contains("@tcp:/pbipbahi type=lustre options=rw,flock"), "{}", lines[1]);
        assert!(lines[1].starts_with("mounted source=10.20."), "{}", lines[1]);
        assert!(lines[2].starts_with("written bytes=67108864 ms=304 sha256="), "{}", lines[2]);
        assert!(lines[4].starts_with(&format!("read from={} bytes=67108864 ms=133 sha256=", 1 - this)));
        assert_eq!((lines[6].as_str(), code), ("end verdict=ok", Some(0)));
        assert_eq!(condition(&state, this).as_deref(), Some("Complete"));
    }
    let sum = |lines: &[String], at: usize| lines[at].split("sha256=").nth(1).map(str::to_owned);
    let (first, second) = (outcome(&state, 0).0, outcome(&state, 1).0);
    assert_eq!(
        (sum(&first, 2), sum(&second, 2)),
        (sum(&second, 4), sum(&first, 4)),
        "each reads what the other wrote"
    );
    assert!(state.rows("fsx.FileSystems").iter().all(|row| row.get(FILES).is_none()));
}

#[test]
fn one_pod_alone_reads_its_own_file_and_read_only_only_looks() {
    for (more, expected) in [
        (json!({}), &["begin", "mounted", "written", "locked", "read", "removed", "end"][..]),
        (json!({"$readOnly": true}), &["begin", "mounted", "listed", "end"][..]),
    ] {
        let mut state = world("");
        job(&mut state, 0, 1, more);
        pass(&mut state, 8);
        let (lines, code) = outcome(&state, 0);
        assert_eq!((words(&lines), code), (expected.to_vec(), Some(0)));
    }
}

#[test]
fn failures_have_the_protocol_s_codes_and_the_tools_words() {
    let outcome_of =
        |what: &str| format!("kubernetes: {{podOutcomes: [{{selector: fsxctl.io/job=verify, {what}}}]}}");
    let pv = "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463}, spec: {mountOptions: [noatime]}}]}";
    let squash = "aws: {fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, LustreConfiguration: {RootSquashConfiguration: {RootSquash: \"1000:1000\"}}}]}}";
    let user =
        json!({"spec": {"template": {"spec": {"securityContext": {"runAsUser": 1000, "runAsGroup": 1000}}}}});
    let sealed = json!({"spec": {"template": {"spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "fsx-claim", "readOnly": true}}]}}}});
    for (layer, more, exit, says) in [
        (
            String::new(),
            user.clone(),
            21,
            "failed step=written text=mkdir: can't create directory '/fsx/.fsxctl-verify-0a0b0c0d': Permission denied",
        ),
        (outcome_of("write: ok"), user, 0, "locked how=flock"),
        (squash.to_owned(), json!({}), 21, "Permission denied"),
        (String::new(), sealed, 21, "Read-only file system"),
        (
            outcome_of("write: errno 28"),
            json!({}),
            21,
            "failed step=written text=dd: error writing '/fsx/.fsxctl-verify-0a0b0c0d/0.data': No space left on device",
        ),
        (
            outcome_of("write: errno 38"),
            json!({}),
            22,
            "failed step=locked text=flock: Function not implemented",
        ),
        (pv.to_owned(), json!({}), 22, "failed step=locked text=flock: Function not implemented"),
        (outcome_of("exitCode: 20"), json!({}), 20, "failed step=mounted text="),
        (outcome_of("exitCode: 23"), json!({}), 23, "failed step=read text=dd: error reading"),
        (outcome_of("exitCode: 24"), json!({}), 24, "failed step=compared text="),
    ] {
        let mut state = world(&layer);
        job(&mut state, 0, 1, more);
        pass(&mut state, 10);
        let (lines, code) = outcome(&state, 0);
        assert_eq!(code, Some(exit), "{layer}: {lines:?}");
        assert!(lines.iter().any(|line| line.contains(says)), "{layer}: {lines:?}");
        assert!(
            lines
                .last()
                .is_some_and(|l| l == if exit == 0 { "end verdict=ok" } else { "end verdict=failed" })
        );
        assert_eq!(
            (files(&state), condition(&state, 0)),
            (0, Some(if exit == 0 { "Complete" } else { "Failed" }.into()))
        );
        if exit == 22 {
            assert!(
                words(&lines).contains(&"read"),
                "a lock that fails is reported and the pod goes on: {lines:?}"
            );
        }
    }
}

#[test]
fn some_clients_are_spared_from_squashing() {
    for (nids, address, covered) in [
        ("10.0.1.6@tcp", "10.0.1.6", true),
        ("10.0.1.6@tcp", "10.0.1.60", false),
        ("10.0.[2-10].[1-255]@tcp", "10.0.10.7", true),
        ("10.0.[2-10].[1-255]@tcp", "10.0.11.7", false),
        ("10.0.*.*@tcp", "10.0.11.7", true),
        ("10.0.1@tcp", "10.0.1.6", false),
        ("10.0.1.6@tcp", "", false),
    ] {
        assert_eq!(super::covers(nids, address), covered, "{nids} {address}");
    }
}

#[test]
fn figures_follow_the_world() {
    let mut state = world("kubernetes: {podOutcomes: [{writeMiBps: 640, readMiBps: 32}]}");
    job(&mut state, 0, 1, json!({}));
    pass(&mut state, 10);
    let (lines, _) = outcome(&state, 0);
    assert!(lines[2].contains(" ms=100 ") && lines[4].contains(" ms=2000 "), "{lines:?}");
}

#[test]
fn files_that_cannot_be_removed_stay_and_are_told() {
    let mut state = world("kubernetes: {podOutcomes: [{exitCode: 26, selector: fsxctl.io/job=verify}]}");
    job(&mut state, 0, 1, json!({}));
    pass(&mut state, 10);
    let (lines, code) = outcome(&state, 0);
    assert_eq!((code, files(&state)), (Some(26), 4), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("failed step=removed text=rm: ")), "{lines:?}");
}

#[test]
fn a_peer_that_never_comes_ends_the_wait() {
    let mut state = world("");
    job(&mut state, 0, 2, json!({}));
    pass(&mut state, 50);
    assert_eq!((outcome(&state, 0).1, files(&state)), (None, 3), "it waits for the other's checksum");
    pass(&mut state, 20);
    let (lines, code) = outcome(&state, 0);
    assert_eq!((code, files(&state)), (Some(25), 0), "{lines:?}");
    assert_eq!(words(&lines), ["begin", "mounted", "written", "locked", "failed", "removed", "end"]);
}

#[test]
fn a_graceful_end_takes_the_files_away_and_a_forced_one_leaves_them() {
    for (grace, left) in [(None, 0), (Some(0), 3)] {
        let mut state = world("");
        job(&mut state, 0, 2, json!({}));
        pass(&mut state, 20);
        assert_eq!(files(&state), 3);
        let now = state.now;
        let pods: Vec<String> = state
            .kube
            .list("v1", "Pod")
            .filter(|p| super::is_one(p))
            .map(|p| p["metadata"]["name"].as_str().expect("a name").to_owned())
            .collect();
        let jobs = state.kube.kind("batch/v1", "Job").expect("the kind");
        let kind = state.kube.kind("v1", "Pod").expect("the kind");
        if grace.is_some() {
            let how = Removal { grace, ..Removal::now(now) };
            state.kube.remove(&kind, "default", &pods[0], &how).expect("removed");
        }
        let how = Removal { propagation: Propagation::Background, ..Removal::now(now) };
        state.kube.remove(&jobs, "default", "fsxctl-verify-0a0b0c0d-0", &how).expect("removed");
        pass(&mut state, 1);
        if grace.is_none() {
            let (lines, code) = outcome(&state, 0);
            assert_eq!((code, lines.last().map(String::as_str)), (Some(27), Some("end verdict=failed")));
        }
        pass(&mut state, 5);
        assert_eq!(files(&state), left);
        assert_eq!(state.kube.list("v1", "Pod").filter(|p| super::is_one(p)).count(), 0);
        assert!(outcome(&state, 0).0.is_empty(), "logs go with their pods");
    }
}

#[test]
fn a_pod_that_a_saved_world_holds_as_running_takes_its_files_away_when_it_is_asked_to_go() {
    let mut state = world("");
    job(&mut state, 0, 2, json!({}));
    pass(&mut state, 20);
    let mut again = crate::world::load(&[Source::text(crate::world::save(&state))], 1.0).expect("a world");
    pass(&mut again, 5);
    assert_eq!(files(&again), 3, "nothing goes on by itself");
    let jobs = again.kube.kind("batch/v1", "Job").expect("the kind");
    let now = again.now;
    again.kube.remove(&jobs, "default", "fsxctl-verify-0a0b0c0d-0", &Removal::now(now)).expect("removed");
    pass(&mut again, 5);
    assert_eq!(files(&again), 0);
}

#[test]
fn a_job_whose_mount_hangs_ends_with_its_deadline_and_says_so_once_its_pod_is_gone() {
    let mut state = world("kubernetes: {podOutcomes: [{selector: fsxctl.io/job=verify, mount: hang}]}");
    job(&mut state, 0, 1, json!({"spec": {"activeDeadlineSeconds": 60}}));
    pass(&mut state, 55);
    assert_eq!(condition(&state, 0), None);
    pass(&mut state, 6);
    assert_eq!(condition(&state, 0).as_deref(), Some("FailureTarget"), "its pod is still going");
    pass(&mut state, 4);
    assert_eq!(condition(&state, 0).as_deref(), Some("Failed"));
}
