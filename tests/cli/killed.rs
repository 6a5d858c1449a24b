//! Killed after any write and repeated: the world ends as if nothing had happened.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fsxctl_sandbox::{Options, Source, State};
use serde_json::Value;

use crate::harness::{Run, World, sources};
use crate::roads::AGENT;

/// One way that a set-up goes.
struct Road {
    name: &'static str,
    layers: &'static [&'static str],
    /// What an earlier run had done.
    before: &'static [&'static str],
    words: &'static str,
    /// How many writes the never-killed run must have at least: a road without them would prove nothing.
    writes: usize,
}

const ROADS: &[Road] = &[
    Road {
        name: "irsa, add-on",
        layers: &["bare"],
        before: &[],
        words: "setup dynamic --yes -q --identity irsa --driver addon",
        writes: 7,
    },
    Road {
        name: "pod identity, add-on",
        layers: &["bare", AGENT],
        before: &[],
        words: "setup dynamic --yes -q --identity pod-identity --driver addon",
        writes: 6,
    },
    Road {
        name: "a group of its own, a namespace, another class",
        layers: &["bare"],
        before: &[],
        words: "setup dynamic --yes -q --security-group create -n team-a --create-namespace --class mine --claim mine",
        writes: 10,
    },
    Road {
        name: "an add-on that gets its role afterwards",
        layers: &["bare"],
        before: &["setup driver --yes -q"],
        words: "setup dynamic --yes -q",
        writes: 8,
    },
    Road {
        name: "an add-on that gets its association afterwards",
        layers: &["bare", AGENT],
        before: &["setup driver --yes -q"],
        words: "setup dynamic --yes -q --identity pod-identity",
        writes: 7,
    },
    Road {
        name: "a file system that is there, in two namespaces to be made",
        layers: &["existing"],
        before: &[],
        words: "byo --fs-id fs-0e10000000000000e -n a -n b --create-namespace --yes -q",
        writes: 6,
    },
    Road {
        name: "a share that is taken away",
        layers: &["existing"],
        before: &["byo --fs-id fs-0e10000000000000e -n default -n kube-public --create-namespace --yes -q"],
        words: "share --fs-id fs-0e10000000000000e --namespaces kube-public --remove --yes -q",
        writes: 2,
    },
];

impl Road {
    /// A world on which the earlier runs have been.
    fn prepared(&self) -> String {
        let world = World::of(self.layers);
        for words in self.before {
            let run = world.fsxctl(words);
            assert_eq!(run.code, Some(0), "{}: {}", self.name, run.show());
        }
        settled(&world)
    }

    /// The never-killed run: the world it leaves, and its writes.
    fn clean(&self, prepared: &str) -> (String, usize) {
        let world = World::of(&[prepared]);
        let run = world.fsxctl(self.words);
        assert_eq!(run.code, Some(0), "{}: {}", self.name, run.show());
        world.fsxctl(self.words).ends_untouched(0);
        let writes =
            run.requests.iter().filter(|entry| entry.write && crate::harness::was_applied(entry)).count();
        assert!(writes >= self.writes, "{}: {writes} writes\n{}", self.name, run.show());
        (settled(&world), writes)
    }
}

/// The world once nothing of the AWS side and no workload is on its way any more.
pub fn settled(world: &World) -> String {
    let is_busy = |state: &mut State| {
        let moving = |row: &Value| row.get("$dueAt").is_some();
        let rows = ["eks.addons", "fsx.FileSystems"];
        rows.iter().any(|table| state.rows(table).iter().any(moving))
    };
    let since = Instant::now();
    while world.sandbox.with_state(is_busy) && since.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    world.sandbox.snapshot()
}

/// Kills a run after its nth write.
fn killed_after(from: &str, words: &str, n: usize) -> (World, Run) {
    let world = World::with(Options {
        worlds: sources(&[from]),
        kill_after_writes: Some(n as u64),
        ..Options::default()
    });
    let run = world.fsxctl(words);
    (world, run)
}

