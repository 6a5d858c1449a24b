//! What becomes of one attempt to mount a Lustre volume on a node, as the world stands now.
//!
//! The order is the real one: the kubelet looks for the driver, the driver at its request, mount.lustre at the host,
//! the kernel at module and options, and only then does anything go over the network.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::super::outcomes::{self, End};
use super::super::{all, registry, sets, text};
use super::client::{self, Client};
use super::network::{self, Barrier};
use super::words::{self, DRIVER, Request};
use crate::aws::row;
use crate::kube::store::meta::{terminating, uid_of};
use crate::state::State;

/// How long a mount waits for a server that does not answer. FSx's users speak of two minutes; it is a little less
/// here, so that the kubelet, which gives a driver two minutes, hears of the end. UNCONFIRMED.
const NO_ANSWER: Duration = Duration::from_secs(110);
/// How long a mount takes to end in EIO. UNCONFIRMED.
const BROKEN: Duration = Duration::from_secs(10);

/// A Lustre volume of a pod.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Its name in the pod.
    pub name: String,
    /// Whether the pod asks for it read-only.
    pub read_only: bool,
    /// The PersistentVolume.
    pub persistent: Value,
}

/// A volume that is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    /// Id of the file system, empty when the world has none for it.
    pub file_system: String,
    /// As /proc/mounts shows it: `<address>@tcp:/<mountname>`.
    pub source: String,
    /// Mount options as asked for.
    pub options: Vec<String>,
}

/// What becomes of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is mounted.
    Mounted(Mounted),
    /// The cluster has no CSIDriver object: the kubelet waits for an attachment that nobody makes.
    NotAttached,
    /// No node plugin is registered on the node.
    NotRegistered,
    /// The driver refuses the request: `code = … desc = …`.
    Refused(String),
    /// mount.lustre ends with this exit status, after a while, having printed this.
    Failed {
        /// Exit status; an errno.
        status: i32,
        /// What it printed.
        output: String,
        /// How long it took, in the world's time.
        takes: Duration,
    },
    /// It never ends.
    Hang,
}

impl Verdict {
    fn errno(errno: i32, takes: Duration, request: &Request) -> Self {
        Self::Failed { status: errno, output: words::failed(errno, request), takes }
    }
}

/// The Lustre volumes of a pod, those whose claims are bound.
pub fn volumes(state: &State, pod: &Value) -> Vec<Volume> {
    let namespace = text(&pod["metadata"]["namespace"]);
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes
        .filter_map(|volume| {
            let source = &volume["persistentVolumeClaim"];
            let claim =
                state.kube.get("v1", "PersistentVolumeClaim", namespace, source["claimName"].as_str()?)?;
            let persistent =
                state.kube.get("v1", "PersistentVolume", "", text(&claim["spec"]["volumeName"]))?;
            (persistent["spec"]["csi"]["driver"] == DRIVER).then(|| Volume {
                name: text(&volume["name"]).to_owned(),
                read_only: source["readOnly"] == true,
                persistent: persistent.clone(),
            })
        })
        .collect()
}

/// The plugin's pod on a node, if it is up: then the driver is registered there.
pub fn plugin(state: &State, node: &str) -> Option<Value> {
    let mut pods = all(state, "v1", "Pod").into_iter();
    let found = pods.find(|pod| pod["spec"]["nodeName"] == node && is_up(pod));
    found.map(|pod| (*pod).clone())
}

/// The nodes on which it is up.
pub fn plugins(state: &State) -> BTreeSet<String> {
    let up = state.kube.list("v1", "Pod").filter(|pod| is_up(pod));
    up.map(|pod| text(&pod["spec"]["nodeName"]).to_owned()).filter(|node| !node.is_empty()).collect()
}

fn is_up(pod: &Value) -> bool {
    let containers = || pod["spec"]["containers"].as_array().into_iter().flatten();
    let arguments = |c: &Value| c["args"].as_array().into_iter().flatten().any(|a| a == "--mode=controller");
    containers().any(|c| c["name"] == "fsx-plugin" && !arguments(c))
        && !containers().any(|c| c["name"] == "csi-provisioner")
        && sets::ready(pod)
        && !terminating(pod)
}

