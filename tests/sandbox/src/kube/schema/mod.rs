//! What the fields of the served kinds are: k8s-openapi's schemas, completed with the list and map
//! types that server-side apply and strategic merge need, and the schemas of CRDs.
//!
//! Field ownership, patches, strict validation and OpenAPI all walk these schemas, so that there is
//! one place that says which list is keyed by what.

mod lists;
pub mod quantities;
pub mod strict;
pub mod typed;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use k8s_openapi::api::{
    apps::v1 as apps, authentication::v1 as authn, authorization::v1 as authz, batch::v1 as batch,
    coordination::v1 as coordination, core::v1 as core, events::v1 as events, networking::v1 as networking,
    policy::v1 as policy, rbac::v1 as rbac, scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as extensions;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::kinds::Kind;

const PREFIX: &str = "#/components/schemas/";

/// How a list merges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListType {
    /// Replaced as a whole.
    Atomic,
    /// A set of scalars.
    Set,
    /// A map keyed by these members.
    Map(Vec<String>),
}

/// The schema at one place of an object. `None` inside means: anything goes (no schema known).
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    schema: Option<&'a Value>,
    /// The schema of the field itself, where a `$ref` carries siblings.
    outer: Option<&'a Value>,
    all: &'a Map<String, Value>,
}

impl<'a> Node<'a> {
    fn at(all: &'a Map<String, Value>, outer: Option<&'a Value>) -> Self {
        let mut schema = outer;
        while let Some(name) = schema.and_then(reference) {
            schema = all.get(name);
        }
        Self { schema, outer, all }
    }

    /// The member `name` of an object here: a declared field, or a value of a free map.
    pub fn field(&self, name: &str) -> Self {
        let declared = self.declared(name);
        let outer = declared.or_else(|| self.schema.and_then(|s| s.get("additionalProperties")));
        Self::at(self.all, outer.filter(|s| s.is_object()))
    }

    /// The schema of a declared field, if `name` is one.
    pub fn declared(&self, name: &str) -> Option<&'a Value> {
        self.schema?.get("properties")?.get(name)
    }

    /// Whether only declared members are allowed here.
    pub fn closed(&self) -> bool {
        self.schema.is_some_and(|s| {
            s.get("properties").is_some()
                && s.get("additionalProperties").is_none()
                && s.get("x-kubernetes-preserve-unknown-fields").is_none()
        })
    }

    /// The items of a list here.
    pub fn items(&self) -> Self {
        Self::at(self.all, self.schema.and_then(|s| s.get("items")))
    }

    /// Whether the schema here is a reference to the component that is called so (its last word).
    pub fn refers_to(&self, name: &str) -> bool {
        self.outer.and_then(reference).is_some_and(|full| full.rsplit('.').next() == Some(name))
    }

    /// Name of the Go type here, where the schema is a component.
    pub fn type_name(&self) -> Option<&'a str> {
        self.outer.and_then(reference).and_then(|full| full.rsplit('.').next())
    }

    /// JSON type that the schema names, empty when it names none.
    pub fn json_type(&self) -> &'a str {
        self.schema.and_then(|s| s.get("type")).and_then(Value::as_str).unwrap_or_default()
    }

    fn mark(&self, name: &str) -> Option<&'a Value> {
        self.outer.and_then(|s| s.get(name)).or_else(|| self.schema.and_then(|s| s.get(name)))
    }

    /// How a list here merges.
    pub fn list_type(&self) -> ListType {
        match self.mark("x-kubernetes-list-type").and_then(Value::as_str) {
            Some("set") => ListType::Set,
            Some("map") => ListType::Map(
                self.mark("x-kubernetes-list-map-keys")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|k| k.as_str().map(str::to_owned))
                    .collect(),
            ),
            _ => ListType::Atomic,
        }
    }

    /// Whether an object here is replaced as a whole.
    pub fn atomic_map(&self) -> bool {
        self.mark("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic")
    }

    /// The strategic merge key of a list here, for `patchStrategy=merge`.
    pub fn merge_key(&self) -> Option<&'a str> {
        self.mark("x-kubernetes-patch-merge-key").and_then(Value::as_str)
    }

    /// Whether `strategy` is among the strategic merge strategies here (`merge`, `retainKeys`).
    pub fn strategy(&self, strategy: &str) -> bool {
        self.mark("x-kubernetes-patch-strategy")
            .and_then(Value::as_str)
            .is_some_and(|s| s.split(',').any(|one| one == strategy))
    }

    /// The default of a list-map key here, which stands in for an absent one.
    pub fn default_of(&self, key: &str) -> Option<&'a Value> {
        self.declared(key)?.get("default")
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

macro_rules! kinds {
    ($generator:ident: $($type:ty),* $(,)?) => { $( $generator.subschema_for::<$type>(); )* };
}

