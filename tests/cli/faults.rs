//! Every call of a first `setup dynamic` with every fault: throttled, lost, cut off, answered by somebody else.
//!
//! A fault that passes is waited out; one that stays ends the run within a bounded time, with a code that says that
//! nothing is broken and what to do. Neither ever makes anything twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use fsxctl_sandbox::{Entry, Options};
use serde_json::Value;

use crate::harness::{Run, World, name, sources, was_applied};
use crate::killed::{all, becomes, settled};

const WORDS: &str = "setup dynamic --yes";
/// One attempt of one call where nothing comes: short, but long enough for all the others on a busy machine.
const PATIENCE: Duration = Duration::from_secs(3);

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

    /// Whether it belongs to the wait.
    fn waits(&self) -> bool {
        let is_watched = self.only_explains() || self.path.ends_with("/persistentvolumeclaims");
        is_watched && ["list", "watch"].contains(&self.operation.as_str())
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
    // A watch that had lasted a while is begun anew when it ends, which is no retry.
    let most = if call.operation == "watch" { 4 } else { 3 };
    for (request, count) in tries {
        assert!(count <= most, "{count} times {request}: {}", run.show());
    }
}

#[test]
fn what_is_throttled_twice_is_waited_out() {
    let (calls, wanted) = clean();
    all(calls.iter().collect(), 3, |call| {
        let creation = if call.waits() { "200m" } else { "10m" };
        let world = world(&call.fault(&format!("{},times=2", call.throttle())), creation);
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

/// What stays wrong.
struct Lasting {
    fault: fn(&Call) -> &'static str,
    codes: &'static [i32],
    /// Nothing comes, so every attempt takes all the time that it may.
    hangs: bool,
}

impl Lasting {
    /// A fault that stays, on every call.
    #[track_caller]
    fn ends(&self) {
        let (calls, wanted) = clean();
        all(calls.iter().collect(), if self.hangs { 6 } else { 3 }, |call| self.on(call, wanted));
    }

    fn on(&self, call: &Call, wanted: &BTreeMap<String, usize>) {
        let fault = (self.fault)(call);
        // A watch is cut in its first event, which must come; else the wait is never over by itself.
        let creation = match call.waits() {
            true if fault.contains("truncated") => "200m",
            true => "100h",
            false => "10m",
        };
        let world = world(&call.fault(fault), creation);
        let limit =
            if self.hangs { format!(" --request-timeout {}s", PATIENCE.as_secs()) } else { String::new() };
        let explains = call.only_explains();
        let timeout = if explains { " --timeout 15s" } else { "" };
        let run = world.fsxctl(&format!("{WORDS}{limit}{timeout}"));
        let what = format!("{call:?}: {}\n{}", run.show(), run.stderr);
        nothing_twice(&world, wanted, &run);
        assert!(!run.stderr.contains("panicked"), "{what}");
        tried_three_times(&run, call);
        let codes = if explains { &[0, 6][..] } else { self.codes };
        assert!(run.code.is_some_and(|code| codes.contains(&code)), "{what}");
        if explains {
            assert!(run.stderr.contains("? events of claim default/fsx-claim cannot be read: "), "{what}");
            return;
        }
        assert!(run.stderr.contains("\nnext: "), "{what}");
        // Three tries after the consistency that may be waited for; the rest is the machine's.
        assert!(
            run.took < Duration::from_secs(60) + 3 * PATIENCE + Duration::from_secs(30),
            "{:?} {what}",
            run.took
        );
        let applied: Vec<&Entry> = run.requests.iter().filter(|it| it.write && was_applied(it)).collect();
        let told = run.stderr.contains("\ndone before that:");
        assert!(told || applied.iter().all(|it| call.is(it)), "what was done is told: {what}");
        assert!(!told || !applied.is_empty(), "what was not done is not told: {what}");
    }
}

#[test]
fn what_is_always_throttled_ends_with_6() {
    Lasting { fault: Call::throttle, codes: &[6], hangs: false }.ends();
}

#[test]
fn what_never_answers_ends_with_6() {
    Lasting { fault: |_| "error=timeout", codes: &[6], hangs: true }.ends();
}

#[test]
fn a_road_that_breaks_ends_with_6() {
    Lasting { fault: |_| "error=reset", codes: &[6], hangs: false }.ends();
}

#[test]
fn a_service_that_is_down_ends_with_6() {
    Lasting { fault: |_| "error=503", codes: &[6], hangs: false }.ends();
}

#[test]
fn answers_that_are_cut_off_end_with_6() {
    Lasting { fault: |_| "error=truncated", codes: &[6], hangs: false }.ends();
}

#[test]
fn answers_that_come_too_late_end_with_6() {
    Lasting { fault: |_| "error=slow:20s", codes: &[6], hangs: true }.ends();
}

#[test]
fn what_somebody_else_answers_ends_with_6_or_1() {
    Lasting { fault: |_| "error=not-json", codes: &[6, 1], hangs: false }.ends();
}

#[test]
fn when_nothing_answers_at_all_it_ends_all_the_same() {
    let world = world("error=timeout", "10m");
    for words in [WORDS, "setup dynamic --dry-run", "setup network --yes"] {
        let run = world.fsxctl(&format!("{words} --request-timeout 2s"));
        run.ends_untouched(6);
        assert!(run.took < Duration::from_secs(60 + 6 + 20), "{:?}", run.took);
    }
}

/// A kubeconfig's credential plugin is somebody else's program, and may hang too.
#[test]
fn a_credential_plugin_that_hangs_ends_with_6() {
    let world = world("", "10m");
    let mut config: Value = serde_yaml::from_str(&world.sandbox.kubeconfig()).expect("YAML");
    config["users"][0]["user"] = serde_json::json!({
        "exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "sleep", "args": ["80"]},
    });
    let path = world.home.path().join("hangs");
    std::fs::write(&path, config.to_string()).expect("a file");
    let run = world.run(&["setup", "dynamic", "--yes", "--kubeconfig", &path.display().to_string()]);
    run.ends_untouched(6);
    assert!(run.stderr.contains("credential plugin gave no answer in time"), "{}", run.show());
}

/// After each kind of failure the same command, on a road that is whole again, comes to the same end.
#[test]
fn after_a_failure_the_same_command_comes_to_the_end() {
    let whole = world("", "10m");
    assert_eq!(whole.fsxctl(WORDS).code, Some(0));
    let rows = [
        "service=iam,operation=CreateRole,error=truncated",
        "service=eks,operation=CreateAddon,error=slow:20s",
        "service=ec2,operation=AuthorizeSecurityGroupIngress,error=truncated",
        "service=kube,verb=create,path=/apis/storage.k8s.io/v1/storageclasses,error=truncated",
        "service=kube,verb=create,path=*/persistentvolumeclaims,error=reset",
        "service=iam,operation=PutRolePolicy,error=not-json",
    ];
    all(rows.to_vec(), 3, |fault| {
        let broken = world(fault, "10m");
        let run = broken.fsxctl(&format!("{WORDS} --request-timeout {}s", PATIENCE.as_secs()));
        assert_eq!(run.code, Some(6), "{fault}: {}", run.show());
        broken.sandbox.with_state(|state| state.faults.clear());
        let run = broken.fsxctl(WORDS);
        assert_eq!(run.code, Some(0), "{fault}: {}", run.show());
        becomes(&broken, &settled(&whole), fault);
    });
}

/// A group has no token of its own: when the answer was lost, the one that was made is found by its marks.
#[test]
fn a_group_whose_answer_was_lost_is_found_again() {
    for fault in ["truncated", "slow:20s"] {
        let world = world(&format!("service=ec2,operation=CreateSecurityGroup,error={fault},times=1"), "10m");
        let run = world.fsxctl("setup network --yes --security-group create --request-timeout 3s");
        assert_eq!(run.code, Some(0), "{fault}: {}", run.show());
        let made = run.requests.iter().filter(|it| it.operation.as_deref() == Some("CreateSecurityGroup"));
        assert_eq!(made.count(), 2, "{fault}: {}", run.show());
    }
}
