//! The kinds that the API server of the sandbox serves: one table, plus what CRDs define.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

/// One served kind in one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// API group, empty for core.
    pub group: String,
    /// Version, for instance `v1`.
    pub version: String,
    /// Kind, for instance `StorageClass`.
    pub kind: String,
    /// Resource, for instance `storageclasses`.
    pub plural: String,
    /// Singular name that kubectl accepts.
    pub singular: String,
    /// Short names that kubectl accepts.
    pub short: Vec<String>,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Subresources: `status`, `scale`, `log`, `token`, `eviction`, `binding`.
    pub subresources: Vec<String>,
    /// kubectl's `all` and others.
    pub categories: Vec<String>,
    /// Only `create` is served and nothing is kept (access reviews and the like).
    pub review: bool,
    /// Comes from a CustomResourceDefinition.
    pub custom: bool,
    /// Name of the kind's schema among the OpenAPI components.
    pub schema: String,
}

impl Kind {
    /// `group/version`, or `v1` for core.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `storageclasses.storage.k8s.io`, or `pods` for core: how error texts name a resource.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Key of the kind in the store; versions of one kind share it.
    pub fn key(&self) -> String {
        // Both groups of events are one and the same object.
        let group = if self.group == "events.k8s.io" { "" } else { &self.group };
        format!("{group}/{}", self.kind)
    }

    /// The kind of a list of these.
    pub fn list_kind(&self) -> String {
        format!("{}List", self.kind)
    }

    /// Whether a whole collection can be deleted; namespaces go one by one (pkg/registry/core/namespace/storage).
    pub fn collectable(&self) -> bool {
        !(self.group.is_empty() && self.kind == "Namespace")
    }

    /// Whether the kind has that subresource.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|s| s == subresource)
    }
}

/// group/version, package of the schema, and `Kind plural shortnames flags` lines. Flags: `N`
/// namespaced, `S` status, `R` review, `A` category all; further words are subresources.
type Row = (&'static str, &'static str, &'static str);

const TABLE: &[Row] = &[
    (
        "v1",
        "io.k8s.api.core.v1",
        "Namespace namespaces ns S finalize
ConfigMap configmaps cm N
Endpoints endpoints ep N
Event events ev N
LimitRange limitranges limits N
Node nodes no S
PersistentVolume persistentvolumes pv S
PersistentVolumeClaim persistentvolumeclaims pvc NS
Pod pods po NSA log eviction binding exec ephemeralcontainers
ResourceQuota resourcequotas quota NS
Secret secrets - N
Service services svc NSA
ServiceAccount serviceaccounts sa N token",
    ),
    (
        "apps/v1",
        "io.k8s.api.apps.v1",
        "ControllerRevision controllerrevisions - N
DaemonSet daemonsets ds NSA
Deployment deployments deploy NSA scale
ReplicaSet replicasets rs NSA scale
StatefulSet statefulsets sts NSA scale",
    ),
    ("batch/v1", "io.k8s.api.batch.v1", "CronJob cronjobs cj NSA\nJob jobs - NSA"),
    (
        "storage.k8s.io/v1",
        "io.k8s.api.storage.v1",
        "CSIDriver csidrivers - -
CSINode csinodes - -
CSIStorageCapacity csistoragecapacities - N
StorageClass storageclasses sc -
VolumeAttachment volumeattachments - S",
    ),
    (
        "rbac.authorization.k8s.io/v1",
        "io.k8s.api.rbac.v1",
        "ClusterRole clusterroles - -
ClusterRoleBinding clusterrolebindings - -
Role roles - N
RoleBinding rolebindings - N",
    ),
    ("policy/v1", "io.k8s.api.policy.v1", "PodDisruptionBudget poddisruptionbudgets pdb NS"),
    ("coordination.k8s.io/v1", "io.k8s.api.coordination.v1", "Lease leases - N"),
    ("events.k8s.io/v1", "io.k8s.api.events.v1", "Event events ev N"),
    ("scheduling.k8s.io/v1", "io.k8s.api.scheduling.v1", "PriorityClass priorityclasses pc -"),
    ("networking.k8s.io/v1", "io.k8s.api.networking.v1", "NetworkPolicy networkpolicies netpol N"),
    (
        "authentication.k8s.io/v1",
        "io.k8s.api.authentication.v1",
        "SelfSubjectReview selfsubjectreviews - R\nTokenReview tokenreviews - R",
    ),
    (
        "authorization.k8s.io/v1",
        "io.k8s.api.authorization.v1",
        "LocalSubjectAccessReview localsubjectaccessreviews - NR
SelfSubjectAccessReview selfsubjectaccessreviews - R
SelfSubjectRulesReview selfsubjectrulesreviews - R
SubjectAccessReview subjectaccessreviews - R",
    ),
    (
        "apiextensions.k8s.io/v1",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
        "CustomResourceDefinition customresourcedefinitions crd,crds S",
    ),
];

/// The built-in kinds, in discovery order.
pub fn built_in() -> &'static [Arc<Kind>] {
    static KINDS: OnceLock<Vec<Arc<Kind>>> = OnceLock::new();
    KINDS.get_or_init(|| {
        TABLE
            .iter()
            .flat_map(|(gv, package, lines)| lines.lines().map(move |line| Arc::new(row(gv, package, line))))
            .collect()
    })
}

