//! From words and variables to the complete wish.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::settings::{Asked, Env, Source, pair, switch, winner};
use super::{
    Bind, DriverWish, IdentityWish, Intent, Migrate, Namespaces, NetworkWish, Setup, about, parse, storage,
};
use crate::cli::{
    BoundArgs, ClusterArgs, ConsentArgs, DriverArgs, GlobalArgs, IdentityArgs, MigrateCommand, NetworkArgs,
    SetupCommand, SetupDynamic, StorageArgs,
};
use crate::domain::{names, ownership};
use crate::error::{Error, Result};
use crate::intent::{DriverMode, GroupWish, IdentityMode, PolicyWish, SubnetWish};
use crate::steps::StepId;

/// Which account, Region and cluster, as far as words and variables tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The cluster's name.
    pub cluster: Option<Asked<String>>,
    /// The account that an ARN named; checked against who calls.
    pub account: Option<Asked<String>>,
    /// The HyperPod cluster.
    pub hyperpod: Option<Asked<String>>,
    /// Region; none: the profile's.
    pub region: Option<Asked<String>>,
    /// Profile.
    pub profile: Option<String>,
    /// Kubeconfig, context, impersonated user.
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig.
    pub context: Option<String>,
    /// Kubernetes user to impersonate.
    pub as_user: Option<String>,
    /// Where calls are traced to.
    pub trace: Option<PathBuf>,
}

/// The groups of flags that a set-up command has; absent ones are empty.
#[derive(Default)]
struct Words {
    cluster: ClusterArgs,
    identity: IdentityArgs,
    driver: DriverArgs,
    network: NetworkArgs,
    storage: StorageArgs,
    consent: ConsentArgs,
    only: Vec<String>,
    skip: Vec<String>,
    alone: Option<StepId>,
    upgrade: bool,
    verify: bool,
    migrate: Option<Migrate>,
}

fn words(command: &SetupCommand) -> Words {
    match command.clone() {
        SetupCommand::Dynamic(args) => {
            let SetupDynamic { cluster, identity, driver, network, storage, consent, verify, only, skip } =
                *args;
            let alone = Words { only, skip, verify, ..Words::default() };
            Words { cluster, identity, driver, network, storage, consent, ..alone }
        }
        SetupCommand::Identity(args) => Words {
            cluster: args.cluster,
            identity: args.identity,
            consent: args.consent,
            alone: Some(StepId::Identity),
            ..Words::default()
        },
        SetupCommand::Network(args) => Words {
            cluster: args.cluster,
            network: args.network,
            consent: args.consent,
            alone: Some(StepId::Network),
            ..Words::default()
        },
        SetupCommand::Driver(args) => Words {
            cluster: args.cluster,
            identity: args.identity,
            driver: args.driver,
            consent: args.consent,
            alone: Some(StepId::Driver),
            upgrade: args.upgrade,
            ..Words::default()
        },
    }
}

/// `--to` becomes the mode that it stands for; other flags are those of a set-up.
fn migration(command: &MigrateCommand) -> Words {
    match command.clone() {
        MigrateCommand::Driver(args) => Words {
            cluster: args.cluster,
            identity: args.identity,
            driver: DriverArgs {
                driver: Some(args.to),
                driver_version: args.driver_version,
                chart: args.chart,
                helm_value: args.helm_value,
            },
            consent: args.consent,
            only: vec!["identity".to_owned(), "driver".to_owned()],
            migrate: Some(Migrate::Driver),
            ..Words::default()
        },
        MigrateCommand::Identity(args) => Words {
            cluster: args.cluster,
            identity: IdentityArgs {
                identity: Some(args.to),
                role_arn: args.role_arn,
                role_name: args.role_name,
                ..IdentityArgs::default()
            },
            consent: args.consent,
            alone: Some(StepId::Identity),
            migrate: Some(Migrate::Identity),
            ..Words::default()
        },
    }
}

