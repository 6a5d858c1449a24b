//! The protocol of a verification's pods: lines of their log and exit codes of their container.
//!
//! `templates/verify.sh` speaks it, `docs/verify.md` publishes it. A log comes from a cluster, so nothing in it is taken
//! for more than text and numbers.

/// What every line of the protocol begins with.
const MARK: &str = "fsxctl-verify/1 ";

/// The steps of a pod, in their order.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum PodStep {
    /// The claim is mounted, as Lustre.
    Mounted,
    /// A file was written and flushed.
    Written,
    /// A lock was taken and released.
    Locked,
    /// The file of another node was read; with a read-only mount: the directory was listed.
    Read,
    /// What was read is what was written.
    Compared,
    /// Its own files are gone again.
    Removed,
}

impl PodStep {
    /// The protocol's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mounted => "mounted",
            Self::Written => "written",
            Self::Locked => "locked",
            Self::Read => "read",
            Self::Compared => "compared",
            Self::Removed => "removed",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Mounted, Self::Written, Self::Locked, Self::Read, Self::Compared, Self::Removed]
            .into_iter()
            .find(|step| step.as_str() == word)
    }

    /// The step that a container's exit code says has failed; none: the code is not the protocol's, or no step's.
    pub const fn of_exit_code(code: i32) -> Option<Self> {
        match code {
            20 => Some(Self::Mounted),
            21 => Some(Self::Written),
            22 => Some(Self::Locked),
            23 | 25 => Some(Self::Read),
            24 => Some(Self::Compared),
            26 => Some(Self::Removed),
            _ => None,
        }
    }
}

/// The peer's file did not come within the pod's limit.
pub const NO_PEER: i32 = 25;
/// The pod was asked to end.
pub const STOPPED: i32 = 27;

/// How much, in what time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Bytes.
    pub bytes: u64,
    /// Milliseconds, in steps of ten.
    pub ms: u64,
}

impl Measured {
    /// MiB/s, to one decimal; none when it went too fast to be measured.
    pub fn mib_per_second(self) -> Option<f64> {
        let mib = self.bytes as f64 / f64::from(1 << 20);
        (self.ms > 0).then(|| (mib * 10_000.0 / self.ms as f64).round() / 10.0)
    }
}

/// What a log tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// What is mounted, as the node's list of mounts has it.
    pub source: Option<String>,
    /// The options of that mount.
    pub options: Vec<String>,
    /// The file that was written.
    pub written: Option<Measured>,
    /// Whether the lock was taken.
    pub locked: bool,
    /// The pod whose file was read, and how fast.
    pub read: Option<(usize, Measured)>,
    /// Whether the directory was listed, which is all that is done with a read-only mount.
    pub listed: bool,
    /// Steps that failed, with the words of the tool.
    pub failed: Vec<(PodStep, String)>,
    /// Whether its own files are gone again.
    pub removed: bool,
    /// Whether it says that it has ended.
    pub ended: bool,
}

