//! Creation, description, deletion, tags.

use super::*;

#[test]
fn a_file_system_comes_and_goes() {
    let mut state = world();
    let made = create(&mut state, json!({"Tags": [{"Key": "Name", "Value": "mine"}]}));
    let id = text(&made, "FileSystemId").to_owned();
    assert_eq!(text(&made, "Lifecycle"), "CREATING");
    assert_eq!(text(&made, "FileSystemTypeVersion"), "2.12");
    assert_eq!(text(&made, "DNSName"), format!("{id}.fsx.us-west-2.amazonaws.com"));
    assert_eq!(text(&made, "ResourceARN"), format!("arn:aws:fsx:us-west-2:111122223333:file-system/{id}"));
    assert_eq!(text(&made, "VpcId"), "vpc-1");
    let lustre = &made["LustreConfiguration"];
    assert_eq!(text(lustre, "DataCompressionType"), "NONE");
    assert_eq!(text(lustre, "MountName").len(), 8);
    assert!(made.get("SecurityGroupIds").is_none());
    let held = interfaces(&state, "subnet-1");
    assert_eq!(held.len(), 2, "one object server, one metadata server");
    assert_eq!(held[0]["Groups"], json!([{"GroupId": "sg-ok", "GroupName": "sg-ok"}]));
    assert_eq!(held[0]["TagSet"], json!([{"Key": "AmazonFSx.FileSystemId", "Value": id}]));
    assert_eq!(texts(&made, "NetworkInterfaceIds").len(), 2);
    let subnets =
        ec2::handle(&mut state, &call_of("ec2", "DescribeSubnets", json!({"SubnetIds": ["subnet-1"]})))
            .unwrap();
    assert_eq!(list(&subnets, "Subnets")[0]["AvailableIpAddressCount"], json!(249));
    pass(&mut state, Duration::from_secs(599));
    assert_eq!(text(&seen(&mut state, &id), "Lifecycle"), "CREATING");
    pass(&mut state, Duration::from_secs(1));
    assert_eq!(text(&seen(&mut state, &id), "Lifecycle"), "AVAILABLE");
    let answer = fsx(&mut state, "DeleteFileSystem", json!({"FileSystemId": id})).unwrap();
    assert_eq!(answer, json!({"FileSystemId": id, "Lifecycle": "DELETING"}));
    assert_eq!(text(&seen(&mut state, &id), "Lifecycle"), "DELETING");
    pass(&mut state, Duration::from_secs(240));
    for operation in ["DeleteFileSystem", "UpdateFileSystem"] {
        assert_eq!(code(&fsx(&mut state, operation, json!({"FileSystemId": id}))), "FileSystemNotFound");
    }
    assert_eq!(
        code(&fsx(&mut state, "DescribeFileSystems", json!({"FileSystemIds": [id]}))),
        "FileSystemNotFound"
    );
    assert!(interfaces(&state, "subnet-1").is_empty());
}

#[test]
fn speed_divides_and_saved_progress_goes_on() {
    let mut state = world();
    state.speed = 600.0;
    let id = text(&create(&mut state, json!({})), "FileSystemId").to_owned();
    pass(&mut state, Duration::from_millis(400));
    // Saved and loaded: the row is all there is.
    let mut loaded = world();
    loaded.now = state.now;
    loaded.aws = state.aws.clone();
    ec2::derive(&mut loaded);
    crate::aws::fsx::derive(&mut loaded);
    assert_eq!(loaded.aws, state.aws);
    pass(&mut loaded, Duration::from_millis(500));
    assert_eq!(text(&seen(&mut loaded, &id), "Lifecycle"), "CREATING");
    pass(&mut loaded, Duration::from_millis(101));
    assert_eq!(text(&seen(&mut loaded, &id), "Lifecycle"), "AVAILABLE");
}

