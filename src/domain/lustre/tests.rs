use super::*;
use crate::domain::versions::DriverVersion;

use DeploymentType::{Persistent1, Persistent2, Scratch1, Scratch2};
use LustreVersion::{V2_10, V2_12, V2_15};
use StorageType::{Hdd, IntelligentTiering, Ssd};

/// A legal wish of every line of the capacity table.
fn legal_wish(deployment_type: DeploymentType, storage_type: StorageType) -> FileSystemWish {
    let plain = FileSystemWish::defaults(deployment_type, storage_type, false);
    match (deployment_type, storage_type) {
        (Persistent1, Ssd) => FileSystemWish { throughput: Some(200), ..plain },
        (Persistent1, Hdd) => FileSystemWish { throughput: Some(12), capacity_gib: 6000, ..plain },
        (Persistent2, IntelligentTiering) => FileSystemWish {
            tiering: Some(Tiering { throughput_mbps: 4000, cache: ReadCache::Proportional }),
            metadata: Some(Metadata::Provisioned(6000)),
            ..plain
        },
        _ => plain,
    }
}

fn p2() -> FileSystemWish {
    FileSystemWish::default()
}

fn fields(wish: &FileSystemWish) -> Vec<&'static str> {
    check(wish).into_iter().map(|it| it.field).collect()
}

