//! Class and claim, row by row.

#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]

use super::super::sample::{Row, check};
use super::super::{Decision, plan};
use super::*;
use crate::facts::sample::{class, hidden, our_marks, volume};
use crate::facts::{Claim, Namespace, StorageClass, Volume};
use crate::intent::sample::{wish, wish_in};

const BOTH: &str = "+ StorageClass fsx-sc; + PersistentVolumeClaim default/fsx-claim";
const OTHER_CLASS: &str = "! Conflict | take another name with --class, for instance --class fsx-sc-2";
const OTHER_CLAIM: &str = "! Conflict | leave --size out, or take another name with --claim";

fn allowed(permission: &str) -> &'static str {
    Box::leak(format!("! Denied | allow {permission} and run it again").into_boxed_str())
}

fn set(facts: &mut Facts, change: impl FnOnce(&mut StorageClass)) {
    let Seen::Found(class) = &mut facts.storage.class else { panic!("the sample has the class") };
    change(class);
}

fn turn(facts: &mut Facts, change: impl FnOnce(&mut Claim)) {
    let Seen::Found(claim) = &mut facts.storage.claim else { panic!("the sample has the claim") };
    change(claim);
}

fn param(facts: &mut Facts, key: &str, value: &str) {
    set(facts, |class| {
        class.parameters.insert(key.to_owned(), value.to_owned());
    });
}

#[test]
fn what_is_missing_is_made() {
    let rows: [Row; 10] = [
        ("class and claim", "", |_| {}, BOTH),
        (
            "the claim alone",
            "",
            |facts| facts.storage.class = Seen::Found(class()),
            "+ PersistentVolumeClaim default/fsx-claim",
        ),
        ("other names", "--class c --claim d", |_| {}, "+ StorageClass c; + PersistentVolumeClaim default/d"),
        (
            "no namespace",
            "-n training",
            |facts| facts.storage.namespace = Seen::Missing,
            "! Usage | make it with --create-namespace, or take another one with -n",
        ),
        (
            "no namespace, and it is to be made",
            "--create-namespace",
            |facts| facts.storage.namespace = Seen::Missing,
            "+ Namespace default; + StorageClass fsx-sc; + PersistentVolumeClaim default/fsx-claim",
        ),
        (
            "a namespace that goes away",
            "",
            |facts| {
                facts.storage.namespace = Seen::Found(Namespace { terminating: true, ..Namespace::default() })
            },
            "! Conflict | wait until it is gone, or take another one with -n",
        ),
        (
            "a namespace that cannot be read",
            "",
            |facts| facts.storage.namespace = hidden("get namespaces"),
            "+ StorageClass fsx-sc; + PersistentVolumeClaim default/fsx-claim (?)",
        ),
        (
            "a file system of an earlier claim of that name",
            "",
            |facts| {
                facts.storage.volumes = Seen::Found(vec![Volume { phase: "Released".into(), ..volume() }])
            },
            "+ StorageClass fsx-sc; + PersistentVolumeClaim default/fsx-claim (!)",
        ),
        (
            "a file system of another claim",
            "",
            |facts| {
                facts.storage.volumes = Seen::Found(vec![Volume {
                    phase: "Released".into(),
                    claim: Some("default/x".into()),
                    ..volume()
                }])
            },
            BOTH,
        ),
        (
            "volumes hidden: whether a file system was left is not known",
            "",
            |facts| facts.storage.volumes = hidden("list persistentvolumes"),
            "+ StorageClass fsx-sc; + PersistentVolumeClaim default/fsx-claim (?)",
        ),
    ];
    check(StepId::Storage, Goal::Present, Facts::bare, &rows);
}

