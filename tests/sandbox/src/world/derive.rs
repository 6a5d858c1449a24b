//! What a world file need not give: when things came to be, then whatever each service derives for its own
//! rows. A given value always wins, and derived ids depend on content only, so two loads agree.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::state::State;

/// The members that say when a row of a collection came to be. What a world file lists was there before.
const BORN: &[(&str, &[&str])] = &[
    ("eks.clusters", &["createdAt"]),
    ("eks.addons", &["createdAt", "modifiedAt"]),
    ("eks.podIdentityAssociations", &["createdAt", "modifiedAt"]),
    ("eks.nodegroups", &["createdAt", "modifiedAt"]),
    ("eks.fargateProfiles", &["createdAt"]),
    ("eks.accessEntries", &["createdAt", "modifiedAt"]),
    ("iam.OpenIDConnectProviders", &["CreateDate"]),
    ("iam.Roles", &["CreateDate"]),
    ("iam.Users", &["CreateDate"]),
    ("iam.Policies", &["CreateDate"]),
    ("iam.InstanceProfiles", &["CreateDate"]),
    ("sagemaker.Clusters", &["CreationTime"]),
    ("sagemaker.ClusterNodes", &["LaunchTime"]),
];

/// The members that hold a row's ARN.
const ARNS: &[(&str, &str)] = &[
    ("eks.clusters", "arn"),
    ("eks.addons", "addonArn"),
    ("eks.podIdentityAssociations", "associationArn"),
    ("eks.nodegroups", "nodegroupArn"),
    ("eks.fargateProfiles", "fargateProfileArn"),
    ("eks.accessEntries", "accessEntryArn"),
    ("iam.OpenIDConnectProviders", "Arn"),
    ("iam.Roles", "Arn"),
    ("iam.Users", "Arn"),
    ("iam.Policies", "Arn"),
    ("iam.InstanceProfiles", "Arn"),
    ("sagemaker.Clusters", "ClusterArn"),
];

/// Fills every table.
pub fn fill(state: &mut State) {
    dates(state);
    clusters(state);
    let given = take_arns(state);
    crate::aws::fill(state);
    put_arns(state, given);
    crate::aws::ec2::derive(state);
    crate::aws::fsx::derive(state);
}

/// A month ago, in whole seconds.
fn dates(state: &mut State) {
    let past = state.now - SignedDuration::from_hours(24 * 30);
    let past = json!(past.round(jiff::Unit::Second).unwrap_or(past).to_string());
    for (collection, members) in BORN {
        each(state, collection, |row| members.iter().for_each(|member| set(row, member, past.clone())));
    }
}

/// Where there is one cluster, its name need not be repeated.
fn clusters(state: &mut State) {
    let first = |state: &State, collection: &str, member: &str| {
        state.rows(collection).first().map(|row| row[member].clone()).unwrap_or_default()
    };
    let eks = first(state, "eks.clusters", "name");
    for (collection, _) in ARNS.iter().filter(|(name, _)| name.starts_with("eks.") && *name != "eks.clusters")
    {
        each(state, collection, |row| set(row, "clusterName", eks.clone()));
    }
    let hyperpod = first(state, "sagemaker.Clusters", "ClusterName");
    each(state, "sagemaker.ClusterNodes", |row| {
        set(row, "ClusterName", hyperpod.clone());
        set(row, "InstanceStatus", json!({"Status": "Running"}));
    });
    each(state, "sagemaker.Clusters", |cluster| {
        for group in cluster["InstanceGroups"].as_array_mut().into_iter().flatten() {
            let count =
                [&group["CurrentCount"], &group["TargetCount"]].into_iter().find(|count| !count.is_null());
            let count = count.cloned().unwrap_or_else(|| json!(0));
            set(group, "TargetCount", count.clone());
            set(group, "CurrentCount", count);
            set(group, "Status", json!("InService"));
        }
    });
    each(state, "iam.OpenIDConnectProviders", |provider| {
        let path = provider["Arn"].as_str().and_then(|arn| arn.split_once("oidc-provider/"));
        let path = path.map(|(_, path)| json!(path)).unwrap_or_default();
        set(provider, "Url", path);
    });
}

/// The services take a row with an ARN for one that is filled already, and so given ARNs step aside.
fn take_arns(state: &mut State) -> Vec<(&'static str, usize, Value)> {
    let mut taken = Vec::new();
    for (collection, member) in ARNS {
        let rows = state.aws.get_mut(*collection).into_iter().flatten();
        for (at, row) in rows.enumerate() {
            if let Some(arn) = row.as_object_mut().and_then(|row| row.shift_remove(*member)) {
                taken.push((*collection, at, arn));
            }
        }
    }
    taken
}

fn put_arns(state: &mut State, taken: Vec<(&'static str, usize, Value)>) {
    for (collection, at, arn) in taken {
        let member = ARNS.iter().find(|(name, _)| *name == collection).map_or("", |(_, member)| *member);
        if let Some(row) = state.rows_mut(collection).get_mut(at) {
            row[member] = arn;
        }
    }
}

fn each(state: &mut State, collection: &str, change: impl FnMut(&mut Value)) {
    if let Some(rows) = state.aws.get_mut(collection) {
        rows.iter_mut().for_each(change);
    }
}

/// Sets a member that is not given.
fn set(row: &mut Value, member: &str, value: Value) {
    if let (Some(members), false) = (row.as_object_mut(), value.is_null()) {
        members.entry(member).or_insert(value);
    }
}
