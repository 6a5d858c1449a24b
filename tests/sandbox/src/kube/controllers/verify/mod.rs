//! The pods of `fsxctl verify`, which nothing runs: they are answered in the log and exit-code protocol that
//! docs/verify.md fixes. Pods of one run that mount one file system see each other's files there.
//!
//! Pods are known by their labels and their environment only; what the script in them says is not looked at.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Digest as _;

use super::mount::judge::Mounted;
use super::mount::{self, words};
use super::outcomes::{self, End};
use super::{later, lenient, logs, pods, text};
use crate::aws::row;
use crate::kube::store::meta::uid_of;
use crate::state::State;

/// The container that works.
const CONTAINER: &str = "verify";
/// What every line begins with.
const PREFIX: &str = "fsxctl-verify/1";
/// Own member of a file system's row: files that lie in it.
pub const FILES: &str = "$files";
/// MiB a second where the world says nothing: of the size that one client of a small file system sees.
const WRITE: f64 = 210.0;
const READ: f64 = 480.0;

/// Exit codes of the protocol.
mod code {
    pub const NOT_LUSTRE: i64 = 20;
    pub const WRITE: i64 = 21;
    pub const LOCK: i64 = 22;
    pub const READ: i64 = 23;
    pub const DIFFERS: i64 = 24;
    pub const NO_PEER: i64 = 25;
    pub const REMOVE: i64 = 26;
    pub const INTERRUPTED: i64 = 27;
    pub const WRONG_CALL: i64 = 64;
}

/// What a pod does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    Write,
    Lock,
    AwaitPeer,
    Read,
    AwaitReader,
    Remove,
    Ended,
}

/// A pod of a run.
#[derive(Debug, Clone)]
pub struct Probe {
    run: String,
    this: u64,
    peer: u64,
    peers: u64,
    mib: u64,
    seconds: u64,
    read_only: bool,
    ids: (u64, u64),
    mounted: Mounted,
    /// Whether the file system is read-only in the container.
    sealed: bool,
    step: Step,
    /// When the step is over.
    due: Timestamp,
    /// When it waits for others no longer.
    limit: Timestamp,
    exit: i64,
    wrote: bool,
}

fn variable(pod: &Value, name: &str) -> Option<String> {
    let env = pod["spec"]["containers"][0]["env"].as_array().into_iter().flatten();
    env.into_iter().find(|e| e["name"] == name).and_then(|e| e["value"].as_str()).map(str::to_owned)
}

/// Whether a pod is one of fsxctl's own.
pub fn is_one(pod: &Value) -> bool {
    let labels = &pod["metadata"]["labels"];
    labels["app.kubernetes.io/managed-by"] == "fsxctl"
        && labels["fsxctl.io/job"] == "verify"
        && pod["spec"]["containers"][0]["name"] == CONTAINER
}

/// User and group of the container; an image's own user is taken to be root.
fn ids(pod: &Value) -> (u64, u64) {
    let of = |member: &str| {
        let own = pod["spec"]["containers"][0]["securityContext"][member].as_u64();
        own.or_else(|| pod["spec"]["securityContext"][member].as_u64()).unwrap_or(0)
    };
    (of("runAsUser"), of("runAsGroup"))
}

impl Probe {
    fn of(state: &State, pod: &Value) -> Option<Self> {
        let number = |name: &str| variable(pod, name).and_then(|text| text.parse::<u64>().ok());
        let volume = pod["spec"]["containers"][0]["volumeMounts"].as_array().into_iter().flatten();
        let volume =
            volume.into_iter().find(|m| m["mountPath"] == "/fsx").map(|m| text(&m["name"]).to_owned())?;
        let mounted = mount::of(state, pod, &volume).unwrap_or_else(|| Mounted {
            file_system: String::new(),
            source: String::new(),
            options: Vec::new(),
        });
        let sealed = mount::read_only(pod, &volume, &mounted);
        Some(Self {
            run: variable(pod, "FSXCTL_VERIFY_RUN").filter(|run| !run.is_empty())?,
            this: number("FSXCTL_VERIFY_SELF")?,
            peer: number("FSXCTL_VERIFY_PEER")?,
            peers: number("FSXCTL_VERIFY_PEERS")?,
            mib: number("FSXCTL_VERIFY_MIB")?,
            seconds: number("FSXCTL_VERIFY_SECONDS")?,
            read_only: variable(pod, "FSXCTL_VERIFY_READ_ONLY").as_deref() == Some("true"),
            ids: ids(pod),
            mounted,
            sealed,
            step: Step::Begin,
            due: state.now,
            limit: state.now,
            exit: 0,
            wrote: false,
        })
    }

