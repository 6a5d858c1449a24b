//! `permissions`: what a command line needs to be allowed, as a page, a policy document, or roles.

use std::collections::BTreeMap;

use clap::Parser as _;
use serde_json::json;

use super::speak::{Answer, Speak};
use crate::cli::{Cli, ClusterArgs, Command, GlobalArgs, PermissionsArgs, SetupCommand, SetupDynamic};
use crate::error::{Error, Result};
use crate::intent::{self, Env, Intent, Setup, Target};
use crate::report::{Needs, needs_document, needs_page, to_json, to_yaml};
use crate::steps::needs;

/// All commands together, by command lines that take every road.
const EVERYTHING: [&str; 14] = [
    "setup dynamic --create-namespace",
    "setup dynamic --policy managed",
    "setup dynamic --driver helm",
    "setup driver --upgrade",
    "migrate driver --to helm",
    "migrate identity --to pod-identity",
    "migrate identity --to irsa",
    "byo --open-ports --create-namespace",
    "share --namespace-selector a=b",
    "share --namespace-selector a=b --remove",
    "status",
    "doctor",
    "verify",
    "verify --cleanup-only -A",
];

/// Shows what a command line needs.
///
/// # Errors
/// Usage: the command line cannot be.
pub(super) fn run(
    args: &PermissionsArgs,
    global: &GlobalArgs,
    env: &BTreeMap<String, String>,
    speak: &Speak,
) -> Result<u8> {
    let (words, iam, rbac) = words(args);
    let all = if words.is_empty() {
        let mut all = Vec::new();
        for line in EVERYTHING {
            let line: Vec<String> = line.split(' ').map(str::to_owned).collect();
            for need in of_line(&line, global, env)? {
                if !all.iter().any(|known: &needs::Need| known.right == need.right) {
                    all.push(need);
                }
            }
        }
        all
    } else {
        of_line(&words, global, env)?
    };
    if iam {
        let policy = needs::policy(&all);
        return speak.give_value(&policy, || to_json(&policy).unwrap_or_default());
    }
    if rbac {
        let roles = needs::cluster_roles(&all);
        let texts: Result<Vec<String>> = roles.iter().map(to_yaml).collect();
        let text = texts?.join("---\n");
        return speak.give_value(&json!({"apiVersion": "v1", "kind": "List", "items": roles}), || text);
    }
    let needs = Needs { command: words.join(" "), needs: all };
    let document = needs_document(&speak.frame(None, 0), &needs);
    speak.give(&Answer { page: needs_page(&needs), document: &document })
}

/// The command's words, and our own flags wherever they were typed: behind COMMAND they are taken for its words.
fn words(args: &PermissionsArgs) -> (Vec<String>, bool, bool) {
    let mut words = match args.command.as_slice() {
        // `fsxctl permissions "setup dynamic"`.
        [one] => one.split_whitespace().map(str::to_owned).collect(),
        several => several.to_vec(),
    };
    let mut take = |flag: &str| {
        let before = words.len();
        words.retain(|word| word != flag);
        words.len() != before
    };
    let (iam, rbac) = (take("--iam") || args.iam, take("--rbac") || args.rbac);
    if words.first().is_some_and(|word| word == "fsxctl") {
        words.remove(0);
    }
    (words, iam, rbac)
}

/// What one command line needs; commands that look at nothing need nothing.
fn of_line(words: &[String], global: &GlobalArgs, env: &Env) -> Result<Vec<needs::Need>> {
    let line = std::iter::once("fsxctl".to_owned()).chain(words.iter().cloned());
    let cli = Cli::try_parse_from(line).map_err(|refusal| {
        let text = refusal.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Error::usage(format!("`{}` is no command line: {first}", words.join(" ")))
            .next("fsxctl permissions setup dynamic")
    })?;
    if cli.global.output.is_some() {
        return Err(Error::usage("-o behind COMMAND is a flag of that command, which is not run")
            .next("put it before COMMAND: fsxctl permissions -o json setup dynamic"));
    }
    let mut own = cli.global.clone();
    own.region = own.region.or_else(|| global.region.clone());
    own.as_user = own.as_user.or_else(|| global.as_user.clone());
    // Which cluster is all that counts of the wish here.
    let whole = |cluster: Option<String>| {
        let cluster = ClusterArgs { cluster, hyperpod: None };
        SetupCommand::Dynamic(Box::new(SetupDynamic { cluster, ..SetupDynamic::default() }))
    };
    let (intent, target, setup) = match &cli.command {
        Command::Setup(setup) => {
            // Alone it asks, and what it makes in the end is `setup dynamic`.
            intent::setup_intent(setup.command.as_ref().unwrap_or(&whole(None)), &own, env)?
        }
        Command::Migrate(command) => intent::migrate_intent(command, &own, env)?,
        Command::Byo(args) => return Ok(bound(&intent::byo_intent(args, &own, env)?)),
        Command::Share(args) => return Ok(bound(&intent::share_intent(args, &own, env)?)),
        Command::Images(args) if args.cluster.is_some() => {
            let (intent, target, _) = intent::setup_intent(&whole(args.cluster.clone()), &own, env)?;
            return Ok(needs::needs(&needs::images(&intent, &target)));
        }
        Command::Status(args) => {
            let (intent, target, _) = intent::setup_intent(&whole(args.cluster.cluster.clone()), &own, env)?;
            return Ok(needs::needs(&needs::status(&intent, &target, args.namespace.clone())));
        }
        Command::Doctor(args) if args.command.is_none() && args.manifest.is_empty() => {
            let (intent, target, _) = intent::setup_intent(&whole(args.cluster.cluster.clone()), &own, env)?;
            return Ok(needs::needs(&needs::doctor(&intent, &target, None)));
        }
        Command::Verify(args) => {
            let (wish, target, _) = intent::verify_intent(args, &own, env)?;
            let (intent, _, _) = intent::setup_intent(&whole(None), &own, env)?;
            return Ok(needs::needs(&needs::verification(&intent, &wish, &target)));
        }
        // They look at nothing.
        _ => return Ok(Vec::new()),
    };
    Ok(proved(needs::needs(&needs::task(&intent, &target)), (&intent, &target, &setup)))
}

/// A file system that is there already.
fn bound((intent, target, setup): &(Intent, Target, Setup)) -> Vec<needs::Need> {
    let wish = intent.bind.as_ref();
    let own = wish.map_or_else(Vec::new, |wish| needs::needs(&needs::binding(intent, wish, target)));
    proved(own, (intent, target, setup))
}

/// The same and, with `--verify`, what trying the claim needs.
fn proved(
    mut own: Vec<needs::Need>,
    (intent, target, setup): (&Intent, &Target, &Setup),
) -> Vec<needs::Need> {
    if setup.verify {
        let namespace = intent.storage.namespace.as_ref().map_or("default", |asked| asked.value.as_str());
        let wish = intent::verify_after(namespace, &intent.storage.claim.value);
        let more = needs::needs(&needs::verification(intent, &wish, target));
        let is_new = |need: &needs::Need| !own.iter().any(|known| known.right == need.right);
        let more: Vec<needs::Need> = more.into_iter().filter(is_new).collect();
        own.extend(more);
    }
    own
}