fn row(gv: &str, package: &str, line: &str) -> Kind {
    let mut words = line.split_whitespace();
    let mut next = || words.next().unwrap_or("-");
    let (kind, plural, short, flags) = (next(), next(), next(), next());
    let mut subresources: Vec<String> = words.map(str::to_owned).collect();
    if flags.contains('S') {
        subresources.push("status".into());
    }
    let (group, version) = gv.split_once('/').unwrap_or(("", gv));
    Kind {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        plural: plural.into(),
        singular: kind.to_lowercase(),
        short: short.split(',').filter(|s| *s != "-").map(str::to_owned).collect(),
        namespaced: flags.contains('N'),
        subresources,
        categories: if flags.contains('A') { vec!["all".into()] } else { Vec::new() },
        review: flags.contains('R'),
        custom: false,
        schema: format!("{package}.{kind}"),
    }
}

/// The kinds that a CustomResourceDefinition defines: one per served version.
pub fn of_crd(crd: &Value) -> Vec<Kind> {
    let spec = &crd["spec"];
    let names = &spec["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(text).collect() };
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    versions
        .iter()
        .filter(|v| v["served"] == true)
        .map(|version| {
            let kind = text(&names["kind"]);
            let group = text(&spec["group"]);
            let reversed: Vec<&str> = group.split('.').rev().collect();
            let schema = format!("{}.{}.{kind}", reversed.join("."), text(&version["name"]));
            let subresources =
                version["subresources"].as_object().into_iter().flat_map(|map| map.keys().cloned()).collect();
            Kind {
                version: text(&version["name"]),
                plural: text(&names["plural"]),
                singular: names["singular"].as_str().map_or_else(|| kind.to_lowercase(), str::to_owned),
                short: texts(&names["shortNames"]),
                namespaced: spec["scope"] == "Namespaced",
                subresources,
                categories: texts(&names["categories"]),
                review: false,
                custom: true,
                schema,
                group,
                kind,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_rows_say_what_kubectl_needs() {
        let find = |plural: &str| built_in().iter().find(|k| k.plural == plural).cloned().expect(plural);
        let class = find("storageclasses");
        assert_eq!((class.api_version(), class.namespaced), ("storage.k8s.io/v1".into(), false));
        assert_eq!(class.short, ["sc"]);
        let pods = find("pods");
        assert!(pods.namespaced && pods.has("log") && pods.has("status"));
        assert_eq!(pods.qualified(), "pods");
        assert!(find("selfsubjectaccessreviews").review);
    }
}
