//! The FSx CSI driver's controller with its sidecars: volumes are made, grown and deleted on the AWS side
//! with the identity that the controller's pod would really have (aws-fsx-csi-driver,
//! pkg/driver/controller.go and its issues).

mod driver;
mod params;
mod resize;
mod volume;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::binder::PROVISIONER;
use super::{all, later, paced, text};
use crate::kube::events::{self, Record};
use crate::kube::quantity;
use crate::kube::store::meta::{name_of, namespace_of, terminating, uid_of};
use crate::state::State;
use driver::{DRIVER, Driver};
use params::Rpc;

pub use params::round as driver_rounds;

/// How often the driver looks at a file system in the making, seconds.
const POLL: u64 = 30;
/// How long the driver waits for one, seconds.
const LONGEST: u64 = 600;

/// A volume in the making.
#[derive(Debug, Clone)]
pub struct Operation {
    /// When something is to be done next.
    pub due: Timestamp,
    /// The file system, once there is one.
    file_system: Option<String>,
    /// Until when the driver itself waits; `None` while it does nothing.
    waits_until: Option<Timestamp>,
    /// When the driver looks at the file system again.
    poll_at: Timestamp,
    /// When the sidecar gives up waiting for the driver; `None` once it has.
    sidecar_until: Option<Timestamp>,
    /// When the sidecar asks again.
    retry_at: Option<Timestamp>,
}

impl Operation {
    fn schedule(&mut self) {
        let driver = self.waits_until.map(|_| self.poll_at);
        let next = [driver, self.sidecar_until, self.retry_at].into_iter().flatten().min();
        self.due = next.unwrap_or(self.due);
    }
}

/// Does what is due.
pub fn run(state: &mut State) {
    let Some(driver) = Driver::find(state) else {
        state.kube.work.operations.clear();
        return;
    };
    let claims = all(state, "v1", "PersistentVolumeClaim");
    state.kube.work.operations.retain(|uid, _| claims.iter().any(|c| uid_of(c) == uid));
    for claim in &claims {
        if wants_volume(state, claim) {
            work(state, &driver, claim);
        } else {
            state.kube.work.operations.remove(uid_of(claim));
            resize::grow(state, &driver, claim);
        }
    }
    volume::reclaim(state, &driver);
}

fn wants_volume(state: &State, claim: &Value) -> bool {
    claim["metadata"]["annotations"][PROVISIONER[1]] == DRIVER
        && text(&claim["spec"]["volumeName"]).is_empty()
        && claim["status"]["phase"] == "Pending"
        && !terminating(claim)
        && class_of(state, claim).is_some_and(|c| c["provisioner"] == DRIVER)
}

fn class_of(state: &State, claim: &Value) -> Option<Value> {
    let class = text(&claim["spec"]["storageClassName"]);
    state.kube.get("storage.k8s.io/v1", "StorageClass", "", class).cloned()
}

fn note(state: &mut State, driver: &Driver, about: &Value, event: (&str, &str, &str)) {
    let (kind, reason, message) = event;
    let component = driver.component();
    let now = state.now;
    events::record(
        &mut state.kube,
        about,
        Record { kind, reason, message, component: &component, host: "" },
        now,
    );
}

/// One look at a claim that waits for its volume.
fn work(state: &mut State, driver: &Driver, claim: &Value) {
    let uid = uid_of(claim).to_owned();
    let now = state.now;
    let Some(mut operation) = state.kube.work.operations.remove(&uid) else {
        let operation = begin(state, driver, claim);
        state.kube.work.operations.insert(uid, operation);
        return;
    };
    if operation.due > now {
        state.kube.work.operations.insert(uid, operation);
        return;
    }
    let outcome = wait(state, driver, &mut operation);
    match outcome {
        // While the sidecar still waits it gets the answer; after that its next attempt does.
        Some(Ok(file_system)) if operation.sidecar_until.is_some() || due(operation.retry_at, now) => {
            volume::make(state, driver, claim, &file_system);
            state.kube.work.forget(&format!("provision:{uid}"));
            return;
        }
        Some(Ok(_)) => operation.poll_at = operation.retry_at.unwrap_or(now),
        Some(Err(rpc)) => {
            operation.waits_until = None;
            if operation.sidecar_until.take().is_some() {
                failed(state, driver, claim, &rpc);
                operation.retry_at = Some(next_try(state, &uid));
            }
        }
        None => {}
    }
    if due(operation.sidecar_until, now) {
        operation.sidecar_until = None;
        failed(state, driver, claim, &Rpc::new("DeadlineExceeded", "context deadline exceeded"));
        operation.retry_at = Some(next_try(state, &uid));
    } else if due(operation.retry_at, now) {
        if operation.waits_until.is_none() {
            operation = begin(state, driver, claim);
        } else {
            starts(state, driver, claim);
            let text = format!("Create volume request for pvc-{uid} is already in progress");
            failed(state, driver, claim, &Rpc::new("Aborted", text));
            operation.retry_at = Some(next_try(state, &uid));
        }
    }
    operation.schedule();
    state.kube.work.operations.insert(uid, operation);
}

fn due(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| at <= now)
}