#[test]
fn faults_decide_how_creation_ends() {
    let mut state = world();
    state.faults = vec![
        json!({"service": "fsx", "operation": "CreateFileSystem", "outcome": "FAILED", "message": "no capacity", "times": 1}),
    ];
    let failing = text(&create(&mut state, json!({})), "FileSystemId").to_owned();
    let good = text(&create(&mut state, json!({})), "FileSystemId").to_owned();
    pass(&mut state, Duration::from_secs(600));
    let failed = seen(&mut state, &failing);
    assert_eq!(
        (text(&failed, "Lifecycle"), text(&failed["FailureDetails"], "Message")),
        ("FAILED", "no capacity")
    );
    assert_eq!(text(&seen(&mut state, &good), "Lifecycle"), "AVAILABLE");
}

#[test]
fn tokens_are_idempotent() {
    let mut state = world();
    let first = create(&mut state, json!({"ClientRequestToken": "pvc-1"}));
    let again = create(&mut state, json!({"ClientRequestToken": "pvc-1"}));
    assert_eq!(first["FileSystemId"], again["FileSystemId"]);
    let other = fsx(
        &mut state,
        "CreateFileSystem",
        input(json!({"ClientRequestToken": "pvc-1", "StorageCapacity": 4800})),
    );
    assert_eq!(code(&other), "IncompatibleParameterError");
    assert_eq!(other.unwrap_err().members["Parameter"], json!("StorageCapacity"));
    assert_ne!(
        first["FileSystemId"],
        create(&mut state, json!({"ClientRequestToken": "pvc-2"}))["FileSystemId"]
    );
    assert_ne!(create(&mut state, json!({}))["FileSystemId"], create(&mut state, json!({}))["FileSystemId"]);
}

#[test]
fn networks_are_judged() {
    let mut state = world();
    let efa = json!({
        "DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 1000, "EfaEnabled": true,
        "MetadataConfiguration": {"Mode": "AUTOMATIC"},
    });
    let table = [
        (json!({}), "ok", ""),
        (json!({"SecurityGroupIds": ["sg-shut"]}), "InvalidNetworkSettings", "port 988"),
        (json!({"SecurityGroupIds": ["sg-shut", "sg-ok"]}), "ok", ""),
        (json!({"SecurityGroupIds": ["sg-cidr"]}), "ok", ""),
        (
            json!({"SecurityGroupIds": ["sg-cidr"], "SubnetIds": ["subnet-tight"]}),
            "InvalidNetworkSettings",
            "port 988",
        ),
        (json!({"SecurityGroupIds": null}), "ok", ""),
        (json!({"SecurityGroupIds": ["sg-far"]}), "InvalidNetworkSettings", "sg-far"),
        (json!({"SecurityGroupIds": ["sg-9"]}), "InvalidNetworkSettings", "sg-9"),
        (json!({"SubnetIds": ["subnet-9"]}), "InvalidNetworkSettings", "subnet-9"),
        (
            json!({"SubnetIds": ["subnet-tight"], "StorageCapacity": 7200}),
            "InvalidNetworkSettings",
            "addresses",
        ),
        (json!({"SubnetIds": ["subnet-tight"]}), "ok", ""),
        (json!({"SubnetIds": ["subnet-tight"]}), "InvalidNetworkSettings", "addresses"),
        (
            json!({"StorageCapacity": 4800, "LustreConfiguration": efa}),
            "InvalidNetworkSettings",
            "EFA-enabled",
        ),
        (
            json!({"StorageCapacity": 4800, "LustreConfiguration": efa, "SecurityGroupIds": ["sg-efa"]}),
            "ok",
            "",
        ),
        (json!({"StorageCapacity": 3600}), "BadRequest", "Must be 1200 or a multiple of 2400."),
    ];
    for (more, expected, says) in table {
        let answer = fsx(&mut state, "CreateFileSystem", input(more.clone()));
        assert_eq!(code(&answer), expected, "{more}");
        let message = answer.map_or_else(|error| error.message, |_| String::new());
        assert!(message.contains(says), "{more}: {message}");
    }
}