/// The only problem of a wish.
fn only(wish: &FileSystemWish) -> Illegal {
    let mut found = check(wish);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn with_throughput(deployment: DeploymentType, storage: StorageType, throughput: u32) -> FileSystemWish {
    let capacity_gib = if throughput == 40 { 1800 } else { legal_wish(deployment, storage).capacity_gib };
    FileSystemWish { throughput: Some(throughput), capacity_gib, ..legal_wish(deployment, storage) }
}

#[test]
fn one_wish_of_every_type_is_legal() {
    for (deployment, storage) in [
        (Scratch1, Ssd),
        (Scratch2, Ssd),
        (Persistent1, Ssd),
        (Persistent1, Hdd),
        (Persistent2, Ssd),
        (Persistent2, IntelligentTiering),
    ] {
        assert_eq!(check(&legal_wish(deployment, storage)), [], "{deployment} {storage}");
    }
}

#[test]
fn media_go_with_their_generation_only() {
    for (deployment, storage, needed) in [
        (Scratch1, Hdd, "PERSISTENT_1"),
        (Scratch2, Hdd, "PERSISTENT_1"),
        (Persistent2, Hdd, "PERSISTENT_1"),
        (Scratch1, IntelligentTiering, "PERSISTENT_2"),
        (Scratch2, IntelligentTiering, "PERSISTENT_2"),
        (Persistent1, IntelligentTiering, "PERSISTENT_2"),
    ] {
        let illegal = only(&legal_wish(deployment, storage));
        assert_eq!((illegal.field, illegal.nearest.as_deref()), ("storage-type", Some("SSD")));
        assert!(illegal.instead.as_ref().is_some_and(|it| it.contains(needed)), "{illegal}");
    }
}

#[test]
fn every_throughput_of_the_table_is_legal() {
    let table: [(DeploymentType, StorageType, &[u32]); 3] = [
        (Persistent1, Ssd, &[50, 100, 200]),
        (Persistent1, Hdd, &[12, 40]),
        (Persistent2, Ssd, &[125, 250, 500, 1000]),
    ];
    for (deployment, storage, legal) in table {
        for throughput in (0..=1001).chain([u32::MAX]) {
            let problems = fields(&with_throughput(deployment, storage, throughput));
            let refused = problems.contains(&"throughput");
            assert_eq!(refused, !legal.contains(&throughput), "{deployment} {storage} {throughput}");
        }
    }
}

#[test]
fn the_nearest_throughput_is_offered_and_ties_go_up() {
    for (deployment, storage, asked, nearest) in [
        (Persistent2, Ssd, 200, "250"),
        (Persistent2, Ssd, 187, "125"),
        (Persistent2, Ssd, 375, "500"),
        (Persistent2, Ssd, 374, "250"),
        (Persistent2, Ssd, 0, "125"),
        (Persistent2, Ssd, 5000, "1000"),
        (Persistent1, Ssd, 250, "200"),
        (Persistent1, Ssd, 75, "100"),
        (Persistent1, Hdd, 26, "40"),
        (Persistent1, Hdd, 25, "12"),
    ] {
        let found = check(&with_throughput(deployment, storage, asked));
        assert_eq!(found[0].field, "throughput");
        assert_eq!(found[0].nearest.as_deref(), Some(nearest), "{deployment} {storage} {asked}");
    }
}

#[test]
fn throughput_is_required_for_persistent_and_does_not_apply_to_scratch() {
    for (deployment, storage) in [(Persistent1, Ssd), (Persistent1, Hdd), (Persistent2, Ssd)] {
        let wish = FileSystemWish { throughput: None, ..legal_wish(deployment, storage) };
        let illegal = only(&wish);
        assert_eq!((illegal.field, illegal.value.as_str()), ("throughput", ""));
    }
    for deployment in [Scratch1, Scratch2] {
        let illegal = only(&FileSystemWish { throughput: Some(200), ..legal_wish(deployment, Ssd) });
        assert_eq!((illegal.field, illegal.nearest), ("throughput", None));
        assert!(illegal.reason.contains("does not apply"), "{}", illegal.reason);
    }
    let tiered = FileSystemWish { throughput: Some(250), ..legal_wish(Persistent2, IntelligentTiering) };
    assert!(only(&tiered).instead.is_some_and(|it| it.contains("throughput capacity")));
}

#[test]
fn an_illegal_size_names_the_nearest_and_the_next_step() {
    let illegal = only(&FileSystemWish { capacity_gib: 1500, ..p2() });
    assert_eq!((illegal.field, illegal.nearest.as_deref()), ("size", Some("1200Gi")));
    assert!(illegal.instead.is_some_and(|it| it.contains("2400Gi")));
    assert_eq!(only(&FileSystemWish { capacity_gib: 1800, ..p2() }).nearest.as_deref(), Some("2400Gi"));
    assert_eq!(only(&FileSystemWish { capacity_gib: 0, ..p2() }).nearest.as_deref(), Some("1200Gi"));
    let wrong_twice = FileSystemWish { capacity_gib: 1500, throughput: Some(200), ..p2() };
    assert_eq!(fields(&wrong_twice), ["throughput", "size"]);
}

#[test]
fn versions_go_with_their_type() {
    let metadata = Some(Metadata::Automatic);
    let efa = FileSystemWish { efa: true, metadata, capacity_gib: 19_200, ..p2() };
    let table = [
        (legal_wish(Scratch1, Ssd), vec![V2_10, V2_12, V2_15]),
        (legal_wish(Scratch2, Ssd), vec![V2_10, V2_12, V2_15]),
        (legal_wish(Persistent1, Ssd), vec![V2_10, V2_12, V2_15]),
        (legal_wish(Persistent1, Hdd), vec![V2_10, V2_12, V2_15]),
        (p2(), vec![V2_12, V2_15]),
        (FileSystemWish { metadata, ..p2() }, vec![V2_15]),
        (efa, vec![V2_15]),
        (legal_wish(Persistent2, IntelligentTiering), vec![V2_15]),
    ];
    for (wish, legal) in table {
        for version in LustreVersion::ALL {
            let wish = FileSystemWish { version: *version, ..wish.clone() };
            let problems = check(&wish);
            assert_eq!(problems.is_empty(), legal.contains(version), "{wish:?}: {problems:?}");
            if let Some(problem) = problems.first() {
                assert_eq!(problem.field, "lustre-version");
                assert_eq!(problem.nearest.as_deref(), Some(legal[0].as_str()));
            }
        }
    }
}

#[test]
fn metadata_iops_follow_the_ladder_and_the_type() {
    let illegal = only(&FileSystemWish { metadata: Some(Metadata::Provisioned(5000)), ..p2() });
    assert_eq!((illegal.field, illegal.nearest.as_deref()), ("metadata-iops", Some("6000")));
    assert_eq!(check(&FileSystemWish { metadata: Some(Metadata::Provisioned(192_000)), ..p2() }), []);
    for deployment in [Scratch1, Scratch2, Persistent1] {
        let wish = FileSystemWish { metadata: Some(Metadata::Automatic), ..legal_wish(deployment, Ssd) };
        assert_eq!(fields(&wish), ["metadata-iops"], "{deployment}");
    }
    let tiered = legal_wish(Persistent2, IntelligentTiering);
    for (metadata, legal) in [
        (None, false),
        (Some(Metadata::Automatic), false),
        (Some(Metadata::Provisioned(3000)), false),
        (Some(Metadata::Provisioned(6000)), true),
        (Some(Metadata::Provisioned(12_000)), true),
        (Some(Metadata::Provisioned(24_000)), false),
    ] {
        let wish = FileSystemWish { metadata, ..tiered.clone() };
        assert_eq!(fields(&wish), if legal { vec![] } else { vec!["metadata-iops"] }, "{metadata:?}");
    }
}

#[test]
fn efa_needs_the_type_the_metadata_and_its_own_steps() {
    let efa = FileSystemWish { efa: true, metadata: Some(Metadata::Automatic), ..p2() };
    for (throughput, step) in [(125, 38_400), (250, 19_200), (500, 9600), (1000, 4800)] {
        for (capacity_gib, legal) in
            [(step, true), (2 * step, true), (step - 2400, false), (step + 2400, false)]
        {
            let wish = FileSystemWish { throughput: Some(throughput), capacity_gib, ..efa.clone() };
            assert_eq!(
                fields(&wish),
                if legal { vec![] } else { vec!["size"] },
                "{throughput} {capacity_gib}"
            );
        }
    }
    let bare = FileSystemWish { metadata: None, capacity_gib: 19_200, ..efa.clone() };
    assert_eq!(fields(&bare), ["efa"]);
    assert!(fields(&FileSystemWish { efa: true, ..legal_wish(Scratch2, Ssd) }).contains(&"efa"));
    assert_eq!(check(&FileSystemWish { efa: true, ..legal_wish(Persistent2, IntelligentTiering) }), []);
    let unknown_steps = FileSystemWish { throughput: Some(300), capacity_gib: 2400, ..efa };
    assert_eq!(fields(&unknown_steps), ["throughput"]);
}

#[test]
fn hdd_needs_a_drive_cache() {
    let wish = FileSystemWish { drive_cache: None, ..legal_wish(Persistent1, Hdd) };
    assert_eq!(only(&wish).nearest.as_deref(), Some("NONE"));
    for cache in DriveCache::ALL {
        assert_eq!(check(&FileSystemWish { drive_cache: Some(*cache), ..wish.clone() }), []);
    }
}

#[test]
fn tiering_has_its_own_throughput_and_cache() {
    let tiered = |throughput_mbps, cache| FileSystemWish {
        tiering: Some(Tiering { throughput_mbps, cache }),
        ..legal_wish(Persistent2, IntelligentTiering)
    };
    for (mbps, nearest) in [
        (4000, None),
        (8000, None),
        (2_000_000, None),
        (0, Some("4000")),
        (3999, Some("4000")),
        (5999, Some("4000")),
        (6000, Some("8000")),
        (2_004_000, Some("2000000")),
        (u32::MAX, Some("2000000")),
    ] {
        let found = check(&tiered(mbps, ReadCache::None));
        assert_eq!(found.first().and_then(|it| it.nearest.as_deref()), nearest, "{mbps}");
        assert_eq!(found.is_empty(), nearest.is_none(), "{mbps}");
    }
    for (mbps, gib, nearest) in [
        (4000, 32, None),
        (4000, 31, Some("32Gi")),
        (4000, 131_072, None),
        (4000, 131_073, Some("131072Gi")),
        (8000, 63, Some("64Gi")),
        (8000, 262_144, None),
    ] {
        let found = check(&tiered(mbps, ReadCache::Provisioned(gib)));
        assert_eq!(found.first().and_then(|it| it.nearest.as_deref()), nearest, "{mbps} {gib}");
    }
    assert_eq!(
        fields(&FileSystemWish { tiering: None, ..tiered(4000, ReadCache::None) }),
        ["throughput-capacity"]
    );
    let misplaced = Some(Tiering { throughput_mbps: 4000, cache: ReadCache::None });
    assert_eq!(fields(&FileSystemWish { tiering: misplaced, ..p2() }), ["throughput-capacity"]);
}

#[test]
fn an_s3_path_on_persistent_2_is_answered_with_a_data_repository_association() {
    let illegal =
        only(&FileSystemWish { s3_import: Some("s3://data/in".into()), copy_tags_to_backups: false, ..p2() });
    assert_eq!(illegal.field, "s3-import");
    assert!(illegal.instead.is_some_and(|it| it.contains("data repository association")));
    let tiered = FileSystemWish {
        s3_import: Some("s3://data".into()),
        copy_tags_to_backups: false,
        ..legal_wish(Persistent2, IntelligentTiering)
    };
    assert!(only(&tiered).instead.is_some_and(|it| it.contains("takes no data repository association")));
}

#[test]
fn legacy_s3_links_hang_together() {
    let s3 = |import: Option<&str>, export: Option<&str>, auto_import| FileSystemWish {
        s3_import: import.map(str::to_owned),
        s3_export: export.map(str::to_owned),
        auto_import,
        ..FileSystemWish::defaults(Scratch2, Ssd, true)
    };
    let new = Some(AutoImport::New);
    let table = [
        (s3(Some("s3://aaa"), None, None), vec![]),
        (s3(Some("s3://aaa/x"), Some("s3://aaa/y"), new), vec![]),
        (s3(Some("s3://aaa/x"), Some("s3://bbb/y"), None), vec!["s3-export"]),
        (s3(None, Some("s3://aaa/y"), None), vec!["s3-export"]),
        (s3(None, None, new), vec!["auto-import"]),
        (s3(None, None, Some(AutoImport::None)), vec![]),
        (s3(Some("a/x"), None, None), vec!["s3-import"]),
        (s3(Some("s3://"), None, None), vec!["s3-import"]),
        (s3(Some("s3://aa"), None, None), vec!["s3-import"]),
        (s3(Some("s3://Bucket"), None, None), vec!["s3-import"]),
        (s3(Some(&format!("s3://aaa/{}", "a".repeat(4349))), None, None), vec!["s3-import"]),
        (s3(Some(&format!("s3://aaa/{}", "a".repeat(4348))), None, None), vec![]),
    ];
    for (wish, expected) in table {
        assert_eq!(fields(&wish), expected, "{:?} {:?}", wish.s3_import, wish.s3_export);
    }
}

#[test]
fn backups_are_for_persistent_file_systems_without_s3() {
    let days = |wish: FileSystemWish, days| FileSystemWish { backup_days: Some(days), ..wish };
    let linked = FileSystemWish { s3_import: Some("s3://aaa".into()), ..legal_wish(Persistent1, Ssd) };
    let bare_link = FileSystemWish { copy_tags_to_backups: false, ..linked.clone() };
    let table = [
        (days(p2(), 90), vec![]),
        (days(p2(), 91), vec!["backup-days"]),
        (days(legal_wish(Persistent1, Ssd), 7), vec![]),
        (days(legal_wish(Scratch2, Ssd), 1), vec!["backup-days"]),
        (days(legal_wish(Scratch1, Ssd), 0), vec![]),
        (days(bare_link.clone(), 1), vec!["backup-days"]),
        (days(bare_link, 0), vec![]),
        (linked, vec!["copy-tags-to-backups"]),
    ];
    for (wish, expected) in table {
        assert_eq!(fields(&wish), expected, "{wish:?}");
    }
}

#[test]
fn times_have_their_exact_shape() {
    for (text, legal) in [
        ("00:00", true),
        ("23:59", true),
        ("19:30", true),
        ("24:00", false),
        ("12:60", false),
        ("2:00", false),
        ("0200", false),
        ("02:00:00", false),
        ("", false),
        ("٠٢:00", false),
    ] {
        let wish = FileSystemWish { backup_days: Some(7), backup_start: Some(text.into()), ..p2() };
        assert_eq!(fields(&wish), if legal { vec![] } else { vec!["backup-start"] }, "{text}");
    }
    for (text, legal) in [
        ("1:00:00", true),
        ("7:09:00", true),
        ("7:23:59", true),
        ("0:09:00", false),
        ("8:09:00", false),
        ("7:24:00", false),
        ("7:9:00", false),
        ("7:0900", false),
        ("07:09:00", false),
        ("Sun:09:00", false),
        ("7", false),
    ] {
        let wish = FileSystemWish { maintenance: Some(text.into()), ..p2() };
        assert_eq!(fields(&wish), if legal { vec![] } else { vec!["maintenance"] }, "{text}");
    }
}

#[test]
fn customer_keys_are_for_persistent_file_systems() {
    for (deployment, legal) in
        [(Scratch1, false), (Scratch2, false), (Persistent1, true), (Persistent2, true)]
    {
        let wish = FileSystemWish { kms_key: Some("1234".into()), ..legal_wish(deployment, Ssd) };
        assert_eq!(fields(&wish).is_empty(), legal, "{deployment}");
    }
}

#[test]
fn the_driver_cannot_do_everything_that_fsx_can() {
    assert_eq!(check_dynamic(&p2()), []);
    let tiered = check_dynamic(&legal_wish(Persistent2, IntelligentTiering));
    assert_eq!(tiered[0].field, "storage-type");

    let old: DriverVersion = "v1.2.0-eksbuild.1".parse().unwrap();
    let new: DriverVersion = "v1.3.0".parse().unwrap();
    let efa = FileSystemWish { efa: true, metadata: Some(Metadata::Automatic), capacity_gib: 19_200, ..p2() };
    let names: Vec<_> = check_driver(&efa, &old).into_iter().map(|it| it.field).collect();
    assert_eq!(names, ["metadata-iops", "efa"]);
    assert_eq!(check_driver(&efa, &new), []);
    assert_eq!(check_driver(&p2(), &old), []);
}

#[test]
fn defaults_leave_out_what_the_type_does_not_take() {
    let scratch = FileSystemWish::defaults(Scratch2, Ssd, false);
    assert_eq!((scratch.throughput, scratch.backup_days, scratch.copy_tags_to_backups), (None, None, false));
    let linked = FileSystemWish::defaults(Persistent1, Ssd, true);
    assert_eq!((linked.backup_days, linked.copy_tags_to_backups), (None, false));
    assert_eq!(FileSystemWish::defaults(Persistent1, Hdd, false).drive_cache, Some(DriveCache::None));
    let plain = p2();
    assert_eq!((plain.throughput, plain.backup_days, plain.copy_tags_to_backups), (Some(250), Some(0), true));
    assert_eq!((plain.version, plain.compression, plain.capacity_gib), (V2_15, Compression::Lz4, 1200));
}

#[test]
fn names_are_aws_s_and_typos_are_met_with_the_nearest() {
    for it in DeploymentType::ALL {
        assert_eq!(it.as_str().parse::<DeploymentType>(), Ok(*it));
        assert_eq!(serde_json::to_string(it).unwrap(), format!("\"{it}\""));
    }
    assert_eq!(serde_json::from_str::<LustreVersion>("\"2.15\"").unwrap(), V2_15);
    assert_eq!(DeploymentType::from_typed("persistent-2"), Ok(Persistent2));
    assert_eq!(Compression::from_typed("lz4"), Ok(Compression::Lz4));
    let error = "persistent_2".parse::<DeploymentType>().unwrap_err();
    assert_eq!(error.nearest, Some("PERSISTENT_2"));
    assert_eq!("PERSISTANT_1".parse::<DeploymentType>().unwrap_err().nearest, Some("PERSISTENT_1"));
    let far = "nfs".parse::<DeploymentType>().unwrap_err();
    assert_eq!(far.nearest, None);
    assert!(far.to_string().contains("SCRATCH_1, SCRATCH_2, PERSISTENT_1, PERSISTENT_2"), "{far}");
    assert_eq!("2.14".parse::<LustreVersion>().unwrap_err().nearest, Some("2.10"));
}

#[test]
fn metadata_is_auto_or_a_number() {
    assert_eq!("auto".parse(), Ok(Metadata::Automatic));
    assert_eq!("6000".parse(), Ok(Metadata::Provisioned(6000)));
    assert!("lots".parse::<Metadata>().is_err() && "-1".parse::<Metadata>().is_err());
    let json = serde_json::to_value([Metadata::Automatic, Metadata::Provisioned(6000)]).unwrap();
    assert_eq!(json, serde_json::json!(["AUTOMATIC", {"USER_PROVISIONED": 6000}]));
    assert_eq!((Metadata::Automatic.iops(), Metadata::Provisioned(6000).iops()), (None, Some(6000)));
}

#[test]
fn a_refusal_reads_as_one_line() {
    let text = only(&FileSystemWish { throughput: Some(200), ..p2() }).to_string();
    let expected = "throughput 200: PERSISTENT_2 with SSD takes 125, 250, 500 or 1000 MB/s per TiB; \
        nearest legal value: 250";
    assert_eq!(text, expected);
}