fn next_try(state: &mut State, uid: &str) -> Timestamp {
    let wait = state.kube.work.back_off(&format!("provision:{uid}")).as_secs();
    later(state.now, paced(state, wait))
}

fn starts(state: &mut State, driver: &Driver, claim: &Value) {
    let text = format!(
        "External provisioner is provisioning volume for claim \"{}/{}\"",
        namespace_of(claim),
        name_of(claim)
    );
    note(state, driver, claim, ("Normal", "Provisioning", &text));
}

fn failed(state: &mut State, driver: &Driver, claim: &Value, rpc: &Rpc) {
    let class = text(&claim["spec"]["storageClassName"]);
    let text = match (driver.provisioner_major() >= 6, rpc.code) {
        // sig-storage-lib-external-provisioner v13, which csi-provisioner v6 is built with (controller.go).
        (true, "InvalidArgument") => {
            format!("Volume provisioning failed with infeasible error. Retries will be delayed. {rpc}")
        }
        (true, _) => rpc.to_string(),
        // As in the driver's issues, all with older sidecars.
        (false, _) => format!("failed to provision volume with StorageClass {class:?}: {rpc}"),
    };
    note(state, driver, claim, ("Warning", "ProvisioningFailed", &text));
}

/// The sidecar asks the driver for the volume.
fn begin(state: &mut State, driver: &Driver, claim: &Value) -> Operation {
    let uid = uid_of(claim).to_owned();
    let now = state.now;
    starts(state, driver, claim);
    let mut operation = Operation {
        due: now,
        file_system: None,
        waits_until: None,
        poll_at: now,
        sidecar_until: None,
        retry_at: None,
    };
    match create(state, driver, claim) {
        Ok(id) => {
            operation.file_system = Some(id);
            operation.waits_until = Some(later(now, paced(state, LONGEST)));
            operation.poll_at = later(now, paced(state, POLL));
            operation.sidecar_until = Some(later(now, paced(state, driver.timeout())));
        }
        Err(rpc) => {
            failed(state, driver, claim, &rpc);
            operation.retry_at = Some(next_try(state, &uid));
        }
    }
    operation.schedule();
    operation
}

fn create(state: &mut State, driver: &Driver, claim: &Value) -> Result<String, Rpc> {
    let name = format!("pvc-{}", uid_of(claim));
    let modes = claim["spec"]["accessModes"].as_array().into_iter().flatten();
    if modes.into_iter().any(|m| m == "ReadOnlyMany") {
        return Err(Rpc::new("InvalidArgument", "Volume capabilities not supported"));
    }
    let class = class_of(state, claim).unwrap_or_default();
    let asked =
        claim["spec"]["resources"]["requests"]["storage"].as_str().and_then(quantity::gib).unwrap_or(1200);
    let input = params::create_input(&class["parameters"], &name, asked)?;
    let size = input["StorageCapacity"].clone();
    // Driver v1.6.0 and newer look for the volume by its tag before they make one.
    if let Some(found) = existing(state, &name) {
        if found["StorageCapacity"] != size {
            return Err(Rpc::new("AlreadyExists", "There is already a disk with same ID and different size"));
        }
        return Ok(text(&found["FileSystemId"]).to_owned());
    }
    let answer = driver.call(state, "CreateFileSystem", input).map_err(|(code, text)| {
        if code == "IncompatibleParameterError" {
            return Rpc::new("AlreadyExists", "There is already a disk with same ID and different size");
        }
        driver::internal(format!("Could not create volume {name:?}: CreateFileSystem failed: {text}"))
    })?;
    Ok(text(&answer["FileSystem"]["FileSystemId"]).to_owned())
}

/// The driver's cache of file systems, which a loop fills every minute: by the tag with the volume's name.
fn existing(state: &State, name: &str) -> Option<Value> {
    let tagged = |fs: &&Value| {
        fs["Tags"].as_array().into_iter().flatten().any(|t| t["Key"] == "CSIVolumeName" && t["Value"] == name)
    };
    state.rows("fsx.FileSystems").iter().find(tagged).cloned()
}

/// The driver waits for the file system: `None` while it has to go on.
fn wait(state: &mut State, driver: &Driver, operation: &mut Operation) -> Option<Result<Value, Rpc>> {
    let until = operation.waits_until?;
    let now = state.now;
    if operation.poll_at > now {
        return None;
    }
    let id = operation.file_system.clone()?;
    operation.poll_at = later(now, paced(state, POLL));
    let found = match driver::describe(state, driver, &id) {
        Ok(found) => found,
        Err((_, text)) => return Some(Err(driver::internal(format!("Filesystem is not ready: {text}")))),
    };
    match text(&found["Lifecycle"]) {
        "AVAILABLE" => Some(Ok(found)),
        "CREATING" if now < until => None,
        "CREATING" => {
            Some(Err(driver::internal("Filesystem is not ready: timed out waiting for the condition")))
        }
        other => {
            let text = format!("Filesystem is not ready: unexpected state for filesystem {id}: {other:?}");
            Some(Err(driver::internal(text)))
        }
    }
}

fn gib(number: &Value) -> Value {
    json!(format!("{}Gi", number.as_i64().unwrap_or(0)))
}
