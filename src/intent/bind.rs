//! The wish of `byo` and `share`: which file system, which namespaces, how it is mounted.

use std::collections::BTreeSet;

use super::settings::{Asked, Env, Source, winner};
use super::{Intent, Setup, Target, resolve};
use crate::cli::{BoundArgs, ByoArgs, CheckArgs, GlobalArgs, ShareArgs};
use crate::domain::{names, quantity};
use crate::error::{Error, Result};
use crate::intent::storage;

/// A file system that is there already, and where it is to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The file system's id; none: the only one that volumes of the cluster use.
    pub fs_id: Option<Asked<String>>,
    /// The namespaces; empty: the kube context's, else `default`.
    pub namespaces: Namespaces,
    /// The volume's name; none: made of id, namespace and claim.
    pub volume: Option<Asked<String>>,
    /// GiB that volume and claim state; none: the file system's.
    pub size: Option<Asked<u64>>,
    /// Mounted with `ro`.
    pub read_only: bool,
    /// Mount options besides `ro`.
    pub mount_options: Asked<Vec<String>>,
    /// Whether a Released volume of the file system may be used again.
    pub rebind: bool,
    /// Whether missing rules are added.
    pub open_ports: bool,
    /// Whether a missing driver is installed.
    pub install_driver: bool,
    /// Checks that only tell.
    pub skipped: BTreeSet<Check>,
    /// Whether volume and claim are taken away instead.
    pub remove: bool,
    /// Whether it is `share`.
    pub shares: bool,
}

/// In which namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namespaces {
    /// These; empty: the kube context's, else `default`.
    Named(Vec<String>),
    /// Those with these labels.
    Selected(String),
}

/// A check that can be told to let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// tcp 988 and 1018-1023.
    Ports,
    /// A way from the nodes' VPC to the file system's.
    Route,
    /// The file system's version and the nodes' kernels.
    Version,
    /// The driver.
    Driver,
}

impl Check {
    /// All, in the order in which help names them.
    pub const ALL: [Self; 4] = [Self::Ports, Self::Route, Self::Version, Self::Driver];

    /// The word for `--skip-check`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ports => "ports",
            Self::Route => "route",
            Self::Version => "version",
            Self::Driver => "driver",
        }
    }
}

/// The wish of `byo`, its target, and how it is to be carried out.
///
/// # Errors
/// Usage: whatever cannot be. Nothing has been looked at by then.
pub fn byo_intent(args: &ByoArgs, global: &GlobalArgs, env: &Env) -> Result<(Intent, Target, Setup)> {
    let volume = args
        .pv_name
        .as_deref()
        .map(|typed| storage::name("pv-name", Some(typed), "", names::check_dns_subdomain));
    let namespaces = labels(&args.namespace, "namespace")?;
    if volume.is_some() && namespaces.len() > 1 {
        return Err(Error::usage("--pv-name names one volume, and every namespace needs one of its own")
            .next("leave --pv-name out, or name one namespace"));
    }
    let bind = Bind {
        fs_id: fs_id(args.fs_id.as_deref(), env)?,
        namespaces: Namespaces::Named(namespaces),
        volume: volume.transpose()?,
        size: args.size.as_deref().map(size).transpose()?,
        rebind: args.rebind,
        ..bind(&args.claim, &args.checks)?
    };
    let (intent, target, setup) =
        resolve::bind_intent(bind, (&args.cluster, &args.consent, &args.claim), global, env)?;
    Ok((intent, target, Setup { verify: args.verify, ..setup }))
}

/// The wish of `share`, its target, and how it is to be carried out.
///
/// # Errors
/// Usage: whatever cannot be.
pub fn share_intent(args: &ShareArgs, global: &GlobalArgs, env: &Env) -> Result<(Intent, Target, Setup)> {
    let namespaces = match &args.namespace_selector {
        Some(selector) => Namespaces::Selected(selected(selector)?),
        None => Namespaces::Named(labels(&args.namespaces, "namespaces")?),
    };
    let bind = Bind {
        fs_id: fs_id(args.fs_id.as_deref(), env)?,
        namespaces,
        remove: args.remove,
        shares: true,
        ..bind(&args.claim, &args.checks)?
    };
    resolve::bind_intent(bind, (&args.cluster, &args.consent, &args.claim), global, env)
}

