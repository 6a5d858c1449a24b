//! Who belongs to whom, so that nobody has to look through everything: dependents by the uid of their
//! owner, events by the uid of what they are about.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::KubeStore;
use super::meta::{name_of, namespace_of};

/// Key of the kind, namespace, name.
type Place = (String, String, String);

/// The index. Pods without a controlling owner stand under the empty uid.
#[derive(Debug, Default)]
pub struct Index {
    places: HashMap<String, BTreeSet<Place>>,
}

/// The uids that lead to an object.
fn uids(kind: &str, object: &Value) -> Vec<String> {
    if kind == "/Event" {
        return object["involvedObject"]["uid"]
            .as_str()
            .map(|uid| format!("event:{uid}"))
            .into_iter()
            .collect();
    }
    let owners = object["metadata"]["ownerReferences"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut uids: Vec<String> = owners.iter().filter_map(|o| o["uid"].as_str().map(str::to_owned)).collect();
    if kind == "/Pod" && !owners.iter().any(|o| o["controller"] == true) {
        uids.push(String::new());
    }
    uids
}

impl Index {
    /// Takes the old version of an object out and the new one in.
    pub fn replace(&mut self, kind: &str, old: Option<&Value>, new: Option<&Value>) {
        let place =
            |object: &Value| (kind.to_owned(), namespace_of(object).to_owned(), name_of(object).to_owned());
        for (object, uid) in old.into_iter().flat_map(|o| uids(kind, o).into_iter().map(move |uid| (o, uid)))
        {
            if let Some(places) = self.places.get_mut(&uid) {
                places.remove(&place(object));
                if places.is_empty() {
                    self.places.remove(&uid);
                }
            }
        }
        for (object, uid) in new.into_iter().flat_map(|o| uids(kind, o).into_iter().map(move |uid| (o, uid)))
        {
            self.places.entry(uid).or_default().insert(place(object));
        }
    }
}

impl KubeStore {
    fn led_to(&self, uid: &str) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        self.index.places.get(uid).into_iter().flatten().filter_map(|(kind, namespace, name)| {
            let found = self.objects.get(kind)?.get(&(namespace.clone(), name.clone()))?;
            Some((kind.as_str(), found))
        })
    }

    /// The objects that name this uid as an owner, with the key of their kind.
    pub fn owned_by(&self, uid: &str) -> Vec<(String, Arc<Value>)> {
        if uid.is_empty() {
            return Vec::new();
        }
        self.led_to(uid).map(|(kind, object)| (kind.to_owned(), object.clone())).collect()
    }

    /// The pods that nobody controls.
    pub fn orphan_pods(&self) -> Vec<Arc<Value>> {
        self.led_to("").map(|(_, pod)| pod.clone()).collect()
    }

    /// The events about the object of this uid.
    pub fn events_about(&self, uid: &str) -> Vec<Arc<Value>> {
        self.led_to(&format!("event:{uid}")).map(|(_, event)| event.clone()).collect()
    }
}
