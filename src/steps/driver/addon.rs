//! The EKS add-on: installing it, and bringing one that is there to the identity that was chosen.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{ADDON, Who, block, readiness};
use crate::domain::ownership::{self, Origin, Ownership};
use crate::domain::storageclass::PROVISIONER;
use crate::error::Kind;
use crate::facts::{Addon, AddonVersion, Facts, Seen};
use crate::intent::Intent;
use crate::steps::{
    Action, AddonAssociation, Associations, Block, Change, Conflicts, Item, Note, Resource, Sign, StepId,
    Verb,
};

/// The service account of the add-on's controller (EKS User Guide, Amazon FSx CSI driver).
const ACCOUNT: &str = "kube-system/fsx-csi-controller-sa";
/// The id of the change that makes the add-on.
pub(crate) const CREATE: &str = "addon";

/// The add-on is there.
pub(super) fn there(intent: &Intent, facts: &Facts, addon: &Addon, who: &Who) -> Result<Item, Box<Block>> {
    own_account(intent)?;
    refuse_broken(facts, addon)?;
    if intent.driver.upgrade {
        return super::upgrade::addon(intent, facts, addon);
    }
    if let Some(asked) = intent.driver.version.as_ref().filter(|asked| asked.value != addon.version) {
        return Err(block(
            Kind::Conflict,
            format!("{} asks for {}, but add-on {ADDON} is {}", asked.from, asked.value, addon.version),
            &format!("fsxctl setup driver --upgrade --driver-version {}", asked.value),
        ));
    }
    let mut notes = vec![Note {
        sign: Sign::Keep,
        text: format!("add-on {ADDON} {} is {}", addon.version, addon.status),
    }];
    notes.extend(readiness(facts).into_iter().filter(|_| addon.status == "ACTIVE"));
    notes.extend(
        addon
            .issues
            .iter()
            .map(|issue| Note { sign: Sign::Warn, text: format!("{}: {}", issue.code, issue.message) }),
    );
    let changes = bring_identity(intent, facts, addon, who)?;
    let because = if changes.is_empty() {
        "the add-on is installed"
    } else {
        "the add-on's controller has no or another role"
    };
    Ok(Item { notes, ..Item::settled(StepId::Driver, because) }.with(changes))
}

fn refuse_broken(facts: &Facts, addon: &Addon) -> Result<(), Box<Block>> {
    let issues: Vec<String> =
        addon.issues.iter().map(|issue| format!("{}: {}", issue.code, issue.message)).collect();
    let told = if issues.is_empty() { String::new() } else { format!(" ({})", issues.join("; ")) };
    match addon.status.as_str() {
        "CREATE_FAILED" | "DELETE_FAILED" => Err(block(
            Kind::Conflict,
            format!("add-on {ADDON} is {}{told}", addon.status),
            &format!(
                "mend what it names, or remove it: aws eks delete-addon --addon-name {ADDON} --cluster-name {}",
                facts.cluster.name
            ),
        )),
        "DELETING" => Err(block(
            Kind::Conflict,
            format!("add-on {ADDON} is being deleted"),
            "wait until it is gone and run it again",
        )),
        _ => Ok(()),
    }
}

/// The role of an add-on that is there. Only when the identity is fsxctl's business and not yet in place.
fn bring_identity(
    intent: &Intent,
    facts: &Facts,
    addon: &Addon,
    who: &Who,
) -> Result<Vec<Change>, Box<Block>> {
    let Who::Irsa(role) = who else { return Ok(Vec::new()) };
    let annotated = facts.access.service_account.found().and_then(|account| account.role_arn.as_ref());
    if annotated == Some(role) || addon.role_arn.as_ref() == Some(role) {
        return Ok(Vec::new());
    }
    let ours = ownership::is_ours(&addon.tags, &facts.cluster.arn);
    if !ours && !intent.adopts("Addon", ADDON) {
        return Err(block(
            Kind::Conflict,
            format!(
                "add-on {ADDON} is not fsxctl's ({}), and its controller does not have role {role}",
                ownership::maker_by_tags(&addon.tags)
            ),
            &format!("let fsxctl change it with --adopt Addon/{ADDON}"),
        ));
    }
    let update = Change {
        id: "addon-role".to_owned(),
        verb: Verb::Update,
        resource: Resource::new("Addon", ADDON),
        because: "its controller shall have the role".to_owned(),
        permissions: vec!["eks:UpdateAddon".to_owned(), "iam:PassRole".to_owned()],
        later: Vec::new(),
        details: vec![format!("service account role {role}")],
        after: identity_changes(),
        action: Action::UpdateAddon {
            cluster: facts.cluster.name.clone(),
            name: ADDON.to_owned(),
            version: None,
            role_arn: Some(role.clone()),
            association: Associations::Keep,
            conflicts: if intent.adopts("ServiceAccount", &service_account(intent)) {
                Conflicts::Overwrite
            } else {
                Conflicts::None
            },
            configuration: None,
        },
    };
    let mut changes = vec![update];
    if ownership::owner_of(&addon.tags) == Ownership::NotOurs {
        changes.push(adopt(facts, addon));
    }
    changes.extend(crate::steps::restart(facts, &["addon-role"]));
    Ok(changes)
}

