//! A thousand nodes, two thousand volumes, five thousand pods, five hundred file systems: pages, and no call per object.

use std::collections::BTreeMap;

use crate::case::diagnosed;
use crate::harness::World;

#[test]
fn nothing_is_asked_for_object_by_object() {
    let (run, report) = diagnosed(&World::of(&["scale"]), "");
    assert_eq!(report["verdict"], "healthy", "{}", &run.show()[..2000]);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &run.requests {
        let path = entry.path.split('?').next().unwrap_or_default().to_owned();
        *counts.entry(entry.operation.clone().unwrap_or(path)).or_default() += 1;
    }
    // Five thousand pods are ten pages, and a page that is asked for again.
    assert!(counts.values().all(|count| *count <= 12), "{counts:#?}");
    assert!(run.requests.len() <= 100, "{counts:#?}");
}
