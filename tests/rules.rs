//! The rules of FSx exist twice: in `fsxctl::domain` and, written separately from the same facts, in the sandbox.
//! Here they are held against each other.

use fsxctl::domain::lustre::{
    self, AutoImport, Compression, DeploymentType, DriveCache, FileSystemWish, LustreVersion, Metadata,
    ReadCache, StorageType, Tiering,
};
use fsxctl::domain::sizing::{self, CAPACITY};
use fsxctl_sandbox::AwsError;
use fsxctl_sandbox::aws::fsx::rules;
use fsxctl_sandbox::kube::driver_rounds;
use fsxctl_sandbox::wire::{model::model, validate};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{FileFailurePersistence, RngSeed};
use serde_json::{Map, Value, json};

const DEPLOYMENTS: [DeploymentType; 4] = [
    DeploymentType::Scratch1,
    DeploymentType::Scratch2,
    DeploymentType::Persistent1,
    DeploymentType::Persistent2,
];
const STORAGES: [StorageType; 3] = [StorageType::Ssd, StorageType::Hdd, StorageType::IntelligentTiering];
const VERSIONS: [LustreVersion; 3] = [LustreVersion::V2_10, LustreVersion::V2_12, LustreVersion::V2_15];
const THROUGHPUTS: [u32; 13] = [0, 12, 13, 40, 50, 100, 125, 200, 250, 400, 500, 1000, 2000];

/// Where the facts say UNCONFIRMED, the two may differ. Every such place has a name here; all else must agree.
fn unconfirmed(wish: &FileSystemWish) -> Option<&'static str> {
    let cached = wish.drive_cache.is_some() && wish.storage_type != StorageType::Hdd;
    let nothing_imported =
        wish.auto_import == Some(AutoImport::None) && wish.deployment_type == DeploymentType::Persistent2;
    let exceptions = [
        (cached, "a drive cache without HDD: refused or ignored"),
        (
            nothing_imported,
            "the automatic import's default, spelled out where there is no link: refused or taken",
        ),
    ];
    exceptions.into_iter().find_map(|(applies, name)| applies.then_some(name))
}

/// The CreateFileSystem input that a wish stands for. A size is never sent with Intelligent-Tiering.
fn input(wish: &FileSystemWish) -> Value {
    let tiered = wish.storage_type == StorageType::IntelligentTiering;
    let metadata = wish.metadata.map(|it| match it.iops() {
        Some(iops) => json!({"Mode": it.as_str(), "Iops": iops}),
        None => json!({"Mode": it.as_str()}),
    });
    let cache = wish.tiering.map(|it| match it.cache {
        ReadCache::Provisioned(gib) => json!({"SizingMode": it.cache.as_str(), "SizeGiB": gib}),
        ReadCache::None | ReadCache::Proportional => json!({"SizingMode": it.cache.as_str()}),
    });
    let lustre = members([
        ("DeploymentType", Some(json!(wish.deployment_type.as_str()))),
        ("PerUnitStorageThroughput", wish.throughput.map(|it| json!(it))),
        ("DataCompressionType", Some(json!(wish.compression.as_str()))),
        ("MetadataConfiguration", metadata),
        ("EfaEnabled", wish.efa.then(|| json!(true))),
        ("DriveCacheType", wish.drive_cache.map(|it| json!(it.as_str()))),
        ("AutomaticBackupRetentionDays", wish.backup_days.map(|it| json!(it))),
        ("DailyAutomaticBackupStartTime", wish.backup_start.as_ref().map(|it| json!(it))),
        ("CopyTagsToBackups", wish.copy_tags_to_backups.then(|| json!(true))),
        ("WeeklyMaintenanceStartTime", wish.maintenance.as_ref().map(|it| json!(it))),
        ("ImportPath", wish.s3_import.as_ref().map(|it| json!(it))),
        ("ExportPath", wish.s3_export.as_ref().map(|it| json!(it))),
        ("AutoImportPolicy", wish.auto_import.map(|it| json!(it.as_str()))),
        ("ThroughputCapacity", wish.tiering.map(|it| json!(it.throughput_mbps))),
        ("DataReadCacheConfiguration", cache),
    ]);
    members([
        ("FileSystemType", Some(json!("LUSTRE"))),
        ("StorageType", Some(json!(wish.storage_type.as_str()))),
        ("StorageCapacity", (!tiered).then(|| json!(wish.capacity_gib))),
        ("FileSystemTypeVersion", Some(json!(wish.version.as_str()))),
        ("KmsKeyId", wish.kms_key.as_ref().map(|it| json!(it))),
        ("SubnetIds", Some(json!(["subnet-0a10000000000000a"]))),
        ("LustreConfiguration", Some(lustre)),
    ])
}

