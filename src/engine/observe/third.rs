//! The third wave: what only the first two could name. Most snapshots end without it.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::{Look, role_name, whole_roles};
use crate::domain::names::{self, Partition};
use crate::domain::network::{Peer, SecurityGroup};
use crate::domain::policy::{self, PolicyWish};
use crate::error::Result;
use crate::facts::{Facts, Instance, RoleFacts, Seen};
use crate::gateway::{Reads, Trouble};

/// What only the first two waves could name: the annotated role, other policies of our role, prefix lists of rules,
/// and the nodes' roles when Pod Identity is to be judged, or whatever the controller does with them in a diagnosis.
pub(super) async fn look(reads: &Reads, look: &Look, facts: &mut Facts, is_diagnosis: bool) -> Result<()> {
    let by_node = is_open(facts) || is_diagnosis && leans_on_nodes(facts);
    let mut names: BTreeSet<String> = BTreeSet::new();
    let by_annotation = facts.access.service_account.found().and_then(|account| account.role_arn.as_deref());
    let by_association = facts.access.association.found().map(|association| association.role_arn.as_str());
    names.extend([by_annotation, by_association].into_iter().flatten().map(role_name));
    names.retain(|name| !facts.access.roles.contains_key(name));
    names.extend(by_node.then(|| node_roles(facts)).into_iter().flatten());
    let lists = prefix_lists(facts);
    let (roles, more, lists, of_groups) = futures::join!(
        Box::pin(whole_roles(reads, names)),
        Box::pin(unlisted(reads, facts)),
        join_all(lists.into_iter().map(|id| async move { (id.clone(), reads.prefix_list(&id).await) })),
        Box::pin(group_roles(reads, facts, by_node)),
    );
    facts.access.roles.extend(roles?);
    facts.access.node_roles = of_groups?;
    let others = facts.access.node_roles.found().into_iter().flatten().map(|arn| role_name(arn));
    let others = others.filter(|name| !facts.access.roles.contains_key(name)).collect();
    facts.access.roles.extend(Box::pin(whole_roles(reads, others)).await?);
    if let Some(more) = more? {
        facts.network.instances = more;
    }
    for (id, answer) in lists {
        if let Seen::Found(cidrs) = answer? {
            facts.network.prefix_lists.insert(id, cidrs);
        }
    }
    boundaries(reads, look, facts).await
}

/// What decides whether nodes and a file system reach each other and only the first two waves could name: prefix lists
/// of rules, and instances without the cluster's tag.
pub(super) async fn reach(reads: &Reads, facts: &mut Facts) -> Result<()> {
    let ids = prefix_lists(facts);
    let (more, lists) = futures::join!(
        Box::pin(unlisted(reads, facts)),
        join_all(ids.into_iter().map(|id| async move { (id.clone(), reads.prefix_list(&id).await) })),
    );
    if let Some(more) = more? {
        facts.network.instances = more;
    }
    for (id, answer) in lists {
        if let Seen::Found(cidrs) = answer? {
            facts.network.prefix_lists.insert(id, cidrs);
        }
    }
    Ok(())
}

/// The permissions boundaries of the roles that were read, and the one asked for. Few roles have one.
async fn boundaries(reads: &Reads, look: &Look, facts: &mut Facts) -> Result<()> {
    let worn = facts.access.roles.values().filter_map(|known| known.role.found()?.boundary.clone());
    let arns: BTreeSet<String> = worn.chain(look.needs.boundary.clone()).collect();
    let all = arns.into_iter().map(|arn| async move { (arn.clone(), reads.policy_document(&arn).await) });
    for (arn, answer) in join_all(all).await {
        facts.access.boundaries.insert(arn, answer?);
    }
    Ok(())
}

/// What the role has to allow, as far as it can be told before all is seen.
pub(super) fn policy_wish(
    look: &Look,
    cluster_arn: &str,
    region: &str,
    service_linked_role: bool,
) -> PolicyWish {
    let partition = Partition::of_region(region);
    let account = cluster_arn.parse::<names::Arn>().map(|arn| arn.account).unwrap_or_default();
    let key = look.needs.kms_key.as_ref();
    PolicyWish {
        kms_key_arn: key.and_then(|key| names::kms_key_arn(partition, region, &account, key)),
        partition,
        region: region.to_owned(),
        account,
        service_linked_role,
        s3_paths: look.needs.s3_paths.clone(),
    }
}