/// What the driver is asked for. Whether it is read-only is what the pod says: the kubelet does not look at the
/// volume's own `csi.readOnly` here (pkg/volume/csi/csi_util.go, `getReadOnlyFromSpec`).
pub fn request(pod: &Value, volume: &Volume) -> Request {
    let attributes = &volume.persistent["spec"]["csi"]["volumeAttributes"];
    let mount_name = Some(text(&attributes["mountname"])).filter(|name| !name.is_empty()).unwrap_or("fsx");
    let mut options: Vec<String> = Vec::new();
    if volume.read_only {
        options.push("ro".to_owned());
    }
    for option in volume.persistent["spec"]["mountOptions"].as_array().into_iter().flatten() {
        let option = text(option).to_owned();
        if !options.contains(&option) {
            options.push(option);
        }
    }
    Request {
        source: format!("{}@tcp:/{mount_name}", text(&attributes["dnsname"])),
        target: format!(
            "/var/lib/kubelet/pods/{}/volumes/kubernetes.io~csi/{}/mount",
            uid_of(pod),
            text(&volume.persistent["metadata"]["name"])
        ),
        options,
    }
}

/// Judges one attempt.
pub fn judge(state: &State, pod: &Value, volume: &Volume) -> Verdict {
    let node_name = text(&pod["spec"]["nodeName"]);
    if state.kube.get("storage.k8s.io/v1", "CSIDriver", "", DRIVER).is_none() {
        return Verdict::NotAttached;
    }
    if plugin(state, node_name).is_none() || registry::denies(state, node_name) {
        return Verdict::NotRegistered;
    }
    let attributes = &volume.persistent["spec"]["csi"]["volumeAttributes"];
    let host = text(&attributes["dnsname"]);
    if host.is_empty() {
        return Verdict::Refused("code = InvalidArgument desc = dnsname is not provided".into());
    }
    // The kubelet asks with the first of the volume's access modes (pkg/volume/csi/csi_mounter.go).
    if volume.persistent["spec"]["accessModes"][0] == "ReadOnlyMany" {
        return Verdict::Refused("code = InvalidArgument desc = Volume capability not supported".into());
    }
    let request = request(pod, volume);
    let found = resolve(state, host);
    match outcomes::end(outcomes::of(state, pod).as_ref(), "mount") {
        Some(End::Fine) => return Verdict::Mounted(mounted(state, found.as_ref(), volume, &request)),
        Some(End::Errno(errno)) => {
            let takes = if errno == 110 { NO_ANSWER } else { Duration::ZERO };
            return Verdict::errno(errno, takes, &request);
        }
        Some(End::Hang) => return Verdict::Hang,
        None => {}
    }
    let node = state.kube.get("v1", "Node", "", node_name).cloned().unwrap_or_default();
    on(state, (&node, volume), found.as_ref(), &request)
}

/// A file system, and which of its interfaces a host names.
type Found = (Value, usize);

/// The file system that a host name or address leads to.
fn resolve(state: &State, host: &str) -> Option<Found> {
    state.rows("fsx.FileSystems").iter().find_map(|file_system| {
        if row::text(file_system, "DNSName") == host {
            return Some((file_system.clone(), 0));
        }
        let servers = network::of_file_system(state, file_system);
        let at = servers.iter().position(|s| s.address.is_some_and(|address| address.to_string() == host));
        at.map(|at| (file_system.clone(), at))
    })
}

/// What a volume names, mounted whatever the network says.
pub fn as_asked(state: &State, pod: &Value, volume: &Volume) -> Mounted {
    let request = request(pod, volume);
    let host = request.source.split('@').next().unwrap_or_default();
    mounted(state, resolve(state, host).as_ref(), volume, &request)
}