#[test]
fn a_class_that_is_there() {
    let rows: [Row; 21] = [
        ("as set-up leaves it", "", |_| {}, "settled"),
        (
            "a default that differs is kept",
            "",
            |facts| param(facts, "perUnitStorageThroughput", "125"),
            "settled",
        ),
        ("an asked-for value that agrees", "--throughput 250", |_| {}, "settled"),
        ("an asked-for value that differs", "--throughput 500", |_| {}, OTHER_CLASS),
        ("another type", "--deployment-type SCRATCH_2", |_| {}, OTHER_CLASS),
        ("no compression is asked for", "--compression NONE", |_| {}, OTHER_CLASS),
        (
            "SSD is asked for where the class says HDD",
            "--storage-type SSD",
            |facts| param(facts, "storageType", "HDD"),
            OTHER_CLASS,
        ),
        ("SSD is asked for where the class says nothing", "--storage-type SSD", |_| {}, "settled"),
        ("copies of tags are not asked for", "--param copyTagsToBackups=false", |_| {}, OTHER_CLASS),
        (
            "the same word otherwise spelled",
            "--param copyTagsToBackups=true",
            |facts| param(facts, "copyTagsToBackups", "True"),
            "settled",
        ),
        ("another subnet", "--subnet subnet-b", |_| {}, OTHER_CLASS),
        ("the same subnet", "--subnet subnet-a", |_| {}, "settled"),
        ("a list of subnets with it", "--subnet subnet-b,subnet-a", |_| {}, "settled"),
        ("a list of subnets without it", "--subnet subnet-b,subnet-public-a", |_| {}, OTHER_CLASS),
        ("another group", "--security-group sg-cluster", |_| {}, OTHER_CLASS),
        ("a tag that it does not have", "--extra-tag team=ml", |_| {}, OTHER_CLASS),
        (
            "Delete is told",
            "",
            |facts| set(facts, |class| class.reclaim_policy = "Delete".into()),
            "settled (!)",
        ),
        (
            "Retain is asked for",
            "--reclaim retain",
            |facts| set(facts, |class| class.reclaim_policy = "Delete".into()),
            OTHER_CLASS,
        ),
        (
            "of another provisioner",
            "",
            |facts| set(facts, |class| class.provisioner = "ebs.csi.aws.com".into()),
            "! Conflict | take another name with --class",
        ),
        (
            "other mount options",
            "--mount-option flock --mount-option noatime",
            |_| {},
            "~ StorageClass fsx-sc",
        ),
        (
            "other mount options in somebody else's class",
            "--mount-option noatime",
            |facts| set(facts, |class| class.marks = Marks::default()),
            "! Conflict | let fsxctl change it with --adopt StorageClass/fsx-sc, or take another name with --class",
        ),
    ];
    check(StepId::Storage, Goal::Present, Facts::done, &rows);
}

#[test]
fn a_guides_variable_is_no_demand_on_a_class_that_is_there() {
    let env = [("SUBNET_ID", "subnet-b"), ("SECURITY_GROUP_ID", "sg-cluster")];
    let plan = plan(Goal::Present, &wish_in("", &env), &Facts::done());
    assert_eq!(plan.items[3].decision, Decision::Settled, "{:?}", plan.items[3]);
    let asked =
        super::super::plan(Goal::Present, &wish_in("", &[("FSXCTL_SUBNET", "subnet-b")]), &Facts::done());
    assert_eq!(asked.items[3].decision, Decision::Blocked);
}

