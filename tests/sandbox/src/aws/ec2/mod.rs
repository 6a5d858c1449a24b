//! EC2: networks as FSx and the nodes need them. Reads over the tables `ec2.*`, security groups and tags
//! are written; nothing else of EC2 changes here.

use jiff::Timestamp;
use serde_json::json;

use crate::call::{Answer, AwsError, Call};
use crate::state::State;

mod derive;
mod filters;
mod groups;
mod interfaces;
mod kinds;
mod kinds_table;
pub mod net;
mod permit;
mod read;
pub mod rules;
pub mod tags;
pub mod value;
mod views;

pub use derive::{derive, interface, private_name};

/// Handles a call to EC2. Lists are whole: paging is not done here.
///
/// # Errors
/// EC2's own error codes; 501 for an operation that is not served.
pub fn handle(state: &mut State, call: &Call) -> Answer {
    if is_served(&call.operation) && value::flag(&call.input, "DryRun") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(AwsError::new("DryRunOperation", message).with_status(412));
    }
    match call.operation.as_str() {
        "CreateSecurityGroup" => groups::create(state, call),
        "DeleteSecurityGroup" => groups::delete(state, call),
        "AuthorizeSecurityGroupIngress" => permit::authorize(state, call, false),
        "AuthorizeSecurityGroupEgress" => permit::authorize(state, call, true),
        "RevokeSecurityGroupIngress" => permit::revoke(state, call, false),
        "RevokeSecurityGroupEgress" => permit::revoke(state, call, true),
        "CreateTags" => tags::create(state, call),
        "DeleteTags" => tags::delete(state, call),
        "ModifyNetworkInterfaceAttribute" => interfaces::modify(state, call),
        _ => look(state, call),
    }
}

fn look(state: &State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "DescribeVpcAttribute" => views::vpc_attribute(state, call),
        "DescribeSecurityGroupRules" => views::security_group_rules(state, call),
        "DescribeAvailabilityZones" => views::availability_zones(state, call),
        "DescribeLaunchTemplateVersions" => views::launch_template_versions(state, call),
        "GetManagedPrefixListEntries" => views::prefix_list_entries(state, call),
        "DescribePrefixLists" => views::prefix_lists(state, call),
        "DescribeTags" => tags::describe(state, call),
        "DescribeNetworkInterfaceAttribute" => interfaces::attribute(state, call),
        operation => match kinds::of_operation(operation) {
            Some(kind) => match operation {
                "DescribeInstances" => views::instances(state, call, kind),
                "DescribeLaunchTemplates" => views::launch_templates(state, call, kind),
                "DescribeSecurityGroups" => read::security_groups(state, call, kind),
                _ => read::describe(state, call, kind),
            },
            None => Err(super::not_served(call)),
        },
    }
}

/// The operations besides one-table Describes.
const OTHERS: [&str; 17] = [
    "CreateSecurityGroup",
    "DeleteSecurityGroup",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "CreateTags",
    "DeleteTags",
    "ModifyNetworkInterfaceAttribute",
    "DescribeNetworkInterfaceAttribute",
    "DescribeVpcAttribute",
    "DescribeSecurityGroupRules",
    "DescribeAvailabilityZones",
    "DescribeLaunchTemplateVersions",
    "GetManagedPrefixListEntries",
    "DescribePrefixLists",
    "DescribeTags",
];

/// Whether the sandbox serves an operation of EC2.
pub fn is_served(operation: &str) -> bool {
    OTHERS.contains(&operation) || kinds::of_operation(operation).is_some()
}

/// Nothing in EC2 moves by itself. Takes rules' visibility marks away once they are past, so that saved
/// worlds do not carry them.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    let now = state.now;
    let mut next: Option<Timestamp> = None;
    if !state.aws.contains_key("ec2.SecurityGroups") {
        return None;
    }
    for group in state.rows_mut("ec2.SecurityGroups") {
        for rule in rules::of_group(group) {
            match rule.visible_at() {
                Some(at) if at <= now => rules::change(group, &rule, |entry| {
                    entry.as_object_mut().map(|entry| entry.shift_remove("$visibleAt"));
                    true
                }),
                Some(at) => next = Some(next.map_or(at, |other| other.min(at))),
                None => {}
            }
        }
    }
    next
}

/// The answer of an operation that has nothing to say.
fn done() -> Answer {
    Ok(json!({"Return": true}))
}

#[cfg(test)]
mod tests;
