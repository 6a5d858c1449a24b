//! Authorizing and revoking rules of security groups, with EC2's own checks: all of a request is applied
//! or nothing.

use serde_json::{Value, json};

use super::groups;
use super::net::Cidr;
use super::read;
use super::rules::{self, Peer, Rule};
use super::tags;
use super::value::{list, text, texts};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Rules per group, direction and address family, unless `servicequotas.Quotas` says otherwise.
const RULES: u64 = 60;
/// The quota "Inbound or outbound rules per security group" of service `vpc`.
const RULES_QUOTA: &str = "L-0EA8095F";

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}

/// `AuthorizeSecurityGroupIngress` and `…Egress`.
///
/// # Errors
/// `InvalidGroup.NotFound`, `InvalidParameterValue`, `InvalidPermission.Duplicate`,
/// `RulesPerSecurityGroupLimitExceeded`, and the codes of [`requested`].
pub fn authorize(state: &mut State, call: &Call, egress: bool) -> Answer {
    let group_id = groups::named(state, call)?;
    let tags = tags::specified(call, "security-group-rule")?;
    let mut wanted = requested(state, call, &group_id, egress)?;
    let group = read::one(state, "ec2.SecurityGroups", &group_id)?;
    let existing = rules::of_group(group);
    for (at, rule) in wanted.iter().enumerate() {
        if wanted[..at].iter().any(|other| other.same(rule)) {
            return Err(invalid("The same permission must not appear multiple times"));
        }
        if existing.iter().any(|other| other.same(rule)) {
            let message = format!("the specified rule \"{}\" already exists", rule.quoted());
            return Err(AwsError::new("InvalidPermission.Duplicate", message));
        }
    }
    check_limit(state, existing.iter().filter(|rule| rule.egress == egress).chain(&wanted))?;
    let visible_at = state.after(state.durations.rule_consistency).to_string();
    for rule in &mut wanted {
        rule.entry["$ruleId"] = json!(state.id("sgr"));
        rule.entry["$visibleAt"] = json!(visible_at);
        if !tags.is_empty() {
            rule.entry["$tags"] = json!(tags);
        }
    }
    if let Some(row) = state.find_mut("ec2.SecurityGroups", "GroupId", &group_id) {
        wanted.iter().for_each(|rule| rules::insert(row, rule));
    }
    let group = read::one(state, "ec2.SecurityGroups", &group_id)?;
    let shown: Vec<Value> = wanted.iter().map(|rule| rule.described(state, group)).collect();
    Ok(json!({"Return": true, "SecurityGroupRules": shown}))
}

/// Refuses more rules than the quota: a group or prefix-list peer counts in both address families, and a
/// prefix list counts as its `MaxEntries`.
fn check_limit<'a>(state: &State, all: impl Iterator<Item = &'a Rule>) -> Result<(), AwsError> {
    let quota = state
        .rows("servicequotas.Quotas")
        .iter()
        .find(|row| text(row, "ServiceCode") == "vpc" && text(row, "QuotaCode") == RULES_QUOTA)
        .and_then(|row| row.get("Value").and_then(Value::as_u64))
        .unwrap_or(RULES);
    let (mut v4, mut v6) = (0, 0);
    for rule in all {
        match &rule.peer {
            Peer::V4(_) => v4 += 1,
            Peer::V6(_) => v6 += 1,
            Peer::Group(_) => (v4, v6) = (v4 + 1, v6 + 1),
            Peer::PrefixList(id) => {
                let row = state.find("ec2.PrefixLists", "PrefixListId", id);
                let weight = row.and_then(|row| row.get("MaxEntries").and_then(Value::as_u64)).unwrap_or(1);
                (v4, v6) = (v4 + weight, v6 + weight);
            }
        }
    }
    if v4.max(v6) > quota {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(AwsError::new("RulesPerSecurityGroupLimitExceeded", message));
    }
    Ok(())
}

/// The rules that a request names, by `IpPermissions` or by the older single members.
///
/// # Errors
/// `InvalidParameterValue` (ports, CIDRs, descriptions), `InvalidGroup.NotFound`,
/// `InvalidPrefixListID.NotFound`, `MissingParameter`.
fn requested(state: &State, call: &Call, group: &str, egress: bool) -> Result<Vec<Rule>, AwsError> {
    let mut permissions = list(&call.input, "IpPermissions").to_vec();
    if permissions.is_empty() {
        permissions.extend(single(state, call, group));
    }
    if permissions.is_empty() {
        let message = "The request must contain the parameter ipPermissions";
        return Err(AwsError::new("MissingParameter", message));
    }
    let mut wanted = Vec::new();
    for permission in &permissions {
        check_ports(permission)?;
        let mut permission = permission.clone();
        resolve_names(state, &mut permission, group)?;
        let rules = rules::of_permission(&permission, egress);
        if rules.is_empty() {
            // The text is UNCONFIRMED; the code is EC2's general one.
            return Err(invalid("A permission must name a CIDR block, a security group or a prefix list"));
        }
        for mut rule in rules {
            check_peer(state, group, &mut rule)?;
            wanted.push(rule);
        }
    }
    Ok(wanted)
}