#[test]
fn a_claim_that_is_there() {
    let rows: [Row; 17] = [
        ("Bound", "", |_| {}, "settled"),
        (
            "Pending",
            "",
            |facts| turn(facts, |claim| (claim.phase, claim.volume) = ("Pending".into(), None)),
            "settled",
        ),
        (
            "Lost",
            "",
            |facts| turn(facts, |claim| claim.phase = "Lost".into()),
            "! Conflict | delete it, or take another name with --claim",
        ),
        (
            "being deleted",
            "",
            |facts| turn(facts, |claim| claim.terminating = true),
            "! Conflict | wait until it is gone, or take another name with --claim",
        ),
        (
            "of another class",
            "",
            |facts| turn(facts, |claim| claim.class = Some("gp2".into())),
            "! Conflict | take another name with --claim",
        ),
        (
            "of no class",
            "",
            |facts| turn(facts, |claim| claim.class = None),
            "! Conflict | take another name with --claim",
        ),
        ("the size that it has", "--size 1200Gi", |_| {}, "settled"),
        (
            "the size that it has, written otherwise",
            "--size 1200Gi",
            |facts| turn(facts, |claim| claim.size = "1288490188800".into()),
            "settled",
        ),
        (
            "a default smaller than it has",
            "",
            |facts| turn(facts, |claim| claim.size = "4800Gi".into()),
            "settled",
        ),
        ("smaller", "--size 1200Gi", |facts| turn(facts, |claim| claim.size = "4800Gi".into()), OTHER_CLAIM),
        ("larger", "--size 2400Gi", |_| {}, "~ PersistentVolumeClaim default/fsx-claim"),
        (
            "larger, and the class does not let it",
            "--size 2400Gi",
            |facts| set(facts, |class| class.allow_expansion = false),
            "! Conflict | take another name with --claim",
        ),
        (
            "larger, and it is somebody else's",
            "--size 2400Gi",
            |facts| turn(facts, |claim| claim.marks = Marks::default()),
            "! Conflict | let fsxctl grow it with --adopt PersistentVolumeClaim/default/fsx-claim",
        ),
        (
            "the same, adopted",
            "--size 2400Gi --adopt PersistentVolumeClaim/default/fsx-claim",
            |facts| turn(facts, |claim| claim.marks = Marks::default()),
            "~ PersistentVolumeClaim default/fsx-claim",
        ),
        (
            "larger, and not Bound yet",
            "--size 2400Gi",
            |facts| turn(facts, |claim| (claim.phase, claim.volume) = ("Pending".into(), None)),
            "! Conflict | wait until it is Bound, or take another name with --claim",
        ),
        (
            "larger, and its file system never grows",
            "--size 2400Gi",
            |facts| {
                param(facts, "deploymentType", "SCRATCH_1");
                set(facts, |class| {
                    class.parameters.remove("perUnitStorageThroughput");
                });
            },
            "! Conflict | take another name with --claim",
        ),
        (
            "a size that cannot be read",
            "--size 2400Gi",
            |facts| turn(facts, |claim| claim.size = "much".into()),
            "! Conflict | leave --size out, or take another name with --claim",
        ),
    ];
    check(StepId::Storage, Goal::Present, Facts::done, &rows);
}

#[test]
fn what_cannot_be_seen() {
    let rows: [Row; 4] = [
        (
            "the class",
            "",
            |facts| facts.storage.class = hidden("get storageclasses"),
            allowed("get storageclasses"),
        ),
        (
            "the claim",
            "",
            |facts| facts.storage.claim = hidden("get persistentvolumeclaims"),
            allowed("get persistentvolumeclaims"),
        ),
        ("volumes", "", |facts| facts.storage.volumes = hidden("list persistentvolumes"), "settled"),
        ("the namespace", "", |facts| facts.storage.namespace = hidden("get namespaces"), "settled"),
    ];
    check(StepId::Storage, Goal::Present, Facts::done, &rows);
}