impl Transcript {
    /// Reads a log. What is not the protocol's is passed over.
    pub fn of(log: &str) -> Self {
        let mut told = Self::default();
        for line in log.lines().filter_map(|line| line.strip_prefix(MARK)) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "mounted" => {
                    told.source = value(rest, "source").map(str::to_owned);
                    let options = value(rest, "options").unwrap_or_default();
                    told.options =
                        options.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
                }
                "written" => told.written = measured(rest),
                "locked" => told.locked = true,
                "read" => {
                    let from = value(rest, "from").and_then(|from| from.parse().ok());
                    told.read = from.zip(measured(rest));
                }
                "listed" => told.listed = true,
                "failed" => {
                    let step = value(rest, "step").and_then(PodStep::of);
                    let text = rest.split_once("text=").map_or("", |(_, text)| text);
                    told.failed.extend(step.map(|step| (step, text.trim().to_owned())));
                }
                "removed" => told.removed = true,
                "end" => told.ended = true,
                _ => {}
            }
        }
        told
    }

    /// The words of a step that failed.
    pub fn words(&self, step: PodStep) -> Option<&str> {
        let mut failed = self.failed.iter().filter(|(failed, _)| *failed == step);
        failed.next().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty())
    }

    /// Whether it has done all that it can do without the pod whose file it reads.
    pub fn waits_for_peer(&self) -> bool {
        let has_locked = self.locked || self.failed.iter().any(|(step, _)| *step == PodStep::Locked);
        self.written.is_some() && has_locked && self.read.is_none()
    }

    /// Whether files of it may be left, when nothing of it runs any more: it had mounted and never came to its end, or
    /// could not remove them.
    pub fn may_leave_files(&self) -> bool {
        let is_stuck = self.failed.iter().any(|(step, _)| *step == PodStep::Removed);
        self.source.is_some() && !self.removed && (!self.ended || is_stuck)
    }

    /// Whether nothing failed but that the file of the pod that it reads from did not come.
    pub fn lacks_peer(&self) -> bool {
        let is_late =
            |(step, text): &(PodStep, String)| *step == PodStep::Read && text.contains("did not come");
        self.failed.iter().all(is_late) && self.waits_for_peer()
    }

    /// Whether it has done all that it can do without the pod that reads its file.
    pub fn waits_for_reader(&self) -> bool {
        self.read.is_some()
    }
}

/// The value behind `key=`, up to the next blank.
fn value<'a>(rest: &'a str, key: &str) -> Option<&'a str> {
    rest.split_whitespace().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

fn measured(rest: &str) -> Option<Measured> {
    let number = |key| value(rest, key)?.parse().ok();
    Some(Measured { bytes: number("bytes")?, ms: number("ms")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
some shell's warning
fsxctl-verify/1 begin run=0a self=0 peer=1 peers=2 mib=64 uid=0 gid=0
fsxctl-verify/1 mounted source=10.0.1.5@tcp:/abcd type=lustre options=rw,flock
fsxctl-verify/1 written bytes=67108864 ms=320 sha256=00
fsxctl-verify/1 failed step=locked text=flock: Function not implemented
fsxctl-verify/1 read from=1 bytes=67108864 ms=0 sha256=00
fsxctl-verify/1 removed
fsxctl-verify/1 end verdict=failed
";

    #[test]
    fn a_log_tells_how_far_a_pod_came() {
        let told = Transcript::of(LOG);
        assert_eq!(told.source.as_deref(), Some("10.0.1.5@tcp:/abcd"));
        assert_eq!(told.options, ["rw", "flock"]);
        assert_eq!(told.written.and_then(Measured::mib_per_second), Some(200.0));
        assert_eq!((told.locked, told.ended), (false, true));
        assert_eq!(told.words(PodStep::Locked), Some("flock: Function not implemented"));
        let (from, read) = told.read.expect("it has read");
        assert_eq!((from, read.mib_per_second()), (1, None));
    }

    #[test]
    fn a_log_that_breaks_off_tells_what_is_waited_for() {
        let until = |line: &str| {
            let end = LOG.find(line).expect("the line");
            Transcript::of(&LOG[..end])
        };
        assert!(!until("fsxctl-verify/1 written").waits_for_peer());
        assert!(!until("fsxctl-verify/1 failed").waits_for_peer());
        assert!(until("fsxctl-verify/1 read").waits_for_peer());
        let read = until("fsxctl-verify/1 removed");
        assert!(!read.waits_for_peer() && read.waits_for_reader());
    }

    #[test]
    fn what_is_not_the_protocols_changes_nothing() {
        for line in [
            "fsxctl-verify/2 locked how=flock",
            " fsxctl-verify/1 locked how=flock",
            "fsxctl-verify/1 written bytes=many ms=1",
            "fsxctl-verify/1 read from=x bytes=1 ms=1",
            "fsxctl-verify/1 failed step=imagined text=x",
        ] {
            assert_eq!(Transcript::of(line), Transcript::default(), "{line}");
        }
    }
}
