//! From an action to the one call that it is. Nothing is decided here.

use crate::gateway::{
    AddonChange, NewAddon, NewAssociation, NewGroup, NewRelease, NewRole, Place, Trouble, Writes,
};
use crate::steps::{Action, AddonAssociation, Associations, Conflicts, Direction, ObjectRef, Ref};

pub(super) async fn call(writes: &Writes, action: Action) -> Result<Option<String>, Trouble> {
    match action {
        action @ (Action::CreateProvider { .. }
        | Action::AddAudience { .. }
        | Action::DeleteProvider { .. }
        | Action::CreateRole { .. }
        | Action::UpdateTrust { .. }
        | Action::PutRolePolicy { .. }
        | Action::AttachPolicy { .. }
        | Action::DeleteRolePolicy { .. }
        | Action::DetachPolicy { .. }
        | Action::DeleteRole { .. }
        | Action::TagRole { .. }
        | Action::UntagRole { .. }) => Box::pin(iam(writes, action)).await,
        action @ (Action::CreateGroup { .. }
        | Action::DeleteGroup { .. }
        | Action::TagGroup { .. }
        | Action::UntagGroup { .. }
        | Action::Authorize { .. }
        | Action::Revoke { .. }) => Box::pin(ec2(writes, action)).await,
        action @ (Action::CreateAssociation { .. }
        | Action::DeleteAssociation { .. }
        | Action::CreateAddon { .. }
        | Action::UpdateAddon { .. }
        | Action::TagAddon { .. }
        | Action::DeleteAddon { .. }) => Box::pin(eks(writes, action)).await,
        action
        @ (Action::HelmUpgrade { .. } | Action::HelmUninstall { .. } | Action::HelmRollback { .. }) => {
            Box::pin(helm(writes, action)).await
        }
        action => Box::pin(kubernetes(writes, action)).await,
    }
}

async fn helm(writes: &Writes, action: Action) -> Result<Option<String>, Trouble> {
    match action {
        Action::HelmUpgrade {
            name,
            namespace,
            chart,
            repo,
            version,
            values,
            keeps_values,
            takes_over,
            adopted,
        } => {
            let new = NewRelease {
                name,
                namespace,
                chart,
                repo,
                version,
                values,
                keeps_values,
                takes_over,
                adopted,
            };
            writes.helm_upgrade(&new).await?;
        }
        Action::HelmUninstall { name, namespace } => writes.helm_uninstall(&namespace, &name).await?,
        Action::HelmRollback { name, namespace } => writes.helm_rollback(&namespace, &name).await?,
        _ => {}
    }
    Ok(None)
}

async fn iam(writes: &Writes, action: Action) -> Result<Option<String>, Trouble> {
    match action {
        Action::CreateProvider { url, audience, tags } => {
            return writes.create_provider(&url, &audience, &tags).await.map(Some);
        }
        Action::AddAudience { provider_arn, audience } => {
            writes.add_audience(&provider_arn, &audience).await?
        }
        Action::DeleteProvider { provider_arn } => writes.delete_provider(&provider_arn).await?,
        Action::CreateRole { name, path, trust, description, boundary, tags } => {
            return writes
                .create_role(&NewRole { name, path, trust, description, boundary, tags })
                .await
                .map(Some);
        }
        Action::UpdateTrust { role, trust } => writes.update_trust(&role, &trust).await?,
        Action::PutRolePolicy { role, name, document } => {
            writes.put_role_policy(&role, &name, &document).await?
        }
        Action::AttachPolicy { role, policy_arn } => writes.attach_policy(&role, &policy_arn).await?,
        Action::DeleteRolePolicy { role, name } => writes.delete_role_policy(&role, &name).await?,
        Action::DetachPolicy { role, policy_arn } => writes.detach_policy(&role, &policy_arn).await?,
        Action::DeleteRole { name } => writes.delete_role(&name).await?,
        Action::TagRole { role, tags } => writes.tag_role(&role, &tags).await?,
        Action::UntagRole { role, keys } => writes.untag_role(&role, &keys).await?,
        _ => {}
    }
    Ok(None)
}

async fn ec2(writes: &Writes, action: Action) -> Result<Option<String>, Trouble> {
    match action {
        Action::CreateGroup { name, description, vpc, tags } => {
            return writes.create_group(&NewGroup { name, description, vpc, tags }).await.map(Some);
        }
        Action::DeleteGroup { group } => writes.delete_group(&group).await?,
        Action::TagGroup { group, tags } => writes.tag_group(&group, &tags).await?,
        Action::UntagGroup { group, keys } => writes.untag_group(&group, &keys).await?,
        Action::Authorize { group: Ref::Known(group), direction, rules, tags } => {
            writes.authorize(&group, direction == Direction::Ingress, &rules, &tags).await?;
        }
        Action::Revoke { group, direction, rules } => {
            writes.revoke(&group, direction == Direction::Ingress, &rules).await?
        }
        _ => {}
    }
    Ok(None)
}

fn pair(association: Option<AddonAssociation>) -> Option<(String, String)> {
    association.map(|it| (it.service_account, it.role_arn))
}

async fn eks(writes: &Writes, action: Action) -> Result<Option<String>, Trouble> {
    match action {
        Action::CreateAssociation { cluster, namespace, service_account, role_arn, tags } => {
            let new = NewAssociation { cluster, namespace, service_account, role_arn, tags };
            return writes.create_association(&new).await.map(Some);
        }
        Action::DeleteAssociation { cluster, id } => writes.delete_association(&cluster, &id).await?,
        Action::CreateAddon {
            cluster,
            name,
            version,
            role_arn,
            association,
            overwrite,
            configuration,
            token,
            tags,
        } => {
            let association = pair(association);
            let new = NewAddon {
                cluster,
                name,
                version,
                role_arn,
                association,
                overwrite,
                configuration,
                token,
                tags,
            };
            return writes.create_addon(&new).await;
        }
        Action::UpdateAddon { cluster, name, version, role_arn, association, conflicts, configuration } => {
            let associations = match association {
                Associations::Keep => None,
                Associations::Set(one) => Some(pair(Some(one)).into_iter().collect()),
                Associations::Clear => Some(Vec::new()),
            };
            let conflicts = match conflicts {
                Conflicts::None => "NONE",
                Conflicts::Overwrite => "OVERWRITE",
                Conflicts::Preserve => "PRESERVE",
            };
            let change =
                AddonChange { cluster, name, version, role_arn, associations, conflicts, configuration };
            writes.update_addon(&change).await?;
        }
        Action::TagAddon { arn, tags } => writes.tag_addon(&arn, &tags).await?,
        Action::DeleteAddon { cluster, name } => writes.delete_addon(&cluster, &name).await?,
        _ => {}
    }
    Ok(None)
}

pub(super) fn place(at: ObjectRef) -> Place {
    let ObjectRef { api_version, kind, plural, namespace, name, resource_version: _ } = at;
    Place { api_version, kind, plural, namespace, name }
}

async fn kubernetes(writes: &Writes, action: Action) -> Result<Option<String>, Trouble> {
    match action {
        Action::CreateObject { at, object, .. } => writes.create(&place(at), &object).await.map(drop)?,
        Action::PatchObject { at, patch } => writes.patch(&place(at), &patch).await.map(drop)?,
        Action::DeleteObject { at } => {
            let version = at.resource_version.clone();
            writes.delete(&place(at), version.as_deref()).await?;
        }
        Action::RestartDeployment { namespace, name } => writes.restart_deployment(&namespace, &name).await?,
        _ => {}
    }
    Ok(None)
}
