//! Laying one document over another: identities, merge patches, `$absent`, `$clear`.

use serde_json::Value;

use super::WorldError;
use super::file::Document;

/// What makes a row of a collection the same as another: the first set of members that both have decides.
/// AWS id, else ARN, else name; where a name is unique only within something, together with that.
const IDENTITIES: &[(&str, &[&[&str]])] = &[
    ("eks.clusters", &[&["name"]]),
    ("eks.addons", &[&["clusterName", "addonName"]]),
    ("eks.podIdentityAssociations", &[&["clusterName", "namespace", "serviceAccount"]]),
    ("eks.nodegroups", &[&["clusterName", "nodegroupName"]]),
    ("eks.fargateProfiles", &[&["clusterName", "fargateProfileName"]]),
    ("eks.accessEntries", &[&["clusterName", "principalArn"]]),
    ("eks.addonVersions", &[&["addonName"]]),
    ("iam.OpenIDConnectProviders", &[&["Arn"], &["Url"]]),
    ("iam.Roles", &[&["RoleName"], &["Arn"]]),
    ("iam.Users", &[&["UserName"], &["Arn"]]),
    ("iam.Policies", &[&["Arn"], &["PolicyName"]]),
    ("iam.InstanceProfiles", &[&["InstanceProfileName"], &["Arn"]]),
    ("ec2.Vpcs", &[&["VpcId"]]),
    ("ec2.Subnets", &[&["SubnetId"]]),
    ("ec2.SecurityGroups", &[&["GroupId"], &["VpcId", "GroupName"], &["GroupName"]]),
    ("ec2.NetworkInterfaces", &[&["NetworkInterfaceId"]]),
    ("ec2.RouteTables", &[&["RouteTableId"]]),
    ("ec2.NetworkAcls", &[&["NetworkAclId"]]),
    ("ec2.InternetGateways", &[&["InternetGatewayId"]]),
    ("ec2.NatGateways", &[&["NatGatewayId"]]),
    ("ec2.Instances", &[&["InstanceId"]]),
    ("ec2.LaunchTemplates", &[&["LaunchTemplateId"], &["LaunchTemplateName"]]),
    ("ec2.PrefixLists", &[&["PrefixListId"], &["PrefixListName"]]),
    ("ec2.DhcpOptions", &[&["DhcpOptionsId"]]),
    ("ec2.VpcPeeringConnections", &[&["VpcPeeringConnectionId"]]),
    ("ec2.TransitGatewayVpcAttachments", &[&["TransitGatewayAttachmentId"], &["TransitGatewayId", "VpcId"]]),
    ("ec2.VpcEndpoints", &[&["VpcEndpointId"]]),
    ("ec2.InstanceTypes", &[&["InstanceType"]]),
    ("fsx.FileSystems", &[&["FileSystemId"]]),
    ("fsx.DataRepositoryAssociations", &[&["AssociationId"]]),
    ("fsx.DataRepositoryTasks", &[&["TaskId"]]),
    ("fsx.Backups", &[&["BackupId"]]),
    ("sagemaker.Clusters", &[&["ClusterArn"], &["ClusterName"]]),
    ("sagemaker.ClusterNodes", &[&["ClusterName", "InstanceId"], &["InstanceId"]]),
    ("cloudwatch.Metrics", &[&["Namespace", "MetricName", "Dimensions"]]),
    ("cloudwatch.MetricAlarms", &[&["AlarmName"]]),
    ("s3.Buckets", &[&["Name"]]),
    ("kms.Keys", &[&["KeyId"], &["Arn"]]),
    ("servicequotas.Quotas", &[&["ServiceCode", "QuotaCode"]]),
    ("logs", &[&["namespace", "pod", "container", "previous"]]),
];

fn identities(collection: &str) -> &'static [&'static [&'static str]] {
    IDENTITIES.iter().find(|(name, _)| *name == collection).map_or(&[], |(_, sets)| *sets)
}

