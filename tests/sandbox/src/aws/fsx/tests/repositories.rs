//! Data repositories, tasks and backups.

use super::*;

fn available(state: &mut State, more: Value) -> String {
    let id = text(&create(state, more), "FileSystemId").to_owned();
    pass(state, Duration::from_secs(600));
    id
}

fn link(id: &str, path: &str, repository: &str) -> Value {
    json!({"FileSystemId": id, "FileSystemPath": path, "DataRepositoryPath": repository})
}

#[test]
fn paths_must_not_overlap() {
    let mut state = world();
    let id = available(&mut state, json!({}));
    let old = json!({"StorageCapacity": 1200, "LustreConfiguration": {"DeploymentType": "SCRATCH_2"}});
    let old = available(&mut state, old);
    let backed_up = json!({"LustreConfiguration": {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125, "AutomaticBackupRetentionDays": 1}});
    let backed_up = available(&mut state, backed_up);
    let table = [
        (link("fs-9", "/a", "s3://bucket/a"), "FileSystemNotFound"),
        (link(&old, "/a", "s3://bucket/a"), "UnsupportedOperation"),
        (link(&backed_up, "/a", "s3://bucket/a"), "BadRequest"),
        (link(&id, "a", "s3://bucket/a"), "BadRequest"),
        (link(&id, "/a", "bucket/a"), "BadRequest"),
        (link(&id, "/ns1", "s3://bucket/a/"), "ok"),
        (link(&id, "/ns1/ns2", "s3://bucket/b"), "BadRequest"),
        (link(&id, "/ns10", "s3://bucket/a/b"), "BadRequest"),
        (link(&id, "/", "s3://bucket/b"), "BadRequest"),
        (link(&id, "/ns10", "s3://bucket/ab"), "ok"),
    ];
    for (input, expected) in table {
        assert_eq!(
            code(&fsx(&mut state, "CreateDataRepositoryAssociation", input.clone())),
            expected,
            "{input}"
        );
    }
    for n in 2..8 {
        let input = link(&id, &format!("/p{n}"), &format!("s3://bucket/p{n}"));
        assert_eq!(code(&fsx(&mut state, "CreateDataRepositoryAssociation", input)), "ok");
    }
    assert_eq!(
        code(&fsx(&mut state, "CreateDataRepositoryAssociation", link(&id, "/p8", "s3://bucket/p8"))),
        "BadRequest"
    );
}

#[test]
fn associations_queue_behind_their_file_system_and_recover() {
    let mut state = world();
    state.rows_mut("s3.Buckets").extend([
        json!({"Name": "quiet", "Region": "us-west-2"}),
        json!({"Name": "noisy", "Region": "us-west-2", "NotificationConfiguration": {"QueueConfigurations": [{"Id": "mine"}]}}),
        json!({"Name": "distant", "Region": "eu-west-1"}),
    ]);
    let id = text(&create(&mut state, json!({})), "FileSystemId").to_owned();
    let mut input = |path: &str, bucket: &str| {
        let mut input = link(&id, path, &format!("s3://{bucket}/x"));
        input["S3"] = json!({"AutoImportPolicy": {"Events": ["NEW"]}});
        fsx(&mut state, "CreateDataRepositoryAssociation", input)
    };
    let quiet = text(&input("/a", "quiet").unwrap()["Association"], "AssociationId").to_owned();
    let noisy = text(&input("/b", "noisy").unwrap()["Association"], "AssociationId").to_owned();
    assert_eq!(code(&input("/c", "distant")), "BadRequest");
    assert!(
        input("/c", "unknown").unwrap_err().message.starts_with("Amazon FSx is unable to validate access")
    );
    let lifecycle = |state: &mut State, id: &str| {
        let answer =
            fsx(state, "DescribeDataRepositoryAssociations", json!({"AssociationIds": [id]})).unwrap();
        text(&list(&answer, "Associations")[0], "Lifecycle").to_owned()
    };
    pass(&mut state, Duration::from_secs(599));
    assert_eq!(lifecycle(&mut state, &quiet), "CREATING");
    pass(&mut state, Duration::from_secs(61));
    assert_eq!(lifecycle(&mut state, &quiet), "AVAILABLE");
    assert_eq!(lifecycle(&mut state, &noisy), "MISCONFIGURED");
    fsx(&mut state, "UpdateDataRepositoryAssociation", json!({"AssociationId": noisy})).unwrap();
    pass(&mut state, Duration::from_secs(60));
    assert_eq!(lifecycle(&mut state, &noisy), "AVAILABLE");
    fsx(&mut state, "DeleteDataRepositoryAssociation", json!({"AssociationId": noisy})).unwrap();
    pass(&mut state, Duration::from_secs(60));
    let gone = fsx(&mut state, "DescribeDataRepositoryAssociations", json!({"AssociationIds": [noisy]}));
    assert_eq!(code(&gone), "DataRepositoryAssociationNotFound");
    assert_eq!(
        code(&fsx(&mut state, "CreateBackup", json!({"FileSystemId": id}))),
        "BadRequest",
        "linked to S3"
    );
}

