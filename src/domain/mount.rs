//! What a Lustre mount can end with: the exit status of `mount.lustre` is an errno, and driver and kubelet put it into
//! their words.
//!
//! Sources: the driver's node service (kubernetes-sigs/aws-fsx-csi-driver, `pkg/driver/node.go`), Kubernetes' mount
//! utilities (`mount failed: exit status N`), lustre-release `lustre/utils/mount_lustre.c`, and
//! [Troubleshooting mounts](https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html). The errnos 5,
//! 19 and 22 are seen in public reports; that the others come as exit statuses as well is inferred from the program.

/// How a mount failed, as far as driver and kubelet tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MountFailure {
    /// `mount.lustre` ended with this errno.
    Errno(u8),
    /// The DNS name could not be turned into an address: `Can't parse NID`.
    NoAddress,
    /// No driver of that name on the node: `not found in the list of registered CSI drivers`.
    NotRegistered,
    /// The volume has no attribute `dnsname`.
    NoDnsName,
    /// No answer within kubelet's own time.
    Hang,
    /// An earlier attempt still has the lock of the volume.
    Busy,
    /// Anything else, in its own words.
    Other,
}

/// One errno of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno {
    /// Its number on Linux, which is the exit status.
    pub number: u8,
    /// Its name in `errno.h`.
    pub name: &'static str,
    /// What `strerror` says.
    pub words: &'static str,
}

/// The errnos that mounting Lustre is known for (`man 3 errno`, x86-64 and arm64 alike).
pub const ERRNOS: [Errno; 10] = [
    Errno { number: 1, name: "EPERM", words: "Operation not permitted" },
    Errno { number: 2, name: "ENOENT", words: "No such file or directory" },
    Errno { number: 5, name: "EIO", words: "Input/output error" },
    Errno { number: 13, name: "EACCES", words: "Permission denied" },
    Errno { number: 16, name: "EBUSY", words: "Device or resource busy" },
    Errno { number: 19, name: "ENODEV", words: "No such device" },
    Errno { number: 22, name: "EINVAL", words: "Invalid argument" },
    Errno { number: 30, name: "EROFS", words: "Read-only file system" },
    Errno { number: 108, name: "ESHUTDOWN", words: "Cannot send after transport endpoint shutdown" },
    Errno { number: 110, name: "ETIMEDOUT", words: "Connection timed out" },
];

/// Mount options of NFS and EFS that Lustre does not know, and refuses with EINVAL.
const FOREIGN_OPTIONS: [&str; 14] = [
    "nfsvers",
    "vers",
    "tls",
    "iam",
    "accesspoint",
    "hard",
    "soft",
    "rsize",
    "wsize",
    "timeo",
    "retrans",
    "noresvport",
    "resvport",
    "proto",
];

/// The errno of a number, if it is a known one.
pub fn errno(number: u8) -> Option<Errno> {
    ERRNOS.into_iter().find(|errno| errno.number == number)
}

/// `exit status 5 (EIO, Input/output error)`.
pub fn errno_text(number: u8) -> String {
    match errno(number) {
        Some(errno) => format!("exit status {number} ({}, {})", errno.name, errno.words),
        None => format!("exit status {number}"),
    }
}

impl MountFailure {
    /// Reads the message of an event of reason `FailedMount`.
    pub fn of(message: &str) -> Self {
        let has = |words: &str| message.contains(words);
        if has("Can't parse NID") {
            return Self::NoAddress;
        }
        if has("not found in the list of registered CSI drivers") {
            return Self::NotRegistered;
        }
        if has("dnsname is not provided") {
            return Self::NoDnsName;
        }
        if let Some(number) = exit_status(message) {
            return Self::Errno(number);
        }
        if has("already in progress") || has("code = Aborted") {
            return Self::Busy;
        }
        if has("DeadlineExceeded")
            || has("context deadline exceeded")
            || has("timed out waiting for the condition")
        {
            return Self::Hang;
        }
        Self::Other
    }

    /// The errno, when there is one.
    pub const fn errno(self) -> Option<u8> {
        match self {
            Self::Errno(number) => Some(number),
            _ => None,
        }
    }

    /// Whether another attempt may well go better without anybody's doing: what is only starting, or only late.
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::NotRegistered | Self::Busy)
    }

    /// How much it tells: what kubelet says while an earlier attempt goes on hides why that attempt does not end, and its
    /// roll-up of all volumes hides what the driver said.
    pub const fn weight(self) -> u8 {
        match self {
            Self::Busy => 0,
            Self::Hang => 1,
            _ => 2,
        }
    }

    /// What happened, in a few words.
    pub fn shown(self) -> String {
        match self {
            Self::Errno(number) => format!("mount ended with {}", errno_text(number)),
            Self::NoAddress => "the file system's DNS name has no address on the node".to_owned(),
            Self::NotRegistered => "the driver is not registered on the node".to_owned(),
            Self::NoDnsName => "the volume has no attribute dnsname".to_owned(),
            Self::Hang => "the mount hangs".to_owned(),
            Self::Busy => "an earlier attempt to mount still holds the volume".to_owned(),
            Self::Other => "the volume was not mounted".to_owned(),
        }
    }
}

/// What the mount program itself said, on one line and without the pod's own path; without a program the whole message.
pub fn own_words(message: &str) -> String {
    let said = message.split_once("Output: ").map_or(message, |(_, output)| output);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((before, rest)) = words.split_once(" at /var/lib/kubelet/") else { return words };
    match rest.split_once(' ') {
        Some((_, after)) => format!("{before} {after}"),
        None => before.to_owned(),
    }
}