fn mounted(state: &State, found: Option<&Found>, volume: &Volume, request: &Request) -> Mounted {
    let (host, path) = request.source.split_once('@').unwrap_or((&request.source, ""));
    let handle = text(&volume.persistent["spec"]["csi"]["volumeHandle"]);
    let by_handle = || state.find("fsx.FileSystems", "FileSystemId", handle).cloned();
    let file_system = found.map(|(row, _)| row.clone()).or_else(by_handle).unwrap_or_default();
    let address = network::of_file_system(state, &file_system).first().and_then(|server| server.address);
    let host = address.map_or_else(|| host.to_owned(), |address| address.to_string());
    Mounted {
        file_system: row::text(&file_system, "FileSystemId").to_owned(),
        source: format!("{host}@{path}"),
        options: request.options.clone(),
    }
}

/// What mount.lustre and the kernel make of it.
fn on(state: &State, at: (&Value, &Volume), found: Option<&Found>, request: &Request) -> Verdict {
    let (node, volume) = at;
    let host = request.source.split('@').next().unwrap_or_default();
    let place = network::of_node(state, node);
    let is_address = host.parse::<std::net::Ipv4Addr>().is_ok();
    if !is_address && !found.is_some_and(|(row, _)| resolves(state, &place, row)) {
        let output = words::unknown_host(request);
        return Verdict::Failed { status: 22, output, takes: Duration::ZERO };
    }
    let client = Client::of(node);
    if client == Client::None {
        return Verdict::errno(19, Duration::ZERO, request);
    }
    if client::unknown_option(&request.options).is_some() {
        return Verdict::errno(22, Duration::ZERO, request);
    }
    // An address that no file system has: nobody is there.
    let Some((file_system, first)) = found else { return Verdict::errno(110, NO_ANSWER, request) };
    // UPDATING file systems can be used (FSx for Lustre User Guide, file system lifecycle states).
    if !matches!(row::text(file_system, "Lifecycle"), "AVAILABLE" | "UPDATING") {
        return Verdict::errno(5, BROKEN, request);
    }
    let servers = network::of_file_system(state, file_system);
    match network::barrier(state, &place, &servers, *first) {
        Some(Barrier::NoAnswer) => return Verdict::errno(110, NO_ANSWER, request),
        Some(Barrier::Broken) => return Verdict::errno(5, BROKEN, request),
        Some(Barrier::Stalled) => return Verdict::Hang,
        None => {}
    }
    if !client.mounts(row::text(file_system, "FileSystemTypeVersion")) {
        return Verdict::errno(22, Duration::ZERO, request);
    }
    let path = request.source.split_once(":/").map_or("", |(_, path)| path);
    if !named(file_system, path) {
        return Verdict::errno(2, Duration::ZERO, request);
    }
    Verdict::Mounted(mounted(state, found, volume, request))
}

/// Whether the file system's DNS name means anything to a node: it does within its own VPC only, and only through
/// Amazon's resolver (FSx for Lustre User Guide, mounting from on-premises or a peered VPC; mount troubleshooting).
fn resolves(state: &State, node: &network::Place, file_system: &Value) -> bool {
    if row::text(file_system, "VpcId") != node.vpc {
        return false;
    }
    let Some(vpc) = state.find("ec2.Vpcs", "VpcId", &node.vpc) else { return true };
    if vpc["EnableDnsSupport"] == false || vpc["EnableDnsHostnames"] == false {
        return false;
    }
    let options = state.find("ec2.DhcpOptions", "DhcpOptionsId", row::text(vpc, "DhcpOptionsId"));
    let configurations = options.map(|row| row::list(row, "DhcpConfigurations")).unwrap_or_default();
    let servers = configurations.iter().find(|c| row::text(c, "Key") == "domain-name-servers");
    servers
        .is_none_or(|c| row::list(c, "Values").iter().any(|v| row::text(v, "Value") == "AmazonProvidedDNS"))
}

/// Whether a mount name is the file system's, and the directory after it (a fileset) is one of those that the row's
/// own member `$directories` lists.
fn named(file_system: &Value, path: &str) -> bool {
    let (name, directory) = path.split_once('/').unwrap_or((path, ""));
    let directory = directory.trim_matches('/');
    name == row::text(&file_system["LustreConfiguration"], "MountName")
        && (directory.is_empty() || row::strings(file_system, "$directories").contains(&directory))
}
