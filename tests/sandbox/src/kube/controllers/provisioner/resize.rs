//! Growth of a bound claim: UpdateFileSystem, then the sizes of volume and claim.

use serde_json::{Value, json};

use super::super::{cloned, paced, set_condition, text};
use super::driver::{self, DRIVER, Driver};
use super::{class_of, gib, params};
use crate::kube::events::{self, Record};
use crate::kube::quantity;
use crate::kube::store::meta::{name_of, namespace_of, uid_of};
use crate::state::State;

fn size(value: &Value) -> i128 {
    value.as_str().and_then(quantity::bytes).unwrap_or(0)
}

fn note(state: &mut State, about: &Value, event: (&str, &str, &str)) {
    let (kind, reason, message) = event;
    let component = format!("external-resizer {DRIVER}");
    let now = state.now;
    events::record(
        &mut state.kube,
        about,
        Record { kind, reason, message, component: &component, host: "" },
        now,
    );
}

/// Grows the volume of a claim that asks for more than it has.
pub fn grow(state: &mut State, driver: &Driver, claim: &Value) {
    if claim["status"]["phase"] != "Bound" {
        return;
    }
    let wanted = &claim["spec"]["resources"]["requests"]["storage"];
    if size(wanted) <= size(&claim["status"]["capacity"]["storage"]) {
        return;
    }
    let volume = state.kube.get("v1", "PersistentVolume", "", text(&claim["spec"]["volumeName"])).cloned();
    let Some(volume) = volume.filter(|v| v["spec"]["csi"]["driver"] == DRIVER) else { return };
    let key = format!("resize:{}", uid_of(claim));
    if state.kube.work.timers.get(&key).is_some_and(|at| *at > state.now) {
        return;
    }
    let name = name_of(&volume).to_owned();
    begin(state, claim, &name);
    match attempt(state, driver, claim, &volume) {
        Ok(Some(capacity)) => finish(state, claim, &volume, &capacity),
        Ok(None) => {
            let (now, wait) = (state.now, paced(state, super::POLL));
            state.kube.work.again(&key, now, wait);
        }
        Err(why) => {
            let message =
                format!("resize volume {name:?} by resizer {DRIVER:?} failed: {}", driver::internal(why));
            note(state, claim, ("Warning", "VolumeResizeFailed", &message));
            let wait = state.kube.work.back_off(&key).as_secs();
            let (now, wait) = (state.now, paced(state, wait));
            state.kube.work.again(&key, now, wait);
        }
    }
}

fn begin(state: &mut State, claim: &Value, volume: &str) {
    if super::super::condition(claim, "Resizing").is_some() {
        return;
    }
    let now = state.now;
    let (namespace, name) = (namespace_of(claim), name_of(claim));
    let _noted = state.kube.modify("v1", "PersistentVolumeClaim", namespace, name, |c| {
        set_condition(c, "Resizing", ("True", "", ""), now);
    });
    let message = format!("External resizer is resizing volume {volume}");
    note(state, claim, ("Normal", "Resizing", &message));
}

/// The new capacity once FSx has it; `None` while it works on it.
fn attempt(
    state: &mut State,
    driver: &Driver,
    claim: &Value,
    volume: &Value,
) -> Result<Option<Value>, String> {
    let id = text(&volume["spec"]["csi"]["volumeHandle"]);
    let class = class_of(state, claim).unwrap_or_default();
    let asked =
        claim["spec"]["resources"]["requests"]["storage"].as_str().and_then(quantity::gib).unwrap_or(0);
    let target = params::round(&class["parameters"], asked);
    let found = driver::describe(state, driver, id)
        .map_err(|(_, text)| format!("resize failed: DescribeFileSystems failed: {text}"))?;
    let updates = found["AdministrativeActions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let update = updates.iter().find(|a| {
        a["AdministrativeActionType"] == "FILE_SYSTEM_UPDATE"
            && a["TargetFileSystemValues"]["StorageCapacity"].as_i64() == Some(target)
    });
    if found["StorageCapacity"].as_i64().is_some_and(|have| have >= target) && update.is_none() {
        return Ok(Some(gib(&found["StorageCapacity"])));
    }
    let Some(update) = update else {
        let input = json!({"FileSystemId": id, "StorageCapacity": target});
        driver
            .call(state, "UpdateFileSystem", input)
            .map_err(|(_, text)| format!("resize failed: UpdateFileSystem failed: {text}"))?;
        return Ok(None);
    };
    match text(&update["Status"]) {
        "UPDATED_OPTIMIZING" | "COMPLETED" => Ok(Some(gib(&json!(target)))),
        "FAILED" => {
            let why = text(&update["FailureDetails"]["Message"]);
            Err(format!("resize failed: update failed for filesystem {id}: {why:?}"))
        }
        _ => Ok(None),
    }
}

fn finish(state: &mut State, claim: &Value, volume: &Value, capacity: &Value) {
    let _grown = state.kube.modify("v1", "PersistentVolume", "", name_of(volume), |v| {
        v["spec"]["capacity"]["storage"] = capacity.clone();
    });
    let (namespace, name) = (namespace_of(claim), name_of(claim));
    let _grown = state.kube.modify("v1", "PersistentVolumeClaim", namespace, name, |c| {
        c["status"]["capacity"]["storage"] = capacity.clone();
        let left: Vec<Value> = cloned(
            c["status"]["conditions"].as_array().into_iter().flatten().filter(|x| x["type"] != "Resizing"),
        );
        if let Some(status) = c["status"].as_object_mut() {
            if left.is_empty() {
                status.shift_remove("conditions");
            } else {
                status.insert("conditions".into(), json!(left));
            }
        }
    });
    note(state, claim, ("Normal", "VolumeResizeSuccessful", "Resize volume succeeded"));
    state.kube.work.forget(&format!("resize:{}", uid_of(claim)));
}
