//! What calls of FSx need.

use super::super::tags;
use super::{Need, arn, own_action, request_tags, row_tags, service_linked_role};
use crate::aws::row;
use crate::call::Call;
use crate::state::State;

/// The service that FSx's own role is linked to.
const FSX_SERVICE: &str = "fsx.amazonaws.com";
/// The service that the roles for S3 are linked to, one role for each linked file system.
const S3_SERVICE: &str = "s3.data-source.lustre.fsx.amazonaws.com";

/// Everything that a call of FSx needs.
pub fn needs(state: &State, call: &Call) -> Vec<Need> {
    let own = own_action(call);
    let of_request = request_tags(call);
    let file_systems = arn(state, "fsx", "file-system/*");
    match call.operation.as_str() {
        "CreateFileSystem" => {
            let mut all = vec![Need::new(own, &file_systems).with(of_request.clone())];
            all.extend(tagging(&file_systems, &of_request));
            all.extend(service_linked_role(state, FSX_SERVICE, "AWSServiceRoleForAmazonFSx"));
            if row::given(&call.input["LustreConfiguration"], "ImportPath") {
                all.extend(s3_link(state, "*"));
            }
            all
        }
        "CreateFileSystemFromBackup" => {
            let backup = call.text("BackupId").unwrap_or("*");
            let mut all = vec![
                Need::new(own.clone(), &file_systems).with(of_request.clone()),
                Need::new(own, arn(state, "fsx", &format!("backup/{backup}"))),
            ];
            all.extend(tagging(&file_systems, &of_request));
            all.extend(service_linked_role(state, FSX_SERVICE, "AWSServiceRoleForAmazonFSx"));
            all
        }
        "DeleteFileSystem" => {
            let mut all = vec![on_file_system(state, call, &own)];
            if call.input["LustreConfiguration"]["SkipFinalBackup"] == false {
                all.push(Need::new("fsx:CreateBackup", arn(state, "fsx", "backup/*")));
            }
            all
        }
        "UpdateFileSystem" => vec![on_file_system(state, call, &own)],
        "CreateBackup" => {
            let backups = arn(state, "fsx", "backup/*");
            let mut all =
                vec![on_file_system(state, call, &own), Need::new(own, &backups).with(of_request.clone())];
            all.extend(tagging(&backups, &of_request));
            all
        }
        "CopyBackup" | "DeleteBackup" => vec![on_backup(state, call, own)],
        "CreateDataRepositoryAssociation" => association(state, call, own),
        "CreateDataRepositoryTask" => {
            let tasks = arn(state, "fsx", "task/*");
            let mut all =
                vec![on_file_system(state, call, &own), Need::new(own, &tasks).with(of_request.clone())];
            all.extend(tagging(&tasks, &of_request));
            all
        }
        "UpdateDataRepositoryAssociation" | "DeleteDataRepositoryAssociation" => {
            let id = call.text("AssociationId").unwrap_or("*");
            let found = state.find("fsx.DataRepositoryAssociations", "AssociationId", id);
            let owner = found.map_or("*", |found| row::text(found, "FileSystemId"));
            let resource = arn(state, "fsx", &format!("association/{owner}/{id}"));
            vec![Need::new(own, resource).with(row_tags("fsx", found))]
        }
        "CancelDataRepositoryTask" => {
            let id = call.text("TaskId").unwrap_or("*");
            vec![Need::new(own, arn(state, "fsx", &format!("task/{id}")))]
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            vec![Need::new(own, call.text("ResourceARN").unwrap_or("*")).with(of_request)]
        }
        "DescribeBackups" => vec![Need::new(own, arn(state, "fsx", "backup/*"))],
        "DescribeDataRepositoryAssociations" => vec![Need::new(own, arn(state, "fsx", "association/*"))],
        "DescribeDataRepositoryTasks" => vec![Need::new(own, arn(state, "fsx", "task/*"))],
        _ => vec![Need::new(own, file_systems)],
    }
}

fn tagging(resource: &str, of_request: &[(String, String)]) -> Option<Need> {
    (!of_request.is_empty()).then(|| Need::new("fsx:TagResource", resource).with(of_request.to_vec()))
}

fn on_file_system(state: &State, call: &Call, action: &str) -> Need {
    let id = call.text("FileSystemId").unwrap_or("*");
    let context = tags::of_id(state, "fsx", "fsx.FileSystems", "FileSystemId", id);
    Need::new(action, arn(state, "fsx", &format!("file-system/{id}"))).with(context)
}

fn on_backup(state: &State, call: &Call, action: String) -> Need {
    let id = call.text("BackupId").or_else(|| call.text("SourceBackupId")).unwrap_or("*");
    let context = tags::of_id(state, "fsx", "fsx.Backups", "BackupId", id);
    Need::new(action, arn(state, "fsx", &format!("backup/{id}"))).with(context)
}

fn association(state: &State, call: &Call, own: String) -> Vec<Need> {
    let id = call.text("FileSystemId").unwrap_or("*");
    let associations = arn(state, "fsx", &format!("association/{id}/*"));
    let of_request = request_tags(call);
    let mut all =
        vec![on_file_system(state, call, &own), Need::new(own, &associations).with(of_request.clone())];
    all.extend(tagging(&associations, &of_request));
    all.extend(s3_link(state, id));
    all
}

/// Linking a bucket makes a role for this file system and writes its policy (aws-fsx-csi-driver,
/// docs/install.md). The way round through the bucket's policy is not simulated.
fn s3_link(state: &State, file_system: &str) -> Vec<Need> {
    let name = format!("AWSServiceRoleForFSxS3Access_{file_system}");
    let Some(first) = service_linked_role(state, S3_SERVICE, &name) else { return Vec::new() };
    let role = first.resource.clone();
    let more = ["iam:AttachRolePolicy", "iam:PutRolePolicy"].map(|action| Need::new(action, role.as_str()));
    std::iter::once(first).chain(more).collect()
}