/// The wish of a migration, its target, and how it is to be carried out.
///
/// # Errors
/// Usage: whatever cannot be, and what one cannot migrate to.
pub fn migrate_intent(
    command: &MigrateCommand,
    global: &GlobalArgs,
    env: &Env,
) -> Result<(Intent, Target, Setup)> {
    let (intent, target, setup) = wish(migration(command), global, env)?;
    let no = |text: &str, words: &str| {
        Err(Error::usage(format!("--to: {text:?} is nothing to migrate to"))
            .next(format!("name one of {words}")))
    };
    match command {
        MigrateCommand::Driver(args)
            if !matches!(intent.driver.mode.value, DriverMode::Addon | DriverMode::Helm) =>
        {
            no(&args.to, "addon, helm")
        }
        MigrateCommand::Identity(args)
            if !matches!(intent.identity.mode.value, IdentityMode::Irsa | IdentityMode::PodIdentity) =>
        {
            no(&args.to, "irsa, pod-identity")
        }
        _ => Ok((intent, target, setup)),
    }
}

/// The wish of a set-up command, its target, and how it is to be carried out.
///
/// # Errors
/// Usage: whatever cannot be, with the nearest legal value. Nothing has been looked at by then.
pub fn setup_intent(
    command: &SetupCommand,
    global: &GlobalArgs,
    env: &Env,
) -> Result<(Intent, Target, Setup)> {
    wish(words(command), global, env)
}

fn wish(words: Words, global: &GlobalArgs, env: &Env) -> Result<(Intent, Target, Setup)> {
    let target = target(&words.cluster, global, env)?;
    let setup = Setup {
        yes: switch(words.consent.yes, "yes", env)?,
        dry_run: words.consent.dry_run,
        ask_leave: words.consent.adopt.iter().any(String::is_empty),
        verify: words.verify,
        request_timeout: about::request_timeout(global)?,
    };
    let timeout = about::timeout(global, env)?;
    let scope = scope(&words)?;
    if words.verify && !scope.contains(&StepId::Storage) {
        return Err(Error::usage("--verify tries a claim, and storage is left out")
            .next("leave --verify out, or try a claim that is there: fsxctl verify"));
    }
    // Without a file system to make, EFA is only a matter of rules, and no size has to fit it.
    let efa = if scope.contains(&StepId::Storage) { words.network.clone() } else { NetworkArgs::default() };
    let intent = Intent {
        scope: scope.clone(),
        identity: identity(&words.identity)?,
        driver: driver(&words.driver, words.upgrade)?,
        network: network(&words.network, env)?,
        storage: storage::storage_wish(&words.storage, &efa)?,
        adopt: words
            .consent
            .adopt
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| parse::adoption(text).map_err(|e| Error::usage(format!("--adopt: {e}"))))
            .collect::<Result<_>>()?,
        tags: tags(&words.consent.tag)?,
        wait: (!words.consent.no_wait).then_some(timeout),
        migrate: words.migrate,
        bind: None,
    };
    Ok((intent, target, setup))
}

/// The wish of `byo` and `share`: a set-up of other parts, without identity and StorageClass.
pub(super) fn bind_intent(
    bind: Bind,
    (cluster, consent, claim): (&ClusterArgs, &ConsentArgs, &BoundArgs),
    global: &GlobalArgs,
    env: &Env,
) -> Result<(Intent, Target, Setup)> {
    let namespace = match &bind.namespaces {
        Namespaces::Named(all) => all.first().cloned(),
        Namespaces::Selected(_) => None,
    };
    let words = Words {
        cluster: cluster.clone(),
        identity: IdentityArgs { identity: Some("none".to_owned()), ..IdentityArgs::default() },
        storage: StorageArgs {
            claim: claim.claim.clone(),
            namespace,
            create_namespace: claim.create_namespace,
            ..StorageArgs::default()
        },
        consent: consent.clone(),
        skip: vec!["identity".to_owned()],
        ..Words::default()
    };
    let (intent, target, setup) = wish(words, global, env)?;
    Ok((Intent { bind: Some(bind), ..intent }, target, setup))
}

/// Which cluster, for commands that only look at one, and how long a call may take.
///
/// # Errors
/// Usage: a name or an ARN that is none.
pub fn cluster_intent(args: &ClusterArgs, global: &GlobalArgs, env: &Env) -> Result<(Target, Setup)> {
    let request_timeout = about::request_timeout(global)?;
    Ok((
        target(args, global, env)?,
        Setup { yes: false, dry_run: true, ask_leave: false, verify: false, request_timeout },
    ))
}

