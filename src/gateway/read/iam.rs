//! IAM: OIDC providers, roles, policies.

use std::collections::BTreeMap;

use aws_sdk_iam::types as sdk;
use futures::future::{join, try_join, try_join_all};
use serde_json::Value;

use super::{Answer, Reads, seen};
use crate::facts::{Policies, Provider, Role, Seen, Veil};

const IAM: &str = "iam";

impl Reads {
    /// iam:GetOpenIDConnectProvider.
    pub async fn provider(&self, arn: &str) -> Answer<Provider> {
        let get = self.session.iam().get_open_id_connect_provider();
        let answer = get.open_id_connect_provider_arn(arn).send().await;
        seen(IAM, "GetOpenIDConnectProvider", answer, |output| {
            Some(Provider {
                arn: arn.to_owned(),
                client_ids: output.client_id_list.unwrap_or_default(),
                tags: tags(output.tags.unwrap_or_default()),
            })
        })
    }

    /// iam:GetRole.
    pub async fn role(&self, name: &str) -> Answer<Role> {
        let answer = self.session.iam().get_role().role_name(name).send().await;
        seen(IAM, "GetRole", answer, |output| output.role.map(role))
    }

    /// iam:GetRolePolicy: one inline document.
    pub async fn role_policy(&self, role: &str, policy: &str) -> Answer<Value> {
        let answer = self.session.iam().get_role_policy().role_name(role).policy_name(policy).send().await;
        seen(IAM, "GetRolePolicy", answer, |output| Some(document(&output.policy_document)))
    }

    /// All policies of a role: iam:ListRolePolicies and iam:ListAttachedRolePolicies at once, then the inline
    /// documents and those of the customer's own attached policies. Policies of AWS stay ARNs.
    pub async fn role_policies(&self, role: &str) -> Answer<Policies> {
        let (inline, attached) = join(self.inline_names(role), self.attached_arns(role)).await;
        let mut policies = Policies { complete: true, ..Policies::default() };
        let (names, attached) = match (inline?, attached?) {
            (Seen::Missing, _) | (_, Seen::Missing) => return Ok(Seen::Missing),
            (Seen::Hidden(veil), Seen::Hidden(_)) => return Ok(Seen::Hidden(veil)),
            (Seen::Found(names), Seen::Found(attached)) => (names, attached),
            (Seen::Found(names), Seen::Hidden(veil)) => {
                policies.unread.push(veil);
                (names, Vec::new())
            }
            (Seen::Hidden(veil), Seen::Found(attached)) => {
                policies.unread.push(veil);
                (Vec::new(), attached)
            }
        };
        policies.complete = policies.unread.is_empty();
        policies.attached = attached;
        let own: Vec<&String> =
            policies.attached.iter().filter(|arn| !arn.contains(":iam::aws:policy/")).collect();
        let (inline, attached) = try_join(
            try_join_all(names.iter().map(|name| self.role_policy(role, name))),
            try_join_all(own.iter().map(|arn| self.policy_document(arn))),
        )
        .await?;
        let own: Vec<String> = own.into_iter().cloned().collect();
        policies.unread.extend(keep(names, inline, &mut policies.inline));
        policies.unread.extend(keep(own, attached, &mut policies.documents));
        Ok(Seen::Found(policies))
    }

    /// iam:GetPolicy, then iam:GetPolicyVersion of the default version.
    pub async fn policy_document(&self, arn: &str) -> Answer<Value> {
        let answer = self.session.iam().get_policy().policy_arn(arn).send().await;
        let version = match seen(IAM, "GetPolicy", answer, |output| output.policy?.default_version_id)? {
            Seen::Found(version) => version,
            Seen::Missing => return Ok(Seen::Missing),
            Seen::Hidden(veil) => return Ok(Seen::Hidden(veil)),
        };
        let answer = self.session.iam().get_policy_version().policy_arn(arn).version_id(version).send().await;
        seen(IAM, "GetPolicyVersion", answer, |output| Some(document(&output.policy_version?.document?)))
    }

    async fn inline_names(&self, role: &str) -> Answer<Vec<String>> {
        let pages = self.session.iam().list_role_policies().role_name(role).into_paginator().items().send();
        seen(IAM, "ListRolePolicies", pages.try_collect().await, Some)
    }

    async fn attached_arns(&self, role: &str) -> Answer<Vec<String>> {
        let pages =
            self.session.iam().list_attached_role_policies().role_name(role).into_paginator().items().send();
        seen(IAM, "ListAttachedRolePolicies", pages.try_collect().await, |found| {
            Some(found.into_iter().filter_map(|policy| policy.policy_arn).collect())
        })
    }
}

/// Puts documents under their names and returns why others could not be read. One that went away meanwhile is left out.
fn keep(names: Vec<String>, answers: Vec<Seen<Value>>, into: &mut BTreeMap<String, Value>) -> Vec<Veil> {
    let mut unread = Vec::new();
    for (name, answer) in names.into_iter().zip(answers) {
        match answer {
            Seen::Found(document) => drop(into.insert(name, document)),
            Seen::Missing => {}
            Seen::Hidden(veil) => unread.push(veil),
        }
    }
    unread
}

fn role(found: sdk::Role) -> Role {
    Role {
        name: found.role_name,
        arn: found.arn,
        trust: found.assume_role_policy_document.as_deref().map(document).unwrap_or_default(),
        boundary: found.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        tags: tags(found.tags.unwrap_or_default()),
    }
}

fn tags(found: Vec<sdk::Tag>) -> BTreeMap<String, String> {
    found.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// A policy document, which IAM sends URL-encoded. One that is no JSON stays text, so that nobody takes it for empty.
fn document(encoded: &str) -> Value {
    let text = percent_decoded(encoded);
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%'
            && let Some((digits, tail)) = rest.split_at_checked(2)
            && let Some(value) =
                std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
        {
            bytes.push(value);
            rest = tail;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_url_decoded_json() {
        assert_eq!(document("%7B%22Version%22%3A%222012-10-17%22%7D"), json!({"Version": "2012-10-17"}));
        assert_eq!(document(r#"{"a": "100% + b"}"#), json!({"a": "100% + b"}));
        assert_eq!(document("%7Bbroken"), json!("{broken"));
        assert_eq!(document("%"), json!("%"));
    }
}
