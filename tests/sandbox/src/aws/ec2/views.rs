//! Reads that are not simply rows of a table: reservations, VPC attributes, zones, rules, template
//! versions, prefix-list entries.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filters;
use super::kinds::{self, Kind};
use super::value::{derived_id, given, list, text, texts};
use super::{read, rules, tags};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// `DescribeInstances`: one reservation per `ReservationId`, by default one per instance.
///
/// # Errors
/// As `read::rows`.
pub fn instances(state: &State, call: &Call, kind: &Kind) -> Answer {
    let mut reservations: Vec<Value> = Vec::new();
    for instance in read::rows(state, &call.input, kind)? {
        let id = match text(&instance, "ReservationId") {
            "" => derived_id("r", text(&instance, "InstanceId")),
            given => given.to_owned(),
        };
        match reservations.iter_mut().find(|row| text(row, "ReservationId") == id) {
            Some(known) => super::value::push(known, "Instances", instance),
            None => reservations.push(json!({
                "ReservationId": id, "OwnerId": state.account, "Groups": [], "Instances": [instance],
            })),
        }
    }
    Ok(json!({ "Reservations": reservations }))
}

/// `DescribeVpcAttribute`.
///
/// # Errors
/// `InvalidVpcID.NotFound`, `InvalidParameterValue` for an unknown attribute.
pub fn vpc_attribute(state: &State, call: &Call) -> Answer {
    let vpc = read::one(state, "ec2.Vpcs", call.text("VpcId").unwrap_or_default())?;
    let member = match call.text("Attribute").unwrap_or_default() {
        "enableDnsSupport" => "EnableDnsSupport",
        "enableDnsHostnames" => "EnableDnsHostnames",
        "enableNetworkAddressUsageMetrics" => "EnableNetworkAddressUsageMetrics",
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    };
    Ok(json!({"VpcId": vpc["VpcId"], member: {"Value": super::value::flag(vpc, member)}}))
}

/// `DescribeSecurityGroupRules`.
///
/// # Errors
/// `InvalidSecurityGroupRuleId.NotFound`, `InvalidParameterValue` for an unknown filter.
pub fn security_group_rules(state: &State, call: &Call) -> Answer {
    let ids = call.texts("SecurityGroupRuleIds");
    if let Some(unknown) = ids.iter().find(|id| rules::find(state, id).is_none()) {
        return Err(tags::unknown_rule(unknown));
    }
    let all = state
        .rows("ec2.SecurityGroups")
        .iter()
        .flat_map(|group| rules::of_group(group).into_iter().map(move |rule| rule.described(state, group)));
    let found: Vec<Value> =
        all.filter(|row| ids.is_empty() || ids.contains(&text(row, "SecurityGroupRuleId"))).collect();
    let table = &[("group-id", "GroupId"), ("security-group-rule-id", "SecurityGroupRuleId")];
    Ok(json!({"SecurityGroupRules": filters::keep(found, list(&call.input, "Filters"), table)?}))
}

/// The short form of a Region in zone ids: `us-west-2` → `usw2`.
fn short_region(region: &str) -> String {
    let mut short = String::new();
    for (at, part) in region.split('-').enumerate() {
        match (at, part) {
            (0, area) => short.push_str(area),
            (_, "gov") => short.push('g'),
            (_, "northeast") => short.push_str("ne"),
            (_, "northwest") => short.push_str("nw"),
            (_, "southeast") => short.push_str("se"),
            (_, "southwest") => short.push_str("sw"),
            (_, other) => short.extend(other.chars().next()),
        }
    }
    short
}

/// How many zones a Region has when the subnets do not tell more.
fn zone_count(region: &str) -> usize {
    match region {
        "us-east-1" => 6,
        "us-west-2" | "ap-northeast-2" => 4,
        "us-west-1" | "ap-northeast-1" => 3,
        "cn-north-1" => 2,
        _ => 3,
    }
}

