//! Updates and their administrative actions.

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// An AVAILABLE file system made from the legal input with `more` in its Lustre configuration.
fn available(state: &mut State, lustre: &Value, capacity: i64) -> String {
    let made = create(state, json!({"StorageCapacity": capacity, "LustreConfiguration": lustre}));
    pass(state, Duration::from_secs(600));
    text(&made, "FileSystemId").to_owned()
}

fn update(state: &mut State, id: &str, mut input: Value) -> Answer {
    input["FileSystemId"] = json!(id);
    fsx(state, "UpdateFileSystem", input)
}

fn persistent(more: Value) -> Value {
    let mut lustre = json!({"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 250});
    if let (Some(lustre), Value::Object(more)) = (lustre.as_object_mut(), more) {
        lustre.extend(more);
    }
    lustre
}

#[test]
fn growth_goes_through_its_states() {
    let mut state = world();
    let id = available(&mut state, &persistent(json!({})), 2400);
    let grow = |capacity: i64| json!({"StorageCapacity": capacity});
    assert_eq!(code(&update(&mut state, &id, grow(4800))), "ok");
    let status = |state: &mut State| {
        let row = seen(state, &id);
        let action = list(&row, "AdministrativeActions")
            .iter()
            .find(|action| text(action, "AdministrativeActionType") == "FILE_SYSTEM_UPDATE")
            .map(|action| text(action, "Status").to_owned());
        (
            text(&row, "Lifecycle").to_owned(),
            action.unwrap_or_default(),
            row["StorageCapacity"].as_i64().unwrap_or(0),
        )
    };
    let is =
        |lifecycle: &str, action: &str, capacity: i64| (lifecycle.to_owned(), action.to_owned(), capacity);
    assert_eq!(status(&mut state), is("AVAILABLE", "PENDING", 2400));
    let refused = update(&mut state, &id, grow(7200)).unwrap_err();
    assert!(refused.message.contains("There is an update already in progress."), "{}", refused.message);
    pass(&mut state, Duration::from_secs(30));
    assert_eq!(status(&mut state), is("UPDATING", "IN_PROGRESS", 2400));
    pass(&mut state, Duration::from_secs(300));
    assert_eq!(status(&mut state), is("AVAILABLE", "UPDATED_OPTIMIZING", 4800));
    assert_eq!(texts(&seen(&mut state, &id), "NetworkInterfaceIds").len(), 3, "one more object server");
    pass(&mut state, HOUR);
    assert_eq!(status(&mut state), is("AVAILABLE", "COMPLETED", 4800));
    let optimizing = |action: &&Value| text(action, "AdministrativeActionType") == "STORAGE_OPTIMIZATION";
    let row = seen(&mut state, &id);
    assert_eq!(
        text(list(&row, "AdministrativeActions").iter().find(optimizing).unwrap(), "Status"),
        "COMPLETED"
    );
    assert_eq!(code(&update(&mut state, &id, grow(7200))), "BadRequest", "six hours have not passed");
    pass(&mut state, HOUR * 6);
    assert_eq!(code(&update(&mut state, &id, grow(7200))), "ok");
}

/// What a file system is made with, its size, a change, and how the change is answered.
type Line<'a> = (&'a Value, i64, Value, &'static str);

fn judge(table: &[Line<'_>]) {
    for (made_with, capacity, change, expected) in table {
        let mut state = world();
        let mut more = json!({"StorageCapacity": capacity, "LustreConfiguration": made_with});
        more["SecurityGroupIds"] = json!(["sg-efa"]);
        let id = text(&create(&mut state, more), "FileSystemId").to_owned();
        assert_eq!(
            code(&update(&mut state, &id, json!({"StorageCapacity": 1}))),
            "BadRequest",
            "still CREATING"
        );
        pass(&mut state, Duration::from_secs(600));
        assert_eq!(code(&update(&mut state, &id, change.clone())), *expected, "{made_with} {change}");
    }
}

#[test]
fn illegal_changes_are_refused() {
    let metadata = persistent(json!({"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 6000}}));
    let efa = json!({"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 1000, "EfaEnabled": true, "MetadataConfiguration": {"Mode": "AUTOMATIC"}});
    let (plain, scratch_1, scratch_2) = (
        persistent(json!({})),
        json!({"DeploymentType": "SCRATCH_1"}),
        json!({"DeploymentType": "SCRATCH_2"}),
    );
    let lustre = |value: Value| json!({ "LustreConfiguration": value });
    let iops =
        |iops: i64| lustre(json!({"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": iops}}));
    let table = [
        (&plain, 2400, json!({}), "MissingFileSystemConfiguration"),
        (&plain, 2400, json!({"StorageCapacity": 2400}), "BadRequest"),
        (&plain, 2400, json!({"StorageCapacity": 3600}), "BadRequest"),
        (&plain, 2400, json!({"StorageCapacity": 103_200}), "ServiceLimitExceeded"),
        (&plain, 2400, json!({"StorageCapacity": 4800}), "ok"),
        (&scratch_1, 1200, json!({"StorageCapacity": 3600}), "UnsupportedOperation"),
        (&scratch_2, 1200, json!({"StorageCapacity": 2400}), "ok"),
        (&efa, 4800, json!({"StorageCapacity": 7200}), "BadRequest"),
        (&efa, 4800, json!({"StorageCapacity": 9600}), "ok"),
        (&efa, 4800, lustre(json!({"PerUnitStorageThroughput": 500})), "UnsupportedOperation"),
        (&plain, 2400, lustre(json!({"PerUnitStorageThroughput": 200})), "BadRequest"),
        (&plain, 2400, lustre(json!({"PerUnitStorageThroughput": 250})), "BadRequest"),
        (&plain, 2400, lustre(json!({"PerUnitStorageThroughput": 125})), "ok"),
        (&scratch_2, 1200, lustre(json!({"PerUnitStorageThroughput": 125})), "UnsupportedOperation"),
        (&plain, 2400, iops(6000), "UnsupportedOperation"),
        (&metadata, 2400, iops(3000), "BadRequest"),
        (&metadata, 2400, iops(6000), "BadRequest"),
        (&metadata, 2400, iops(12_000), "ok"),
        (&metadata, 2400, lustre(json!({"MetadataConfiguration": {"Mode": "AUTOMATIC"}})), "BadRequest"),
        (&metadata, 4800, lustre(json!({"MetadataConfiguration": {"Mode": "AUTOMATIC"}})), "ok"),
        (
            &metadata,
            2400,
            json!({"StorageCapacity": 4800, "LustreConfiguration": {"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 12000}}}),
            "BadRequest",
        ),
    ];
    judge(&table);
}

#[test]
fn other_settings_are_judged() {
    let (plain, scratch_2) = (persistent(json!({})), json!({"DeploymentType": "SCRATCH_2"}));
    let lustre = |value: Value| json!({ "LustreConfiguration": value });
    let table = [
        (&plain, 2400, json!({"FileSystemTypeVersion": "2.12"}), "BadRequest"),
        (&plain, 2400, json!({"FileSystemTypeVersion": "2.15"}), "ok"),
        (&plain, 2400, json!({"FileSystemTypeVersion": "2.10"}), "BadRequest"),
        (&plain, 2400, lustre(json!({"ThroughputCapacity": 8000})), "UnsupportedOperation"),
        (&plain, 2400, lustre(json!({"AutomaticBackupRetentionDays": 7})), "ok"),
        (&scratch_2, 1200, lustre(json!({"AutomaticBackupRetentionDays": 7})), "BadRequest"),
        (&plain, 2400, lustre(json!({"DataCompressionType": "LZ4"})), "ok"),
        (&plain, 2400, lustre(json!({"DataCompressionType": "ZSTD"})), "BadRequest"),
        (&plain, 2400, lustre(json!({"WeeklyMaintenanceStartTime": "8:00:00"})), "BadRequest"),
        (&plain, 2400, lustre(json!({"AutoImportPolicy": "NEW"})), "BadRequest"),
        (&plain, 2400, json!({"StorageType": "HDD"}), "BadRequest"),
    ];
    judge(&table);
}

#[test]
fn settings_change_and_tokens_repeat() {
    let mut state = world();
    let id =
        available(&mut state, &persistent(json!({"MetadataConfiguration": {"Mode": "AUTOMATIC"}})), 2400);
    let lz4 = || json!({"ClientRequestToken": "t", "LustreConfiguration": {"DataCompressionType": "LZ4"}});
    assert_eq!(code(&update(&mut state, &id, lz4())), "ok");
    assert_eq!(code(&update(&mut state, &id, lz4())), "ok");
    assert_eq!(
        list(&seen(&mut state, &id), "AdministrativeActions").len(),
        1,
        "the same token is the same request"
    );
    let other = json!({"ClientRequestToken": "t", "LustreConfiguration": {"DataCompressionType": "NONE"}});
    assert_eq!(code(&update(&mut state, &id, other)), "IncompatibleParameterError");
    pass(&mut state, Duration::from_secs(330));
    let row = seen(&mut state, &id);
    assert_eq!(text(&row["LustreConfiguration"], "DataCompressionType"), "LZ4");
    assert_eq!(row["LustreConfiguration"]["MetadataConfiguration"]["Iops"], json!(3000));
    let iops = |iops: i64| json!({"LustreConfiguration": {"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": iops}}});
    assert_eq!(code(&update(&mut state, &id, iops(6000))), "ok");
    pass(&mut state, HOUR);
    assert_eq!(code(&update(&mut state, &id, iops(12_000))), "BadRequest", "six hours have not passed");
    pass(&mut state, HOUR * 5);
    assert_eq!(code(&update(&mut state, &id, iops(12_000))), "ok");
}

#[test]
fn ten_actions_of_a_type_are_kept() {
    let mut state = world();
    let id = available(&mut state, &persistent(json!({})), 2400);
    for day in 0..12 {
        let window = json!({"LustreConfiguration": {"WeeklyMaintenanceStartTime": format!("1:{day:02}:00")}});
        assert_eq!(code(&update(&mut state, &id, window)), "ok");
        pass(&mut state, HOUR);
    }
    assert_eq!(list(&seen(&mut state, &id), "AdministrativeActions").len(), 10);
}