/// The permission that the members `CidrIp`, `IpProtocol`, `FromPort` … of older clients stand for.
fn single(state: &State, call: &Call, group: &str) -> Option<Value> {
    let mut permission = json!({"IpProtocol": call.text("IpProtocol")?});
    for member in ["FromPort", "ToPort"] {
        if let Some(port) = call.input.get(member) {
            permission[member] = port.clone();
        }
    }
    if let Some(cidr) = call.text("CidrIp") {
        permission["IpRanges"] = json!([{"CidrIp": cidr}]);
    }
    if let Some(name) = call.text("SourceSecurityGroupName") {
        let vpc = state.find("ec2.SecurityGroups", "GroupId", group).map_or("", |row| text(row, "VpcId"));
        let id = groups::by_name(state, vpc, name).unwrap_or_else(|| name.to_owned());
        permission["UserIdGroupPairs"] = json!([{"GroupId": id}]);
    }
    Some(permission)
}

fn check_ports(permission: &Value) -> Result<(), AwsError> {
    let protocol = rules::protocol_name(text(permission, "IpProtocol"));
    let number = protocol.parse::<i64>().ok();
    if protocol.is_empty()
        || !(rules::has_ports(&protocol) || number.is_some_and(|n| (-1..=255).contains(&n)))
    {
        return Err(invalid(format!("Invalid value '{protocol}' for IP protocol. Unknown protocol.")));
    }
    if !matches!(protocol.as_str(), "tcp" | "udp") {
        return Ok(());
    }
    let port = |member: &str| permission.get(member).and_then(Value::as_i64);
    let (Some(from), Some(to)) = (port("FromPort"), port("ToPort")) else {
        return Err(invalid(
            "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
        ));
    };
    if !(0..=65535).contains(&from) || !(0..=65535).contains(&to) || from > to {
        return Err(invalid(format!("Invalid value '{from}-{to}' for portRange.")));
    }
    Ok(())
}

/// Pairs may name a group by name: of the same VPC, since names are unique only there.
fn resolve_names(state: &State, permission: &mut Value, group: &str) -> Result<(), AwsError> {
    let vpc = state.find("ec2.SecurityGroups", "GroupId", group).map_or("", |row| text(row, "VpcId"));
    let Some(pairs) = permission.get_mut("UserIdGroupPairs").and_then(Value::as_array_mut) else {
        return Ok(());
    };
    for pair in pairs {
        let name = text(pair, "GroupName").to_owned();
        if !text(pair, "GroupId").is_empty() || name.is_empty() {
            continue;
        }
        let Some(id) = groups::by_name(state, vpc, &name) else {
            let message = format!("The security group '{name}' does not exist");
            return Err(AwsError::new("InvalidGroup.NotFound", message));
        };
        pair["GroupId"] = json!(id);
    }
    Ok(())
}

fn check_peer(state: &State, group: &str, rule: &mut Rule) -> Result<(), AwsError> {
    if !groups::legal_text(text(&rule.entry, "Description")) {
        let set = groups::CHARACTERS;
        return Err(invalid(format!(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  {set}"
        )));
    }
    match rule.peer.clone() {
        Peer::V4(cidr) => {
            let Ok(block) = cidr.parse::<Cidr>() else {
                let message = format!("CIDR block {cidr} is malformed");
                return Err(invalid(message));
            };
            rule.peer = Peer::V4(block.to_string());
            rule.entry["CidrIp"] = json!(block.to_string());
        }
        Peer::V6(cidr) => {
            let parts = cidr.split_once('/');
            let legal = parts.is_some_and(|(address, bits)| {
                address.parse::<std::net::Ipv6Addr>().is_ok()
                    && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
            });
            if !legal {
                return Err(invalid(format!("CIDR block {cidr} is malformed")));
            }
        }
        Peer::PrefixList(id) => {
            read::one(state, "ec2.PrefixLists", &id)?;
        }
        Peer::Group(id) => check_pair(state, group, &id, rule)?,
    }
    Ok(())
}