/// What was adopted says so: the next change of it needs no second leave, and undo does not delete it.
fn adopt(facts: &Facts, addon: &Addon) -> Change {
    Change {
        id: "addon-tags".to_owned(),
        verb: Verb::Update,
        resource: Resource::new("Addon", ADDON),
        because: "what fsxctl changed is to be found again".to_owned(),
        permissions: vec!["eks:TagResource".to_owned()],
        later: Vec::new(),
        details: vec![format!("tag {}=adopted", ownership::TAG_ORIGIN)],
        after: vec!["addon-role".to_owned()],
        action: Action::TagAddon {
            arn: addon.arn.clone(),
            tags: ownership::tags(&facts.cluster.arn, Origin::Adopted, &std::collections::BTreeMap::new()),
        },
    }
}

/// The identity's changes that must come before, if the plan has them.
fn identity_changes() -> Vec<String> {
    vec!["role".to_owned()]
}

fn service_account(intent: &Intent) -> String {
    let (namespace, name) = &intent.identity.service_account.value;
    format!("{namespace}/{name}")
}

/// The add-on's controller has one service account, whatever was asked for.
fn own_account(intent: &Intent) -> Result<(), Box<Block>> {
    let asked = &intent.identity.service_account;
    if service_account(intent) == ACCOUNT {
        return Ok(());
    }
    Err(block(
        Kind::Usage,
        format!(
            "{} names {}, but the add-on's controller always runs as {ACCOUNT}",
            asked.from,
            service_account(intent)
        ),
        "leave --service-account out, or use --driver existing",
    ))
}

/// Installs the add-on.
pub(super) fn install(intent: &Intent, facts: &Facts, who: &Who) -> Result<Item, Box<Block>> {
    own_account(intent)?;
    let version = version(intent, facts)?;
    let overwrite = may_take_account(intent, facts)? || intent.adopts("CSIDriver", PROVISIONER);
    let (configuration, mut notes) = configuration(facts);
    if *who == Who::Unknown {
        notes.push(Note {
            sign: Sign::Warn,
            text: "the controller gets no role from fsxctl; without one it cannot make file systems"
                .to_owned(),
        });
    }
    let for_helm =
        [("--chart", intent.driver.chart.is_some()), ("--helm-value", !intent.driver.values.is_empty())];
    notes.extend(for_helm.into_iter().filter(|(_, given)| *given).map(|(flag, _)| Note {
        sign: Sign::Warn,
        text: format!("{flag} is for Helm, and the add-on is taken; --driver helm takes Helm"),
    }));
    let mut details = vec![format!("version {version}")];
    let (role_arn, association) = match who {
        Who::Irsa(role) => (Some(role.clone()), None),
        Who::PodIdentity { role_arn, associated: false } => {
            let (_, name) = intent.identity.service_account.value.clone();
            (None, Some(AddonAssociation { service_account: name, role_arn: role_arn.clone() }))
        }
        Who::PodIdentity { associated: true, .. } | Who::Unknown => (None, None),
    };
    details.extend(role_arn.iter().map(|role| format!("service account role {role}")));
    details.extend(
        association
            .iter()
            .map(|it| format!("Pod Identity association {} with {}", it.service_account, it.role_arn)),
    );
    details.extend(configuration.iter().map(|text| format!("configuration {text}")));
    let change =
        create(intent, facts, Install { version, role_arn, association, overwrite, configuration, details });
    let item = Item { notes, ..Item::settled(StepId::Driver, "the driver is not installed") };
    Ok(item.with(vec![change]))
}

struct Install {
    version: String,
    role_arn: Option<String>,
    association: Option<AddonAssociation>,
    overwrite: bool,
    configuration: Option<String>,
    details: Vec<String>,
}

fn create(intent: &Intent, facts: &Facts, install: Install) -> Change {
    let Install { version, role_arn, association, overwrite, configuration, details } = install;
    let mut permissions = vec!["eks:CreateAddon".to_owned(), "eks:TagResource".to_owned()];
    if role_arn.is_some() || association.is_some() {
        permissions.push("iam:PassRole".to_owned());
    }
    if association.is_some() {
        permissions.push("eks:CreatePodIdentityAssociation".to_owned());
    }
    let token = token(&[
        &facts.cluster.arn,
        &version,
        role_arn.as_deref().or(association.as_ref().map(|it| it.role_arn.as_str())).unwrap_or_default(),
        configuration.as_deref().unwrap_or_default(),
        if overwrite { "overwrite" } else { "" },
    ]);
    Change {
        id: CREATE.to_owned(),
        verb: Verb::Create,
        resource: Resource::new("Addon", ADDON),
        because: "the cluster has no FSx CSI driver".to_owned(),
        permissions,
        later: vec!["arn".to_owned()],
        details,
        after: identity_changes(),
        action: Action::CreateAddon {
            cluster: facts.cluster.name.clone(),
            name: ADDON.to_owned(),
            version: Some(version),
            role_arn,
            association,
            overwrite,
            configuration,
            token,
            tags: ownership::tags(&facts.cluster.arn, Origin::Created, &intent.tags),
        },
    }
}

