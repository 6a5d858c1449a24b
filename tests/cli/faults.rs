//! Every call of a first `setup dynamic` with every fault: throttled, lost, cut off, answered by somebody else.
//!
//! A fault that passes is waited out; one that stays ends the run within a bounded time, with a code that says that
//! nothing is broken and what to do. Neither ever makes anything twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use fsxctl_sandbox::{Client, Entry, Options};
use serde_json::Value;

use crate::harness::{Run, World, name, sources, was_applied};
use crate::killed::all;

const WORDS: &str = "setup dynamic --yes --request-timeout 1s";

/// One call of a clean run, as a fault names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    service: String,
    operation: String,
    path: String,
}

impl Call {
    fn of(entry: &Entry) -> Self {
        let path = entry.path.split('?').next().unwrap_or_default();
        match (&entry.service, &entry.operation) {
            (Some(service), Some(operation)) => {
                Self { service: service.clone(), operation: operation.clone(), path: String::new() }
            }
            _ => Self {
                service: "kube".to_owned(),
                operation: entry.verb.clone().unwrap_or_default(),
                path: path.to_owned(),
            },
        }
    }

    fn is(&self, entry: &Entry) -> bool {
        Self::of(entry) == *self
    }

    fn is_kube(&self) -> bool {
        self.service == "kube"
    }

    /// A fault on this call; `rest` begins with `error=`.
    fn fault(&self, rest: &str) -> String {
        if self.is_kube() {
            return format!("service=kube,verb={},path={},{rest}", self.operation, self.path);
        }
        format!("service={},operation={},{rest}", self.service, self.operation)
    }

    /// How the service says that it was too much.
    fn throttle(&self) -> &'static str {
        match self.service.as_str() {
            "kube" => "error=TooManyRequests,retryAfter=1",
            "ec2" => "error=RequestLimitExceeded,status=503",
            "iam" | "sts" => "error=Throttling",
            _ => "error=ThrottlingException",
        }
    }

    /// How long FSx takes while this call goes wrong: what belongs to the wait needs one.
    fn creation(&self, is_final: bool) -> &'static str {
        match self.operation.as_str() {
            "list" | "watch" if self.path.ends_with("/persistentvolumeclaims") && is_final => "20h",
            "list" | "watch" if self.path.contains("/namespaces/default/") => "100m",
            _ => "10m",
        }
    }

    /// What only explains a wait: without it the run goes on and says so.
    fn only_explains(&self) -> bool {
        self.path.ends_with("/events")
    }
}

/// A world with a fault. `creation` is how long FSx takes in the world's time, 600 times as fast as the clock.
fn world(fault: &str, creation: &str) -> World {
    let layer = format!("durations: {{createFileSystem: {creation}}}");
    World::with(Options {
        worlds: sources(&["bare", &layer]),
        faults: if fault.is_empty() { Vec::new() } else { vec![fault.to_owned()] },
        ..Options::default()
    })
}

/// The calls of a clean first run, and the objects that it makes.
fn clean() -> &'static (BTreeSet<Call>, BTreeMap<String, usize>) {
    static CLEAN: OnceLock<(BTreeSet<Call>, BTreeMap<String, usize>)> = OnceLock::new();
    CLEAN.get_or_init(|| {
        // Long enough that the claim is waited for, also by a slow machine.
        let world = world("", "100m");
        let run = world.fsxctl(WORDS);
        assert_eq!(run.code, Some(0), "{}", run.show());
        let calls: BTreeSet<Call> = run.requests.iter().map(Call::of).collect();
        assert!(calls.len() > 30, "{calls:?}");
        for known in ["CreateRole", "CreateAddon", "DescribeCluster", "watch", "create"] {
            assert!(calls.iter().any(|call| call.operation == known), "{known} is no call of {calls:?}");
        }
        (calls, objects(&world))
    })
}