#[test]
fn undo_never_takes_data() {
    let both = "- PersistentVolumeClaim default/fsx-claim; - StorageClass fsx-sc";
    let rows: [Row; 9] = [
        ("Retain keeps the file system", "", |_| {}, both),
        ("nothing there", "", |facts| *facts = Facts::bare(), "settled"),
        (
            "Delete would take the data",
            "",
            |facts| {
                facts.storage.volumes =
                    Seen::Found(vec![Volume { reclaim_policy: "Delete".into(), ..volume() }])
            },
            "settled",
        ),
        (
            "a volume that cannot be seen may say Delete",
            "",
            |facts| facts.storage.volumes = hidden("list persistentvolumes"),
            "settled (?)",
        ),
        (
            "a volume that is gone from the list may say Delete",
            "",
            |facts| facts.storage.volumes = Seen::Found(Vec::new()),
            "settled",
        ),
        (
            "somebody else's claim keeps its class",
            "",
            |facts| turn(facts, |claim| claim.marks = Marks::default()),
            "settled",
        ),
        (
            "somebody else's class",
            "",
            |facts| set(facts, |class| class.marks = Marks::default()),
            "- PersistentVolumeClaim default/fsx-claim",
        ),
        (
            "the class hidden",
            "",
            |facts| facts.storage.class = hidden("get storageclasses"),
            allowed("get storageclasses"),
        ),
        (
            "the claim hidden",
            "",
            |facts| facts.storage.claim = hidden("get persistentvolumeclaims"),
            allowed("get persistentvolumeclaims"),
        ),
    ];
    check(StepId::Storage, Goal::Absent, Facts::done, &rows);
}

#[test]
fn a_claim_that_waits_is_not_undone_while_its_file_system_is_made() {
    let mut facts = Facts::done();
    turn(&mut facts, |claim| {
        *claim = Claim { phase: "Pending".into(), volume: None, marks: our_marks(), ..claim.clone() }
    });
    facts.storage.volumes = Seen::Found(Vec::new());
    let item = plan(Goal::Absent, &wish(""), &facts).items.remove(0);
    assert_eq!(item.step, StepId::Storage);
    assert_eq!(item.changes.len(), 2, "nothing is bound, so nothing is lost: {item:?}");
}

#[test]
fn without_the_network_no_class_is_made_of_a_group_that_nobody_makes() {
    let plan = plan(Goal::Present, &wish("--only storage --no-wait"), &Facts::plain());
    let block = plan.block().expect("there is no group to be named");
    assert_eq!(
        (block.kind, block.next.as_deref()),
        (Kind::Usage, Some("name it with --security-group, or do not skip the network"))
    );
}

#[test]
fn a_claim_that_is_to_be_waited_for_needs_a_driver() {
    let blocked = plan(Goal::Present, &wish("--only network,storage"), &Facts::plain());
    assert_eq!(blocked.block().map(|block| block.kind), Some(Kind::Conflict));
    let alone = plan(Goal::Present, &wish("--only network,storage --no-wait"), &Facts::plain());
    assert_eq!(alone.block(), None);
    let finished = plan(Goal::Present, &wish("--only network,storage"), &Facts::done());
    assert!(finished.is_settled(), "{finished:?}");
}

#[test]
fn a_class_that_cannot_make_a_file_system_gets_no_claim() {
    for (key, value) in
        [("subnetId", None), ("subnetId", Some("subnet-gone")), ("securityGroupIds", Some("sg-gone"))]
    {
        let mut facts = Facts::done();
        facts.storage.claim = Seen::Missing;
        let Seen::Found(class) = &mut facts.storage.class else { unreachable!("done has a class") };
        match value {
            Some(value) => class.parameters.insert(key.to_owned(), value.to_owned()),
            None => class.parameters.remove(key),
        };
        let plan = plan(Goal::Present, &wish(""), &facts);
        assert_eq!(plan.block().map(|block| block.kind), Some(Kind::Conflict), "{key} {value:?}");
    }
}