fn bind(claim: &BoundArgs, checks: &CheckArgs) -> Result<Bind> {
    if let Some(path) = &claim.sub_directory {
        return Err(sub_directory(path));
    }
    if claim.read_only && claim.mount_option.iter().any(|option| option == "rw") {
        return Err(
            Error::usage("--read-only and --mount-option rw cannot both be").next("leave one of them out")
        );
    }
    let skipped = checks.skip_check.iter().map(|word| check(word)).collect::<Result<_>>()?;
    Ok(Bind {
        fs_id: None,
        namespaces: Namespaces::Named(Vec::new()),
        volume: None,
        size: None,
        read_only: claim.read_only,
        mount_options: storage::mount_options(&claim.mount_option)?,
        rebind: false,
        open_ports: checks.open_ports,
        install_driver: checks.install_driver,
        skipped,
        remove: false,
        shares: false,
    })
}

/// The driver mounts `<dnsname>@tcp:/<mountname>` and knows no attribute for a directory
/// (`pkg/driver/node.go`: `dnsname` and `mountname` are all it reads).
fn sub_directory(path: &str) -> Error {
    Error::usage(format!("--sub-directory {path}: the driver mounts a whole file system"))
        .because("it reads dnsname and mountname of a volume, and nothing that names a directory in it")
        .next("mount the directory in the pod: volumeMounts[].subPath")
}

fn check(word: &str) -> Result<Check> {
    Check::ALL.into_iter().find(|check| check.as_str() == word.trim()).ok_or_else(|| {
        let all: Vec<&str> = Check::ALL.iter().map(|check| check.as_str()).collect();
        Error::usage(format!("--skip-check: {word:?} is none of {}", all.join(", ")))
    })
}

fn fs_id(typed: Option<&str>, env: &Env) -> Result<Option<Asked<String>>> {
    let asked = winner("fs-id", typed, env);
    asked
        .map(|asked| {
            asked.parse(|text| {
                let text = text.trim().to_owned();
                names::check_file_system_id(&text).map(|()| text).map_err(|e| e.to_string())
            })
        })
        .transpose()
}

/// Names of namespaces, each once, in the order in which they were typed.
fn labels(typed: &[String], flag: &'static str) -> Result<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for name in typed.iter().map(|name| name.trim()) {
        names::check_dns_label("namespace", name).map_err(|e| Error::usage(format!("--{flag}: {e}")))?;
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
    Ok(all)
}

/// Whether a text has the form of a label selector: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, and
/// several of them with commas between.
fn is_selector(text: &str) -> bool {
    let mut rest = text;
    loop {
        let (one, more) = match (rest.find('('), rest.find(',')) {
            (Some(open), Some(comma)) if open < comma => match rest.find(')') {
                Some(close) => rest.split_at(close + 1),
                None => return false,
            },
            (_, Some(comma)) => rest.split_at(comma),
            (_, None) => (rest, ""),
        };
        let words: Vec<&str> = one.split_whitespace().collect();
        let is_word = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        };
        let is_one = match one.split_once('(') {
            Some((head, list)) => {
                let head: Vec<&str> = head.split_whitespace().collect();
                let known = matches!(head.as_slice(), [key, "in" | "notin"] if is_word(key));
                known
                    && list.strip_suffix(')').is_some_and(|list| list.split(',').all(|it| is_word(it.trim())))
            }
            None => {
                let joined = words.concat();
                let pair = joined
                    .split_once("!=")
                    .or_else(|| joined.split_once("=="))
                    .or_else(|| joined.split_once('='));
                match pair {
                    Some((key, value)) => is_word(key) && (value.is_empty() || is_word(value)),
                    None => words.len() == 1 && is_word(joined.trim_start_matches('!')),
                }
            }
        };
        if !is_one {
            return false;
        }
        match more.trim_start().strip_prefix(',') {
            Some(next) => rest = next,
            None => return more.trim().is_empty(),
        }
    }
}

