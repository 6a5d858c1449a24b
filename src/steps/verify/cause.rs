//! Why a mount failed, judged from fields: the volume against the file system, lifecycle, versions, networks. The words
//! of an event choose the question, never the answer, where a field decides.
//!
//! Sources: [Troubleshooting mounts](https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html),
//! [Security groups](https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html), the driver's
//! `docs/troubleshooting.md` and `pkg/driver/node.go`.

use crate::domain::client;
use crate::domain::mount::{MountFailure, foreign_options};
use crate::facts::{FileSystem, MountNode, MountVolume, Seen, VerifyFacts};

/// A cause and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What is wrong, or what may be, with the fields that say so.
    pub text: String,
    /// One imperative command or sentence.
    pub next: String,
}

impl Cause {
    fn new(text: impl Into<String>, next: impl Into<String>) -> Self {
        Self { text: text.into(), next: next.into() }
    }
}

/// The kernel's client and the servers' versions that go together.
const MATRIX: &str = "https://docs.aws.amazon.com/fsx/latest/LustreGuide/lustre-client-matrix.html";
/// How many closed ways a cause names.
const MOST: usize = 3;
/// What FSx makes when no version was asked for, and an answer without a version means (CreateFileSystem).
const OLDEST: &str = "2.10";

/// Why a volume was not mounted on a node.
pub fn mount_cause(facts: &VerifyFacts, node: &MountNode, failure: MountFailure) -> Cause {
    let system = facts.file_system();
    let sight = Sight { facts, node, volume: facts.volume.found(), system };
    match failure {
        MountFailure::NotRegistered => sight.not_registered(),
        MountFailure::NoDnsName => sight.no_dns_name(),
        MountFailure::Errno(19) => sight.no_module(),
        MountFailure::Errno(2) => sight.other_name().unwrap_or_else(|| sight.no_such_name()),
        MountFailure::NoAddress => {
            sight.gone().or_else(|| sight.other_name()).unwrap_or_else(|| sight.no_address())
        }
        MountFailure::Errno(22) => sight.not_available().unwrap_or_else(|| sight.invalid()),
        MountFailure::Errno(108) => sight.not_available().unwrap_or_else(|| sight.evicted()),
        MountFailure::Errno(1 | 13) => Cause::new(
            "the node may not mount: the driver's pod there is not privileged, or a policy of the node forbids it",
            "kubectl get daemonset --all-namespaces -l app.kubernetes.io/name=aws-fsx-csi-driver -o yaml",
        ),
        MountFailure::Errno(16) | MountFailure::Busy => Cause::new(
            "an earlier mount or unmount on the node has not ended and holds the volume",
            "restart the pod of fsx-csi-node on that node; mounts that stand are not touched",
        ),
        MountFailure::Errno(5 | 110) | MountFailure::Hang => {
            let proven = sight.not_available().or_else(|| sight.closed());
            proven.or_else(|| sight.elsewhere()).unwrap_or_else(|| sight.silent(failure))
        }
        MountFailure::Errno(_) | MountFailure::Other => sight.unknown(),
    }
}

/// Whether a sentence on a closed way is about nodes of this group, or about no group of nodes.
fn is_way_of(way: &str, group: Option<&str>) -> bool {
    let who = way.split_once(" does not let ").and_then(|(_, rest)| {
        let end = rest.rsplit_once(" in on ").or_else(|| rest.rsplit_once(" out on "));
        end.map(|(who, _)| who)
    });
    let (Some(group), Some(who)) = (group, who) else { return true };
    let named = |one: &str| {
        ["instance group ", "node group ", "node pool "]
            .iter()
            .find_map(|kind| one.strip_prefix(kind))
            .is_none_or(|name| name == group)
    };
    // Groups of nodes that wear the same security groups share a sentence.
    who.split(", ").any(named)
}

struct Sight<'a> {
    facts: &'a VerifyFacts,
    node: &'a MountNode,
    volume: Option<&'a MountVolume>,
    system: Seen<&'a FileSystem>,
}