/// Such a look is repeated before anything is planned on it.
#[test]
fn a_class_that_is_newer_than_the_groups_that_were_seen_is_told() {
    let with = |group: &str, provisioner: &str| {
        let mut facts = Facts::done();
        let Seen::Found(class) = &mut facts.storage.class else { unreachable!("done has a class") };
        class.parameters.insert("securityGroupIds".to_owned(), group.to_owned());
        class.provisioner = provisioner.to_owned();
        facts
    };
    assert!(!super::is_torn(&wish(""), &Facts::done()));
    assert!(super::is_torn(&wish(""), &with("sg-later", "fsx.csi.aws.com")));
    assert!(!super::is_torn(&wish(""), &with("sg-later", "ebs.csi.aws.com")), "whose groups are no concern");
    assert!(!super::is_torn(&wish(""), &with("", "fsx.csi.aws.com")), "none is named");
    let mut facts = with("sg-later", "fsx.csi.aws.com");
    facts.network.groups = hidden("ec2:DescribeSecurityGroups");
    assert!(!super::is_torn(&wish(""), &facts), "what cannot be seen says nothing");
}

#[test]
fn the_new_class_says_what_was_asked_for() {
    let plan =
        plan(Goal::Present, &wish("--throughput 500 --extra-tag team=ml --reclaim delete"), &Facts::bare());
    let objects: Vec<&serde_json::Value> = plan
        .changes()
        .filter_map(|change| match &change.action {
            Action::CreateObject { object, .. } => Some(object),
            _ => None,
        })
        .collect();
    let [class, claim] = objects.as_slice() else { panic!("{plan:?}") };
    assert_eq!(class["reclaimPolicy"], "Delete");
    assert_eq!(class["parameters"]["perUnitStorageThroughput"], "500");
    assert_eq!(class["parameters"]["securityGroupIds"], "sg-hp");
    let tags = class["parameters"]["extraTags"].as_str().expect("a text");
    for tag in ["team=ml", "fsxctl.io/owner=fsxctl", "fsxctl.io/origin=created"] {
        assert!(tags.split(',').any(|it| it == tag), "{tag} is not in {tags}");
    }
    assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "1200Gi");
}

fn notes(words: &str, facts: &Facts) -> Vec<String> {
    let plan = plan(Goal::Present, &wish(words), facts);
    let item = plan.items.into_iter().find(|item| item.step == StepId::Storage).expect("in scope");
    item.notes.into_iter().map(|note| format!("{:?} {}", note.sign, note.text)).collect()
}

#[track_caller]
fn tells(words: &str, facts: &Facts, wanted: &str) {
    let told = notes(words, facts);
    assert!(told.iter().any(|text| text == wanted), "{wanted:?} is not in {told:#?}");
}

#[test]
fn access_modes_of_a_claim_that_is_there_are_told() {
    let with = |mode: &str, phase: &str| {
        let mut facts = Facts::done();
        turn(&mut facts, |claim| {
            (claim.access_modes, claim.phase) = (vec![mode.to_owned()], phase.to_owned())
        });
        facts
    };
    for phase in ["Bound", "Pending"] {
        tells(
            "",
            &with("ReadWriteOnce", phase),
            "Warn claim default/fsx-claim is ReadWriteOnce, so pods of several nodes cannot write to it (a new one would \
             be ReadWriteMany)",
        );
    }
    let refused = plan(Goal::Present, &wish(""), &with("ReadOnlyMany", "Pending"));
    assert_eq!(
        refused.block().map(|block| (block.kind, block.message.as_str())),
        Some((
            Kind::Conflict,
            "claim default/fsx-claim asks for ReadOnlyMany, which the driver refuses: it would never be Bound"
        ))
    );
    assert!(plan(Goal::Present, &wish(""), &with("ReadOnlyMany", "Bound")).is_settled(), "bound by hand");
    assert!(!notes("", &Facts::done()).iter().any(|text| text.contains("ReadWrite")));
}

#[test]
fn fields_of_a_class_that_differ_are_told() {
    let mut facts = Facts::done();
    set(&mut facts, |class| (class.mount_options, class.allow_expansion) = (Vec::new(), false));
    tells("", &facts, "Keep StorageClass fsx-sc keeps mountOptions none (a new one would have flock)");
    tells("", &facts, "Keep StorageClass fsx-sc keeps allowVolumeExpansion false: its claims cannot grow");
    tells("", &Facts::done(), "Keep StorageClass fsx-sc is there");
}