fn load(text: &str) -> State {
    fsxctl_sandbox::world::load(&[Source::text(text)], 600.0).expect("a snapshot is a world")
}

/// Waits until a world is the same as another, and says how it differs when it never is.
#[track_caller]
pub fn becomes(world: &World, wanted: &str, what: &str) {
    let (since, wanted) = (Instant::now(), load(wanted));
    loop {
        let found = fsxctl_sandbox::world::diff(&wanted, &load(&settled(world)), &[]);
        if found.is_empty() {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{what}:\n{}", found.join("\n"));
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Kills after each of these numbers of writes, one run after the other, then lets one run to its end.
fn survives(road: &Road, prepared: &str, clean: &str, kills: &[usize]) {
    let what = format!("{}, killed after {kills:?}", road.name);
    let mut from = prepared.to_owned();
    for (nth, n) in kills.iter().enumerate() {
        let (world, run) = killed_after(&from, road.words, *n);
        // What a first run has made, the second need not: it may come to its end before it is killed.
        assert!(run.code.is_none() || nth > 0, "{what}: {}", run.show());
        from = world.sandbox.snapshot();
    }
    let world = World::of(&[&from]);
    let run = world.fsxctl(road.words);
    assert_eq!(run.code, Some(0), "{what}: {}", run.show());
    let systems = world.saved()["aws"]["fsx"]["FileSystems"].as_array().map_or(0, Vec::len);
    assert_eq!(systems, 1, "{what}: {}", run.show());
    becomes(&world, clean, &what);
    world.fsxctl(road.words).ends_untouched(0);
}

/// Does everything on a list, so many at a time, and fails at the end if anything failed: one failure must not hide
/// the others.
#[track_caller]
pub fn all<T: Send>(list: Vec<T>, workers: usize, work: impl Fn(T) + Sync) {
    let queue = Mutex::new(VecDeque::from(list));
    let next = || queue.lock().expect("no worker panics in here").pop_front();
    let failed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = next() {
                    if catch_unwind(AssertUnwindSafe(|| work(item))).is_err() {
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "so many failed; each is told above");
}

#[track_caller]
fn survives_every_kill(name: &str, twice: &[[usize; 2]]) {
    let road = ROADS.iter().find(|road| road.name == name).expect("the road is there");
    let prepared = road.prepared();
    let (clean, writes) = road.clean(&prepared);
    let kills: Vec<Vec<usize>> =
        (1..=writes).map(|n| vec![n]).chain(twice.iter().map(|it| it.to_vec())).collect();
    all(kills, 2, |kills| survives(road, &prepared, &clean, &kills));
}

#[test]
fn killed_after_each_write_of_irsa_and_the_add_on() {
    survives_every_kill("irsa, add-on", &[[1, 1], [2, 3], [4, 2]]);
}

#[test]
fn killed_after_each_write_of_pod_identity_and_the_add_on() {
    survives_every_kill("pod identity, add-on", &[[1, 1], [3, 2]]);
}

#[test]
fn killed_after_each_write_of_a_group_of_its_own() {
    survives_every_kill("a group of its own, a namespace, another class", &[[1, 2], [3, 1]]);
}

#[test]
fn killed_after_each_write_of_a_role_that_comes_late() {
    survives_every_kill("an add-on that gets its role afterwards", &[[4, 1]]);
}

#[test]
fn killed_after_each_write_of_an_association_that_comes_late() {
    survives_every_kill("an add-on that gets its association afterwards", &[[3, 1]]);
}

#[test]
fn killed_after_each_write_of_a_file_system_that_is_there() {
    survives_every_kill("a file system that is there, in two namespaces to be made", &[[2, 1], [3, 2]]);
}

#[test]
fn killed_after_each_write_of_what_is_taken_away() {
    survives_every_kill("a share that is taken away", &[]);
}
