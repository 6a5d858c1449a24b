//! `setup driver --list-versions`: the builds of the add-on for this Kubernetes. Looks, and writes nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::speak::Speak;
use super::way::{check_account, cluster_name, open};
use crate::cli::{GlobalArgs, SetupCommand};
use crate::domain::versions::DriverVersion;
use crate::error::{Error, Kind, Result};
use crate::facts::{AddonVersion, Seen};
use crate::gateway::Reads;
use crate::intent::setup_intent;
use crate::report::escape;
use crate::steps::driver::ADDON;

/// Whether the command is this one.
pub(super) fn is_asked(command: &SetupCommand) -> bool {
    matches!(command, SetupCommand::Driver(args) if args.list_versions)
}

/// Lists the builds, newest first.
///
/// # Errors
/// No such cluster; what may not be seen.
pub(super) async fn run(
    command: &SetupCommand,
    global: &GlobalArgs,
    env: &BTreeMap<String, String>,
    speak: &Speak,
) -> Result<u8> {
    let (_, target, setup) = setup_intent(command, global, env)?;
    let session = Box::pin(open(env, &target, setup.request_timeout)).await?;
    let name = cluster_name(&session, &target, env).await?;
    check_account(&session, target.account.as_ref()).await?;
    let reads = Reads::new(&session);
    let (cluster, addon, versions) = Box::pin(async {
        futures::join!(reads.cluster(&name), reads.addon(&name, ADDON), reads.addon_versions(ADDON))
    })
    .await;
    let kubernetes = must(cluster?, &format!("EKS cluster {name}"))?
        .ok_or_else(|| {
            Error::usage(format!("there is no EKS cluster {name} in this Region"))
                .next("name one with --cluster")
        })?
        .version;
    let mut fitting: Vec<AddonVersion> = must(versions?, "builds of the add-on")?.unwrap_or_default();
    fitting.retain(|build| build.kubernetes.contains(&kubernetes));
    fitting.sort_by_key(|build| std::cmp::Reverse(build.version.parse::<DriverVersion>().ok()));
    let installed = addon?;
    let is_installed =
        |build: &AddonVersion| installed.found().is_some_and(|addon| addon.version == build.version);
    let rows: Vec<(String, bool, bool)> = fitting
        .iter()
        .map(|build| (build.version.clone(), build.default_for.contains(&kubernetes), is_installed(build)))
        .collect();
    let items: Vec<Value> = rows
        .iter()
        .map(|(version, default, installed)| json!({"version": version, "default": default, "installed": installed}))
        .collect();
    let document = json!({
        "apiVersion": "fsxctl.io/v1alpha1", "kind": "DriverVersions", "fsxctlVersion": env!("CARGO_PKG_VERSION"),
        "cluster": name, "kubernetes": kubernetes, "addon": ADDON, "exitCode": 0, "items": items,
    });
    speak.give_value(&document, || {
        table(&name, &kubernetes, &rows, installed.hidden().map(|veil| veil.permission.as_str()))
    })
}

fn must<T>(seen: Seen<T>, what: &str) -> Result<Option<T>> {
    match seen {
        Seen::Found(value) => Ok(Some(value)),
        Seen::Missing => Ok(None),
        Seen::Hidden(veil) => Err(Error::new(Kind::Denied, format!("{what} cannot be seen"))
            .because(veil.cause)
            .permission(veil.permission)),
    }
}

fn table(cluster: &str, kubernetes: &str, rows: &[(String, bool, bool)], hidden: Option<&str>) -> String {
    let mut text =
        format!("add-on {ADDON} for Kubernetes {} of cluster {}\n", escape(kubernetes), escape(cluster));
    for (version, default, installed) in rows {
        let marks: Vec<&str> = [("default", default), ("installed", installed)]
            .into_iter()
            .filter(|(_, is)| **is)
            .map(|(word, _)| word)
            .collect();
        text.push_str(format!("  {:<24}{}", escape(version), marks.join(", ")).trim_end());
        text.push('\n');
    }
    if rows.is_empty() {
        text.push_str("  no build\n");
    }
    if let Some(permission) = hidden {
        text.push_str(&format!("? which one is installed cannot be seen ({})\n", escape(permission)));
    }
    text
}
