//! `setup driver --list-versions`: the builds of the add-on for this Kubernetes. Looks, and writes nothing.

use std::collections::BTreeMap;

use super::speak::{Answer, Speak};
use super::way::{self, check_account, cluster_name, open};
use crate::cli::{GlobalArgs, SetupCommand};
use crate::domain::versions::DriverVersion;
use crate::error::{Error, Kind, Result};
use crate::facts::{AddonVersion, Seen};
use crate::gateway::Reads;
use crate::intent::{DriverMode, setup_intent};
use crate::report::{VersionItem, VersionsBody, versions_document, versions_page};
use crate::steps::driver::ADDON;
use crate::steps::{Note, Sign};

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
    let (intent, target, setup) = setup_intent(command, global, env)?;
    if intent.driver.mode.value == DriverMode::Helm {
        return Err(Error::usage(
            "--list-versions lists builds of the EKS add-on, and --driver helm takes none",
        )
        .next("list those of the chart: helm search repo aws-fsx-csi-driver --versions"));
    }
    let session = Box::pin(open(env, &target, setup.request_timeout)).await?;
    let name = cluster_name(&session, &target, env).await?;
    check_account(&session, target.account.as_ref()).await?;
    let reads = Reads::new(&session);
    let (cluster, addon, versions) = Box::pin(async {
        futures::join!(reads.cluster(&name), reads.addon(&name, ADDON), reads.addon_versions(ADDON))
    })
    .await;
    let cluster = must(cluster?, &format!("EKS cluster {name}"))?.ok_or_else(|| {
        Error::usage(format!("there is no EKS cluster {name} in this Region")).next("name one with --cluster")
    })?;
    let mut fitting: Vec<AddonVersion> = must(versions?, "builds of the add-on")?.unwrap_or_default();
    fitting.retain(|build| build.kubernetes.contains(&cluster.version));
    fitting.sort_by_key(|build| std::cmp::Reverse(build.version.parse::<DriverVersion>().ok()));
    let installed = addon?;
    let items = fitting.into_iter().map(|build| VersionItem {
        default: build.default_for.contains(&cluster.version),
        installed: match &installed {
            Seen::Found(addon) => Some(addon.version == build.version),
            Seen::Missing => Some(false),
            Seen::Hidden(_) => None,
        },
        version: build.version,
    });
    let notes = installed.hidden().map(|veil| Note {
        sign: Sign::Unknown,
        text: format!("which one is installed cannot be seen ({})", veil.permission),
    });
    let body = VersionsBody {
        kubernetes: cluster.version.clone(),
        addon: ADDON.to_owned(),
        items: items.collect(),
        notes: notes.into_iter().collect(),
    };
    let page = versions_page(&name, &body, speak.term.view());
    let document = versions_document(&speak.frame(Some(way::cluster_id(&cluster)), 0), body);
    speak.give(&Answer { page, document: &document })
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
