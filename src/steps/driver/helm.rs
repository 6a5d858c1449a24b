//! Helm: the service account that fsxctl makes, and the release of the driver's chart.

use serde_json::{Value, json};

use super::{Who, block, existing, readiness};
use crate::domain::ownership;
use crate::domain::storageclass::PROVISIONER;
use crate::domain::versions::DriverVersion;
use crate::error::Kind;
use crate::facts::{Facts, Release, Seen};
use crate::intent::Intent;
use crate::steps::{Action, Block, Change, HOME, Item, Note, ObjectRef, Resource, Sign, StepId, Verb};

/// Annotation of every object of a release: its name.
pub(crate) const RELEASE_NAME: &str = "meta.helm.sh/release-name";
/// The chart and its repository (the driver's docs/install.md).
pub(crate) const CHART: &str = "aws-fsx-csi-driver";
const REPOSITORY: &str = "https://kubernetes-sigs.github.io/aws-fsx-csi-driver";
/// The release's name: the one that docs/install.md gives it.
pub(crate) const RELEASE: &str = "aws-fsx-csi-driver";
/// The id of the change that makes the release, and of the one that makes the service account.
pub(super) const UPGRADE: &str = "helm-release";
const ACCOUNT: &str = "service-account";
/// A release is pending for the seconds that helm needs to make its objects, since fsxctl's helm waits for no pods.
/// After this many without a write nobody is at work any more.
pub(crate) const ABANDONED_SECONDS: u64 = 20;
/// The first helm with `--reset-then-reuse-values`; labels of releases came one before it.
const OLDEST: (u32, u32, u32) = (3, 14, 0);
/// Kinds of the chart's objects as RBAC names them, and the namespace of those that have one.
const KINDS: [(&str, bool); 7] = [
    ("serviceaccounts", true),
    ("poddisruptionbudgets.policy", true),
    ("daemonsets.apps", true),
    ("deployments.apps", true),
    ("clusterroles.rbac.authorization.k8s.io", false),
    ("clusterrolebindings.rbac.authorization.k8s.io", false),
    ("csidrivers.storage.k8s.io", false),
];

/// Whether this helm has the flags that are used.
pub(super) fn is_recent(version: &str) -> bool {
    version.parse::<DriverVersion>().is_ok_and(|version| version.at_least(OLDEST))
}

/// `release fsx in ml, chart aws-fsx-csi-driver 1.17.0`.
pub(super) fn named(release: &Release) -> String {
    let chart = match release.chart.as_str() {
        "" => String::new(),
        chart => format!(", chart {chart} {}", release.chart_version),
    };
    format!("by Helm as release {} in {}{chart}", release.name, release.namespace)
}

/// Whether helm may still be writing, or was ended in the middle.
pub(crate) fn is_pending(release: &Release) -> bool {
    release.status.starts_with("pending-") || release.status == "uninstalling"
}

/// A release in a state that is no ground to build on.
pub(super) fn unsettled(release: &Release) -> Box<Block> {
    let what = format!("release {} in {} is {}", release.name, release.namespace, release.status);
    let (name, namespace) = (&release.name, &release.namespace);
    if is_pending(release) && release.age_seconds < ABANDONED_SECONDS {
        let message = format!("{what}: another helm is at work");
        return block(Kind::Conflict, message, "wait until it is done and run it again");
    }
    let way_out = match release.status.as_str() {
        "pending-upgrade" | "pending-rollback" => format!("helm rollback {name} --namespace {namespace}"),
        "pending-install" | "uninstalling" => format!("helm uninstall {name} --namespace {namespace}"),
        _ => format!("helm status {name} --namespace {namespace}"),
    };
    let message = if is_pending(release) { format!("{what}: a helm was ended in the middle") } else { what };
    block(Kind::Conflict, format!("{message}, and the release is not fsxctl's"), &way_out)
}

/// A release that somebody else made: used as it is, when it is whole.
pub(super) fn of_others(
    intent: &Intent,
    facts: &Facts,
    release: &Release,
    who: &Who,
) -> Result<Item, Box<Block>> {
    let reference = format!("{}/{}", release.namespace, release.name);
    if intent.driver.upgrade {
        if release.chart != CHART {
            return Err(block(
                Kind::Conflict,
                format!("the driver is a part of chart {}, installed as {reference}", release.chart),
                "upgrade that release with helm",
            ));
        }
        if !intent.adopts("Release", &reference) {
            return Err(block(
                Kind::Conflict,
                format!("release {reference} is not fsxctl's"),
                &format!("let fsxctl upgrade it with --adopt Release/{reference}"),
            ));
        }
        return upgrade(intent, facts, release);
    }
    // A failed upgrade leaves the revision before it at work.
    let is_failed = release.status == "failed" && facts.driver.controller.found().is_some();
    if !is_failed && release.status != "deployed" {
        return Err(unsettled(release));
    }
    if facts.driver.controller.is_missing() {
        return Err(block(
            Kind::Conflict,
            format!("release {reference} is deployed, but it has no Deployment fsx-csi-controller"),
            &format!("helm get values {} --namespace {}", release.name, release.namespace),
        ));
    }
    let mut item = existing(intent, facts, &named(release), who)?;
    if is_failed {
        let text = format!("the last upgrade of release {reference} failed; the revision before it is used");
        item.notes.push(Note { sign: Sign::Warn, text });
    }
    Ok(item)
}