    fn file(&self, end: &str) -> String {
        format!(".fsxctl-verify-{}/{}.{end}", self.run, self.this)
    }

    /// Of what a pod of the run with this number writes.
    fn checksum(&self, number: u64) -> String {
        hex::encode(sha2::Sha256::digest(format!("{}/{number}/{}", self.run, self.mib)))
    }

    fn bytes(&self) -> u64 {
        self.mib << 20
    }
}

/// Does what is due in a running pod.
pub fn run(state: &mut State, pod: &Value) {
    let uid = uid_of(pod).to_owned();
    let mut probe = match state.kube.work.probes.get(&uid) {
        Some(probe) => probe.clone(),
        // What a world file holds as running, runs on.
        None if !state.kube.work.started.contains(&uid) => return,
        None => match Probe::of(state, pod) {
            Some(probe) => probe,
            None => return pods::ended(state, pod, code::WRONG_CALL),
        },
    };
    // Every step may let the next one begin at once.
    while probe.step != Step::Ended && probe.due <= state.now {
        let before = (probe.step, probe.due);
        go(state, pod, &mut probe);
        if (probe.step, probe.due) == before {
            break;
        }
    }
    let ended = probe.step == Step::Ended;
    let (exit, due) = (probe.exit, probe.due);
    state.kube.work.probes.insert(uid.clone(), probe);
    let key = format!("verify:{uid}");
    if ended {
        state.kube.work.forget(&key);
        pods::ended(state, pod, exit);
    } else {
        state.kube.work.timers.insert(key, due);
    }
}

/// TERM to a pod: it takes its files away and ends with 27.
pub fn interrupt(state: &mut State, pod: &Value) {
    let uid = uid_of(pod).to_owned();
    if !is_one(pod) || pod["status"]["phase"] != "Running" {
        return;
    }
    let known = state.kube.work.probes.get(&uid).cloned();
    let Some(mut probe) = known.or_else(|| Probe::of(state, pod)) else { return };
    if probe.step == Step::Ended {
        return;
    }
    remove(state, pod, &probe);
    say(state, pod, "end verdict=failed");
    probe.step = Step::Ended;
    probe.exit = code::INTERRUPTED;
    state.kube.work.probes.insert(uid.clone(), probe);
    state.kube.work.forget(&format!("verify:{uid}"));
    pods::ended(state, pod, code::INTERRUPTED);
}

fn say(state: &mut State, pod: &Value, line: &str) {
    logs::write(state, pod, CONTAINER, vec![format!("{PREFIX} {line}")]);
}

/// The step that the world's `exitCode` lets fail.
fn fails(state: &State, pod: &Value, exit: i64) -> bool {
    outcomes::of(state, pod).is_some_and(|outcome| outcome["exitCode"] == exit)
}

/// How long a piece takes at a speed, in milliseconds of the world and as a moment.
fn pace(state: &State, pod: &Value, of: (&str, f64), mib: u64) -> (u64, Timestamp) {
    let (member, otherwise) = of;
    let outcome = outcomes::of(state, pod);
    let speed = outcome.and_then(|outcome| outcome[member].as_f64()).unwrap_or(otherwise);
    #[allow(clippy::cast_precision_loss, reason = "sizes of test files are small")]
    let taken = Duration::from_secs_f64(mib as f64 / speed.max(0.001));
    let milliseconds = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX);
    (milliseconds.max(1), later(state.now, state.scaled(taken)))
}