impl Sight<'_> {
    fn cluster(&self) -> &str {
        &self.facts.cluster.name
    }

    /// What binds a file system again, with the right attributes.
    fn bind_again(&self, id: &str) -> String {
        format!(
            "with persistentVolumeReclaimPolicy Retain, so that the file system stays, remove claim and volume, and bind \
             it again: fsxctl byo --fs-id {id}"
        )
    }

    /// Lifecycle decides before anything else: only AVAILABLE is served. UPDATING and MISCONFIGURED ones are as well
    /// (API reference, FileSystem.Lifecycle).
    fn not_available(&self) -> Option<Cause> {
        let Seen::Found(system) = &self.system else { return self.gone() };
        let next = format!("aws fsx describe-file-systems --file-system-ids {}", system.id);
        match system.lifecycle.as_str() {
            "AVAILABLE" | "UPDATING" | "MISCONFIGURED" => None,
            "CREATING" => Some(Cause::new(
                format!("file system {} is CREATING, and can be mounted when it is AVAILABLE", system.id),
                next,
            )),
            other => Some(Cause::new(format!("file system {} is {other}", system.id), next)),
        }
    }

    fn gone(&self) -> Option<Cause> {
        let volume = self.volume?;
        self.system.is_missing().then(|| {
            Cause::new(
                format!(
                    "this account has no Lustre file system {} in {}, and none with DNS name {}",
                    volume.handle,
                    self.facts.region,
                    volume.dns_name.as_deref().unwrap_or("(none)")
                ),
                "name a file system that is there with a volume of its own: fsxctl byo --fs-id fs-…",
            )
        })
    }

    /// The volume names another file system than its handle says.
    fn other_name(&self) -> Option<Cause> {
        let (volume, system) = (self.volume?, self.system.found()?);
        let next = self.bind_again(&system.id);
        let pv = &volume.name;
        let (has, wants) = (volume.mount_name.as_deref(), system.mount_name.as_deref());
        if let (Some(has), Some(wants)) = (&volume.dns_name, &system.dns_name)
            && has != wants
            && has.parse::<std::net::IpAddr>().is_err()
        {
            let text =
                format!("PersistentVolume {pv} has dnsname {has}, and file system {} has {wants}", system.id);
            return Some(Cause::new(text, next));
        }
        match (has, wants) {
            (None, Some(wants)) if wants != "fsx" => Some(Cause::new(
                format!(
                    "PersistentVolume {pv} has no mountname, so the driver takes fsx, and file system {} has {wants}",
                    system.id
                ),
                next,
            )),
            (Some(has), Some(wants)) if has != wants => {
                // More than the name is a directory inside (mounting from a fileset).
                if has.strip_prefix(wants).is_some_and(|rest| rest.starts_with('/')) {
                    let text = format!("file system {} has no directory {}", system.id, &has[wants.len()..]);
                    return Some(Cause::new(
                        text,
                        "make that directory through a claim on the whole file system",
                    ));
                }
                let text = format!(
                    "PersistentVolume {pv} has mountname {has}, and file system {} has {wants}",
                    system.id
                );
                Some(Cause::new(text, next))
            }
            _ => None,
        }
    }

    fn no_such_name(&self) -> Cause {
        if let Some(cause) = self.gone() {
            return cause;
        }
        let volume = self.volume.map_or("the volume", |volume| volume.name.as_str());
        if let Seen::Hidden(veil) = &self.system {
            return Cause::new(
                format!(
                    "the server has no file system of that mount name; whether {volume} names the right one cannot be \
                     told without {}",
                    veil.permission
                ),
                format!("allow {} and run it again", veil.permission),
            );
        }
        Cause::new(
            format!(
                "dnsname and mountname of {volume} are those that FSx tells, and the server still has no such name"
            ),
            "compare them with the console, and open a case with AWS Support",
        )
    }

    fn no_address(&self) -> Cause {
        match self.elsewhere() {
            Some(cause) => cause,
            None => Cause::new(
                format!(
                    "the name is the file system's own, but it has no address on the node: DNS support of VPC {} is off, \
                     its DHCP options name another server, or CoreDNS does not answer",
                    self.facts.cluster.vpc
                ),
                format!(
                    "aws ec2 describe-vpc-attribute --attribute enableDnsSupport --vpc-id {}",
                    self.facts.cluster.vpc
                ),
            ),
        }
    }

    /// In another VPC than the cluster.
    fn elsewhere(&self) -> Option<Cause> {
        let system = self.system.found()?;
        let vpc = system.vpc.as_deref().filter(|vpc| *vpc != self.facts.cluster.vpc)?;
        Some(Cause::new(
            format!(
                "file system {} is in VPC {vpc} and the cluster in {}: there must be a route both ways, security groups \
                 that admit addresses, and a name that resolves",
                system.id, self.facts.cluster.vpc
            ),
            format!(
                "aws ec2 describe-vpc-peering-connections --filters Name=requester-vpc-info.vpc-id,Values={vpc}"
            ),
        ))
    }

    /// Ways that security groups keep closed for this node. None: it cannot be told, also when only ways of others were
    /// found, because what was not seen for this one's is not known.
    fn ways(&self) -> Option<Vec<&str>> {
        let all = self.facts.closed.as_ref()?;
        let is_own = |way: &&str| is_way_of(way, self.node.group());
        let own: Vec<&str> = all.iter().map(String::as_str).filter(is_own).collect();
        (all.is_empty() || !own.is_empty()).then_some(own)
    }

    /// The way between node and servers is closed by security groups.
    fn closed(&self) -> Option<Cause> {
        let ways = self.ways().filter(|ways| !ways.is_empty())?;
        let some = ways.iter().take(MOST).copied().collect::<Vec<_>>().join("; ");
        let more = ways.len().saturating_sub(MOST);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Some(Cause::new(format!("security groups keep them apart: {some}{more}"), self.open_ports()))
    }

    /// Nobody answers, and nothing that could be looked at says why.
    fn silent(&self, failure: MountFailure) -> Cause {
        let known = match self.system.found() {
            Some(system) => format!("file system {} is {}", system.id, system.lifecycle),
            None => "the file system cannot be seen".to_owned(),
        };
        let what = match failure {
            MountFailure::Errno(5) => "the servers did not answer as they should (Is the MGS running?)",
            _ => "nothing answers",
        };
        if self.ways().is_some() {
            let text = format!(
                "{known}, {what}, and security groups let tcp 988 and 1018-1023 through: a network ACL or a route may keep \
                 them apart, or SNAT may change the source port, which must be one of these"
            );
            return Cause::new(
                text,
                format!(
                    "aws ec2 describe-network-acls --filters Name=vpc-id,Values={}",
                    self.facts.cluster.vpc
                ),
            );
        }
        let text = format!(
            "{known}, and {what}: security groups, network ACLs or routes may keep tcp 988 and 1018-1023 closed, or SNAT may \
             change the source port, which must be one of these"
        );
        Cause::new(text, format!("fsxctl setup network --cluster {} --dry-run", self.cluster()))
    }

    /// What adds the missing rules: for a file system that a set-up made, that set-up.
    fn open_ports(&self) -> String {
        match (self.volume, self.system.found()) {
            (Some(volume), Some(system)) if !volume.provisioned => {
                let claim = self.facts.claim.found().map_or("", |claim| claim.name.as_str());
                format!(
                    "fsxctl byo --cluster {} --fs-id {} -n {} --claim {claim} --open-ports",
                    self.cluster(),
                    system.id,
                    self.facts.namespace
                )
            }
            _ => format!("fsxctl setup network --cluster {}", self.cluster()),
        }
    }

    fn evicted(&self) -> Cause {
        Cause::new(
            "the servers have evicted the node's client: its connection was lost, by the network or by maintenance",
            "run the same command again; if it stays, replace the node",
        )
    }

    fn no_module(&self) -> Cause {
        let MountNode { kernel, os_image, .. } = self.node;
        Cause::new(
            format!(
                "the node's kernel has no Lustre client, or has not loaded it yet: {os_image}, kernel {kernel}"
            ),
            format!("use an AMI whose kernel AWS has a client for, or install it at boot: {MATRIX}"),
        )
    }

    fn invalid(&self) -> Cause {
        let kernel = &self.node.kernel;
        if let Seen::Found(system) = &self.system {
            let version = system.version.as_deref().unwrap_or(OLDEST);
            if client::mounts(system.version.as_deref(), kernel) == Some(false) {
                return Cause::new(
                    format!(
                        "file system {} is Lustre {version}, and the client of kernel {kernel} does not speak to it",
                        system.id
                    ),
                    format!(
                        "aws fsx update-file-system --file-system-id {} --file-system-type-version 2.15",
                        system.id
                    ),
                );
            }
        }
        if let Some(volume) = self.volume {
            let foreign = foreign_options(&volume.mount_options);
            if !foreign.is_empty() {
                return Cause::new(
                    format!(
                        "PersistentVolume {} has mount options that Lustre does not know: {}",
                        volume.name,
                        foreign.join(", ")
                    ),
                    format!("remove them from spec.mountOptions: kubectl edit pv {}", volume.name),
                );
            }
        }
        if let Some(cause) = self.other_name() {
            return cause;
        }
        let version = match &self.system {
            Seen::Found(system) => format!("Lustre {}", system.version.as_deref().unwrap_or(OLDEST)),
            _ => "the file system's version, which cannot be seen,".to_owned(),
        };
        Cause::new(
            format!("{version} and kernel {kernel}, or an option in spec.mountOptions, do not go together"),
            format!("compare both with the client matrix: {MATRIX}"),
        )
    }

    fn not_registered(&self) -> Cause {
        let name = &self.node.name;
        match &self.facts.plugins {
            Seen::Found(nodes) if nodes.is_empty() => Cause::new(
                "the driver's DaemonSet fsx-csi-node has no ready pod on any node",
                format!("fsxctl setup driver --cluster {} --dry-run", self.cluster()),
            ),
            Seen::Found(nodes) if !nodes.contains(name) => Cause::new(
                format!("the driver's DaemonSet fsx-csi-node has no ready pod on {name}"),
                format!(
                    "kubectl get pods --all-namespaces -l app=fsx-csi-node --field-selector spec.nodeName={name} -o wide"
                ),
            ),
            Seen::Found(_) => Cause::new(
                format!(
                    "the driver's pod on {name} is ready, but its registration with kubelet is not done or failed"
                ),
                format!("kubectl get csinode {name} -o yaml"),
            ),
            Seen::Missing | Seen::Hidden(_) => Cause::new(
                format!("the driver's pod on {name} is missing or not ready yet"),
                "kubectl get pods --all-namespaces -l app=fsx-csi-node -o wide",
            ),
        }
    }

    fn no_dns_name(&self) -> Cause {
        let named = self.volume.map(|volume| (volume.name.as_str(), volume.handle.as_str()));
        let (name, id) = named.unwrap_or(("of the claim", "fs-…"));
        Cause::new(
            format!("PersistentVolume {name} has no attribute dnsname (keys are in lower case)"),
            self.bind_again(id),
        )
    }

    fn unknown(&self) -> Cause {
        self.not_available().or_else(|| self.other_name()).unwrap_or_else(|| {
            Cause::new(
                "nothing that can be seen from here explains it",
                format!(
                    "kubectl -n kube-system get pods -l app=fsx-csi-node --field-selector spec.nodeName={}",
                    self.node.name
                ),
            )
        })
    }
}
