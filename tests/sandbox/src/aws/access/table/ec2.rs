//! What calls of EC2 need.

use super::super::tags;
use super::{Need, arn, own_action, request_tags};
use crate::aws::row;
use crate::call::Call;
use crate::state::State;

/// Everything that a call of EC2 needs. Reading takes no resource, and refusals then name none.
pub fn needs(state: &State, call: &Call) -> Vec<Need> {
    let own = own_action(call);
    match call.operation.as_str() {
        "CreateSecurityGroup" => {
            let group = arn(state, "ec2", "security-group/*");
            let mut all = vec![Need::new(own.clone(), &group).with(request_tags(call))];
            if let Some(vpc) = call.text("VpcId") {
                all.push(on(state, &own, vpc));
            }
            all.extend(tag_on_create(call, &group));
            all
        }
        "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress" => {
            let mut all = vec![on(state, &own, call.text("GroupId").unwrap_or("*"))];
            all.extend(tag_on_create(call, &arn(state, "ec2", "security-group-rule/*")));
            all
        }
        "RevokeSecurityGroupIngress"
        | "RevokeSecurityGroupEgress"
        | "DeleteSecurityGroup"
        | "ModifySecurityGroupRules" => vec![on(state, &own, call.text("GroupId").unwrap_or("*"))],
        "CreateTags" | "DeleteTags" => {
            let context = tags::of_request(&tags::pairs(&call.input["Tags"]));
            let ids = call.texts("Resources");
            ids.into_iter().map(|id| on(state, &own, id).with(context.clone())).collect()
        }
        "ModifyNetworkInterfaceAttribute" => {
            vec![on(state, &own, call.text("NetworkInterfaceId").unwrap_or("*"))]
        }
        _ => vec![Need::anywhere(own, "")],
    }
}

/// An action on a resource known by its id, with the resource's tags.
fn on(state: &State, action: &str, id: &str) -> Need {
    let (kind, collection, member) = kind(id);
    let context = tags::of_id(state, "ec2", collection, member, id);
    Need::new(action, arn(state, "ec2", &format!("{kind}/{id}"))).with(context)
}

/// Kind in ARNs, collection and id member, from an id's prefix.
fn kind(id: &str) -> (&'static str, &'static str, &'static str) {
    match id.split('-').next().unwrap_or_default() {
        "vpc" => ("vpc", "ec2.Vpcs", "VpcId"),
        "subnet" => ("subnet", "ec2.Subnets", "SubnetId"),
        "eni" => ("network-interface", "ec2.NetworkInterfaces", "NetworkInterfaceId"),
        "sgr" => ("security-group-rule", "ec2.SecurityGroupRules", "SecurityGroupRuleId"),
        "rtb" => ("route-table", "ec2.RouteTables", "RouteTableId"),
        "i" => ("instance", "ec2.Instances", "InstanceId"),
        _ => ("security-group", "ec2.SecurityGroups", "GroupId"),
    }
}

/// Tags at creation also need `ec2:CreateTags`, with `ec2:CreateAction` saying for what.
fn tag_on_create(call: &Call, resource: &str) -> Option<Need> {
    let tagged = row::list(&call.input, "TagSpecifications").iter().any(|s| !row::list(s, "Tags").is_empty());
    tagged.then(|| {
        Need::new("ec2:CreateTags", resource)
            .with(request_tags(call))
            .key("ec2:CreateAction", &call.operation)
    })
}
