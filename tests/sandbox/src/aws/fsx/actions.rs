//! Administrative actions: how an accepted update makes progress.
//!
//! One action moves at a time, the oldest first. `$dueAt` of the file system is the time of its next step.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::network;
use super::rules::sizes;
use crate::aws::ec2::value::{given, list, text, texts};
use crate::state::State;

/// How many actions of a type a file system shows.
const KEPT: usize = 10;
/// From request to start. FSx publishes no durations: these are the sandbox's own.
const START: Duration = Duration::from_secs(30);
/// The phase in which the file system is UPDATING.
const UPDATE: Duration = Duration::from_secs(300);
/// The same for versions and throughput (documented as up to 30 and 60 minutes).
const LONG_UPDATE: Duration = Duration::from_secs(1200);
/// Rebalancing after storage or throughput changed (documented as hours to days).
const OPTIMIZE: Duration = Duration::from_secs(3600);

/// Adds an action for `target` (the changed members in the shape of a file system).
pub fn add(state: &mut State, id: &str, target: &Value) {
    let at = state.after(START).to_string();
    let now = state.now.to_string();
    let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id) else { return };
    let action = json!({
        "AdministrativeActionType": "FILE_SYSTEM_UPDATE", "RequestTime": now, "Status": "PENDING",
        "TargetFileSystemValues": target,
    });
    put(row, action);
    if !given(row, "$dueAt") {
        row["$dueAt"] = json!(at);
    }
}

/// Newest first, at most ten of a type.
fn put(row: &mut Value, action: Value) {
    let mut actions = list(row, "AdministrativeActions").to_vec();
    actions.insert(0, action);
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    actions.retain(|action| {
        let count = seen.entry(text(action, "AdministrativeActionType").to_owned()).or_default();
        *count += 1;
        *count <= KEPT
    });
    row["AdministrativeActions"] = json!(actions);
}

/// The action whose turn it is: the oldest update that is not over.
fn current(row: &Value) -> Option<usize> {
    list(row, "AdministrativeActions").iter().rposition(|action| {
        text(action, "AdministrativeActionType") == "FILE_SYSTEM_UPDATE"
            && matches!(text(action, "Status"), "PENDING" | "IN_PROGRESS" | "UPDATED_OPTIMIZING")
    })
}

/// How long the phase that an action is in takes; none when the action is over.
pub fn phase(row: &Value) -> Option<Duration> {
    let action = list(row, "AdministrativeActions").get(current(row)?)?;
    let target = &action["TargetFileSystemValues"];
    Some(match text(action, "Status") {
        "PENDING" => START,
        "IN_PROGRESS" if optimizes(target) && !given(target, "StorageCapacity") => LONG_UPDATE,
        "IN_PROGRESS" if given(target, "FileSystemTypeVersion") => LONG_UPDATE,
        "IN_PROGRESS" => UPDATE,
        _ => OPTIMIZE,
    })
}

fn optimizes(target: &Value) -> bool {
    given(target, "StorageCapacity") || given(&target["LustreConfiguration"], "PerUnitStorageThroughput")
}

/// Moves the current action by one step, which was due at `due`, and sets when the next is due.
pub fn step(state: &mut State, id: &str, due: Timestamp) {
    let Some(row) = state.find("fsx.FileSystems", "FileSystemId", id) else { return };
    let Some(at) = current(row) else { return };
    let action = list(row, "AdministrativeActions").get(at).cloned().unwrap_or_default();
    let target = action["TargetFileSystemValues"].clone();
    match text(&action, "Status") {
        "PENDING" => set(state, id, at, "IN_PROGRESS", Some("UPDATING")),
        "IN_PROGRESS" => {
            apply(state, id, &target);
            let optimizes = optimizes(&target);
            let status = if optimizes { "UPDATED_OPTIMIZING" } else { "COMPLETED" };
            set(state, id, at, status, Some("AVAILABLE"));
            if optimizes {
                start_optimizing(state, id);
            }
        }
        _ => {
            set(state, id, at, "COMPLETED", None);
            finish_optimizing(state, id);
        }
    }
    let next = state.find("fsx.FileSystems", "FileSystemId", id).and_then(phase);
    // Counted from the time that was due, not from when someone looked.
    let length = |phase| jiff::SignedDuration::try_from(state.scaled(phase)).unwrap_or_default();
    let next = next.map(|phase| due + length(phase));
    if let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id)
        && let Some(next) = next
    {
        row["$dueAt"] = json!(next.to_string());
    }
}

fn set(state: &mut State, id: &str, at: usize, status: &str, lifecycle: Option<&str>) {
    let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id) else { return };
    if let Some(lifecycle) = lifecycle {
        row["Lifecycle"] = json!(lifecycle);
    }
    let action = &mut row["AdministrativeActions"][at];
    action["Status"] = json!(status);
    if status == "COMPLETED" {
        action["ProgressPercent"] = json!(100);
    }
}

fn start_optimizing(state: &mut State, id: &str) {
    let now = state.now.to_string();
    if let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id) {
        let action = json!({
            "AdministrativeActionType": "STORAGE_OPTIMIZATION", "RequestTime": now, "Status": "IN_PROGRESS",
            "ProgressPercent": 0,
        });
        put(row, action);
    }
}

fn finish_optimizing(state: &mut State, id: &str) {
    let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id) else { return };
    let Some(actions) = row["AdministrativeActions"].as_array_mut() else { return };
    for action in actions {
        if text(action, "AdministrativeActionType") == "STORAGE_OPTIMIZATION"
            && text(action, "Status") == "IN_PROGRESS"
        {
            action["Status"] = json!("COMPLETED");
            action["ProgressPercent"] = json!(100);
        }
    }
}

/// Lays the target over the file system; more servers bring more interfaces.
fn apply(state: &mut State, id: &str, target: &Value) {
    let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id) else { return };
    overlay(row, target);
    let capacity = row.get("StorageCapacity").and_then(Value::as_i64).unwrap_or_default();
    let metadata = &mut row["LustreConfiguration"]["MetadataConfiguration"];
    if text(metadata, "Mode") == "AUTOMATIC" {
        metadata["Iops"] = json!(sizes::automatic_iops(capacity));
    }
    if metadata.is_null()
        && let Some(lustre) = row["LustreConfiguration"].as_object_mut()
    {
        lustre.shift_remove("MetadataConfiguration");
    }
    let row = row.clone();
    let missing = sizes::interfaces(&row).saturating_sub(texts(&row, "NetworkInterfaceIds").len());
    let place = network::place_of(state, &row);
    let ids = (0..missing).map(|_| state.id("eni")).collect();
    let new = network::attach(state, id, &place, ids, true);
    if let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id) {
        new.into_iter().for_each(|id| crate::aws::ec2::value::push(row, "NetworkInterfaceIds", json!(id)));
    }
}

fn overlay(row: &mut Value, target: &Value) {
    match (row, target) {
        (Value::Object(row), Value::Object(target)) => {
            for (member, value) in target {
                overlay(row.entry(member.clone()).or_insert(Value::Null), value);
            }
        }
        (row, target) => *row = target.clone(),
    }
}
