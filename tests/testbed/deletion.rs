//! Claims that go and grow, by kubectl: what the real controllers and the driver make of it, and whether the sandbox's
//! own do the same.

use serde_json::{Value, json};

use crate::Test;
use crate::bed::{Bed, Beds};

pub const TESTS: &[Test] = &[
    ("deletion::in_use_then_retained", |beds| alike(beds, in_use)),
    ("deletion::deleted_with_its_file_system", |beds| alike(beds, deleted)),
    ("deletion::expansion_reaches_fsx", |beds| alike(beds, expansion)),
];

/// The same on the real cluster and on the sandbox's own.
fn alike(beds: &Beds, observe: fn(&Bed) -> Vec<String>) {
    let real = observe(beds.shared());
    let builtin = observe(&beds.builtin(&["existing"]));
    assert_eq!(real, builtin, "the real cluster, and the sandbox's own");
}

fn set_up(bed: &Bed, namespace: &str, more: &str) -> (Value, String) {
    bed.ok(&format!(
        "setup dynamic --yes -q -n {namespace} --create-namespace --class {namespace} --claim data --only storage,network --no-node-rules {more}"
    ));
    let volume = bed.volume_of(namespace, "data");
    let id = volume["spec"]["csi"]["volumeHandle"].as_str().unwrap_or_default().to_owned();
    (volume, id)
}

/// Where a file system is in its life; `none` when it is no more.
fn lifecycle(bed: &Bed, id: &str) -> String {
    bed.world.sandbox.with_state(|state| {
        let row = state.find("fsx.FileSystems", "FileSystemId", id);
        row.and_then(|row| row["Lifecycle"].as_str()).unwrap_or("none").to_owned()
    })
}

fn finalizers(object: &Value) -> String {
    let mut all: Vec<&str> =
        object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    all.sort_unstable();
    all.join(",")
}

fn in_use(bed: &Bed) -> Vec<String> {
    let (volume, id) = set_up(bed, "in-use", "");
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user"},
        "spec": {
            "containers": [{"name": "c", "image": "busybox", "volumeMounts": [{"name": "v", "mountPath": "/fsx"}]}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
            "terminationGracePeriodSeconds": 0,
        },
    });
    bed.create("/api/v1/namespaces/in-use/pods", &pod);
    bed.until("the pod runs", || {
        let pod = bed.get("/api/v1/namespaces/in-use/pods/user")?;
        (pod["status"]["phase"] == "Running").then_some(())
    });
    // The provisioner's finalizer goes a moment after a volume that is to be retained has come.
    let path =
        format!("/api/v1/persistentvolumes/{}", volume["metadata"]["name"].as_str().unwrap_or_default());
    bed.until("the volume is its claim's alone", || {
        bed.get(&path).filter(|volume| finalizers(volume) == "kubernetes.io/pv-protection")
    });
    let mut seen = Vec::new();
    bed.delete(&["pvc", "data", "-n", "in-use", "--wait=false"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let claim = bed.claim("in-use", "data").expect("a claim in use stays");
    assert!(claim["metadata"]["deletionTimestamp"].is_string(), "{claim:#}");
    seen.push(format!("going: {} with {}", claim["status"]["phase"], finalizers(&claim)));
    bed.delete(&["pod", "user", "-n", "in-use"]);
    bed.until("the claim is gone", || bed.claim("in-use", "data").is_none().then_some(()));
    let volume = bed.until("the volume is released", || {
        bed.get(&path).filter(|volume| volume["status"]["phase"] == "Released")
    });
    seen.push(format!("retained: {} with {}", volume["status"]["phase"], finalizers(&volume)));
    seen.push(format!("file system {}", lifecycle(bed, &id)));
    seen
}

fn deleted(bed: &Bed) -> Vec<String> {
    let (volume, id) = set_up(bed, "going", "--reclaim Delete");
    let mut seen = vec![format!("the volume has {}", finalizers(&volume))];
    bed.delete(&["pvc", "data", "-n", "going"]);
    let path =
        format!("/api/v1/persistentvolumes/{}", volume["metadata"]["name"].as_str().unwrap_or_default());
    bed.until("the volume is gone", || bed.get(&path).is_none().then_some(()));
    bed.until("the file system is gone", || (lifecycle(bed, &id) == "none").then_some(()));
    if bed.is_real() {
        let asked = bed.driver("DeleteFileSystem");
        // The sidecar may ask again before it has seen that the volume is gone.
        let mine =
            asked.iter().any(|entry| entry.request["FileSystemId"] == id.as_str() && entry.status == 200);
        assert!(mine, "{asked:?}");
    }
    seen.push("volume and file system are gone".to_owned());
    seen
}

fn expansion(bed: &Bed) -> Vec<String> {
    let (_, id) = set_up(bed, "grows", "");
    bed.patch("pvc", "grows", "data", &json!({"spec": {"resources": {"requests": {"storage": "2400Gi"}}}}));
    bed.until("the claim has grown", || {
        let claim = bed.claim("grows", "data")?;
        (claim["status"]["capacity"]["storage"] == "2400Gi").then_some(())
    });
    if bed.is_real() {
        let asked = bed.driver("UpdateFileSystem");
        let mine: Vec<_> =
            asked.iter().filter(|entry| entry.request["FileSystemId"] == id.as_str()).collect();
        assert_eq!(mine.len(), 1, "{asked:?}");
        assert_eq!(mine[0].request["StorageCapacity"], 2400, "{:#}", mine[0].request);
    }
    let size = bed.world.sandbox.with_state(|state| {
        state.find("fsx.FileSystems", "FileSystemId", &id).map(|row| row["StorageCapacity"].to_string())
    });
    let volume = bed.volume_of("grows", "data");
    let mut reasons: Vec<&str> = ["Resizing", "VolumeResizeSuccessful"]
        .into_iter()
        .filter(|reason| !bed.events("grows", "data", reason).is_empty())
        .collect();
    reasons.sort_unstable();
    vec![
        format!("volume {}", volume["spec"]["capacity"]["storage"]),
        format!("file system {}", size.unwrap_or_default()),
        format!("events {reasons:?}"),
    ]
}
