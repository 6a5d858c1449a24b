//! What differs between the class that was asked for and the one that is there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::lustre::DeploymentType;
use crate::domain::ownership::is_ownership_tag;
use crate::domain::spelling::nearest_name;
use crate::domain::versions;

use super::read::read_bool;
use super::{Kind, PARAMETERS, parameter};

/// A parameter that is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The parameter.
    pub key: String,
    /// What was asked for.
    pub asked: String,
    /// What is there; `None` when the class does not have the key.
    pub found: Option<String>,
}

/// The asked-for parameters that a class does not have as asked.
///
/// Only keys in `asked` are compared. Equal in effect is equal: lists in another order, `True` and `true`,
/// FSx's default and an absent key. Of `extraTags` only the asked-for tags are compared, and never those of
/// ownership.
pub fn differences(asked: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Vec<Difference> {
    let differing = asked.iter().filter(|(key, value)| {
        let there = found.get(*key).cloned().or_else(|| implied(key, found)).unwrap_or_default();
        let (asked, there) = (effect(key, value), effect(key, &there));
        if *key == "extraTags" { !asked.is_subset(&there) } else { asked != there }
    });
    differing
        .map(|(key, value)| Difference {
            key: key.clone(),
            asked: value.clone(),
            found: found.get(key).cloned(),
        })
        .collect()
}

/// The Lustre version that FSx gives when the class does not state one; it depends on the type.
fn implied(key: &str, found: &BTreeMap<String, String>) -> Option<String> {
    if key != "fileSystemTypeVersion" {
        return None;
    }
    let deployment =
        found.get("deploymentType").map_or(Ok(DeploymentType::Scratch1), |it| it.parse()).ok()?;
    let has_metadata = found.contains_key("metadataConfigurationMode");
    Some(versions::default_of(deployment, has_metadata).to_string())
}

/// A value reduced to what it means to the driver.
fn effect(key: &str, value: &str) -> BTreeSet<String> {
    let known = parameter(key);
    let default = known.map_or("", |it| it.default);
    let value = if value.is_empty() { default } else { value };
    let one = |text: String| BTreeSet::from([text]);
    match known.map(|it| it.kind) {
        Some(Kind::List) => {
            let items = value.split(',').filter(|it| !it.is_empty() && !is_ownership_item(key, it));
            items.map(str::to_owned).collect()
        }
        Some(Kind::Bool) => one(read_bool(value).map_or_else(|| value.to_owned(), |it| it.to_string())),
        Some(Kind::Int) => one(value.parse::<i64>().map_or_else(|_| value.to_owned(), |it| it.to_string())),
        Some(Kind::Text | Kind::Enum) | None => one(value.to_owned()),
    }
}

fn is_ownership_item(key: &str, item: &str) -> bool {
    key == "extraTags" && item.split('=').next().is_some_and(is_ownership_tag)
}

/// The keys that the driver would silently ignore, each with the key that was probably meant.
///
/// Keys under `csi.storage.k8s.io/` are read by the sidecars and are not among them.
pub fn unknown_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Vec<(String, Option<&'static str>)> {
    let legal: Vec<&'static str> = PARAMETERS.iter().map(|it| it.key).collect();
    let unknown =
        keys.into_iter().filter(|key| parameter(key).is_none() && !key.starts_with("csi.storage.k8s.io/"));
    unknown.map(|key| (key.to_owned(), nearest_name(key, &legal))).collect()
}
