//! The Lustre client of a node: whether its kernel has one, which servers it can talk to, which options it knows.

use serde_json::Value;

/// The client that a node's kernel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// No Lustre module: ENODEV.
    None,
    /// 2.10.
    V10,
    /// 2.12.
    V12,
    /// 2.15.
    V15,
    /// 2.15 of RHEL 10 and its like, which does not talk to 2.12 servers.
    V15Only,
    /// Nothing is known of it; it is taken to work.
    Unknown,
}

impl Client {
    /// From `status.nodeInfo` of a Node.
    ///
    /// FSx for Lustre User Guide, Lustre file system and client kernel compatibility. Kernels that the page does
    /// not list are taken for the nearest one that it does.
    pub fn of(node: &Value) -> Self {
        let info = &node["status"]["nodeInfo"];
        let image = info["osImage"].as_str().unwrap_or_default();
        let kernel = info["kernelVersion"].as_str().unwrap_or_default();
        let version = numbers(kernel);
        let line = (version.first().copied().unwrap_or(0), version.get(1).copied().unwrap_or(0));
        if let Some(release) = image.strip_prefix("Bottlerocket OS ") {
            return bottlerocket(&numbers(release), line);
        }
        if kernel.contains(".amzn2023.") || image.contains("Amazon Linux 2023") {
            return Self::V15;
        }
        if kernel.contains(".amzn2.") || image == "Amazon Linux 2" {
            return amazon_linux_2(&version);
        }
        if image.starts_with("Ubuntu 24") || (image.starts_with("Ubuntu 22") && line >= (6, 2)) {
            return Self::V15;
        }
        if image.starts_with("Ubuntu 2") {
            return Self::V12;
        }
        let red_hat = ["Red Hat Enterprise Linux ", "Rocky Linux ", "CentOS Linux "];
        if let Some(release) = red_hat.iter().find_map(|name| image.strip_prefix(name)) {
            return match numbers(release).first() {
                Some(8) => Self::V12,
                Some(9) => Self::V15,
                Some(10..) => Self::V15Only,
                _ => Self::Unknown,
            };
        }
        // Clients of kernels from 6.1 on are 2.15 wherever the page names them.
        if line >= (6, 1) { Self::V15 } else { Self::Unknown }
    }

    /// Whether it can mount a file system of this version.
    pub fn mounts(self, server: &str) -> bool {
        match self {
            Self::None => false,
            Self::V10 => server != "2.15",
            Self::V15 => server != "2.10",
            Self::V15Only => !matches!(server, "2.10" | "2.12"),
            Self::V12 | Self::Unknown => true,
        }
    }
}

/// Bottlerocket's 6.1 kernels had no Lustre module before 1.19.4, and its 1.24 builds had none again
/// (bottlerocket-os/bottlerocket issues 3459 and 4676).
fn bottlerocket(release: &[u32], kernel: (u32, u32)) -> Client {
    let early = release < [1, 19, 4].as_slice() && kernel >= (6, 1);
    let lost = release.starts_with(&[1, 24]);
    match (early || lost, kernel >= (6, 1)) {
        (true, _) => Client::None,
        (false, true) => Client::V15,
        (false, false) => Client::V12,
    }
}

fn amazon_linux_2(kernel: &[u32]) -> Client {
    let recent = [[4, 14, 294], [5, 4, 214], [5, 10, 144]];
    let new = recent.iter().any(|least| kernel.starts_with(&least[..2]) && kernel >= least.as_slice());
    if new { Client::V12 } else { Client::V10 }
}

/// `6.1.155-176.282` as 6, 1, 155.
fn numbers(text: &str) -> Vec<u32> {
    let head = text.split([' ', '-', '(']).next().unwrap_or_default();
    head.split('.').map_while(|part| part.parse().ok()).collect()
}

/// Options that mount(8) and mount.lustre take for themselves; mount.lustre compares their beginnings only
/// (`parse_one_option`).
const GENERAL: [&str; 25] = [
    "async",
    "atime",
    "auto",
    "defaults",
    "dev",
    "exec",
    "loop",
    "noatime",
    "noauto",
    "nodev",
    "noowner",
    "nosuid",
    "nouser",
    "_netdev",
    "noexec",
    "remount",
    "ro",
    "rw",
    "suid",
    "sync",
    "diratime",
    "nodiratime",
    "norelatime",
    "relatime",
    "strictatime",
];

