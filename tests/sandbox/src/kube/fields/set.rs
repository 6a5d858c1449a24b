//! A set of field paths in the shape of `fieldsV1`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Paths into an object. Elements are written as in `fieldsV1`: `f:name`, `k:{"name":"x"}`, `v:"x"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Whether the path that leads here is itself in the set.
    pub member: bool,
    /// What is below.
    pub children: BTreeMap<String, Self>,
}

impl FieldSet {
    /// Only the path that leads here.
    pub fn leaf() -> Self {
        Self { member: true, children: BTreeMap::new() }
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(Self::is_empty)
    }

    /// From `fieldsV1`.
    pub fn from_json(value: &Value) -> Self {
        let mut set = Self::default();
        for (key, below) in value.as_object().into_iter().flatten() {
            if key == "." {
                set.member = true;
                continue;
            }
            let mut child = Self::from_json(below);
            child.member |= below.as_object().is_none_or(Map::is_empty);
            set.children.insert(key.clone(), child);
        }
        set
    }

    /// To `fieldsV1`.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        for (key, child) in &self.children {
            let mut below = child.to_json();
            if let Value::Object(inside) = &mut below
                && child.member
                && !inside.is_empty()
            {
                inside.insert(".".into(), Value::Object(Map::new()));
                inside.sort_keys();
            }
            map.insert(key.clone(), below);
        }
        Value::Object(map)
    }

    /// Everything in either.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.member |= other.member;
        for (key, theirs) in &other.children {
            let ours = self.children.remove(key).unwrap_or_default();
            self.children.insert(key.clone(), ours.union(theirs));
        }
        self
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, true)
    }

    /// What is here and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, false)
    }

    fn combine(&self, other: &Self, both: bool) -> Self {
        let mut set = Self { member: self.member && other.member == both, children: BTreeMap::new() };
        for (key, child) in &self.children {
            let below = match other.children.get(key) {
                Some(theirs) => child.combine(theirs, both),
                None if both => continue,
                None => child.clone(),
            };
            if !below.is_empty() {
                set.children.insert(key.clone(), below);
            }
        }
        set
    }

    /// Whether the path is in the set.
    pub fn contains(&self, path: &[String]) -> bool {
        self.below(path).is_some_and(|set| set.member)
    }

    /// What the set holds at and below a path.
    pub fn below(&self, path: &[String]) -> Option<&Self> {
        path.iter().try_fold(self, |set, element| set.children.get(element))
    }

    /// Takes a path and everything below it out of the set.
    pub fn remove(&mut self, path: &[&str]) {
        match path {
            [] => *self = Self::default(),
            [last] => {
                self.children.remove(*last);
            }
            [first, rest @ ..] => {
                if let Some(child) = self.children.get_mut(*first) {
                    child.remove(rest);
                    if child.is_empty() {
                        self.children.remove(*first);
                    }
                }
            }
        }
    }

    /// All paths of the set in the order in which the API server tells them: at every level first what is owned
    /// itself, then what lies below (structured-merge-diff, `Set.Iterate`).
    pub fn paths(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        let each = |path: &mut Vec<String>, key: &str, visit: &mut dyn FnMut(&mut Vec<String>)| {
            path.push(key.to_owned());
            visit(path);
            path.pop();
        };
        for (key, _) in self.children.iter().filter(|(_, child)| child.member) {
            each(path, key, &mut |path| found.push(path.clone()));
        }
        for (key, child) in &self.children {
            each(path, key, &mut |path| child.collect(path, found));
        }
    }
}

/// A path as error texts show it: `.spec.containers[name="x"].image`.
pub fn show(path: &[String]) -> String {
    let mut text = String::new();
    for element in path {
        if let Some(name) = element.strip_prefix("f:") {
            text.push('.');
            text.push_str(name);
        } else if let Some(keys) = element.strip_prefix("k:") {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let parts: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
            text.push_str(&format!("[{}]", parts.join(",")));
        } else if let Some(value) = element.strip_prefix("v:") {
            text.push_str(&format!("[={value}]"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_round_trip_and_algebra() {
        let text = json!({"f:a": {}, "f:b": {".": {}, "f:c": {}}, "f:d": {"k:{\"name\":\"x\"}": {}}});
        let set = FieldSet::from_json(&text);
        assert_eq!(set.to_json(), text);
        let path = |p: &[&str]| p.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert!(set.contains(&path(&["f:b"])) && !set.contains(&path(&["f:d"])));
        let other = FieldSet::from_json(&json!({"f:b": {"f:c": {}}, "f:z": {}}));
        assert_eq!(set.intersection(&other).to_json(), json!({"f:b": {"f:c": {}}}));
        assert_eq!(
            set.difference(&other).to_json(),
            json!({"f:a": {}, "f:b": {}, "f:d": {"k:{\"name\":\"x\"}": {}}})
        );
        assert_eq!(set.clone().union(&other).intersection(&set), set);
        assert_eq!(show(&path(&["f:d", "k:{\"name\":\"x\"}", "f:image"])), ".d[name=\"x\"].image");
    }
}