fn members<const N: usize>(rows: [(&str, Option<Value>); N]) -> Value {
    Value::Object(
        rows.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>(),
    )
}

/// What the sandbox's FSx says: first the shapes of its API, then its rules.
fn legal(input: &Value) -> Result<(), AwsError> {
    let model = model("fsx").expect("the sandbox serves FSx");
    let shape = model.shapes.get("CreateFileSystemRequest").expect("the model has the input");
    validate::check("fsx", model, shape, input)?;
    rules::legal(input)
}

/// What each side says; equal but for the named exceptions.
fn disagreement(wish: &FileSystemWish) -> Option<String> {
    let ours = lustre::check(wish);
    let theirs = legal(&input(wish));
    if ours.is_empty() == theirs.is_ok() || unconfirmed(wish).is_some() {
        return None;
    }
    let ours: Vec<String> = ours.iter().map(ToString::to_string).collect();
    Some(format!("{wish:?}\nfsxctl: {ours:?}\nsandbox: {theirs:?}"))
}

/// Sizes at, just below and just above every step of every type, and the odd ones that guides name.
fn sizes() -> Vec<u64> {
    let mut all = vec![0, 1, 600, 1199, 1200, 1201, 1800, 2000, 3599, 3600, 7200, 10_000, 50_400, 100_800];
    for row in CAPACITY {
        for at in row.first.iter().copied().chain([1, 2, 3, 5].map(|times| row.step * times)) {
            all.extend([at - 1, at, at + 1, at + 1200]);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// A wish that is legal but for the size that its caller gives it.
fn plain(
    deployment_type: DeploymentType,
    storage_type: StorageType,
    throughput: Option<u32>,
    efa: bool,
) -> FileSystemWish {
    FileSystemWish {
        throughput,
        efa,
        metadata: efa.then_some(Metadata::Automatic),
        ..FileSystemWish::defaults(deployment_type, storage_type, false)
    }
}

#[test]
fn every_type_throughput_and_size_is_judged_alike() {
    let mut differences = Vec::new();
    let (mut legal, mut all) = (0, 0);
    for deployment in DEPLOYMENTS {
        for storage in STORAGES {
            for throughput in THROUGHPUTS.into_iter().map(Some).chain([None]) {
                for efa in [false, true] {
                    for capacity_gib in sizes() {
                        let wish =
                            FileSystemWish { capacity_gib, ..plain(deployment, storage, throughput, efa) };
                        all += 1;
                        legal += usize::from(lustre::check(&wish).is_empty());
                        differences.extend(disagreement(&wish));
                    }
                }
            }
        }
    }
    assert!(differences.is_empty(), "{} differences, the first: {}", differences.len(), differences[0]);
    assert!(legal > 100 && legal < all / 2, "{legal} of {all} are legal: the table says little");
}

#[test]
fn the_size_that_is_offered_instead_is_legal_on_both_sides() {
    for deployment in DEPLOYMENTS {
        for storage in STORAGES {
            for throughput in THROUGHPUTS.into_iter().map(Some).chain([None]) {
                for efa in [false, true] {
                    for size in sizes() {
                        let wish = plain(deployment, storage, throughput, efa);
                        let offers =
                            [sizing::nearest(wish.shape(), size), sizing::round_up(wish.shape(), size)];
                        for capacity_gib in offers.into_iter().flatten() {
                            let offered = FileSystemWish { capacity_gib, ..wish.clone() };
                            let size_is_wrong =
                                lustre::check(&offered).iter().any(|problem| problem.field == "size");
                            assert!(!size_is_wrong, "{offered:?}");
                            assert_eq!(disagreement(&offered), None);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_drivers_rounding_is_known_alike() {
    let name = |it: Option<&'static str>| it.map_or(Value::Null, |text| json!(text));
    for deployment in DEPLOYMENTS.into_iter().map(Some).chain([None]) {
        for storage in [Some(StorageType::Ssd), Some(StorageType::Hdd), None] {
            for throughput in THROUGHPUTS.into_iter().map(Some).chain([None]) {
                for gib in sizes() {
                    let parameters = json!({
                        "deploymentType": name(deployment.map(DeploymentType::as_str)),
                        "storageType": name(storage.map(StorageType::as_str)),
                        "perUnitStorageThroughput": throughput.map(|it| it.to_string()),
                    });
                    let ours = sizing::driver_rounds_to(deployment, storage, throughput, Some(gib));
                    let theirs = driver_rounds(&parameters, i64::try_from(gib).expect("small"));
                    assert_eq!(i64::try_from(ours), Ok(theirs), "{parameters} {gib}");
                }
            }
        }
    }
}

/// One thing that a person could ask for otherwise.
#[derive(Debug, Clone)]
enum Twist {
    Deployment(DeploymentType),
    Storage(StorageType),
    Size(u64),
    Throughput(Option<u32>),
    Version(LustreVersion),
    Compression(Compression),
    Metadata(Option<Metadata>),
    Efa(bool),
    Cache(Option<DriveCache>),
    BackupDays(Option<u32>),
    BackupStart(Option<String>),
    CopyTags(bool),
    Maintenance(Option<String>),
    Key(bool),
    Import(Option<String>),
    Export(Option<String>),
    AutoImport(Option<AutoImport>),
    Tiering(Option<Tiering>),
}

fn twisted(mut wish: FileSystemWish, twist: Twist) -> FileSystemWish {
    match twist {
        Twist::Deployment(it) => wish.deployment_type = it,
        Twist::Storage(it) => wish.storage_type = it,
        Twist::Size(it) => wish.capacity_gib = it,
        Twist::Throughput(it) => wish.throughput = it,
        Twist::Version(it) => wish.version = it,
        Twist::Compression(it) => wish.compression = it,
        Twist::Metadata(it) => wish.metadata = it,
        Twist::Efa(it) => wish.efa = it,
        Twist::Cache(it) => wish.drive_cache = it,
        Twist::BackupDays(it) => wish.backup_days = it,
        Twist::BackupStart(it) => wish.backup_start = it,
        Twist::CopyTags(it) => wish.copy_tags_to_backups = it,
        Twist::Maintenance(it) => wish.maintenance = it,
        Twist::Key(it) => wish.kms_key = it.then(|| "arn:aws:kms:us-west-2:111122223333:key/1".to_owned()),
        Twist::Import(it) => wish.s3_import = it,
        Twist::Export(it) => wish.s3_export = it,
        Twist::AutoImport(it) => wish.auto_import = it,
        Twist::Tiering(it) => wish.tiering = it,
    }
    wish
}

/// A legal wish of every kind: mutations of it are legal often enough to say something.
fn legal_wish() -> impl Strategy<Value = FileSystemWish> {
    let rows = (0..CAPACITY.len(), any::<Index>(), 1_u64..6);
    let sized = rows.prop_map(|(row, throughput, times)| {
        let row = &CAPACITY[row];
        let throughput =
            (!row.throughputs.is_empty()).then(|| row.throughputs[throughput.index(row.throughputs.len())]);
        let capacity_gib = row.step * times;
        FileSystemWish { capacity_gib, ..plain(row.deployment_type, row.storage_type, throughput, row.efa) }
    });
    let tiered = (1_u32..20, select(vec![6000, 12_000])).prop_map(|(servers, iops)| FileSystemWish {
        metadata: Some(Metadata::Provisioned(iops)),
        tiering: Some(Tiering { throughput_mbps: servers * 4000, cache: ReadCache::Proportional }),
        ..FileSystemWish::defaults(DeploymentType::Persistent2, StorageType::IntelligentTiering, false)
    });
    let linked = select(vec![DeploymentType::Scratch1, DeploymentType::Scratch2]).prop_map(|deployment| {
        FileSystemWish {
            s3_import: Some("s3://bucket/in".to_owned()),
            capacity_gib: 3600 * 4,
            ..FileSystemWish::defaults(deployment, StorageType::Ssd, true)
        }
    });
    prop_oneof![6 => sized, 1 => tiered, 1 => linked]
}

fn tiering() -> impl Strategy<Value = Option<Tiering>> {
    let cache = prop_oneof![
        Just(ReadCache::None),
        Just(ReadCache::Proportional),
        select(vec![0, 31, 32, 64, 131_072, 131_073, 262_144]).prop_map(ReadCache::Provisioned)
    ];
    let some = (select(vec![0, 1, 3999, 4000, 4001, 8000, 2_000_000, 2_004_000]), cache);
    prop_oneof![
        Just(None),
        some.prop_map(|(throughput_mbps, cache)| Some(Tiering { throughput_mbps, cache }))
    ]
}

fn words(words: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), select(words).prop_map(|word| Some(word.to_owned()))]
}

fn twist() -> impl Strategy<Value = Twist> {
    const IOPS: [u32; 11] = [0, 1499, 1500, 3000, 4500, 6000, 12_000, 18_000, 24_000, 192_000, 204_000];
    const PATHS: &[&str] = &[
        "s3://bucket",
        "s3://bucket/in",
        "s3://other/x",
        "bucket/in",
        "s3://",
        "s3:///x",
        "s3://b",
        "s3://Bucket/x",
        "S3://bucket",
    ];
    let metadata = prop_oneof![
        Just(None),
        Just(Some(Metadata::Automatic)),
        select(IOPS.to_vec()).prop_map(|it| Some(Metadata::Provisioned(it)))
    ];
    prop_oneof![
        select(DEPLOYMENTS.to_vec()).prop_map(Twist::Deployment),
        select(STORAGES.to_vec()).prop_map(Twist::Storage),
        select(sizes()).prop_map(Twist::Size),
        proptest::option::of(select(THROUGHPUTS.to_vec())).prop_map(Twist::Throughput),
        select(VERSIONS.to_vec()).prop_map(Twist::Version),
        select(vec![Compression::None, Compression::Lz4]).prop_map(Twist::Compression),
        metadata.prop_map(Twist::Metadata),
        any::<bool>().prop_map(Twist::Efa),
        proptest::option::of(select(vec![DriveCache::None, DriveCache::Read])).prop_map(Twist::Cache),
        proptest::option::of(select(vec![0, 1, 90, 91])).prop_map(Twist::BackupDays),
        words(&["00:00", "23:59", "24:00", "9:00", "09:60", ""]).prop_map(Twist::BackupStart),
        any::<bool>().prop_map(Twist::CopyTags),
        words(&["1:00:00", "7:23:59", "0:00:00", "8:00:00", "1:24:00", "1:9:00", "Mon:09:00"])
            .prop_map(Twist::Maintenance),
        any::<bool>().prop_map(Twist::Key),
        words(PATHS).prop_map(Twist::Import),
        words(PATHS).prop_map(Twist::Export),
        proptest::option::of(select(vec![AutoImport::None, AutoImport::New, AutoImport::NewChangedDeleted]))
            .prop_map(Twist::AutoImport),
        tiering().prop_map(Twist::Tiering),
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 8000,
        rng_seed: RngSeed::Fixed(0x46_53_78),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/seeds/rules.txt"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_asked_for_is_judged_alike(wish in legal_wish(), twists in proptest::collection::vec(twist(), 0..4)) {
        let wish = twists.into_iter().fold(wish, twisted);
        if let Some(difference) = disagreement(&wish) {
            return Err(TestCaseError::fail(difference));
        }
    }

    #[test]
    fn what_the_generator_calls_legal_is_legal(wish in legal_wish()) {
        prop_assert_eq!(lustre::check(&wish), Vec::new());
        prop_assert!(legal(&input(&wish)).is_ok());
    }
}