/// A release of fsxctl's own: kept, finished or mended.
pub(super) fn ours(intent: &Intent, facts: &Facts, release: &Release, who: &Who) -> Result<Item, Box<Block>> {
    if is_pending(release) && release.age_seconds < ABANDONED_SECONDS {
        return Err(unsettled(release));
    }
    if intent.driver.upgrade && !is_pending(release) {
        return upgrade(intent, facts, release);
    }
    if let Some(asked) = intent.driver.version.as_ref().filter(|asked| asked.value != release.chart_version) {
        return Err(block(
            Kind::Conflict,
            format!(
                "{} asks for {}, but the release is of {}",
                asked.from, asked.value, release.chart_version
            ),
            &format!("fsxctl setup driver --upgrade --driver-version {}", asked.value),
        ));
    }
    let mut changes = account(intent, facts, who)?;
    let is_annotated_anew = changes.iter().any(|change| change.id == ACCOUNT);
    let (mut before, because) = mending(facts, release, intent);
    if let Some(because) = because {
        // A broken release is brought to the chart that it was begun with.
        let version = Some(release.chart_version.clone()).filter(|version| !version.is_empty());
        let mut again = deploy(intent, facts, release, version)?;
        because.clone_into(&mut again.because);
        again.verb = Verb::Update;
        again.after.extend(before.iter().map(|change| change.id.clone()));
        changes.append(&mut before);
        changes.push(again);
    } else if is_annotated_anew {
        changes.extend(crate::steps::restart(facts, &[ACCOUNT]));
    }
    let mut notes = vec![Note {
        sign: Sign::Keep,
        text: format!(
            "release {} in {}: chart {} {}, {}",
            release.name, release.namespace, release.chart, release.chart_version, release.status
        ),
    }];
    notes.extend(readiness(facts).into_iter().filter(|_| changes.is_empty()));
    let because = if changes.is_empty() { "installed by Helm" } else { "the release is not as it should be" };
    Ok(Item { notes, ..Item::settled(StepId::Driver, because) }.with(changes))
}

/// Takes a release away. A migration uses it for a release that is whole.
pub(super) fn uninstall(facts: &Facts, release: &Release) -> Result<Change, Box<Block>> {
    usable(facts)?;
    Ok(Change {
        id: "helm-uninstall".to_owned(),
        verb: Verb::Delete,
        resource: resource(release),
        because: "the add-on would fight with it over the same objects".to_owned(),
        permissions: permissions(&release.namespace, &["get", "delete"]),
        later: Vec::new(),
        details: vec![format!("chart {} {}", release.chart, release.chart_version)],
        after: Vec::new(),
        action: Action::HelmUninstall { name: release.name.clone(), namespace: release.namespace.clone() },
    })
}

/// What must go before a release is deployed again, and why it must be; nothing when it is whole.
fn mending(facts: &Facts, release: &Release, intent: &Intent) -> (Vec<Change>, Option<&'static str>) {
    let (name, namespace) = (release.name.clone(), release.namespace.clone());
    let undo = |id: &str, verb: Verb, action: Action| Change {
        id: id.to_owned(),
        verb,
        resource: resource(release),
        because: format!("helm was ended in the middle: it is {}", release.status),
        permissions: permissions(&release.namespace, &["get", "patch", "delete"]),
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action,
    };
    match release.status.as_str() {
        "pending-install" | "uninstalling" => {
            let action = Action::HelmUninstall { name, namespace };
            (vec![undo("helm-uninstall", Verb::Delete, action)], Some("it was not installed whole"))
        }
        "pending-upgrade" | "pending-rollback" => {
            let action = Action::HelmRollback { name, namespace };
            (vec![undo("helm-rollback", Verb::Update, action)], Some("its upgrade was not made whole"))
        }
        "failed" => (Vec::new(), Some("its last revision failed")),
        _ if facts.driver.controller.is_missing() => (Vec::new(), Some("its Deployment is gone")),
        _ if differs(release, intent) => (Vec::new(), Some("other values were asked for")),
        _ => (Vec::new(), None),
    }
}