#[test]
fn tasks_run_and_end() {
    let mut state = world();
    let id = available(&mut state, json!({}));
    let task = |kind: &str, more: Value| {
        let mut input = json!({"FileSystemId": id, "Type": kind, "Report": {"Enabled": false}});
        if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
            input.extend(more.clone());
        }
        input
    };
    let (export, import) = ("EXPORT_TO_REPOSITORY", "IMPORT_METADATA_FROM_REPOSITORY");
    assert_eq!(
        code(&fsx(&mut state, "CreateDataRepositoryTask", task(export, json!({})))),
        "UnsupportedOperation"
    );
    fsx(&mut state, "CreateDataRepositoryAssociation", link(&id, "/a", "s3://bucket/a")).unwrap();
    pass(&mut state, Duration::from_secs(60));
    let table = [
        (task("AUTO_RELEASE_DATA", json!({})), "UnsupportedOperation"),
        (task(export, json!({"Paths": ["s3://bucket/a"]})), "BadRequest"),
        (task(import, json!({"Paths": ["a"]})), "BadRequest"),
        (task(export, json!({"Report": {"Enabled": true}})), "BadRequest"),
        (task(export, json!({"ReleaseConfiguration": {}})), "BadRequest"),
        (task(import, json!({"ClientRequestToken": "t"})), "ok"),
        (task(import, json!({"ClientRequestToken": "t"})), "ok"),
        (task(export, json!({})), "DataRepositoryTaskExecuting"),
    ];
    for (input, expected) in table {
        assert_eq!(code(&fsx(&mut state, "CreateDataRepositoryTask", input.clone())), expected, "{input}");
    }
    let seen = |state: &mut State| {
        list(&fsx(state, "DescribeDataRepositoryTasks", json!({})).unwrap(), "DataRepositoryTasks")[0].clone()
    };
    assert_eq!(text(&seen(&mut state), "Lifecycle"), "PENDING");
    assert_eq!(code(&fsx(&mut state, "DeleteFileSystem", json!({"FileSystemId": id}))), "BadRequest");
    pass(&mut state, Duration::from_millis(10_500));
    let half = seen(&mut state);
    assert_eq!((text(&half, "Lifecycle"), &half["Status"]["SucceededCount"]), ("EXECUTING", &json!(50)));
    pass(&mut state, Duration::from_millis(500));
    let done = seen(&mut state);
    assert_eq!((text(&done, "Lifecycle"), &done["Status"]["SucceededCount"]), ("SUCCEEDED", &json!(100)));
    let cancel = json!({"TaskId": done["TaskId"]});
    assert_eq!(code(&fsx(&mut state, "CancelDataRepositoryTask", cancel)), "DataRepositoryTaskEnded");
    let second = fsx(&mut state, "CreateDataRepositoryTask", task(export, json!({}))).unwrap();
    let cancel = json!({"TaskId": second["DataRepositoryTask"]["TaskId"]});
    assert_eq!(fsx(&mut state, "CancelDataRepositoryTask", cancel).unwrap()["Lifecycle"], json!("CANCELING"));
    pass(&mut state, Duration::from_secs(10));
    let filter = json!({"Filters": [{"Name": "task-lifecycle", "Values": ["CANCELED"]}]});
    assert_eq!(
        list(&fsx(&mut state, "DescribeDataRepositoryTasks", filter).unwrap(), "DataRepositoryTasks").len(),
        1
    );
}

#[test]
fn backups_are_made_copied_and_restored() {
    let mut state = world();
    let id = available(&mut state, json!({"Tags": [{"Key": "Name", "Value": "mine"}]}));
    let backup = fsx(&mut state, "CreateBackup", json!({"FileSystemId": id})).unwrap()["Backup"].clone();
    let backup = text(&backup, "BackupId").to_owned();
    assert_eq!(code(&fsx(&mut state, "CreateBackup", json!({"FileSystemId": id}))), "BackupInProgress");
    assert_eq!(code(&fsx(&mut state, "DeleteBackup", json!({"BackupId": backup}))), "BackupInProgress");
    assert_eq!(
        code(&fsx(&mut state, "CopyBackup", json!({"SourceBackupId": backup}))),
        "SourceBackupUnavailable"
    );
    pass(&mut state, Duration::from_secs(240));
    let described = fsx(&mut state, "DescribeBackups", json!({"BackupIds": [backup]})).unwrap();
    assert_eq!(text(&list(&described, "Backups")[0], "Lifecycle"), "AVAILABLE");
    let restore = |more: Value| {
        let mut input = json!({"BackupId": backup, "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-ok"]});
        if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
            input.extend(more.clone());
        }
        input
    };
    let table = [
        (restore(json!({"BackupId": "backup-9"})), "BackupNotFound"),
        (restore(json!({"StorageCapacity": 4800})), "BadRequest"),
        (restore(json!({"FileSystemTypeVersion": "2.10"})), "BadRequest"),
        (restore(json!({"SecurityGroupIds": ["sg-shut"]})), "InvalidNetworkSettings"),
        (
            restore(json!({"LustreConfiguration": {"PerUnitStorageThroughput": 200}})),
            "InvalidPerUnitStorageThroughput",
        ),
        (
            restore(
                json!({"FileSystemTypeVersion": "2.15", "LustreConfiguration": {"PerUnitStorageThroughput": 500}}),
            ),
            "ok",
        ),
    ];
    for (input, expected) in table {
        assert_eq!(code(&fsx(&mut state, "CreateFileSystemFromBackup", input.clone())), expected, "{input}");
    }
    let copy = fsx(&mut state, "CopyBackup", json!({"SourceBackupId": backup})).unwrap();
    assert_eq!(text(&copy["Backup"], "Lifecycle"), "COPYING");
    assert_eq!(code(&fsx(&mut state, "DeleteBackup", json!({"BackupId": backup}))), "BackupBeingCopied");
    pass(&mut state, Duration::from_secs(120));
    assert_eq!(code(&fsx(&mut state, "DeleteBackup", json!({"BackupId": backup}))), "ok");
    assert_eq!(list(&fsx(&mut state, "DescribeBackups", json!({})).unwrap(), "Backups").len(), 1);
}
