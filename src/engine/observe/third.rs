//! The third wave: what only the first two could name. Most snapshots end without it.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::{role_name, whole_roles};
use crate::domain::network::{Peer, SecurityGroup};
use crate::error::Result;
use crate::facts::{Facts, Policies, Role, RoleFacts, Seen};
use crate::gateway::{Reads, Trouble};

/// What only the first two waves could name: the annotated role, other policies of our role, prefix lists of rules,
/// and the nodes' roles when Pod Identity is to be judged.
pub(super) async fn look(reads: &Reads, facts: &mut Facts) -> Result<()> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let by_annotation = facts.access.service_account.found().and_then(|account| account.role_arn.as_deref());
    let by_association = facts.access.association.found().map(|association| association.role_arn.as_str());
    names.extend([by_annotation, by_association].into_iter().flatten().map(role_name));
    names.retain(|name| !facts.access.roles.contains_key(name));
    names.extend(half_known(facts));
    names.extend(node_roles(facts));
    let lists = prefix_lists(facts);
    let (roles, lists, of_groups) = futures::join!(
        Box::pin(whole_roles(reads, names)),
        join_all(lists.into_iter().map(|id| async move { (id.clone(), reads.prefix_list(&id).await) })),
        Box::pin(group_roles(reads, facts)),
    );
    facts.access.roles.extend(roles?);
    facts.access.node_roles = of_groups?;
    let more = facts.access.node_roles.iter().map(|arn| role_name(arn));
    let more = more.filter(|name| !facts.access.roles.contains_key(name)).collect();
    facts.access.roles.extend(Box::pin(whole_roles(reads, more)).await?);
    for (id, answer) in lists {
        if let Seen::Found(cidrs) = answer? {
            facts.network.prefix_lists.insert(id, cidrs);
        }
    }
    Ok(())
}

/// Roles that are there but whose inline policy of ours is not: their other policies may still be right.
fn half_known(facts: &Facts) -> Vec<String> {
    facts.access.roles.iter().filter(|(_, role)| is_half_known(role)).map(|(name, _)| name.clone()).collect()
}

/// Whether the role is there and none of its policies was seen, though not all were looked at.
pub(super) fn is_half_known(role: &RoleFacts) -> bool {
    let unseen =
        |policies: &Policies| !policies.complete && policies.inline.is_empty() && policies.unread.is_empty();
    matches!(&role.role, Seen::Found(Role { .. })) && role.policies.found().is_some_and(unseen)
}

/// Whether Pod Identity is still to be judged: nothing gives the controller a role, and the agent is there.
fn is_open(facts: &Facts) -> bool {
    let nothing = facts.access.association.is_missing()
        && facts.driver.addon.found().is_none_or(|addon| addon.role_arn.is_none())
        && facts.access.service_account.found().is_none_or(|account| account.role_arn.is_none());
    nothing && (facts.cluster.auto_mode || facts.access.agent.found().is_some())
}

/// Roles of EC2 node groups, by the groups that instances are tagged with. A group that cannot be looked at is given
/// the benefit of the doubt: only what is known can speak against Pod Identity.
async fn group_roles(reads: &Reads, facts: &Facts) -> Result<BTreeSet<String>, Trouble> {
    let instances = facts.network.instances.found().map_or(&[][..], Vec::as_slice);
    let groups: BTreeSet<&str> = instances.iter().filter_map(|it| it.node_group.as_deref()).collect();
    let groups = if is_open(facts) { groups } else { BTreeSet::new() };
    let cluster = facts.cluster.name.as_str();
    let answers = join_all(groups.into_iter().map(|group| reads.node_group_role(cluster, group))).await;
    let mut roles = BTreeSet::new();
    for answer in answers {
        roles.extend(answer?.found().cloned());
    }
    Ok(roles)
}

/// The nodes' roles of HyperPod's groups.
fn node_roles(facts: &Facts) -> Vec<String> {
    if !is_open(facts) {
        return Vec::new();
    }
    let pods = facts.hyperpod.found().map_or(&[][..], Vec::as_slice);
    pods.iter()
        .flat_map(|pod| &pod.groups)
        .filter_map(|group| group.execution_role.as_deref())
        .map(role_name)
        .collect()
}

/// Prefix lists that rules for TCP name, in the groups of the VPC.
fn prefix_lists(facts: &Facts) -> BTreeSet<String> {
    let groups = facts.network.groups.found().map_or(&[][..], Vec::as_slice);
    let rules =
        |group: &SecurityGroup| group.ingress.iter().chain(&group.egress).cloned().collect::<Vec<_>>();
    groups
        .iter()
        .flat_map(rules)
        .filter(|rule| rule.is_all_traffic() || rule.protocol == "tcp" || rule.protocol == "6")
        .filter_map(|rule| match rule.peer {
            Peer::PrefixList(id) => Some(id),
            Peer::Group { .. } | Peer::Cidr(_) | Peer::Cidr6(_) => None,
        })
        .collect()
}
