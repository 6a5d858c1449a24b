//! The wish of `fsxctl verify`: which claim, on which nodes, how.

use std::time::Duration;

use super::settings::{Asked, Env, Source, duration, switch, winner};
use super::{Target, about, resolve};
use crate::cli::{GlobalArgs, VerifyArgs};
use crate::domain::{names, quantity};
use crate::error::Result;

/// A small image with a shell, busybox's applets and flock: Docker's official busybox, mirrored by AWS. That the tag
/// stays there is UNCONFIRMED.
pub const IMAGE: &str = "public.ecr.aws/docker/library/busybox:1.37";
/// The claim that a set-up makes.
pub const CLAIM: &str = "fsx-claim";
/// How long a verification waits by default.
const WAIT: Duration = Duration::from_secs(300);
/// Size of a node's file by default, MiB.
const MIB: u64 = 64;
/// The largest file, MiB: a verification is a sign of life and no benchmark.
const LARGEST_MIB: u64 = 100 * 1024;

/// What is to be verified, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyWish {
    /// The claim's name.
    pub claim: String,
    /// The claim's namespace; none: the kube context's, else `default`.
    pub namespace: Option<String>,
    /// How many nodes.
    pub pick: Pick,
    /// Labels that the nodes have, key and value.
    pub selector: Vec<(String, String)>,
    /// Size of each node's file, MiB.
    pub mib: u64,
    /// Image of the pods.
    pub image: String,
    /// User and group that the pods run as.
    pub run_as: (u32, u32),
    /// The longest wait.
    pub wait: Duration,
    /// What else the command may be for.
    pub cleanup: Option<CleanupWish>,
    /// Consent given beforehand.
    pub yes: bool,
    /// Show and stop.
    pub dry_run: bool,
}

/// How many nodes a verification is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// One ready node of every group, and two at least where there are two.
    Groups,
    /// So many ready nodes, spread.
    Count(usize),
    /// Every node.
    All,
}

/// What `--cleanup-only` is to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanupWish {
    /// One run; none: every run that is over.
    pub run: Option<String>,
    /// In every namespace.
    pub everywhere: bool,
}

/// The wish of a verification, its target, and one call's limit of time.
///
/// # Errors
/// Usage: whatever cannot be. Nothing has been looked at by then.
pub fn verify_intent(
    args: &VerifyArgs,
    global: &GlobalArgs,
    env: &Env,
) -> Result<(VerifyWish, Target, Duration)> {
    let target = resolve::target(&args.cluster, global, env)?;
    let request_timeout = about::request_timeout(global)?;
    let asked = |flag: &'static str, value: &Option<String>| {
        value.clone().map(|value| Asked { value, from: Source::Flag(flag) })
    };
    type Check = fn(&'static str, &str) -> Result<(), names::InvalidName>;
    let named = |flag: &'static str, value: &Option<String>, check: Check| -> Result<Option<String>> {
        let parse = |text: String| check(flag, &text).map(|()| text).map_err(|error| error.to_string());
        Ok(asked(flag, value).map(|asked| asked.parse(parse)).transpose()?.map(|asked| asked.value))
    };
    let nodes = asked("nodes", &args.nodes).map(|asked| asked.parse(|text| count(&text))).transpose()?;
    let size = asked("size", &args.size).map(|asked| asked.parse(|text| mib(&text))).transpose()?;
    let selector = asked("node-selector", &args.node_selector).map(|it| it.parse(|text| labels(&text)));
    let run_as = asked("run-as", &args.run_as).map(|asked| asked.parse(|text| user(&text))).transpose()?;
    let image = asked("image", &args.image).map(|asked| asked.parse(|text| image(&text))).transpose()?;
    let run = asked("run", &args.run).map(|asked| asked.parse(|text| run_id(&text))).transpose()?;
    let wait = winner("timeout", global.timeout.as_deref(), env)
        .map(|asked| asked.parse(|text| duration(&text)))
        .transpose()?;
    let wish = VerifyWish {
        claim: named("claim", &args.claim, names::check_dns_subdomain)?.unwrap_or_else(|| CLAIM.to_owned()),
        namespace: named("namespace", &args.namespace, names::check_dns_label)?,
        pick: match (nodes, args.all_nodes) {
            (Some(asked), _) => Pick::Count(asked.value),
            (None, true) => Pick::All,
            (None, false) => Pick::Groups,
        },
        selector: selector.transpose()?.map(|asked| asked.value).unwrap_or_default(),
        mib: size.map_or(MIB, |asked| asked.value),
        image: image.map_or_else(|| IMAGE.to_owned(), |asked| asked.value),
        run_as: run_as.map_or((0, 0), |asked| asked.value),
        wait: wait.map_or(WAIT, |asked| asked.value),
        cleanup: args
            .cleanup_only
            .then(|| CleanupWish { run: run.map(|asked| asked.value), everywhere: args.all_namespaces }),
        yes: switch(args.yes, "yes", env)?,
        dry_run: args.dry_run,
    };
    Ok((wish, target, request_timeout))
}

