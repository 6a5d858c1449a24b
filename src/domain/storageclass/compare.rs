//! What differs between the class that was asked for and the one that is there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::ownership::is_ownership_tag;
use crate::domain::spelling::nearest_name;

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
/// FSx's default and an absent key. The ownership tags among `extraTags` never differ.
pub fn differences(asked: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Vec<Difference> {
    let differing = asked.iter().filter(|(key, value)| {
        let there = found.get(*key).map(String::as_str).unwrap_or_default();
        effect(key, value) != effect(key, there)
    });
    differing
        .map(|(key, value)| Difference {
            key: key.clone(),
            asked: value.clone(),
            found: found.get(key).cloned(),
        })
        .collect()
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