fn scope(words: &Words) -> Result<BTreeSet<StepId>> {
    if let Some(step) = words.alone {
        return Ok(BTreeSet::from([step]));
    }
    let listed = |flag: &str, list: &[String]| -> Result<BTreeSet<StepId>> {
        list.iter()
            .map(|text| {
                StepId::ALL.into_iter().find(|step| step.as_str() == text.trim()).ok_or_else(|| {
                    Error::usage(format!("--{flag}: {text:?} is none of identity, network, driver, storage"))
                })
            })
            .collect()
    };
    let (only, skip) = (listed("only", &words.only)?, listed("skip", &words.skip)?);
    let all: BTreeSet<StepId> = if only.is_empty() { StepId::ALL.into() } else { only };
    let scope: BTreeSet<StepId> = all.difference(&skip).copied().collect();
    if scope.is_empty() {
        return Err(Error::usage("--skip leaves nothing to do"));
    }
    Ok(scope)
}

pub(super) fn target(args: &ClusterArgs, global: &GlobalArgs, env: &Env) -> Result<Target> {
    let mut region = winner("region", global.region.as_deref(), env);
    let mut account = None;
    let cluster = match winner("cluster", args.cluster.as_deref(), env) {
        Some(asked) if asked.value.starts_with("arn:") => {
            let arn = asked
                .value
                .parse::<names::Arn>()
                .map_err(|e| Error::usage(format!("{}: {e}", asked.from)))?;
            let name = names::eks_cluster_name(&arn).map(str::to_owned);
            let name = name.ok_or_else(|| {
                Error::usage(format!("{}: {} is not an EKS cluster's ARN", asked.from, asked.value))
            })?;
            if let Some(other) = region.as_ref().filter(|other| other.value != arn.region) {
                return Err(Error::usage(format!(
                    "{} names a cluster in {}, but {} says {}",
                    asked.from, arn.region, other.from, other.value
                )));
            }
            region = Some(Asked { value: arn.region.clone(), from: asked.from.clone() });
            account = Some(Asked { value: arn.account.clone(), from: asked.from.clone() });
            Some(Asked { value: name, from: asked.from })
        }
        other => other,
    };
    if let Some(asked) = &cluster {
        names::check_cluster_name(&asked.value).map_err(|e| Error::usage(format!("{}: {e}", asked.from)))?;
    }
    Ok(Target {
        cluster,
        account,
        hyperpod: winner("hyperpod", args.hyperpod.as_deref(), env),
        region,
        profile: winner("profile", global.profile.as_deref(), env).map(|asked| asked.value),
        kubeconfig: global.kubeconfig.clone(),
        context: global.context.clone(),
        as_user: global.as_user.clone(),
        trace: global.trace_calls.clone(),
    })
}

fn flag(name: &'static str, value: Option<&String>) -> Option<Asked<String>> {
    value.map(|value| Asked { value: value.clone(), from: Source::Flag(name) })
}