/// Whether two rows of a collection are the same thing.
pub fn same(collection: &str, a: &Value, b: &Value) -> bool {
    if collection == "objects" {
        let at = |row: &Value, member: &str| row["metadata"][member].as_str().unwrap_or_default().to_owned();
        return a["apiVersion"] == b["apiVersion"]
            && a["kind"] == b["kind"]
            && at(a, "name") == at(b, "name")
            && namespace(a) == namespace(b);
    }
    // A log without a container or `previous` differs from one with it, so absence counts there.
    if collection == "logs" {
        return ["namespace", "pod", "container", "previous"].iter().all(|m| a[*m] == b[*m]);
    }
    let both = |set: &&&[&str]| set.iter().all(|m| !a[*m].is_null() && !b[*m].is_null());
    let decisive = identities(collection).iter().find(both);
    decisive.is_some_and(|set| set.iter().all(|m| a[*m] == b[*m]))
}

/// The members that identify a row.
pub fn identity(collection: &str, row: &Value) -> &'static [&'static str] {
    let given = |set: &&&[&str]| set.iter().all(|member| !row[*member].is_null());
    identities(collection).iter().find(given).copied().unwrap_or(&[])
}

/// `default` is what a namespaced manifest without a namespace gets.
fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().filter(|name| *name != "default").unwrap_or_default()
}

/// Lays `layer` over `base`.
///
/// # Errors
/// `$absent` of what is not there.
pub fn lay(base: &mut Document, layer: Document, place: &str) -> Result<(), WorldError> {
    base.api_version = layer.api_version;
    base.kind = layer.kind;
    replace(&mut base.account, layer.account);
    replace(&mut base.region, layer.region);
    replace(&mut base.caller, layer.caller);
    replace(&mut base.caller_expires, layer.caller_expires);
    replace(&mut base.lifecycles, layer.lifecycles);
    replace(&mut base.durations.create_file_system, layer.durations.create_file_system);
    replace(&mut base.durations.addon_active, layer.durations.addon_active);
    replace(&mut base.durations.pod_ready, layer.durations.pod_ready);
    replace(&mut base.durations.iam_consistency, layer.durations.iam_consistency);
    replace(&mut base.durations.rule_consistency, layer.durations.rule_consistency);
    replace(&mut base.durations.task_per_file, layer.durations.task_per_file);
    for (collection, rows) in layer.aws.0 {
        let base = base.aws.0.entry(collection.clone()).or_default();
        lay_rows(base, rows, &collection, place)?;
    }
    let (kube, over) = (&mut base.kubernetes, layer.kubernetes);
    replace(&mut kube.version, over.version);
    lay_rows(&mut kube.objects, over.objects, "objects", place)?;
    lay_rows(&mut kube.logs, over.logs, "logs", place)?;
    add(&mut kube.pod_outcomes, over.pod_outcomes);
    replace(&mut kube.controllers.provisioner, over.controllers.provisioner);
    replace(&mut kube.controllers.binder, over.controllers.binder);
    replace(&mut kube.controllers.workloads, over.controllers.workloads);
    replace(&mut kube.synthetic.nodes, over.synthetic.nodes);
    replace(&mut kube.synthetic.persistent_volumes, over.synthetic.persistent_volumes);
    replace(&mut kube.synthetic.claims, over.synthetic.claims);
    replace(&mut kube.synthetic.pods, over.synthetic.pods);
    replace(&mut kube.synthetic.file_systems, over.synthetic.file_systems);
    add(&mut base.denied, layer.denied);
    add(&mut base.faults, layer.faults);
    Ok(())
}

fn replace<T>(base: &mut Option<T>, layer: Option<T>) {
    if layer.is_some() {
        *base = layer;
    }
}

/// Lists that add up.
fn add(base: &mut Vec<Value>, mut layer: Vec<Value>) {
    if layer.first().is_some_and(|first| first["$clear"] == true) {
        layer.remove(0);
        base.clear();
    }
    base.append(&mut layer);
}

