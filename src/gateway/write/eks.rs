//! EKS: add-ons and Pod Identity associations.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_eks::types::{AddonPodIdentityAssociations, ResolveConflicts};

use super::{Writes, without};
use crate::gateway::trouble::{Trouble, TroubleKind};

const EKS: &str = "eks";

/// A Pod Identity association to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssociation {
    /// The cluster's name.
    pub cluster: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account's name.
    pub service_account: String,
    /// The role.
    pub role_arn: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An add-on to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAddon {
    /// The cluster's name.
    pub cluster: String,
    /// The add-on's name.
    pub name: String,
    /// The build; EKS's default when absent.
    pub version: Option<String>,
    /// The IRSA role for its service account.
    pub role_arn: Option<String>,
    /// Service account and role of a Pod Identity association that the add-on makes and owns.
    pub association: Option<(String, String)>,
    /// Whether objects that are there already may be overwritten.
    pub overwrite: bool,
    /// The configuration, JSON.
    pub configuration: Option<String>,
    /// The client request token: the same request twice is one.
    pub token: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// What of an add-on to change; what is absent stays, but for the role: EKS takes away an IRSA role that is not
/// named again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddonChange {
    /// The cluster's name.
    pub cluster: String,
    /// The add-on's name.
    pub name: String,
    /// Another build.
    pub version: Option<String>,
    /// The IRSA role, also when it stays.
    pub role_arn: Option<String>,
    /// Its Pod Identity associations, service account and role; an empty list takes all away.
    pub associations: Option<Vec<(String, String)>>,
    /// What happens to fields that others changed: `NONE`, `OVERWRITE`, `PRESERVE`.
    pub conflicts: &'static str,
    /// Another configuration, JSON.
    pub configuration: Option<String>,
}

impl Writes {
    /// eks:CreatePodIdentityAssociation; the association's id.
    ///
    /// # Errors
    /// What the service said no with, here and in every other write.
    pub async fn create_association(&self, new: &NewAssociation) -> Result<String, Trouble> {
        const NAME: &str = "CreatePodIdentityAssociation";
        let create = self.session.eks().create_pod_identity_association().cluster_name(&new.cluster);
        let answer = create
            .namespace(&new.namespace)
            .service_account(&new.service_account)
            .role_arn(&new.role_arn)
            .set_tags(tags(&new.tags))
            .send()
            .await;
        let answer = answer.map_err(|error| Trouble::aws(EKS, NAME, &error))?;
        let id = answer.association.and_then(|association| association.association_id);
        id.ok_or_else(|| without(EKS, NAME, "association id"))
    }

    /// eks:DeletePodIdentityAssociation.
    pub async fn delete_association(&self, cluster: &str, id: &str) -> Result<(), Trouble> {
        let delete = self.session.eks().delete_pod_identity_association();
        let answer = delete.cluster_name(cluster).association_id(id).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(EKS, "DeletePodIdentityAssociation", &error))
    }

    /// eks:CreateAddon; the ARN.
    pub async fn create_addon(&self, new: &NewAddon) -> Result<Option<String>, Trouble> {
        const NAME: &str = "CreateAddon";
        let create = self.session.eks().create_addon().cluster_name(&new.cluster).addon_name(&new.name);
        let answer = create
            .set_addon_version(new.version.clone())
            .set_service_account_role_arn(new.role_arn.clone())
            .set_pod_identity_associations(
                associations(NAME, new.association.as_slice())?.filter(|all| !all.is_empty()),
            )
            .resolve_conflicts(conflicts(new.overwrite))
            .set_configuration_values(new.configuration.clone())
            .client_request_token(&new.token)
            .set_tags(tags(&new.tags))
            .send()
            .await;
        answer
            .map(|output| output.addon.and_then(|addon| addon.addon_arn))
            .map_err(|error| Trouble::aws(EKS, NAME, &error))
    }

    /// eks:UpdateAddon.
    pub async fn update_addon(&self, change: &AddonChange) -> Result<(), Trouble> {
        const NAME: &str = "UpdateAddon";
        let wanted = match &change.associations {
            Some(all) => associations(NAME, all)?,
            None => None,
        };
        let update = self.session.eks().update_addon().cluster_name(&change.cluster).addon_name(&change.name);
        let answer = update
            .set_addon_version(change.version.clone())
            .set_service_account_role_arn(change.role_arn.clone())
            .set_pod_identity_associations(wanted)
            .resolve_conflicts(ResolveConflicts::from(change.conflicts))
            .set_configuration_values(change.configuration.clone())
            .send()
            .await;
        answer.map(drop).map_err(|error| Trouble::aws(EKS, NAME, &error))
    }

    /// eks:TagResource on an add-on.
    pub async fn tag_addon(&self, arn: &str, new: &BTreeMap<String, String>) -> Result<(), Trouble> {
        let tag = self.session.eks().tag_resource().resource_arn(arn).set_tags(tags(new));
        tag.send().await.map(drop).map_err(|error| Trouble::aws(EKS, "TagResource", &error))
    }

    /// eks:DeleteAddon, with its objects in the cluster.
    pub async fn delete_addon(&self, cluster: &str, name: &str) -> Result<(), Trouble> {
        let delete = self.session.eks().delete_addon().cluster_name(cluster).addon_name(name);
        let answer = delete.preserve(false).send().await;
        answer.map(drop).map_err(|error| Trouble::aws(EKS, "DeleteAddon", &error))
    }
}

/// EKS refuses an empty map of tags.
fn tags(tags: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!tags.is_empty()).then(|| tags.clone().into_iter().collect())
}

fn conflicts(overwrite: bool) -> ResolveConflicts {
    if overwrite { ResolveConflicts::Overwrite } else { ResolveConflicts::None }
}

fn associations(
    operation: &str,
    associations: &[(String, String)],
) -> Result<Option<Vec<AddonPodIdentityAssociations>>, Trouble> {
    let one = |(service_account, role_arn): &(String, String)| {
        let new = AddonPodIdentityAssociations::builder().service_account(service_account).role_arn(role_arn);
        new.build().map_err(|error| Trouble::new(TroubleKind::Refused, EKS, operation, &error.to_string()))
    };
    associations.iter().map(one).collect::<Result<_, _>>().map(Some)
}
