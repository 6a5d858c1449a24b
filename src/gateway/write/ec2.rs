//! EC2: security groups and their rules.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as sdk;

use super::{Writes, without};
use crate::domain::network::{Peer, Rule};
use crate::gateway::trouble::Trouble;

const EC2: &str = "ec2";

/// A security group to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The VPC.
    pub vpc: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Writes {
    /// ec2:CreateSecurityGroup; the group's id.
    ///
    /// # Errors
    /// What the service said no with, here and in every other write.
    pub async fn create_group(&self, new: &NewGroup) -> Result<String, Trouble> {
        const NAME: &str = "CreateSecurityGroup";
        let create = self.session.ec2().create_security_group().group_name(&new.name).vpc_id(&new.vpc);
        let answer = create
            .description(&new.description)
            .set_tag_specifications(tags(sdk::ResourceType::SecurityGroup, &new.tags))
            .send()
            .await;
        let answer = answer.map_err(|error| Trouble::aws(EC2, NAME, &error))?;
        answer.group_id.ok_or_else(|| without(EC2, NAME, "group id"))
    }

    /// ec2:DeleteSecurityGroup.
    pub async fn delete_group(&self, group: &str) -> Result<(), Trouble> {
        let answer = self.session.ec2().delete_security_group().group_id(group).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(EC2, "DeleteSecurityGroup", &error))
    }

    /// ec2:CreateTags on a security group.
    pub async fn tag_group(&self, group: &str, tags: &BTreeMap<String, String>) -> Result<(), Trouble> {
        let tags = tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build());
        let tag = self.session.ec2().create_tags().resources(group).set_tags(Some(tags.collect()));
        tag.send().await.map(drop).map_err(|error| Trouble::aws(EC2, "CreateTags", &error))
    }

    /// ec2:DeleteTags on a security group, whatever their values.
    pub async fn untag_group(&self, group: &str, keys: &[String]) -> Result<(), Trouble> {
        let tags = keys.iter().map(|key| sdk::Tag::builder().key(key).build());
        let untag = self.session.ec2().delete_tags().resources(group).set_tags(Some(tags.collect()));
        untag.send().await.map(drop).map_err(|error| Trouble::aws(EC2, "DeleteTags", &error))
    }

    /// ec2:AuthorizeSecurityGroupIngress or -Egress.
    pub async fn authorize(
        &self,
        group: &str,
        ingress: bool,
        rules: &[Rule],
        rule_tags: &BTreeMap<String, String>,
    ) -> Result<(), Trouble> {
        let permissions = Some(rules.iter().map(permission).collect());
        let tags = tags(sdk::ResourceType::SecurityGroupRule, rule_tags);
        if ingress {
            let authorize = self.session.ec2().authorize_security_group_ingress().group_id(group);
            let answer = authorize.set_ip_permissions(permissions).set_tag_specifications(tags).send().await;
            answer.map(drop).map_err(|error| Trouble::aws(EC2, "AuthorizeSecurityGroupIngress", &error))
        } else {
            let authorize = self.session.ec2().authorize_security_group_egress().group_id(group);
            let answer = authorize.set_ip_permissions(permissions).set_tag_specifications(tags).send().await;
            answer.map(drop).map_err(|error| Trouble::aws(EC2, "AuthorizeSecurityGroupEgress", &error))
        }
    }

    /// ec2:RevokeSecurityGroupIngress or -Egress, by rule.
    pub async fn revoke(&self, group: &str, ingress: bool, rules: &[Rule]) -> Result<(), Trouble> {
        let permissions = Some(rules.iter().map(permission).collect());
        if ingress {
            let revoke = self.session.ec2().revoke_security_group_ingress().group_id(group);
            let answer = revoke.set_ip_permissions(permissions).send().await;
            answer.map(drop).map_err(|error| Trouble::aws(EC2, "RevokeSecurityGroupIngress", &error))
        } else {
            let revoke = self.session.ec2().revoke_security_group_egress().group_id(group);
            let answer = revoke.set_ip_permissions(permissions).send().await;
            answer.map(drop).map_err(|error| Trouble::aws(EC2, "RevokeSecurityGroupEgress", &error))
        }
    }
}

fn tags(kind: sdk::ResourceType, tags: &BTreeMap<String, String>) -> Option<Vec<sdk::TagSpecification>> {
    if tags.is_empty() {
        return None;
    }
    let tags = tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect();
    Some(vec![sdk::TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()])
}

fn permission(rule: &Rule) -> sdk::IpPermission {
    let base = sdk::IpPermission::builder()
        .ip_protocol(&rule.protocol)
        .set_from_port(rule.from)
        .set_to_port(rule.to);
    let words = rule.description.clone();
    match &rule.peer {
        Peer::Group { id, account } => {
            let pair = sdk::UserIdGroupPair::builder().group_id(id).set_user_id(account.clone());
            base.user_id_group_pairs(pair.set_description(words).build())
        }
        Peer::Cidr(cidr) => {
            base.ip_ranges(sdk::IpRange::builder().cidr_ip(cidr).set_description(words).build())
        }
        Peer::Cidr6(cidr) => {
            base.ipv6_ranges(sdk::Ipv6Range::builder().cidr_ipv6(cidr).set_description(words).build())
        }
        Peer::PrefixList(id) => base
            .prefix_list_ids(sdk::PrefixListId::builder().prefix_list_id(id).set_description(words).build()),
    }
    .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_becomes_one_permission_with_one_peer() {
        let rule = Rule {
            protocol: "tcp".to_owned(),
            from: Some(1018),
            to: Some(1023),
            peer: Peer::Group { id: "sg-1".to_owned(), account: None },
            description: Some("Lustre".to_owned()),
        };
        let made = permission(&rule);
        assert_eq!(
            (made.from_port(), made.to_port(), made.ip_protocol()),
            (Some(1018), Some(1023), Some("tcp"))
        );
        let pair = made.user_id_group_pairs().first().expect("a pair");
        assert_eq!((pair.group_id(), pair.description()), (Some("sg-1"), Some("Lustre")));
        assert!(made.ip_ranges().is_empty());
    }
}