fn identity(args: &IdentityArgs) -> Result<IdentityWish> {
    let mode = flag("identity", args.identity.as_ref())
        .map(|a| a.parse(|t| parse::identity_mode(&t)))
        .transpose()?;
    let policy = flag("policy", args.policy.as_ref()).map(|a| a.parse(|t| parse::policy(&t))).transpose()?;
    let account = flag("service-account", args.service_account.as_ref())
        .map(|a| a.parse(|t| parse::service_account(&t)));
    let checked = |name: &'static str, value: Option<&String>, check: fn(&str) -> Result<(), String>| {
        flag(name, value).map(|a| a.parse(|t| check(&t).map(|()| t.clone()))).transpose()
    };
    let arn = |text: &str| text.parse::<names::Arn>().map(|_| ()).map_err(|e| e.to_string());
    let role_arn = |text: &str| names::check_role_arn(text).map_err(|e| e.to_string());
    let role_name = |text: &str| names::check_role_name(text).map_err(|e| e.to_string());
    let role_path = |text: &str| names::check_role_path(text).map_err(|e| e.to_string());
    let mode = mode.unwrap_or_else(|| Asked::default(IdentityMode::Auto));
    let of_a_role = [
        ("role-arn", args.role_arn.is_some()),
        ("role-name", args.role_name.is_some()),
        ("role-path", args.role_path.is_some()),
        ("permissions-boundary", args.permissions_boundary.is_some()),
        ("policy", args.policy.is_some()),
    ];
    let wanted = of_a_role.into_iter().find(|(_, given)| *given);
    if let Some((flag, _)) = wanted.filter(|_| mode.value == IdentityMode::None) {
        return Err(Error::usage(format!("--{flag} is about a role, and {} none makes none", mode.from))
            .next(format!("leave out --{flag} or --identity none")));
    }
    let wish = IdentityWish {
        mode,
        role_arn: checked("role-arn", args.role_arn.as_ref(), role_arn)?,
        role_name: checked("role-name", args.role_name.as_ref(), role_name)?,
        role_path: checked("role-path", args.role_path.as_ref(), role_path)?
            .unwrap_or_else(|| Asked::default("/".to_owned())),
        boundary: checked("permissions-boundary", args.permissions_boundary.as_ref(), arn)?,
        policy: policy.unwrap_or_else(|| Asked::default(PolicyWish::Minimal)),
        service_account: account.transpose()?.unwrap_or_else(|| {
            Asked::default(("kube-system".to_owned(), "fsx-csi-controller-sa".to_owned()))
        }),
    };
    Ok(wish)
}

fn driver(args: &DriverArgs, upgrade: bool) -> Result<DriverWish> {
    let mode =
        flag("driver", args.driver.as_ref()).map(|a| a.parse(|t| parse::driver_mode(&t))).transpose()?;
    let version = flag("driver-version", args.driver_version.as_ref())
        .map(|a| a.parse(|t| parse::driver_version(&t)))
        .transpose()?;
    let chart = flag("chart", args.chart.as_ref()).map(|a| a.parse(|t| parse::chart(&t))).transpose()?;
    let mode = mode.unwrap_or_else(|| Asked::default(DriverMode::Auto));
    let values = args
        .helm_value
        .iter()
        .map(|text| parse::helm_value(text).map_err(|e| Error::usage(format!("--helm-value: {e}"))))
        .collect::<Result<Vec<_>>>()?;
    let is_for_helm = if chart.is_some() { Some("--chart") } else { values.first().map(|_| "--helm-value") };
    if let Some(flag) = is_for_helm.filter(|_| matches!(mode.value, DriverMode::Addon | DriverMode::Existing))
    {
        return Err(Error::usage(format!("{flag} is for Helm, and {} says otherwise", mode.from))
            .next(format!("add --driver helm, or leave {flag} out")));
    }
    Ok(DriverWish { mode, version, chart, values, upgrade })
}

fn network(args: &NetworkArgs, env: &Env) -> Result<NetworkWish> {
    let group = winner("security-group", args.security_group.as_deref(), env)
        .map(|a| a.parse(|t| parse::group(&t)))
        .transpose()?;
    let subnet =
        winner("subnet", args.subnet.as_deref(), env).map(|a| a.parse(|t| parse::subnet(&t))).transpose()?;
    Ok(NetworkWish {
        security_group: group.unwrap_or_else(|| Asked::default(GroupWish::Auto)),
        node_rules: !args.no_node_rules,
        subnet: subnet.unwrap_or_else(|| Asked::default(SubnetWish::Auto)),
        efa: args.efa,
    })
}

fn tags(typed: &[String]) -> Result<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    for text in typed {
        let (key, value) = pair(text).map_err(|e| Error::usage(format!("--tag: {e}")))?;
        names::check_tag(&key, &value).map_err(|e| Error::usage(format!("--tag: {e}")))?;
        if ownership::is_ownership_tag(&key) {
            return Err(Error::usage(format!("--tag {key}: this key is fsxctl's own")));
        }
        tags.insert(key, value);
    }
    Ok(tags)
}