/// How many there are of everything that a set-up could make.
fn objects(world: &World) -> BTreeMap<String, usize> {
    let saved = world.saved();
    let mut counts = BTreeMap::new();
    for pointer in [
        "/aws/iam/OpenIDConnectProviders",
        "/aws/ec2/SecurityGroups",
        "/aws/eks/addons",
        "/aws/eks/podIdentityAssociations",
        "/aws/fsx/FileSystems",
    ] {
        counts
            .insert(pointer.to_owned(), saved.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len));
    }
    let roles = saved["aws"]["iam"]["Roles"].as_array().into_iter().flatten();
    let own = roles
        .filter(|role| !role["Path"].as_str().is_some_and(|path| path.starts_with("/aws-service-role/")));
    counts.insert("roles".to_owned(), own.count());
    for group in saved["aws"]["ec2"]["SecurityGroups"].as_array().into_iter().flatten() {
        let rules = group["IpPermissions"].as_array().map_or(0, Vec::len);
        counts.insert(format!("rules of {}", group["GroupName"]), rules);
    }
    for object in saved["kubernetes"]["objects"].as_array().into_iter().flatten() {
        let kind = object["kind"].as_str().unwrap_or_default();
        if ["StorageClass", "PersistentVolumeClaim", "PersistentVolume", "Namespace"].contains(&kind) {
            *counts.entry(kind.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// No world holds more of anything than a clean run makes.
#[track_caller]
fn nothing_twice(world: &World, clean: &BTreeMap<String, usize>, run: &Run) {
    for (what, count) in objects(world) {
        let wanted = clean.get(&what).copied().unwrap_or_default();
        assert!(count <= wanted, "{count} instead of {wanted} of {what}: {}", run.show());
    }
}

/// Every call was tried three times at most. Retries carry the same request; a watch that breaks is begun anew.
#[track_caller]
fn tried_three_times(run: &Run, call: &Call) {
    let mut tries: BTreeMap<String, usize> = BTreeMap::new();
    for entry in run.requests.iter().filter(|entry| call.is(entry)) {
        *tries.entry(format!("{} {} {}", name(entry), entry.path, entry.request)).or_default() += 1;
    }
    for (request, count) in tries {
        assert!(count <= 3, "{count} times {request}: {}", run.show());
    }
}

#[test]
fn what_is_throttled_twice_is_waited_out() {
    let (calls, wanted) = clean();
    all(calls.iter().collect(), 4, |call| {
        let world = world(&call.fault(&format!("{},times=2", call.throttle())), call.creation(false));
        let run = world.fsxctl(WORDS);
        assert_eq!(run.code, Some(0), "{call:?}: {}", run.show());
        assert_eq!(&objects(&world), wanted, "{call:?}: {}", run.show());
        let refused = run.requests.iter().filter(|it| call.is(it) && it.error.is_some() && it.status >= 400);
        assert!(refused.count() >= 2, "{call:?}: {}", run.show());
        // An answer that names its time is not asked again before it.
        if call.is_kube() {
            let times: Vec<f64> =
                run.requests.iter().filter(|it| call.is(it)).take(3).map(|it| it.at_ms).collect();
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 1000.0), "{call:?}: {times:?}");
        }
    });
}

/// A fault that stays, on every call.
#[track_caller]
fn ends(fault: impl Fn(&Call) -> String + Sync, codes: &[i32], workers: usize) {
    let (calls, wanted) = clean();
    all(calls.iter().collect(), workers, |call| {
        let world = world(&call.fault(&fault(call)), call.creation(true));
        let run = world.fsxctl(WORDS);
        let what = format!("{call:?}: {}", run.show());
        nothing_twice(&world, wanted, &run);
        assert!(!run.stderr.contains("panicked"), "{what}");
        if call.only_explains() {
            assert_eq!(run.code, Some(0), "{what}");
            assert!(run.stderr.contains("events of claim default/fsx-claim cannot be read"), "{what}");
            return;
        }
        tried_three_times(&run, call);
        assert!(run.code.is_some_and(|code| codes.contains(&code)), "{what}");
        assert!(run.stderr.contains("\nnext: "), "{what}");
        // Three tries of a second each after the consistency that is waited for; the rest is the machine's.
        assert!(run.took < Duration::from_secs(60 + 3 + 30), "{:?} {what}", run.took);
        let applied: Vec<&Entry> = run.requests.iter().filter(|it| it.write && was_applied(it)).collect();
        let told = run.stderr.contains("\ndone before that:");
        let answered = applied.iter().any(|it| it.error.is_none() && it.client == Client::Command);
        assert_eq!(told, answered, "what was done is told: {what}");
    });
}

#[test]
fn what_is_always_throttled_ends_with_6() {
    ends(|call| call.throttle().to_owned(), &[6], 4);
}

#[test]
fn what_never_answers_ends_with_6() {
    ends(|_| "error=timeout".to_owned(), &[6], 6);
}

#[test]
fn a_road_that_breaks_ends_with_6() {
    ends(|_| "error=reset".to_owned(), &[6], 4);
}

#[test]
fn a_service_that_is_down_ends_with_6() {
    ends(|_| "error=503".to_owned(), &[6], 4);
}

#[test]
fn answers_that_are_cut_off_end_with_6() {
    ends(|_| "error=truncated".to_owned(), &[6], 4);
}

#[test]
fn answers_that_come_too_late_end_with_6() {
    ends(|_| "error=slow:5s".to_owned(), &[6], 6);
}

#[test]
fn what_somebody_else_answers_ends_with_6_or_1() {
    ends(|_| "error=not-json".to_owned(), &[6, 1], 4);
}