/// A label selector; the API server judges the rest of its grammar.
fn selected(text: &str) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=!,() ".contains(c);
    match text.trim() {
        "" => Err(Error::usage("--namespace-selector is empty, which would be every namespace")
            .next("name labels, for instance --namespace-selector team=ml")),
        text if text.chars().all(is_plain) && is_selector(text) => Ok(text.to_owned()),
        text => Err(Error::usage(format!("--namespace-selector: {text:?} is no label selector"))
            .next("name labels, for instance --namespace-selector team=ml")),
    }
}

fn size(text: &str) -> Result<Asked<u64>> {
    storage::has_unit(text)?;
    let size = Asked { value: text.to_owned(), from: Source::Flag("size") }
        .parse(|text| quantity::parse_gib(&text).map_err(|e| e.to_string()))?;
    if size.value == 0 {
        return Err(Error::usage("--size: a volume of nothing cannot be"));
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn wish(line: &str) -> Result<Intent> {
        let cli = Cli::try_parse_from(line.split_whitespace()).map_err(|e| Error::usage(e.to_string()))?;
        let intent = match &cli.command {
            Command::Byo(args) => byo_intent(args, &cli.global, &Env::new()),
            Command::Share(args) => share_intent(args, &cli.global, &Env::new()),
            _ => panic!("{line}"),
        };
        intent.map(|(intent, _, _)| intent)
    }

    #[test]
    fn what_cannot_be_is_refused_before_anything_is_looked_at() {
        for (line, says) in [
            ("fsxctl byo --fs-id fs-xyz", "fs-"),
            ("fsxctl byo --fs-id vol-0123456789abcdef0", "--fs-id"),
            ("fsxctl byo -n Team", "--namespace"),
            ("fsxctl byo -n a -n b --pv-name p", "--pv-name"),
            ("fsxctl byo --pv-name A_b", "--pv-name"),
            ("fsxctl byo --size 1200", "--size 1200"),
            ("fsxctl byo --size 0Gi", "--size"),
            ("fsxctl byo --mount-option a,b", "--mount-option"),
            ("fsxctl byo --sub-directory /team-a", "whole file system"),
            ("fsxctl byo --skip-check everything", "ports, route, version, driver"),
            ("fsxctl share --fs-id fs-0123456789abcdef0", "--namespaces"),
            ("fsxctl share --namespaces a --namespace-selector b=c", "cannot be used with"),
            ("fsxctl share --namespace-selector a$b", "--namespace-selector"),
            ("fsxctl share --namespace-selector a=b,", "--namespace-selector"),
            ("fsxctl share --namespace-selector a~b", "--namespace-selector"),
            ("fsxctl byo --read-only --mount-option rw", "--read-only"),
            ("fsxctl share --namespaces a --remove --read-only", "cannot be used with"),
            ("fsxctl share --namespaces a,,b", "--namespaces"),
        ] {
            let error = wish(line).expect_err(line);
            let text = format!("{} {}", error.message, error.next.unwrap_or_default());
            assert!(text.contains(says), "{line}: {text}");
        }
    }

    #[test]
    fn selectors_have_the_form_that_kubernetes_takes() {
        for text in
            ["a", "!a", "a=b", "a==b", "a!=b", "a=", "a in (b,c)", "a notin (b), d=e", "x/y=z,a in (b, c),!d"]
        {
            assert!(is_selector(text), "{text}");
        }
        for text in ["", "a in (", "a in ()", "a b", "=b", "a,", "a in b", "a (b)", "(a)", "a=b c=d e"] {
            assert!(!is_selector(text), "{text}");
        }
    }

    #[test]
    fn a_namespace_named_twice_is_one() {
        let intent = wish("fsxctl share --namespaces a,b --namespaces b,c").expect("a wish");
        let bind = intent.bind.expect("a file system to bind");
        assert_eq!(bind.namespaces, Namespaces::Named(["a", "b", "c"].map(str::to_owned).to_vec()));
    }
}