/// Whether a value that was asked for is another in the release.
fn differs(release: &Release, intent: &Intent) -> bool {
    intent.driver.values.iter().any(|(path, wanted)| {
        let there = path.iter().try_fold(&release.values, |value, name| value.get(name));
        there != Some(wanted)
    })
}

/// The release to another version of its chart, with the values it has.
fn upgrade(intent: &Intent, facts: &Facts, release: &Release) -> Result<Item, Box<Block>> {
    if is_pending(release) {
        return Err(unsettled(release));
    }
    let Some(asked) = &intent.driver.version else {
        return Err(block(
            Kind::Usage,
            format!("release {} is of chart {} {}", release.name, release.chart, release.chart_version),
            "name the chart's version to upgrade to with --driver-version",
        ));
    };
    if release.chart_version == asked.value && release.status == "deployed" {
        return Ok(Item::settled(StepId::Driver, format!("the release is of chart {} already", asked.value)));
    }
    let mut change = deploy(intent, facts, release, Some(asked.value.clone()))?;
    change.verb = Verb::Update;
    change.because = format!("{} asks for {}; it is {}", asked.from, asked.value, release.chart_version);
    let because = "another version was asked for";
    Ok(Item::settled(StepId::Driver, because).with(vec![change]))
}

/// Installs the chart.
pub(super) fn install(intent: &Intent, facts: &Facts, who: &Who) -> Result<Item, Box<Block>> {
    if let Seen::Hidden(veil) = &facts.driver.release {
        return Err(crate::steps::denied("Helm releases", veil));
    }
    let new = Release { name: RELEASE.to_owned(), namespace: HOME.to_owned(), ..Release::default() };
    let mut changes = account(intent, facts, who)?;
    changes.push(deploy(intent, facts, &new, None)?);
    let mut notes = Vec::new();
    if *who == Who::Unknown {
        let text =
            "the controller gets no role from fsxctl; without one it cannot make file systems".to_owned();
        notes.push(Note { sign: Sign::Warn, text });
    }
    Ok(Item { notes, ..Item::settled(StepId::Driver, "the driver is not installed") }.with(changes))
}

/// The one call of helm. `version`: that of a release which is there; what was asked for goes before it.
fn deploy(
    intent: &Intent,
    facts: &Facts,
    release: &Release,
    version: Option<String>,
) -> Result<Change, Box<Block>> {
    usable(facts)?;
    let (chart, repo) = match &intent.driver.chart {
        Some(asked) => (asked.value.clone(), None),
        None => (CHART.to_owned(), Some(REPOSITORY.to_owned())),
    };
    let version = intent.driver.version.as_ref().map(|asked| asked.value.clone()).or(version);
    let source = match (&version, &repo) {
        (Some(version), Some(repo)) => format!("chart {chart} {version} from {repo}"),
        (None, Some(repo)) => format!("the newest version of chart {chart} from {repo}"),
        (Some(version), None) => format!("chart {chart}, version {version}"),
        (None, None) => format!("chart {chart}"),
    };
    let details = vec![
        source,
        format!("Region {}, service account {}", facts.region, crate::steps::account(intent, facts).1),
    ];
    let is_new = release.revision == 0;
    // The values of a release of somebody else are theirs; only what was asked for is added.
    let is_fsxctls = is_new || release.ours && !release.adopted;
    let values = if is_fsxctls { values(intent, facts) } else { asked(intent, json!({})) };
    Ok(Change {
        id: UPGRADE.to_owned(),
        verb: Verb::Create,
        resource: resource(release),
        because: "the cluster has no FSx CSI driver".to_owned(),
        permissions: permissions(&release.namespace, &["get", "create", "patch"]),
        later: Vec::new(),
        details,
        // Pods get their credentials when they are made: account and association must be there by then.
        after: [ACCOUNT, "association", "role"].map(str::to_owned).to_vec(),
        action: Action::HelmUpgrade {
            name: release.name.clone(),
            namespace: release.namespace.clone(),
            chart,
            repo,
            version,
            values,
            keeps_values: !is_new,
            takes_over: is_new && intent.adopts("CSIDriver", PROVISIONER),
            adopted: !is_fsxctls,
        },
    })
}

/// Whether helm can be started and is recent enough.
fn usable(facts: &Facts) -> Result<(), Box<Block>> {
    let oldest = format!("{}.{}", OLDEST.0, OLDEST.1);
    let (message, next) = match &facts.driver.helm {
        Seen::Found(program) if is_recent(&program.version) => return Ok(()),
        Seen::Found(program) => (
            format!("helm {} at {} is too old", program.version, program.path),
            format!("install helm {oldest} or newer"),
        ),
        Seen::Missing => (
            "the driver would be installed with Helm, and there is no helm program on PATH".to_owned(),
            format!("install helm {oldest} or newer, or use --driver addon"),
        ),
        Seen::Hidden(veil) => {
            (format!("the helm program does not say its version: {}", veil.cause), "helm version".to_owned())
        }
    };
    Err(block(Kind::Usage, message, &next))
}