/// A pair's group must exist here, in the same VPC or one that is actively peered with it. A pair with
/// another account's `UserId` cannot be looked up and is taken as it is.
fn check_pair(state: &State, group: &str, peer: &str, rule: &mut Rule) -> Result<(), AwsError> {
    let owner = text(&rule.entry, "UserId").to_owned();
    if owner.is_empty() || owner == state.account {
        let row = read::one(state, "ec2.SecurityGroups", peer)?;
        let (here, there) =
            (text(read::one(state, "ec2.SecurityGroups", group)?, "VpcId"), text(row, "VpcId"));
        if here != there {
            let Some(peering) = peering(state, here, there) else {
                let message = "You have specified two resources that belong to different networks.";
                return Err(AwsError::new("InvalidGroup.NotFound", message));
            };
            rule.entry["VpcId"] = json!(there);
            rule.entry["VpcPeeringConnectionId"] = json!(peering);
            rule.entry["PeeringStatus"] = json!("active");
        }
        rule.entry["UserId"] = json!(state.account);
    }
    if let Some(entry) = rule.entry.as_object_mut() {
        // EC2 shows names only in the default VPC's old style; ids are what it keeps.
        entry.shift_remove("GroupName");
    }
    Ok(())
}

fn peering(state: &State, here: &str, there: &str) -> Option<String> {
    let joins = |row: &&Value| {
        let ends = [&row["RequesterVpcInfo"], &row["AccepterVpcInfo"]].map(|end| text(end, "VpcId"));
        (ends == [here, there] || ends == [there, here]) && text(&row["Status"], "Code") == "active"
    };
    let found = state.rows("ec2.VpcPeeringConnections").iter().find(joins)?;
    Some(text(found, "VpcPeeringConnectionId").to_owned())
}

/// `RevokeSecurityGroupIngress` and `…Egress`, by rule ids or by permissions.
///
/// # Errors
/// `InvalidGroup.NotFound`, `InvalidSecurityGroupRuleId.NotFound`, `InvalidPermission.NotFound`.
pub fn revoke(state: &mut State, call: &Call, egress: bool) -> Answer {
    let group_id = groups::named(state, call)?;
    let group = read::one(state, "ec2.SecurityGroups", &group_id)?;
    let existing: Vec<Rule> =
        rules::of_group(group).into_iter().filter(|rule| rule.egress == egress).collect();
    let ids = texts(&call.input, "SecurityGroupRuleIds");
    let mut going = Vec::new();
    for id in &ids {
        let found = existing.iter().find(|rule| rule.id(&group_id) == *id);
        going.push(found.cloned().ok_or_else(|| tags::unknown_rule(id))?);
    }
    if ids.is_empty() {
        for wanted in revoked(state, call, &group_id, egress)? {
            let found = existing.iter().find(|rule| rule.same(&wanted));
            going.push(found.cloned().ok_or_else(|| {
                let message = "The specified rule does not exist in this security group.";
                AwsError::new("InvalidPermission.NotFound", message)
            })?);
        }
    }
    let shown: Vec<Value> = going.iter().map(|rule| revoked_rule(&rule.described(state, group))).collect();
    if let Some(row) = state.find_mut("ec2.SecurityGroups", "GroupId", &group_id) {
        going.iter().for_each(|rule| rules::remove(row, rule));
    }
    Ok(json!({"Return": true, "RevokedSecurityGroupRules": shown}))
}

/// The rules to revoke. Unlike authorizing, a peer that no longer exists is no error of its own: the
/// rule that names it can still be taken away.
fn revoked(state: &State, call: &Call, group: &str, egress: bool) -> Result<Vec<Rule>, AwsError> {
    let mut permissions = list(&call.input, "IpPermissions").to_vec();
    if permissions.is_empty() {
        permissions.extend(single(state, call, group));
    }
    if permissions.is_empty() {
        let message = "The request must contain the parameter ipPermissions or securityGroupRuleIds";
        return Err(AwsError::new("MissingParameter", message));
    }
    let mut wanted = Vec::new();
    for mut permission in permissions {
        resolve_names(state, &mut permission, group)?;
        for mut rule in rules::of_permission(&permission, egress) {
            if let Peer::V4(cidr) = &rule.peer
                && let Ok(block) = cidr.parse::<Cidr>()
            {
                rule.peer = Peer::V4(block.to_string());
            }
            wanted.push(rule);
        }
    }
    Ok(wanted)
}

fn revoked_rule(described: &Value) -> Value {
    let mut shown = described.clone();
    if let Some(peer) = described.get("ReferencedGroupInfo") {
        shown["ReferencedGroupId"] = peer["GroupId"].clone();
    }
    shown
}
