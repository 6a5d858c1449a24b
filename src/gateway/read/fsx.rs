//! FSx: Lustre file systems.

use aws_sdk_fsx::types as sdk;

use super::{Answer, Reads, seen};
use crate::facts::{AdminAction, FileSystem, FileSystemMore};
use crate::gateway::scrub::scrub;

impl Reads {
    /// fsx:DescribeFileSystems: all Lustre file systems of the account and Region.
    pub async fn file_systems(&self) -> Answer<Vec<FileSystem>> {
        let is_lustre = |system: &FileSystem| system.kind == sdk::FileSystemType::Lustre.as_str();
        Ok(self.all_file_systems().await?.map(|all| all.into_iter().filter(is_lustre).collect()))
    }

    /// fsx:DescribeFileSystems: all file systems of the account and Region, of every type.
    pub async fn all_file_systems(&self) -> Answer<Vec<FileSystem>> {
        let pages = self.session.fsx().describe_file_systems().into_paginator().send();
        seen("fsx", "DescribeFileSystems", pages.try_collect().await, |found| {
            let all = found.into_iter().flat_map(|page| page.file_systems.unwrap_or_default());
            Some(all.map(file_system).collect())
        })
    }
}

fn file_system(found: sdk::FileSystem) -> FileSystem {
    let lustre = found.lustre_configuration;
    let lustre = lustre.as_ref();
    let squash = lustre.and_then(|lustre| lustre.root_squash_configuration.as_ref());
    let more = FileSystemMore {
        created: found.creation_time.map(|at| at.secs()),
        owner: found.owner_id,
        efa: lustre.is_some_and(|lustre| lustre.efa_enabled == Some(true)),
        root_squash: squash.and_then(|squash| squash.root_squash.clone()),
        kms_key: found.kms_key_id,
        actions: found.administrative_actions.into_iter().flatten().map(admin_action).collect(),
    };
    FileSystem {
        id: found.file_system_id.unwrap_or_default(),
        arn: found.resource_arn.unwrap_or_default(),
        kind: found.file_system_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        lifecycle: found.lifecycle.map(|lifecycle| lifecycle.as_str().to_owned()).unwrap_or_default(),
        failure: found.failure_details.and_then(|details| details.message).map(|it| scrub(&it)),
        capacity_gib: found
            .storage_capacity
            .and_then(|size| u64::try_from(size).ok())
            .filter(|size| *size > 0),
        storage_type: found.storage_type.map(|kind| kind.as_str().to_owned()),
        deployment_type: lustre.and_then(|lustre| Some(lustre.deployment_type.as_ref()?.as_str().to_owned())),
        throughput: lustre.and_then(|lustre| u32::try_from(lustre.per_unit_storage_throughput?).ok()),
        version: found.file_system_type_version,
        dns_name: found.dns_name,
        mount_name: lustre.and_then(|lustre| lustre.mount_name.clone()),
        vpc: found.vpc_id,
        subnets: found.subnet_ids.unwrap_or_default(),
        interfaces: found.network_interface_ids.unwrap_or_default(),
        tags: found
            .tags
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
        more,
    }
}

fn admin_action(found: sdk::AdministrativeAction) -> AdminAction {
    AdminAction {
        kind: found.administrative_action_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        status: found.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        progress: found.progress_percent,
        failure: found.failure_details.and_then(|details| details.message).map(|it| scrub(&it)),
        at: found.request_time.map(|at| at.secs()),
    }
}