#[test]
fn a_new_rule_is_seen_a_moment_later() {
    let mut state = world();
    let rule = json!({"GroupId": "sg-shut", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 988, "ToPort": 988, "UserIdGroupPairs": [{"GroupId": "sg-shut"}]}]});
    ec2::handle(&mut state, &call_of("ec2", "AuthorizeSecurityGroupIngress", rule)).unwrap();
    let shut = || input(json!({"SecurityGroupIds": ["sg-shut"]}));
    assert_eq!(code(&fsx(&mut state, "CreateFileSystem", shut())), "InvalidNetworkSettings");
    pass(&mut state, Duration::from_secs(1));
    assert_eq!(code(&fsx(&mut state, "CreateFileSystem", shut())), "ok");
    assert!(!serde_json::to_string(state.rows("ec2.SecurityGroups")).unwrap().contains("$visibleAt"));
}

#[test]
fn quotas_are_counted_by_type() {
    let mut state = world();
    let quota = |name: &str, value: i64| json!({"ServiceCode": "fsx", "QuotaName": name, "Value": value});
    state.rows_mut("servicequotas.Quotas").extend([
        quota("Lustre Persistent_2 storage capacity", 4800),
        quota("Lustre Scratch file systems", 1),
    ]);
    let scratch = || json!({"StorageCapacity": 1200, "LustreConfiguration": {"DeploymentType": "SCRATCH_2"}});
    create(&mut state, json!({}));
    create(&mut state, scratch());
    create(&mut state, json!({}));
    for (more, limit) in [(json!({}), "TOTAL_STORAGE"), (scratch(), "FILE_SYSTEM_COUNT")] {
        let refused = fsx(&mut state, "CreateFileSystem", input(more)).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), &refused.members["Limit"]),
            ("ServiceLimitExceeded", &json!(limit))
        );
    }
}

#[test]
fn the_first_use_brings_the_service_linked_role() {
    let mut state = world();
    create(&mut state, json!({}));
    create(&mut state, json!({}));
    let linked = json!({"DeploymentType": "SCRATCH_2", "ImportPath": "s3://bucket/data"});
    let made = create(&mut state, json!({"StorageCapacity": 1200, "LustreConfiguration": linked}));
    let id = text(&made, "FileSystemId").to_owned();
    let names: Vec<&str> = state.rows("iam.Roles").iter().map(|row| text(row, "RoleName")).collect();
    assert_eq!(names, ["AWSServiceRoleForAmazonFSx", &format!("AWSServiceRoleForFSxS3Access_{id}")]);
    let link = &made["LustreConfiguration"]["DataRepositoryConfiguration"];
    assert_eq!(text(link, "AutoImportPolicy"), "NONE");
    assert!(text(link, "ExportPath").starts_with("s3://bucket/FSxLustre"));
    pass(&mut state, Duration::from_secs(600));
    assert_eq!(
        text(&seen(&mut state, &id)["LustreConfiguration"]["DataRepositoryConfiguration"], "Lifecycle"),
        "AVAILABLE"
    );
}