/// The same request has the same token; EKS refuses a token that comes back with other parameters.
fn token(parameters: &[&str]) -> String {
    let digest = hex::encode(Sha256::digest(parameters.join("\n")));
    format!("fsxctl-{}", digest.get(..32).unwrap_or_default())
}

/// The build to install: the asked-for one, else the default of this Kubernetes version, else its newest.
fn version(intent: &Intent, facts: &Facts) -> Result<String, Box<Block>> {
    let versions = match &facts.driver.versions {
        Seen::Found(versions) => versions.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => match &intent.driver.version {
            Some(asked) => return Ok(asked.value.clone()),
            None => return Err(crate::steps::denied("builds of the add-on", veil)),
        },
    };
    let kubernetes = &facts.cluster.version;
    let fitting: Vec<&AddonVersion> =
        versions.iter().filter(|version| version.kubernetes.contains(kubernetes)).collect();
    if let Some(asked) = &intent.driver.version {
        if fitting.iter().any(|version| version.version == asked.value) {
            return Ok(asked.value.clone());
        }
        let there: Vec<&str> = fitting.iter().map(|version| version.version.as_str()).collect();
        return Err(block(
            Kind::Usage,
            format!(
                "{} names {}, which has no build for Kubernetes {kubernetes}; there are {}",
                asked.from,
                asked.value,
                there.join(", ")
            ),
            "name one of these, or leave --driver-version out",
        ));
    }
    let default = fitting.iter().find(|version| version.default_for.contains(kubernetes));
    match default.or_else(|| fitting.first()) {
        Some(version) => Ok(version.version.clone()),
        None => Err(block(
            Kind::Usage,
            format!("add-on {ADDON} has no build for Kubernetes {kubernetes}"),
            "put helm on PATH and run it again, which then installs the chart; or install it yourself and use --driver existing",
        )),
    }
}

/// A service account that is there although the driver is not: the add-on refuses to take it over. Only adoption does.
fn may_take_account(intent: &Intent, facts: &Facts) -> Result<bool, Box<Block>> {
    let reference = service_account(intent);
    match &facts.access.service_account {
        Seen::Missing => Ok(false),
        Seen::Hidden(veil) => Err(crate::steps::denied("the controller's service account", veil)),
        Seen::Found(account) => {
            let ours = ownership::is_labelled_ours(&account.marks.labels);
            if ours || intent.adopts("ServiceAccount", &reference) {
                return Ok(true);
            }
            Err(block(
                Kind::Conflict,
                format!(
                    "service account {reference} is there and not fsxctl's ({}), so the add-on would refuse to install over it",
                    ownership::maker_by_labels(&account.marks.labels, &account.marks.annotations)
                ),
                &format!("let the add-on take it over with --adopt ServiceAccount/{reference}"),
            ))
        }
    }
}

/// `AWS_REGION` for controller and node, where the build's schema takes it: pods may not reach the instance metadata.
fn configuration(facts: &Facts) -> (Option<String>, Vec<Note>) {
    if let Some(veil) = facts.driver.schema.hidden() {
        let text = format!(
            "whether this build's configuration has a Region setting cannot be seen ({}); none is given",
            veil.permission
        );
        return (None, vec![Note { sign: Sign::Unknown, text }]);
    }
    let Some(schema) = facts.driver.schema.found() else { return (None, Vec::new()) };
    let mut values = serde_json::Map::new();
    for part in ["controller", "node"] {
        if takes_region(schema, part) {
            values.insert(part.to_owned(), json!({"region": facts.region}));
        }
    }
    if values.is_empty() {
        let text =
            "this build's configuration has no Region setting; the driver asks the instance metadata for it"
                .to_owned();
        return (None, vec![Note { sign: Sign::Keep, text }]);
    }
    (Some(Value::Object(values).to_string()), Vec::new())
}

/// Whether a JSON Schema has `properties.<part>.properties.region`, directly or through a `$ref` into the schema.
fn takes_region(schema: &Value, part: &str) -> bool {
    let resolve = |value: &Value| -> Value {
        let reference = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        reference.and_then(|pointer| schema.pointer(pointer)).unwrap_or(value).clone()
    };
    let root = resolve(schema);
    let Some(part) = root.pointer(&format!("/properties/{part}")) else { return false };
    resolve(part).pointer("/properties/region").is_some()
}