fn lay_rows(
    base: &mut Vec<Value>,
    mut rows: Vec<Value>,
    collection: &str,
    place: &str,
) -> Result<(), WorldError> {
    if rows.first().is_some_and(|first| first["$clear"] == true) {
        rows.remove(0);
        base.clear();
    }
    // Rows of one document are laid over what earlier documents said, not over each other, and a large
    // document must not compare every row with every other.
    let earlier = base.len();
    let mut gone = Vec::new();
    for row in rows {
        if !row.is_object() {
            return Err(WorldError {
                place: place.to_owned(),
                why: format!("{collection}: {row} is not a mapping"),
            });
        }
        let at = base[..earlier].iter().position(|known| same(collection, known, &row));
        match (at, row["$absent"] == true) {
            (Some(at), true) => gone.push(at),
            (Some(at), false) => merge(&mut base[at], row),
            (None, false) => base.push(row),
            (None, true) => {
                let why = format!("{collection}: $absent of what is not there: {row}");
                return Err(WorldError { place: place.to_owned(), why });
            }
        }
    }
    gone.sort_unstable();
    gone.into_iter().rev().for_each(|at| drop(base.remove(at)));
    Ok(())
}

/// A JSON merge patch (RFC 7396).
pub fn merge(base: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *base = patch;
        return;
    };
    if !base.is_object() {
        *base = Value::Object(serde_json::Map::new());
    }
    let Some(members) = base.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(&name);
        } else if value.is_object() {
            merge(members.entry(name).or_insert(Value::Null), value);
        } else {
            members.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::{SECTIONS, read};
    use super::*;
    use serde_json::json;

    fn laid(layers: &[&str]) -> Result<Document, WorldError> {
        let mut base = Document::default();
        for layer in layers {
            let text = format!("apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n{layer}");
            for document in read("w", &text)? {
                lay(&mut base, document, "w")?;
            }
        }
        Ok(base)
    }

    #[test]
    fn every_collection_has_an_identity() {
        for (service, names) in SECTIONS {
            for name in *names {
                assert!(!identities(&format!("{service}.{name}")).is_empty(), "{service}.{name}");
            }
        }
    }

    #[test]
    fn rows_are_patched_added_and_removed() {
        let base = "aws: {eks: {addons: [{clusterName: a, addonName: x, status: ACTIVE, tags: {k: v, l: w}}, {clusterName: a, addonName: y}]}}";
        let over = "aws: {eks: {addons: [{clusterName: a, addonName: x, status: null, tags: {k: null}}, {clusterName: a, addonName: y, $absent: true}, {clusterName: b, addonName: x}]}}";
        let rows = &laid(&[base, over]).unwrap().aws.0["eks.addons"];
        assert_eq!(
            json!(rows),
            json!([{"clusterName": "a", "addonName": "x", "tags": {"l": "w"}}, {"clusterName": "b", "addonName": "x"}])
        );
        let absent = "aws: {fsx: {FileSystems: [{FileSystemId: fs-1, $absent: true}]}}";
        assert!(laid(&[base, absent]).unwrap_err().why.contains("not there"));
    }

    #[test]
    fn objects_match_by_kind_namespace_and_name() {
        let base =
            "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {a: [1], b: 1}}]}";
        let over = "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: default}, spec: {a: [2]}}, {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: other}}]}";
        let objects = laid(&[base, over]).unwrap().kubernetes.objects;
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[0]["spec"], json!({"a": [2], "b": 1}));
    }

    #[test]
    fn lists_add_up_until_they_are_cleared() {
        let more = laid(&["denied: [\"a:B\"]", "denied: [\"c:D\"]"]).unwrap();
        assert_eq!(more.denied, [json!("a:B"), json!("c:D")]);
        let less = laid(&["denied: [\"a:B\"]", "denied: [{$clear: true}, \"c:D\"]"]).unwrap();
        assert_eq!(less.denied, [json!("c:D")]);
    }
}