#[test]
fn worlds_need_not_give_what_follows() {
    let mut state = world();
    state.rows_mut("fsx.FileSystems").extend([
        json!({"FileSystemId": "fs-0d1", "StorageCapacity": 4800, "$SecurityGroupIds": ["sg-ok"], "LustreConfiguration": {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125, "MountName": "given"}}),
        json!({"FileSystemId": "fs-0d2", "Lifecycle": "CREATING", "NetworkInterfaceIds": [], "StorageCapacity": 1200}),
    ]);
    ec2::derive(&mut state);
    crate::aws::fsx::derive(&mut state);
    let before = state.aws.clone();
    crate::aws::fsx::derive(&mut state);
    assert_eq!(state.aws, before, "deriving again changes nothing");
    let first = seen(&mut state, "fs-0d1");
    assert_eq!(text(&first, "Lifecycle"), "AVAILABLE");
    assert_eq!(text(&first["LustreConfiguration"], "MountName"), "given");
    assert_eq!(texts(&first, "NetworkInterfaceIds").len(), 3);
    assert_eq!(interfaces(&state, "subnet-1")[0]["Groups"][0]["GroupId"], json!("sg-ok"));
    let second = seen(&mut state, "fs-0d2");
    assert!(texts(&second, "NetworkInterfaceIds").is_empty(), "a given empty list wins");
    assert_eq!(text(&second["LustreConfiguration"], "MountName"), "fsx");
    pass(&mut state, Duration::from_secs(600));
    assert_eq!(text(&seen(&mut state, "fs-0d2"), "Lifecycle"), "AVAILABLE");
}

#[test]
fn deletion_waits_for_tasks_and_makes_the_final_backup() {
    let mut state = world();
    let id = text(&create(&mut state, json!({})), "FileSystemId").to_owned();
    let scratch = json!({"StorageCapacity": 1200, "LustreConfiguration": {"DeploymentType": "SCRATCH_2"}});
    let scratch = text(&create(&mut state, scratch), "FileSystemId").to_owned();
    pass(&mut state, Duration::from_secs(600));
    let task = json!({"TaskId": "task-1", "FileSystemId": id, "Lifecycle": "EXECUTING", "$dueAt": "9999-01-01T00:00:00Z"});
    state.rows_mut("fsx.DataRepositoryTasks").push(task);
    let delete = |id: &str| json!({"FileSystemId": id, "LustreConfiguration": {"SkipFinalBackup": false}});
    assert_eq!(code(&fsx(&mut state, "DeleteFileSystem", delete(&id))), "BadRequest");
    state.rows_mut("fsx.DataRepositoryTasks").clear();
    assert_eq!(code(&fsx(&mut state, "DeleteFileSystem", delete(&scratch))), "BadRequest");
    let answer = fsx(&mut state, "DeleteFileSystem", delete(&id)).unwrap();
    let backup = text(&answer["LustreResponse"], "FinalBackupId");
    assert_eq!(
        text(&state.find("fsx.Backups", "BackupId", backup).unwrap()["FileSystem"], "FileSystemId"),
        id
    );
}

#[test]
fn tags_are_found_by_arn() {
    let mut state = world();
    let made = create(&mut state, json!({}));
    let arn = text(&made, "ResourceARN").to_owned();
    let tag = |arn: &str, key: &str| json!({"ResourceARN": arn, "Tags": [{"Key": key, "Value": "v"}]});
    let table = [
        (tag(&arn, "one"), "ok"),
        (tag(&arn, "aws:one"), "BadRequest"),
        (tag(&arn.replace("fs-", "fs-9"), "one"), "ResourceNotFound"),
        (tag("arn:aws:eks:us-west-2:111122223333:cluster/x", "one"), "NotServiceResourceError"),
    ];
    for (input, expected) in table {
        assert_eq!(code(&fsx(&mut state, "TagResource", input.clone())), expected, "{input}");
    }
    let tags = |state: &mut State| {
        fsx(state, "ListTagsForResource", json!({"ResourceARN": arn})).unwrap()["Tags"].clone()
    };
    assert_eq!(tags(&mut state), json!([{"Key": "one", "Value": "v"}]));
    let many: Vec<Value> = (0..50).map(|n| json!({"Key": format!("k{n}"), "Value": ""})).collect();
    assert_eq!(
        code(&fsx(&mut state, "TagResource", json!({"ResourceARN": arn, "Tags": many}))),
        "BadRequest"
    );
    fsx(&mut state, "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["one"]})).unwrap();
    assert_eq!(tags(&mut state), json!([]));
}