fn go(state: &mut State, pod: &Value, probe: &mut Probe) {
    match probe.step {
        Step::Begin => begin(state, pod, probe),
        Step::Write => wrote(state, pod, probe),
        Step::Lock => lock(state, pod, probe),
        Step::AwaitPeer => await_peer(state, pod, probe),
        Step::Read => read(state, pod, probe),
        Step::AwaitReader => await_reader(state, probe),
        Step::Remove => {
            remove(state, pod, probe);
            if fails(state, pod, code::REMOVE) && probe.exit == 0 {
                probe.exit = code::REMOVE;
            }
            end(state, pod, probe);
        }
        Step::Ended => {}
    }
}

fn begin(state: &mut State, pod: &Value, probe: &mut Probe) {
    let Probe { run, this, peer, peers, mib, ids: (uid, gid), .. } = &*probe;
    let line = format!("begin run={run} self={this} peer={peer} peers={peers} mib={mib} uid={uid} gid={gid}");
    say(state, pod, &line);
    probe.limit = later(state.now, lenient(state, probe.seconds, super::CLIENT));
    if probe.mounted.source.is_empty() || fails(state, pod, code::NOT_LUSTRE) {
        return fail(
            state,
            pod,
            probe,
            (code::NOT_LUSTRE, "mounted", "/fsx is no mount, and not a mount of type lustre".into()),
        );
    }
    let mode = if probe.sealed { "ro" } else { "rw" };
    let asked = probe.mounted.options.iter().flat_map(|list| list.split(','));
    let asked: Vec<&str> = asked.filter(|option| !matches!(*option, "ro" | "rw" | "_netdev")).collect();
    let options = [&[mode], &asked[..], &["lazystatfs"]].concat().join(",");
    let line = format!("mounted source={} type=lustre options={options}", probe.mounted.source);
    say(state, pod, &line);
    if probe.read_only {
        if fails(state, pod, code::READ) {
            let why = "ls: can't open '/fsx': Input/output error".to_owned();
            return fail(state, pod, probe, (code::READ, "read", why));
        }
        say(state, pod, "listed");
        return end(state, pod, probe);
    }
    if let Some((errno, what)) = unwritable(state, pod, probe) {
        let why = format!("{what}: {}", words::strerror(errno));
        return fail(state, pod, probe, (code::WRITE, "written", why));
    }
    record(state, probe, &["data"]);
    probe.wrote = true;
    probe.step = Step::Write;
    probe.due = pace(state, pod, ("writeMiBps", WRITE), probe.mib).1;
}

/// Why nothing can be written, in the words of the tool that meets it first.
fn unwritable(state: &State, pod: &Value, probe: &Probe) -> Option<(i32, String)> {
    let folder = format!("mkdir: can't create directory '/fsx/.fsxctl-verify-{}'", probe.run);
    let data = format!("dd: error writing '/fsx/{}'", probe.file("data"));
    match outcomes::end(outcomes::of(state, pod).as_ref(), "write") {
        // Locks have an errno of their own.
        Some(End::Errno(38)) | Some(End::Fine) => return None,
        Some(End::Errno(errno @ (5 | 28 | 122))) => return Some((errno, data)),
        Some(End::Errno(errno)) => return Some((errno, folder)),
        _ => {}
    }
    if fails(state, pod, code::WRITE) {
        return Some((5, data));
    }
    if probe.sealed {
        return Some((30, folder));
    }
    // The root directory of a new file system is root:root 0755.
    (probe.ids.0 != 0 || squashed(state, pod, probe)).then_some((13, folder))
}

/// Whether root is somebody else on this file system (FSx for Lustre User Guide, root squash): for all clients but
/// those whose address is in `NoSquashNids`.
fn squashed(state: &State, pod: &Value, probe: &Probe) -> bool {
    let Some(row) = state.find("fsx.FileSystems", "FileSystemId", &probe.mounted.file_system) else {
        return false;
    };
    let squash = &row["LustreConfiguration"]["RootSquashConfiguration"];
    let ids = row::text(squash, "RootSquash");
    let host = text(&pod["status"]["hostIP"]);
    let spared = row::strings(squash, "NoSquashNids").iter().any(|nids| covers(nids, host));
    !ids.is_empty() && ids != "0:0" && !spared
}