/// Whether the role is there and what was seen of its policies is not enough, though not all were looked at: its other
/// policies may be.
pub(super) fn is_half_known(role: &RoleFacts, wish: &PolicyWish) -> bool {
    let Some(policies) = role.role.found().and(role.policies.found()) else { return false };
    let documents: Vec<_> = policies.inline.values().cloned().collect();
    !policies.complete
        && policies.unread.is_empty()
        && !policy::missing_permissions(&documents, &[], wish).is_empty()
}

/// Whether Pod Identity is still to be judged: nothing gives the controller a role, and the agent is there.
fn is_open(facts: &Facts) -> bool {
    let nothing = facts.access.association.is_missing()
        && facts.driver.addon.found().is_none_or(|addon| addon.role_arn.is_none())
        && facts.access.service_account.found().is_none_or(|account| account.role_arn.is_none());
    nothing && (facts.cluster.auto_mode || facts.access.agent.found().is_some())
}

/// Whether it matters what the nodes' roles allow: the agent of Pod Identity uses them, and a controller that nothing
/// gives a role has theirs.
fn leans_on_nodes(facts: &Facts) -> bool {
    let by_addon = facts.driver.addon.found().is_some_and(|addon| addon.role_arn.is_some());
    let by_account = facts.access.service_account.found().is_some_and(|account| account.role_arn.is_some());
    facts.access.association.found().is_some() || !by_addon && !by_account
}

/// Roles of EC2 node groups, by the groups that instances are tagged with. A group that cannot be looked at is given
/// the benefit of the doubt: only what is known can speak against Pod Identity.
async fn group_roles(reads: &Reads, facts: &Facts, by_node: bool) -> Result<Seen<BTreeSet<String>>, Trouble> {
    let instances = facts.network.instances.found().map_or(&[][..], Vec::as_slice);
    let groups: BTreeSet<&str> = instances.iter().filter_map(|it| it.node_group.as_deref()).collect();
    if groups.is_empty() || !by_node {
        return Ok(Seen::Missing);
    }
    let cluster = facts.cluster.name.as_str();
    let answers = join_all(groups.into_iter().map(|group| reads.node_group_role(cluster, group))).await;
    let mut roles = BTreeSet::new();
    for answer in answers {
        match answer? {
            Seen::Found(role) => drop(roles.insert(role)),
            Seen::Missing => {}
            Seen::Hidden(veil) => return Ok(Seen::Hidden(veil)),
        }
    }
    Ok(Seen::Found(roles))
}

/// The nodes' roles of HyperPod's groups.
fn node_roles(facts: &Facts) -> Vec<String> {
    let pods = facts.hyperpod.found().map_or(&[][..], Vec::as_slice);
    pods.iter()
        .flat_map(|pod| &pod.groups)
        .filter_map(|group| group.execution_role.as_deref())
        .map(role_name)
        .collect()
}

/// The instances with those of EC2 nodes that do not carry the cluster's tag: such nodes can join a cluster all the same.
/// None when every node is known. Nodes of HyperPod are never among EC2's instances, and Fargate has none.
async fn unlisted(reads: &Reads, facts: &Facts) -> Result<Option<Seen<Vec<Instance>>>> {
    let Some(known) = facts.network.instances.found() else { return Ok(None) };
    let nodes = facts.nodes.found().map_or(&[][..], Vec::as_slice);
    let unknown: BTreeSet<String> = nodes
        .iter()
        .filter(|node| !node.hyperpod && !node.fargate)
        .filter_map(|node| node.instance_id.clone())
        .filter(|id| !known.iter().any(|instance| instance.id == *id))
        .collect();
    if unknown.is_empty() {
        return Ok(None);
    }
    let ids: Vec<String> = unknown.into_iter().collect();
    let more = reads.instances_by_id(&ids).await?;
    Ok(Some(more.map(|more| known.iter().cloned().chain(more).collect())))
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