/// The number in `exit status N`; kubelet's older wording is `exit code N`.
fn exit_status(message: &str) -> Option<u8> {
    ["exit status ", "exit code "].into_iter().find_map(|words| {
        let (_, rest) = message.split_once(words)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

/// Those of a volume's mount options that are of another file system.
pub fn foreign_options(options: &[String]) -> Vec<&str> {
    let word = |option: &str| option.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
    let all = options.iter().flat_map(|option| option.split(','));
    all.map(str::trim).filter(|option| FOREIGN_OPTIONS.contains(&word(option).as_str())).collect()
}

/// Errnos that writing, locking and reading end with, by the words that tools say for them: `strerror` of glibc, and
/// where it differs that of musl (`src/errno/__strerror.h`), which images of Alpine have.
const WORDS: [(&str, u8); 15] = [
    ("Permission denied", 13),
    ("Operation not permitted", 1),
    ("Read-only file system", 30),
    ("No space left on device", 28),
    ("Disk quota exceeded", 122),
    ("Quota exceeded", 122),
    ("Function not implemented", 38),
    ("Operation not supported", 95),
    ("Input/output error", 5),
    ("I/O error", 5),
    ("Cannot send after transport endpoint shutdown", 108),
    ("Stale file handle", 116),
    ("Connection timed out", 110),
    ("Operation timed out", 110),
    ("Resource temporarily unavailable", 11),
];

/// The errno whose words a tool's message ends with.
pub fn errno_of_words(text: &str) -> Option<u8> {
    WORDS.iter().find(|(words, _)| text.contains(words)).map(|(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_tell_how_a_mount_failed() {
        let setup = |rest: &str| format!("MountVolume.SetUp failed for volume \"pv\" : {rest}");
        let driver = |rest: &str| {
            setup(&format!(
                "rpc error: code = Internal desc = Could not mount \"fs-1@tcp:/abcd\" at \"/t\": mount failed: {rest}"
            ))
        };
        let rows = [
            (driver("exit status 2\nMounting command: mount\nOutput: mount.lustre: mount fs-1@tcp:/abcd at /t failed: No such file or directory"), MountFailure::Errno(2)),
            (driver("exit status 110\nOutput: failed: Connection timed out"), MountFailure::Errno(110)),
            (driver("exit status 255"), MountFailure::Errno(255)),
            (driver("exit status 22\nOutput: mount.lustre: Can't parse NID 'fs-1@tcp:/abcd'"), MountFailure::NoAddress),
            (
                setup("kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name fsx.csi.aws.com not found in the list of registered CSI drivers"),
                MountFailure::NotRegistered,
            ),
            (setup("rpc error: code = InvalidArgument desc = dnsname is not provided"), MountFailure::NoDnsName),
            (setup("rpc error: code = DeadlineExceeded desc = context deadline exceeded"), MountFailure::Hang),
            (
                "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data]: timed out waiting for the condition".to_owned(),
                MountFailure::Hang,
            ),
            (
                setup("rpc error: code = Aborted desc = An operation with the given volume=\"fs-1\" is already in progress"),
                MountFailure::Busy,
            ),
            (setup("something nobody has seen"), MountFailure::Other),
        ];
        for (message, wanted) in rows {
            assert_eq!(MountFailure::of(&message), wanted, "{message}");
        }
        assert_eq!(
            MountFailure::Errno(5).shown(),
            "mount ended with exit status 5 (EIO, Input/output error)"
        );
        assert_eq!(errno_text(77), "exit status 77");
    }

    #[test]
    fn the_program_speaks_for_itself() {
        let message = "MountVolume.SetUp failed for volume \"pv\" : rpc error: code = Internal desc = Could not mount: mount failed: exit status 5\nMounting command: mount\nOutput: mount.lustre: mount fs-1@tcp:/a at /var/lib/kubelet/pods/0/mount failed: Input/output error\nIs the MGS running?\n";
        let words = "mount.lustre: mount fs-1@tcp:/a failed: Input/output error Is the MGS running?";
        assert_eq!(own_words(message), words);
        assert_eq!(own_words("no  program\nspoke"), "no program spoke");
        assert!(MountFailure::Errno(5).weight() > MountFailure::Hang.weight());
        assert!(MountFailure::Hang.weight() > MountFailure::Busy.weight());
    }

    #[test]
    fn options_of_other_file_systems_are_found() {
        let options = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        assert_eq!(foreign_options(&options(&["flock", "relatime"])), Vec::<&str>::new());
        assert_eq!(
            foreign_options(&options(&["flock,nfsvers=4.1", "TLS", "hardlinks"])),
            ["nfsvers=4.1", "TLS"]
        );
    }

    #[test]
    fn tools_say_their_errno_in_words() {
        for (text, wanted) in [
            ("mkdir: can't create directory '/fsx/a': Permission denied", Some(13)),
            ("dd: error writing '/fsx/a': No space left on device", Some(28)),
            ("flock: Function not implemented", Some(38)),
            ("dd: error writing '/fsx/a': Disk quota exceeded", Some(122)),
            ("dd: error writing '/fsx/a': Quota exceeded", Some(122)),
            ("mkdir: can't create directory '/fsx/a': I/O error", Some(5)),
            ("dd: /fsx/a: Operation timed out", Some(110)),
            ("it went wrong", None),
        ] {
            assert_eq!(errno_of_words(text), wanted, "{text}");
        }
    }
}