/// Whether a range of LNet addresses such as `10.0.[2-10].[1-255]@tcp` holds an address.
fn covers(nids: &str, address: &str) -> bool {
    let range = nids.split('@').next().unwrap_or_default();
    let number = |text: &str| text.parse::<u16>().ok();
    let one = |pattern: &str, part: &str| {
        let Some(part) = number(part) else { return false };
        match pattern
            .strip_prefix('[')
            .and_then(|p| p.strip_suffix(']'))
            .map(|p| p.split_once('-').unwrap_or((p, p)))
        {
            Some((least, most)) => {
                number(least).is_some_and(|n| n <= part) && number(most).is_some_and(|n| part <= n)
            }
            None => pattern == "*" || number(pattern) == Some(part),
        }
    };
    let (patterns, parts): (Vec<&str>, Vec<&str>) =
        (range.split('.').collect(), address.split('.').collect());
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(|(pattern, part)| one(pattern, part))
}

fn wrote(state: &mut State, pod: &Value, probe: &mut Probe) {
    let milliseconds = pace(state, pod, ("writeMiBps", WRITE), probe.mib).0;
    let line =
        format!("written bytes={} ms={milliseconds} sha256={}", probe.bytes(), probe.checksum(probe.this));
    record(state, probe, &["sum"]);
    say(state, pod, &line);
    probe.step = Step::Lock;
}

fn lock(state: &mut State, pod: &Value, probe: &mut Probe) {
    record(state, probe, &["lock"]);
    let asked = probe.mounted.options.iter().flat_map(|list| list.split(','));
    let locks = asked.into_iter().any(|option| matches!(option, "flock" | "localflock"));
    let refused = outcomes::end(outcomes::of(state, pod).as_ref(), "write") == Some(End::Errno(38));
    if !locks || refused || fails(state, pod, code::LOCK) {
        probe.exit = code::LOCK;
        say(state, pod, &format!("failed step=locked text=flock: {}", words::strerror(38)));
    } else {
        say(state, pod, "locked how=flock");
    }
    probe.step = Step::AwaitPeer;
}

/// Whether a file of this run's directory is there.
fn lies(state: &State, probe: &Probe, number: u64, end: &str) -> bool {
    files(state, probe).contains(&format!(".fsxctl-verify-{}/{number}.{end}", probe.run))
}

/// The files of the file system that a pod has mounted.
fn files(state: &State, probe: &Probe) -> Vec<String> {
    match state.find("fsx.FileSystems", "FileSystemId", &probe.mounted.file_system) {
        Some(row) => row::strings(row, FILES).into_iter().map(str::to_owned).collect(),
        None => state.kube.work.loose.clone(),
    }
}

fn keep(state: &mut State, probe: &Probe, files: Vec<String>) {
    match state.find_mut("fsx.FileSystems", "FileSystemId", &probe.mounted.file_system) {
        Some(row) if files.is_empty() => row::unset(row, FILES),
        Some(row) => row[FILES] = json!(files),
        None => state.kube.work.loose = files,
    }
}

/// The pod that reads this one's file: the one before it.
fn reader(probe: &Probe) -> u64 {
    let peers = probe.peers.max(1);
    (probe.this + peers - 1) % peers
}

fn await_peer(state: &mut State, pod: &Value, probe: &mut Probe) {
    if lies(state, probe, probe.peer, "sum") && !fails(state, pod, code::NO_PEER) {
        probe.step = Step::Read;
        probe.due = pace(state, pod, ("readMiBps", READ), probe.mib).1;
        return;
    }
    if state.now < probe.limit {
        return look_again(state, probe);
    }
    let why = format!("the file of pod {} did not come within {} s", probe.peer, probe.seconds);
    fail(state, pod, probe, (code::NO_PEER, "read", why));
}