fn resource(release: &Release) -> Resource {
    Resource::new("Release", format!("{}/{}", release.namespace, release.name))
}

/// What helm needs in the cluster: its own Secrets, and the chart's kinds. Who makes roles must hold their rules, or
/// have `escalate` and `bind` (Kubernetes, Using RBAC authorization).
fn permissions(namespace: &str, verbs: &[&str]) -> Vec<String> {
    let secrets = ["list", "create", "update", "delete"].map(|verb| format!("{verb} secrets in {namespace}"));
    let kinds = KINDS.iter().flat_map(|(kind, is_namespaced)| {
        let place = if *is_namespaced { format!(" in {namespace}") } else { String::new() };
        verbs.iter().map(move |verb| format!("{verb} {kind}{place}"))
    });
    secrets.into_iter().chain(kinds).collect()
}

/// The values that fsxctl gives: the Region, since pods may not reach the instance metadata, and its service account.
fn values(intent: &Intent, facts: &Facts) -> Value {
    let (_, name) = crate::steps::account(intent, facts);
    let own = json!({
        "controller": {"region": facts.region, "serviceAccount": {"create": false, "name": name}},
        "node": {"region": facts.region},
    });
    asked(intent, own)
}

/// `--helm-value`s over these.
fn asked(intent: &Intent, mut values: Value) -> Value {
    for (path, value) in &intent.driver.values {
        let mut slot = &mut values;
        for name in path {
            if !slot.is_object() {
                *slot = json!({});
            }
            slot = &mut slot[name.as_str()];
        }
        slot.clone_from(value);
    }
    values
}

/// The controller's service account: made by fsxctl before the release, since the chart leaves it out.
fn account(intent: &Intent, facts: &Facts, who: &Who) -> Result<Vec<Change>, Box<Block>> {
    let (namespace, name) = crate::steps::account(intent, facts);
    if namespace != HOME && facts.driver.release.found().is_none() {
        return Err(block(
            Kind::Usage,
            format!(
                "{} names {namespace}/{name}, but the release goes to {HOME}",
                intent.identity.service_account.from
            ),
            &format!("name a service account of {HOME}"),
        ));
    }
    let reference = format!("{namespace}/{name}");
    let wanted = if let Who::Irsa(role) = who { Some(role) } else { None };
    let (verb, action) = match &facts.access.service_account {
        Seen::Hidden(veil) => return Err(crate::steps::denied("the controller's service account", veil)),
        Seen::Missing => (Verb::Create, create_account(&namespace, &name, wanted)),
        Seen::Found(there) if wanted.is_none() || there.role_arn.as_ref() == wanted => return Ok(Vec::new()),
        Seen::Found(there) => {
            let ours = ownership::is_labelled_ours(&there.marks.labels);
            if !ours && !intent.adopts("ServiceAccount", &reference) {
                return Err(block(
                    Kind::Conflict,
                    format!(
                        "service account {reference} is not fsxctl's, and it does not have role {}",
                        wanted.map(String::as_str).unwrap_or_default()
                    ),
                    &format!("let fsxctl annotate it with --adopt ServiceAccount/{reference}"),
                ));
            }
            let at = place(&namespace, &name, Some(there.marks.resource_version.clone()));
            let patch = json!({"metadata": {
                "annotations": {"eks.amazonaws.com/role-arn": wanted},
                "resourceVersion": there.marks.resource_version,
            }});
            (Verb::Update, Action::PatchObject { at, patch })
        }
    };
    let permission = if verb == Verb::Create { "create" } else { "patch" };
    Ok(vec![Change {
        id: ACCOUNT.to_owned(),
        verb,
        resource: Resource::new("ServiceAccount", reference),
        because: "the controller's pods run as it, and the chart leaves it to fsxctl".to_owned(),
        permissions: vec![format!("{permission} serviceaccounts in {namespace}")],
        later: Vec::new(),
        details: wanted.map(|role| format!("role {role}")).into_iter().collect(),
        after: Vec::new(),
        action,
    }])
}

fn create_account(namespace: &str, name: &str, role: Option<&String>) -> Action {
    let (label, manager) = ownership::label();
    let mut metadata = json!({"name": name, "namespace": namespace, "labels": {label: manager}});
    if let Some(role) = role {
        metadata["annotations"] = json!({"eks.amazonaws.com/role-arn": role});
    }
    let object = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
    Action::CreateObject { at: place(namespace, name, None), object, fills: Vec::new() }
}

pub(super) fn place(namespace: &str, name: &str, resource_version: Option<String>) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "ServiceAccount".to_owned(),
        plural: "serviceaccounts".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
        resource_version,
    }
}
