//! IAM: OIDC providers, roles, policies.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use serde_json::Value;

use super::{Writes, without};
use crate::gateway::trouble::{Trouble, TroubleKind};

const IAM: &str = "iam";

/// A role to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// Its path, `/` or `/…/`.
    pub path: String,
    /// The trust policy.
    pub trust: Value,
    /// The description.
    pub description: String,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Writes {
    /// iam:CreateOpenIDConnectProvider; the ARN.
    ///
    /// # Errors
    /// What the service said no with, here and in every other write.
    pub async fn create_provider(
        &self,
        url: &str,
        audience: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<String, Trouble> {
        const NAME: &str = "CreateOpenIDConnectProvider";
        let create = self.session.iam().create_open_id_connect_provider().url(url).client_id_list(audience);
        let answer = create.set_tags(sdk_tags(NAME, tags)?).send().await;
        let answer = answer.map_err(|error| Trouble::aws(IAM, NAME, &error))?;
        answer.open_id_connect_provider_arn.ok_or_else(|| without(IAM, NAME, "ARN"))
    }

    /// iam:AddClientIDToOpenIDConnectProvider.
    pub async fn add_audience(&self, provider_arn: &str, audience: &str) -> Result<(), Trouble> {
        let add = self.session.iam().add_client_id_to_open_id_connect_provider();
        let answer = add.open_id_connect_provider_arn(provider_arn).client_id(audience).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "AddClientIDToOpenIDConnectProvider", &error))
    }

    /// iam:DeleteOpenIDConnectProvider.
    pub async fn delete_provider(&self, provider_arn: &str) -> Result<(), Trouble> {
        let delete = self.session.iam().delete_open_id_connect_provider();
        let answer = delete.open_id_connect_provider_arn(provider_arn).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "DeleteOpenIDConnectProvider", &error))
    }

    /// iam:CreateRole; the ARN.
    pub async fn create_role(&self, role: &NewRole) -> Result<String, Trouble> {
        let create = self.session.iam().create_role().role_name(&role.name).path(&role.path);
        let answer = create
            .assume_role_policy_document(role.trust.to_string())
            .description(&role.description)
            .set_permissions_boundary(role.boundary.clone())
            .set_tags(sdk_tags("CreateRole", &role.tags)?)
            .send()
            .await;
        let answer = answer.map_err(|error| Trouble::aws(IAM, "CreateRole", &error))?;
        answer.role.map(|role| role.arn).ok_or_else(|| without(IAM, "CreateRole", "role"))
    }

    /// iam:UpdateAssumeRolePolicy.
    pub async fn update_trust(&self, role: &str, trust: &Value) -> Result<(), Trouble> {
        let update = self.session.iam().update_assume_role_policy().role_name(role);
        let answer = update.policy_document(trust.to_string()).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "UpdateAssumeRolePolicy", &error))
    }

    /// iam:PutRolePolicy.
    pub async fn put_role_policy(&self, role: &str, name: &str, document: &Value) -> Result<(), Trouble> {
        let put = self.session.iam().put_role_policy().role_name(role).policy_name(name);
        let answer = put.policy_document(document.to_string()).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "PutRolePolicy", &error))
    }

    /// iam:AttachRolePolicy.
    pub async fn attach_policy(&self, role: &str, policy_arn: &str) -> Result<(), Trouble> {
        let answer =
            self.session.iam().attach_role_policy().role_name(role).policy_arn(policy_arn).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "AttachRolePolicy", &error))
    }

    /// iam:DeleteRolePolicy.
    pub async fn delete_role_policy(&self, role: &str, name: &str) -> Result<(), Trouble> {
        let answer = self.session.iam().delete_role_policy().role_name(role).policy_name(name).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "DeleteRolePolicy", &error))
    }

    /// iam:DetachRolePolicy.
    pub async fn detach_policy(&self, role: &str, policy_arn: &str) -> Result<(), Trouble> {
        let answer =
            self.session.iam().detach_role_policy().role_name(role).policy_arn(policy_arn).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "DetachRolePolicy", &error))
    }

    /// iam:TagRole.
    pub async fn tag_role(&self, role: &str, tags: &BTreeMap<String, String>) -> Result<(), Trouble> {
        let tag = self.session.iam().tag_role().role_name(role).set_tags(sdk_tags("TagRole", tags)?);
        tag.send().await.map(drop).map_err(|error| Trouble::aws(IAM, "TagRole", &error))
    }

    /// iam:UntagRole.
    pub async fn untag_role(&self, role: &str, keys: &[String]) -> Result<(), Trouble> {
        let untag = self.session.iam().untag_role().role_name(role).set_tag_keys(Some(keys.to_vec()));
        untag.send().await.map(drop).map_err(|error| Trouble::aws(IAM, "UntagRole", &error))
    }

    /// iam:DeleteRole.
    pub async fn delete_role(&self, name: &str) -> Result<(), Trouble> {
        let answer = self.session.iam().delete_role().role_name(name).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(IAM, "DeleteRole", &error))
    }
}

fn sdk_tags(operation: &str, tags: &BTreeMap<String, String>) -> Result<Option<Vec<Tag>>, Trouble> {
    if tags.is_empty() {
        return Ok(None);
    }
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<Result<_, _>>()
        .map(Some)
        .map_err(|error| Trouble::new(TroubleKind::Refused, IAM, operation, &error.to_string()))
}
