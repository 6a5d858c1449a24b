//! What mount.lustre, the driver and the kubelet say. No rule is decided here.
//!
//! Sources: lustre/utils/mount_lustre.c; k8s.io/mount-utils mount_linux.go; pkg/driver/node.go and driver.go of
//! kubernetes-sigs/aws-fsx-csi-driver; pkg/volume/csi and pkg/kubelet of Kubernetes.

use jiff::Timestamp;

/// The driver's name.
pub const DRIVER: &str = "fsx.csi.aws.com";

/// A mount as the driver is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `<dnsname>@tcp:/<mountname>`.
    pub source: String,
    /// The directory of the pod's volume on the node.
    pub target: String,
    /// Mount options, `ro` first when the pod asks for it.
    pub options: Vec<String>,
}

/// The C library's text of an errno.
pub fn strerror(errno: i32) -> String {
    let text = match errno {
        1 => "Operation not permitted",
        2 => "No such file or directory",
        5 => "Input/output error",
        12 => "Cannot allocate memory",
        13 => "Permission denied",
        16 => "Device or resource busy",
        17 => "File exists",
        19 => "No such device",
        22 => "Invalid argument",
        28 => "No space left on device",
        30 => "Read-only file system",
        38 => "Function not implemented",
        95 => "Operation not supported",
        101 => "Network is unreachable",
        107 => "Transport endpoint is not connected",
        108 => "Cannot send after transport endpoint shutdown",
        110 => "Connection timed out",
        111 => "Connection refused",
        113 => "No route to host",
        114 => "Operation already in progress",
        116 => "Stale file handle",
        122 => "Disk quota exceeded",
        other => return format!("Unknown error {other}"),
    };
    text.to_owned()
}

/// What mount.lustre prints when the mount fails with an errno, which is also its exit status.
pub fn failed(errno: i32, request: &Request) -> String {
    let Request { source, target, .. } = request;
    let mut text = format!("mount.lustre: mount {source} at {target} failed: {}\n", strerror(errno));
    match errno {
        2 => text.push_str(
            "Is the MGS specification correct?\nIs the filesystem name correct?\nIf upgrading, is the copied client log valid? (see upgrade docs)\n",
        ),
        5 => text.push_str("Is the MGS running?\n"),
        19 => text.push_str(
            "Are the lustre modules loaded?\nCheck /etc/modprobe.conf and /proc/filesystems\n",
        ),
        22 => {
            let name = source.rsplit(":/").next().unwrap_or_default();
            text.push_str(&format!(
                "This may have multiple causes.\nIs '{name}' the correct filesystem name?\nAre the mount options correct?\nCheck the syslog for more info.\n",
            ));
        }
        _ => {}
    }
    text
}

/// What mount.lustre prints when it cannot turn the host into an address: it ends through its usage, whose first
/// lines these are, with exit status 22 (EINVAL).
pub fn unknown_host(request: &Request) -> String {
    format!(
        "mount.lustre: Can't parse NID '{}'\n\nThis mount helper should only be invoked via the mount (8) command,\ne.g. mount -t lustre dev dir\n\nusage: mount.lustre [-fhnvV] [-o <mntopt>] <device> <mountpt>\n",
        request.source
    )
}

fn arguments(request: &Request) -> String {
    let options = match request.options.as_slice() {
        [] => String::new(),
        some => format!("-o {} ", some.join(",")),
    };
    format!("-t lustre {options}{} {}", request.source, request.target)
}

/// The error of k8s.io/mount-utils.
pub fn mount_failed(status: i32, output: &str, request: &Request) -> String {
    format!(
        "mount failed: exit status {status}\nMounting command: mount\nMounting arguments: {}\nOutput: {output}\n",
        arguments(request)
    )
}

/// The driver's refusal of a mount that failed.
pub fn could_not_mount(status: i32, output: &str, request: &Request) -> String {
    format!(
        "rpc error: code = Internal desc = Could not mount {:?} at {:?}: {}",
        request.source,
        request.target,
        mount_failed(status, output, request)
    )
}

/// The driver's log of a mount that failed: the library's line, and the gRPC error that the driver returns.
pub fn log(status: i32, output: &str, request: &Request, at: Timestamp) -> Vec<String> {
    let head = |place: &str| format!("E{}       1 {place}] ", at.strftime("%m%d %H:%M:%S%.6f"));
    let library = format!(
        "{}Mount failed: exit status {status}\nMounting command: mount\nMounting arguments: {}\nOutput: {output}\n",
        head("mount_linux.go:272"),
        arguments(request)
    );
    let returned = could_not_mount(status, output, request).replace('\n', "\n\t");
    let grpc = format!("{}\"GRPC error\" err=<\n\t{returned}\n >", head("driver.go:105"));
    library.lines().chain(grpc.lines()).map(str::to_owned).collect()
}

/// The driver's refusal while an earlier call for the same volume and target goes on (v1.1.0 and newer).
pub fn in_progress(handle: &str, target: &str) -> String {
    format!(
        "rpc error: code = Aborted desc = An operation with the given volume={handle:?} and target={target:?} is already in progress"
    )
}

/// The kubelet's event for a volume that could not be set up.
pub fn set_up_failed(volume: &str, why: &str) -> String {
    format!("MountVolume.SetUp failed for volume {volume:?} : {why}")
}

/// The kubelet's event while the driver is not registered on its node.
pub fn not_registered(volume: &str) -> String {
    format!(
        "MountVolume.MountDevice failed for volume {volume:?} : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name {DRIVER} not found in the list of registered CSI drivers"
    )
}

/// The kubelet's event about a pod whose volumes did not come in time. Kubelets before 1.28 or so end it with
/// `timed out waiting for the condition`, newer ones with the context's own words; the exact version in which that
/// changed is UNCONFIRMED.
pub fn roll_up(unmounted: &[&str], unattached: &[&str], minor: u32) -> String {
    let end = if minor < 28 { "timed out waiting for the condition" } else { "context deadline exceeded" };
    format!(
        "Unable to attach or mount volumes: unmounted volumes=[{}], unattached volumes=[{}], failed to process volumes=[]: {end}",
        unmounted.join(" "),
        unattached.join(" ")
    )
}