/// A waiting pod looks every second, as the script does.
fn look_again(state: &State, probe: &mut Probe) {
    let next = later(state.now, state.scaled(Duration::from_secs(1)).max(super::PATIENCE));
    probe.due = next.min(probe.limit);
}

fn read(state: &mut State, pod: &Value, probe: &mut Probe) {
    let (bytes, peer) = (probe.bytes(), probe.peer);
    let data = format!("/fsx/.fsxctl-verify-{}/{peer}.data", probe.run);
    // Whatever it has read, the other pod learns that it needs its file no longer.
    record(state, probe, &["read"]);
    probe.step = Step::AwaitReader;
    if fails(state, pod, code::READ) {
        probe.exit = code::READ;
        let why = format!("dd: error reading '{data}': {}", words::strerror(5));
        return say(state, pod, &format!("failed step=read text={why}"));
    }
    let milliseconds = pace(state, pod, ("readMiBps", READ), probe.mib).0;
    let (found, wrote) = (probe.checksum(u64::MAX), probe.checksum(peer));
    let differs = fails(state, pod, code::DIFFERS);
    let sum = if differs { &found } else { &wrote };
    say(state, pod, &format!("read from={peer} bytes={bytes} ms={milliseconds} sha256={sum}"));
    if differs {
        probe.exit = code::DIFFERS;
        let why = format!("{peer}.data reads as {found}, and {wrote} was written");
        say(state, pod, &format!("failed step=compared text={why}"));
    }
}

fn await_reader(state: &State, probe: &mut Probe) {
    if lies(state, probe, reader(probe), "read") || state.now >= probe.limit {
        probe.step = Step::Remove;
        return;
    }
    look_again(state, probe);
}

/// A step fails: its line, then its own files go, then the end.
fn fail(state: &mut State, pod: &Value, probe: &mut Probe, why: (i64, &str, String)) {
    let (exit, step, words) = why;
    say(state, pod, &format!("failed step={step} text={words}"));
    probe.exit = exit;
    if probe.wrote {
        remove(state, pod, probe);
    }
    end(state, pod, probe);
}

fn end(state: &mut State, pod: &Value, probe: &mut Probe) {
    let verdict = if probe.exit == 0 { "ok" } else { "failed" };
    say(state, pod, &format!("end verdict={verdict}"));
    probe.step = Step::Ended;
}

fn remove(state: &mut State, pod: &Value, probe: &Probe) {
    if fails(state, pod, code::REMOVE) {
        let why = format!("rm: can't remove '/fsx/{}': {}", probe.file("data"), words::strerror(5));
        return say(state, pod, &format!("failed step=removed text={why}"));
    }
    let mark = |number: u64| format!(".fsxctl-verify-{}/{number}.read", probe.run);
    // Its own mark stays for the pod that waits for it, which takes it away.
    let kept = probe.peer != probe.this && lies(state, probe, probe.peer, "data");
    let own = |name: &String| {
        (name.starts_with(&probe.file("")) && !(kept && *name == mark(probe.this)))
            || *name == mark(reader(probe))
    };
    let left = files(state, probe).into_iter().filter(|name| !own(name)).collect();
    keep(state, probe, left);
    say(state, pod, "removed");
}

/// Files that are there now.
fn record(state: &mut State, probe: &Probe, ends: &[&str]) {
    let mut all = files(state, probe);
    for end in ends {
        let name = probe.file(end);
        if !all.contains(&name) {
            all.push(name);
        }
    }
    keep(state, probe, all);
}

/// Pods that are gone are no longer part of a run.
pub fn clean(state: &mut State) {
    if state.kube.work.probes.is_empty() {
        return;
    }
    let Some(kind) = state.kube.kind("v1", "Pod") else { return };
    let living: std::collections::BTreeSet<String> =
        state.kube.read_all(&kind, "").iter().map(|pod| uid_of(pod).to_owned()).collect();
    state.kube.work.probes.retain(|uid, _| living.contains(uid));
}

#[cfg(test)]
mod tests;