/// The verification that follows a set-up: its claim, everything else as by default.
pub fn verify_after(namespace: &str, claim: &str) -> VerifyWish {
    VerifyWish {
        claim: claim.to_owned(),
        namespace: Some(namespace.to_owned()),
        pick: Pick::Groups,
        selector: Vec::new(),
        mib: MIB,
        image: IMAGE.to_owned(),
        run_as: (0, 0),
        wait: WAIT,
        cleanup: None,
        yes: true,
        dry_run: false,
    }
}

fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("{text:?} is no number of nodes")),
    }
}

fn mib(text: &str) -> Result<u64, String> {
    let bytes = quantity::parse_bytes(text.trim()).map_err(|error| error.to_string())?;
    match u64::try_from(bytes.div_ceil(1 << 20)) {
        Ok(mib) if (1..=LARGEST_MIB).contains(&mib) => Ok(mib),
        _ => Err(format!("{text:?} is not between 1Mi and 100Gi")),
    }
}

fn user(text: &str) -> Result<(u32, u32), String> {
    // The largest id that Kubernetes takes is that of a signed 32-bit number (API reference, PodSecurityContext).
    let id = |text: &str| text.parse::<u32>().ok().filter(|id| i32::try_from(*id).is_ok());
    let ids = text.trim().split_once(':').and_then(|(user, group)| Some((id(user)?, id(group)?)));
    ids.ok_or_else(|| format!("{text:?} is not UID:GID, such as 1000:1000"))
}

fn labels(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split(',')
        .map(|part| match part.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() && !key.ends_with('!') => {
                Ok((key.trim().to_owned(), value.trim_start_matches('=').trim().to_owned()))
            }
            _ => Err(format!("{part:?} is not KEY=VALUE")),
        })
        .collect()
}

/// Registry, repository, tag and digest have no other characters (distribution/reference, regexp.go).
fn image(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@+".contains(c);
    if !text.is_empty() && text.len() < 512 && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is no image, such as {IMAGE}"))
}

fn run_id(text: &str) -> Result<String, String> {
    if text.len() == 8 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is no run, which has eight hexadecimal digits, such as 0c1d2e3f"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::error::Kind;

    fn wish(words: &str) -> Result<VerifyWish> {
        let line = ["fsxctl", "verify"].into_iter().chain(words.split_whitespace());
        let cli = Cli::try_parse_from(line).expect("words of verify");
        let Command::Verify(args) = cli.command else { panic!("{:?}", cli.command) };
        verify_intent(&args, &cli.global, &Env::default()).map(|(wish, _, _)| wish)
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let plain = wish("").expect("a wish");
        assert_eq!((plain.claim.as_str(), plain.mib, plain.run_as), ("fsx-claim", 64, (0, 0)));
        assert_eq!((plain.pick, plain.wait, plain.cleanup), (Pick::Groups, WAIT, None));
        let full = wish("--nodes 3 --size 1Gi --run-as 1000:100 --node-selector a=b,c==d --timeout 90s");
        let full = full.expect("a wish");
        assert_eq!((full.pick, full.mib, full.run_as), (Pick::Count(3), 1024, (1000, 100)));
        assert_eq!(full.selector, [("a".to_owned(), "b".to_owned()), ("c".to_owned(), "d".to_owned())]);
        assert_eq!(full.wait, Duration::from_secs(90));
        assert_eq!(wish("--size 1").expect("a byte is a MiB").mib, 1);
        assert_eq!(wish("--all-nodes").expect("a wish").pick, Pick::All);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_flag() {
        for (words, flag) in [
            ("--nodes 0", "--nodes"),
            ("--nodes many", "--nodes"),
            ("--size 0", "--size"),
            ("--size 1Ti", "--size"),
            ("--size 1Foo", "--size"),
            ("--run-as root", "--run-as"),
            ("--run-as 1:-1", "--run-as"),
            ("--run-as 4294967295:0", "--run-as"),
            ("--node-selector a", "--node-selector"),
            ("--node-selector a!=b", "--node-selector"),
            ("--image a;b", "--image"),
            ("--claim A_b", "--claim"),
            ("--namespace ..", "--namespace"),
            ("--cleanup-only --run 123", "--run"),
        ] {
            let error = wish(words).expect_err(words);
            assert_eq!(error.kind, Kind::Usage, "{words}");
            assert!(error.message.contains(flag), "{words}: {}", error.message);
        }
    }
}