/// Options of the Lustre client (lustre/llite/llite_lib.c, lustre/obdclass/obd_mount.c, mount.lustre(8)); a `=` ends
/// those with a value.
const LUSTRE: [&str; 29] = [
    "flock",
    "noflock",
    "localflock",
    "user_xattr",
    "nouser_xattr",
    "acl",
    "noacl",
    "checksum",
    "nochecksum",
    "lruresize",
    "nolruresize",
    "lazystatfs",
    "nolazystatfs",
    "32bitapi",
    "64bitapi",
    "verbose",
    "noverbose",
    "always_ping",
    "noalways_ping",
    "user_fid2path",
    "nouser_fid2path",
    "encrypt",
    "noencrypt",
    "test_dummy_encryption",
    "retry=",
    "exclude=",
    "skpath=",
    "mgssec=",
    "recovery_time_soft=",
];

/// The first option that a Lustre client does not know: it answers EINVAL.
pub fn unknown_option(options: &[String]) -> Option<&str> {
    let one = |option: &str| {
        let general = GENERAL.iter().any(|known| option.starts_with(known));
        // mount(8) keeps these to itself.
        let outside = option.starts_with("x-") || option == "nofail" || option.is_empty();
        let lustre = LUSTRE
            .iter()
            .any(|known| option == *known || (known.ends_with('=') && option.starts_with(known)));
        general || outside || lustre
    };
    options.iter().flat_map(|list| list.split(',')).find(|option| !one(option))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nodes_have_the_client_of_their_kernel() {
        for (image, kernel, client, ten, twelve, fifteen) in [
            ("Amazon Linux 2023", "6.1.155-176.282.amzn2023.x86_64", Client::V15, false, true, true),
            (
                "Amazon Linux 2023.9.20251105",
                "6.12.53-69.119.amzn2023.x86_64",
                Client::V15,
                false,
                true,
                true,
            ),
            ("Amazon Linux 2", "5.10.245-241.976.amzn2.x86_64", Client::V12, true, true, true),
            ("Amazon Linux 2", "5.10.135-122.509.amzn2.x86_64", Client::V10, true, true, false),
            ("Amazon Linux 2", "4.14.355-276.618.amzn2.x86_64", Client::V12, true, true, true),
            ("Ubuntu 24.04.3 LTS", "6.14.0-1015-aws", Client::V15, false, true, true),
            ("Ubuntu 22.04.5 LTS", "6.8.0-1039-aws", Client::V15, false, true, true),
            ("Ubuntu 22.04.5 LTS", "5.15.0-1051-aws", Client::V12, true, true, true),
            ("Ubuntu 20.04.6 LTS", "5.15.0-1084-aws", Client::V12, true, true, true),
            (
                "Rocky Linux 10.1 (Red Quartz)",
                "6.12.0-124.8.1.el10_1.x86_64",
                Client::V15Only,
                false,
                false,
                true,
            ),
            ("Rocky Linux 9.6 (Blue Onyx)", "5.14.0-570.12.1.el9_6.x86_64", Client::V15, false, true, true),
            ("Red Hat Enterprise Linux 8.10 (Ootpa)", "4.18.0-553.el8.x86_64", Client::V12, true, true, true),
            ("Bottlerocket OS 1.19.2 (aws-k8s-1.28)", "6.1.77", Client::None, false, false, false),
            ("Bottlerocket OS 1.19.2 (aws-k8s-1.27)", "5.15.148", Client::V12, true, true, true),
            ("Bottlerocket OS 1.19.4 (aws-k8s-1.28)", "6.1.82", Client::V15, false, true, true),
            ("Bottlerocket OS 1.24.1 (aws-k8s-1.31)", "6.1.112", Client::None, false, false, false),
            ("Bottlerocket OS 1.47.0 (aws-k8s-1.33)", "6.12.46", Client::V15, false, true, true),
            ("Flatcar", "6.6.1", Client::V15, false, true, true),
            ("Flatcar", "5.15.1", Client::Unknown, true, true, true),
            ("", "", Client::Unknown, true, true, true),
        ] {
            let node = json!({"status": {"nodeInfo": {"osImage": image, "kernelVersion": kernel}}});
            let found = Client::of(&node);
            assert_eq!(found, client, "{image} {kernel}");
            let mounts = ["2.10", "2.12", "2.15"].map(|server| found.mounts(server));
            assert_eq!(mounts, [ten, twelve, fifteen], "{image} {kernel}");
        }
    }

    #[test]
    fn options_of_other_file_systems_are_unknown() {
        for (options, unknown) in [
            (&["flock"][..], None),
            (&["ro", "flock", "noatime", "_netdev", "x-systemd.automount"][..], None),
            (&["localflock,lazystatfs", "retry=5"][..], None),
            (&["nfsvers=4.1"][..], Some("nfsvers=4.1")),
            (&["flock", "tls"][..], Some("tls")),
            (&["iam"][..], Some("iam")),
            (&["hard"][..], Some("hard")),
            (&["rsize=1048576"][..], Some("rsize=1048576")),
            (&["flock,timeo=600"][..], Some("timeo=600")),
        ] {
            let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
            assert_eq!(unknown_option(&options), unknown, "{options:?}");
        }
    }
}