#[test]
fn a_region_that_does_not_have_the_type_is_warned_of() {
    let mut facts = Facts::bare();
    facts.region = "me-south-1".to_owned();
    tells(
        "",
        &facts,
        "Warn me-south-1 has no PERSISTENT_2, as far as AWS's table of Regions tells; FSx may refuse it",
    );
    assert!(!notes("", &Facts::bare()).iter().any(|text| text.contains("Regions")));
}

#[test]
fn a_file_system_that_an_earlier_cluster_left_is_told() {
    let left = |vpc: &str, lifecycle: &str| {
        let mut facts = Facts::bare();
        facts.file_systems = Seen::Found(vec![crate::facts::FileSystem {
            vpc: Some(vpc.to_owned()),
            lifecycle: lifecycle.to_owned(),
            tags: crate::facts::sample::tags_of(crate::facts::sample::CLUSTER),
            ..crate::facts::sample::file_system()
        }]);
        facts
    };
    tells(
        "",
        &left("vpc-old", "AVAILABLE"),
        "Warn file system fs-1 (AVAILABLE, 1200Gi, in vpc-old, which is not this cluster's VPC) carries this cluster's \
         tags, but no PersistentVolume names it: an earlier claim or an earlier cluster of this name left it, and it \
         costs money",
    );
    for facts in [left("vpc-1", "DELETING"), Facts::done()] {
        assert!(!notes("", &facts).iter().any(|text| text.contains("carries this cluster's tags")));
    }
}

#[test]
fn what_was_adopted_says_so_in_the_object_and_needs_no_second_leave() {
    let words = "--mount-option flock --mount-option noatime";
    let mut facts = Facts::done();
    set(&mut facts, |class| class.marks = Marks { resource_version: "7".into(), ..Marks::default() });
    let patch = |words: &str, facts: &Facts| {
        plan(Goal::Present, &wish(words), facts).changes().find_map(|change| match &change.action {
            Action::PatchObject { patch, .. } => Some(patch.clone()),
            _ => None,
        })
    };
    assert_eq!(patch(words, &facts), None);
    let adopted = patch(&format!("{words} --adopt StorageClass/fsx-sc"), &facts).expect("a patch");
    assert_eq!(adopted["metadata"]["annotations"], serde_json::json!({"fsxctl.io/origin": "adopted"}));
    set(&mut facts, |class| {
        class.marks.annotations.insert("fsxctl.io/origin".to_owned(), "adopted".to_owned());
    });
    assert!(patch(words, &facts).is_some());
    let undo = plan(Goal::Absent, &wish(""), &facts);
    assert!(
        !undo.changes().any(|change| change.resource.kind == "StorageClass"),
        "an adopted class is somebody else's: {undo:#?}"
    );
    set(&mut facts, |class| class.marks = our_marks());
    let ours = patch(words, &facts).expect("a patch");
    assert_eq!(ours["metadata"].get("annotations"), None);
}

#[test]
fn growth_needs_addresses_in_the_subnet() {
    let with = |free: u32| {
        let mut facts = Facts::done();
        if let Seen::Found(subnets) = &mut facts.network.subnets {
            subnets.iter_mut().for_each(|subnet| subnet.free_addresses = free);
        }
        facts
    };
    // From one object server to ten: nine more.
    let words = "--size 24000Gi";
    let refused = plan(Goal::Present, &wish(words), &with(8));
    assert_eq!(
        refused.block().map(|block| block.message.as_str()),
        Some(
            "claim default/fsx-claim cannot grow to 24000Gi: that takes 9 more addresses, and subnet subnet-a has 8 free"
        )
    );
    assert!(plan(Goal::Present, &wish(words), &with(9)).block().is_none());
}