fn generate() -> Map<String, Value> {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|s| {
            s.definitions_path = "/components/schemas".into();
            s.meta_schema = None;
            s.transforms.clear();
        })
        .into_generator();
    kinds!(generator:
        core::Namespace, core::ConfigMap, core::Endpoints, core::Event, core::LimitRange, core::Node,
        core::PersistentVolume, core::PersistentVolumeClaim, core::Pod, core::ResourceQuota, core::Secret,
        core::Service, core::ServiceAccount, apps::ControllerRevision, apps::DaemonSet, apps::Deployment,
        apps::ReplicaSet, apps::StatefulSet, batch::CronJob, batch::Job, storage::CSIDriver,
        storage::CSINode, storage::CSIStorageCapacity, storage::StorageClass, storage::VolumeAttachment,
        rbac::ClusterRole, rbac::ClusterRoleBinding, rbac::Role, rbac::RoleBinding,
        policy::PodDisruptionBudget, policy::Eviction, coordination::Lease, events::Event, scheduling::PriorityClass,
        networking::NetworkPolicy, authn::SelfSubjectReview, authn::TokenReview, authn::TokenRequest,
        authz::LocalSubjectAccessReview, authz::SelfSubjectAccessReview, authz::SelfSubjectRulesReview,
        authz::SubjectAccessReview, extensions::CustomResourceDefinition, meta::DeleteOptions, meta::Status,
    );
    let mut schemas = generator.take_definitions(false);
    for (name, schema) in &mut schemas {
        tidy(schema);
        lists::complete(name, schema);
    }
    schemas
}

/// Gives the places of k8s-openapi that schemars writes as booleans the form that Kubernetes uses.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if key == "items" && value == &json!(true) {
                    *value = json!({});
                }
                tidy(value);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// The schemas of the built-in kinds, by component name.
pub fn built_in() -> &'static Map<String, Value> {
    static SCHEMAS: OnceLock<Map<String, Value>> = OnceLock::new();
    SCHEMAS.get_or_init(generate)
}

/// The schemas of CRDs, each with everything that a [`Node`] needs.
#[derive(Debug, Default, Clone)]
pub struct Custom {
    by_name: HashMap<String, Arc<Map<String, Value>>>,
}

impl Custom {
    /// Takes the schemas of a CRD, replacing what was known of it.
    pub fn learn(&mut self, crd: &Value, kinds: &[Arc<Kind>]) {
        let versions = crd["spec"]["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
        for kind in kinds {
            let version = versions.iter().find(|v| v["name"] == kind.version);
            let mut schema = version.map(|v| v["schema"]["openAPIV3Schema"].clone()).unwrap_or_default();
            if !schema.is_object() {
                schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
            }
            schema["properties"]["metadata"] = built_in()
                .get("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
                .cloned()
                .unwrap_or_else(|| json!({"type": "object"}));
            for member in ["apiVersion", "kind"] {
                schema["properties"][member] = json!({"type": "string"});
            }
            let mut all = Map::new();
            for name in ["OwnerReference", "ManagedFieldsEntry", "FieldsV1", "Time"] {
                let name = format!("io.k8s.apimachinery.pkg.apis.meta.v1.{name}");
                if let Some(found) = built_in().get(&name) {
                    all.insert(name, found.clone());
                }
            }
            all.insert(kind.schema.clone(), schema);
            self.by_name.insert(kind.schema.clone(), Arc::new(all));
        }
    }

    /// The components that the schema of a custom kind consists of.
    pub fn components(&self, kind: &Kind) -> Option<Arc<Map<String, Value>>> {
        self.by_name.get(&kind.schema).cloned()
    }
}

/// Owner of the components of one kind, from which its root [`Node`] is borrowed.
#[derive(Debug, Clone)]
pub struct Root {
    all: Option<Arc<Map<String, Value>>>,
    name: String,
}

impl Root {
    /// The schema of a kind.
    pub fn of(kind: &Kind, custom: &Custom) -> Self {
        Self { all: custom.components(kind), name: kind.schema.clone() }
    }

    /// The root of the kind's objects.
    pub fn node(&self) -> Node<'_> {
        let all = self.all.as_deref().unwrap_or_else(|| built_in());
        Node::at(all, all.get(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kinds;

    fn root(plural: &str) -> Root {
        let kind = kinds::built_in().iter().find(|k| k.plural == plural).expect("kind");
        Root::of(kind, &Custom::default())
    }

    #[test]
    fn every_kind_has_a_schema() {
        for kind in kinds::built_in() {
            assert!(built_in().contains_key(&kind.schema), "{}", kind.schema);
        }
    }

    #[test]
    fn list_types() {
        let pods = root("pods");
        let spec = pods.node().field("spec");
        assert_eq!(spec.field("containers").list_type(), ListType::Map(vec!["name".into()]));
        let ports = spec.field("containers").items().field("ports");
        assert_eq!(ports.list_type(), ListType::Map(vec!["containerPort".into(), "protocol".into()]));
        assert_eq!(ports.merge_key(), Some("containerPort"));
        assert_eq!(spec.field("tolerations").list_type(), ListType::Atomic);
        assert!(spec.field("nodeSelector").atomic_map());
        assert!(!pods.node().field("metadata").field("labels").atomic_map());
        assert_eq!(pods.node().field("metadata").field("finalizers").list_type(), ListType::Set);
        let claims = root("persistentvolumeclaims");
        assert!(claims.node().field("spec").field("selector").atomic_map());
    }
}