/// The Region's zones, name to id: what the subnets say, the rest counted up.
pub fn zones(state: &State) -> BTreeMap<String, String> {
    let mut zones: BTreeMap<String, String> = state
        .rows("ec2.Subnets")
        .iter()
        .filter(|row| given(row, "AvailabilityZone") && given(row, "AvailabilityZoneId"))
        .map(|row| (text(row, "AvailabilityZone").to_owned(), text(row, "AvailabilityZoneId").to_owned()))
        .collect();
    let short = short_region(&state.region);
    for letter in ('a'..='z').take(zone_count(&state.region)) {
        let name = format!("{}{letter}", state.region);
        if zones.contains_key(&name) {
            continue;
        }
        let own = usize::try_from(u32::from(letter) - u32::from('a') + 1).unwrap_or(1);
        let numbers = std::iter::once(own).chain(1..=26).map(|number| format!("{short}-az{number}"));
        if let Some(free) = numbers.into_iter().find(|id| !zones.values().any(|used| used == id)) {
            zones.insert(name, free);
        }
    }
    zones
}

/// `DescribeAvailabilityZones`.
///
/// # Errors
/// `InvalidParameterValue` for an unknown zone or filter.
pub fn availability_zones(state: &State, call: &Call) -> Answer {
    let (names, ids) = (call.texts("ZoneNames"), call.texts("ZoneIds"));
    let region = &state.region;
    let zones = zones(state);
    if let Some(unknown) = names.iter().find(|name| !zones.contains_key(**name)) {
        let message = format!("Invalid availability zone: [{unknown}]");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    if let Some(unknown) = ids.iter().find(|id| !zones.values().any(|known| known == *id)) {
        let message = format!("Invalid availability zone-id: [{unknown}]");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let rows = zones
        .iter()
        .filter(|(name, id)| {
            (names.is_empty() || names.contains(&name.as_str()))
                && (ids.is_empty() || ids.contains(&id.as_str()))
        })
        .map(|(name, id)| {
            json!({
                "ZoneName": name, "ZoneId": id, "RegionName": region, "GroupName": format!("{region}-zg-1"),
                "NetworkBorderGroup": region, "State": "available", "ZoneType": "availability-zone",
                "OptInStatus": "opt-in-not-required", "Messages": [],
            })
        })
        .collect();
    let table = &[
        ("zone-name", "ZoneName"),
        ("zone-id", "ZoneId"),
        ("region-name", "RegionName"),
        ("state", "State"),
        ("zone-type", "ZoneType"),
        ("group-name", "GroupName"),
        ("opt-in-status", "OptInStatus"),
    ];
    Ok(json!({"AvailabilityZones": filters::keep(rows, list(&call.input, "Filters"), table)?}))
}

/// `DescribeLaunchTemplates`, which also takes names.
///
/// # Errors
/// As `read::rows`; `InvalidLaunchTemplateName.NotFoundException` for an unknown name.
pub fn launch_templates(state: &State, call: &Call, kind: &Kind) -> Answer {
    let names = call.texts("LaunchTemplateNames");
    let mut found = read::rows(state, &call.input, kind)?;
    if let Some(unknown) =
        names.iter().find(|name| state.find(kind.collection, "LaunchTemplateName", name).is_none())
    {
        return Err(unknown_template(unknown));
    }
    found.retain(|row| names.is_empty() || names.contains(&text(row, "LaunchTemplateName")));
    Ok(json!({ "LaunchTemplates": found }))
}

fn unknown_template(name: &str) -> AwsError {
    let message = format!("The specified launch template, with template name {name}, does not exist.");
    AwsError::new("InvalidLaunchTemplateName.NotFoundException", message)
}

/// `DescribeLaunchTemplateVersions`: a template of the world has the one version that its
/// `LaunchTemplateData` is, the default and the latest.
///
/// # Errors
/// `InvalidLaunchTemplateId.NotFound`, `InvalidLaunchTemplateName.NotFoundException`,
/// `InvalidLaunchTemplateId.VersionNotFound`.
pub fn launch_template_versions(state: &State, call: &Call) -> Answer {
    let template = match (call.text("LaunchTemplateId"), call.text("LaunchTemplateName")) {
        (Some(id), _) => read::one(state, "ec2.LaunchTemplates", id)?,
        (None, Some(name)) => state
            .find("ec2.LaunchTemplates", "LaunchTemplateName", name)
            .ok_or_else(|| unknown_template(name))?,
        (None, None) => {
            let message = "Either a launch template ID or a launch template name must be specified";
            return Err(AwsError::new("MissingParameter", message));
        }
    };
    let number = template.get("LatestVersionNumber").and_then(Value::as_i64).unwrap_or(1);
    for version in call.texts("Versions") {
        if !matches!(version, "$Latest" | "$Default") && version.parse() != Ok(number) {
            let message = format!("Could not find the specified version {version} for the launch template");
            return Err(AwsError::new("InvalidLaunchTemplateId.VersionNotFound", message));
        }
    }
    let row = json!({
        "LaunchTemplateId": template["LaunchTemplateId"], "LaunchTemplateName": template["LaunchTemplateName"],
        "VersionNumber": number, "DefaultVersion": true, "CreateTime": template["CreateTime"],
        "CreatedBy": template["CreatedBy"], "LaunchTemplateData": template["LaunchTemplateData"],
    });
    Ok(json!({"LaunchTemplateVersions": [row]}))
}

/// `GetManagedPrefixListEntries`.
///
/// # Errors
/// `InvalidPrefixListID.NotFound`.
pub fn prefix_list_entries(state: &State, call: &Call) -> Answer {
    let row = read::one(state, "ec2.PrefixLists", call.text("PrefixListId").unwrap_or_default())?;
    Ok(json!({"Entries": list(row, "Entries")}))
}

/// `DescribePrefixLists`: the lists of AWS services (owner `AWS`), with their blocks.
///
/// # Errors
/// As `read::rows`.
pub fn prefix_lists(state: &State, call: &Call) -> Answer {
    let Some(kind) = kinds::of_collection("ec2.PrefixLists") else { return Ok(json!({"PrefixLists": []})) };
    let rows = read::rows(state, &call.input, kind)?;
    let shown: Vec<Value> = rows
        .iter()
        .filter(|row| text(row, "OwnerId") == "AWS")
        .map(|row| {
            let mut cidrs: Vec<&str> = list(row, "Entries").iter().map(|entry| text(entry, "Cidr")).collect();
            cidrs.extend(texts(row, "Cidrs"));
            json!({"PrefixListId": row["PrefixListId"], "PrefixListName": row["PrefixListName"], "Cidrs": cidrs})
        })
        .collect();
    Ok(json!({ "PrefixLists": shown }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_shortened() {
        let table = [
            ("us-west-2", "usw2"),
            ("us-east-1", "use1"),
            ("eu-central-1", "euc1"),
            ("ap-northeast-1", "apne1"),
            ("ap-southeast-2", "apse2"),
            ("us-gov-west-1", "usgw1"),
        ];
        for (region, short) in table {
            assert_eq!(short_region(region), short);
        }
    }

    #[test]
    fn zones_follow_the_subnets() {
        let mut state = State::new("111122223333", "us-west-2");
        let subnet = json!({"SubnetId": "subnet-1", "AvailabilityZone": "us-west-2a", "AvailabilityZoneId": "usw2-az2"});
        state.rows_mut("ec2.Subnets").push(subnet);
        let zones = zones(&state);
        assert_eq!(zones.len(), 4);
        assert_eq!(zones["us-west-2a"], "usw2-az2");
        assert_eq!(zones["us-west-2b"], "usw2-az1");
        assert_eq!(zones["us-west-2c"], "usw2-az3");
    }
}
