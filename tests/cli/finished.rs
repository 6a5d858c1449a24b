//! One command from a bare cluster to a bound claim; the second run finds nothing to do.

use std::sync::OnceLock;
use std::time::Duration;

use fsxctl_sandbox::{Options, Source};
use serde_json::{Value, json};

use crate::harness::{CLUSTER_ARN, CLUSTER_GROUP, NODE_GROUP, ROLE, World, layer, sources};

/// The world that `setup dynamic` leaves on `bare`, set up once for all tests.
pub fn finished() -> &'static str {
    static SAVED: OnceLock<String> = OnceLock::new();
    SAVED.get_or_init(|| {
        let world = World::bare();
        let run = world.fsxctl("setup dynamic --yes -q");
        assert_eq!(run.code, Some(0), "{}", run.show());
        world.sandbox.snapshot()
    })
}

/// The finished world with more layers over it.
pub fn finished_and(layers: &[&str]) -> World {
    let mut worlds = vec![Source::text(finished())];
    worlds.extend(sources(layers));
    World::with(Options { worlds, ..Options::default() })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tag<'a>(tags: &'a Value, key: &str) -> Option<&'a str> {
    list(tags).iter().find(|tag| tag["Key"] == key).and_then(|tag| tag["Value"].as_str())
}

#[test]
fn a_bare_cluster_gets_one_file_system_bound_to_one_claim() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --yes -o json");
    assert_eq!(run.code, Some(0), "{}", run.show());
    insta::assert_snapshot!(run.writes().join("\n"), @"
    ec2 AuthorizeSecurityGroupIngress
    eks CreateAddon
    iam CreateOpenIDConnectProvider
    iam CreateRole
    iam PutRolePolicy
    kube create /api/v1/namespaces/default/persistentvolumeclaims
    kube create /apis/storage.k8s.io/v1/storageclasses
    ");

    let receipt = run.json();
    assert_eq!((&receipt["kind"], &receipt["exitCode"]), (&json!("Receipt"), &json!(0)));
    assert_eq!(
        receipt["cluster"],
        json!({"name": "hp-eks", "arn": CLUSTER_ARN, "region": "us-west-2", "account": "111122223333"})
    );
    let undone: Vec<&Value> =
        list(&receipt["items"]).iter().filter(|item| item["done"] == json!(false)).collect();
    assert!(undone.is_empty(), "{undone:?}");

    let saved = world.saved();
    let systems = list(&saved["aws"]["fsx"]["FileSystems"]);
    assert_eq!(systems.len(), 1, "{systems:?}");
    let system = &systems[0];
    assert_eq!(system["Lifecycle"], "AVAILABLE");
    assert_eq!(system["StorageCapacity"], 1200);
    assert_eq!(system["LustreConfiguration"]["DeploymentType"], "PERSISTENT_2");
    assert_eq!(system["LustreConfiguration"]["PerUnitStorageThroughput"], 250);
    assert_eq!(system["LustreConfiguration"]["DataCompressionType"], "LZ4");
    assert_eq!(system["FileSystemTypeVersion"], "2.15");
    assert_eq!(system["SubnetIds"], json!(["subnet-0a10000000000000a"]));

    let volume = receipt["volume"]["persistentVolume"].as_str().expect("the receipt names the volume");
    assert_eq!(tag(&system["Tags"], "CSIVolumeName"), Some(volume));
    assert_eq!(tag(&system["Tags"], "fsxctl.io/owner"), Some("fsxctl"));
    assert_eq!(tag(&system["Tags"], "fsxctl.io/cluster"), Some(CLUSTER_ARN));
    assert_eq!(tag(&system["Tags"], "fsxctl.io/origin"), Some("created"));
    assert_eq!(receipt["volume"]["fileSystemId"], system["FileSystemId"]);
    assert_eq!(receipt["volume"]["mountName"], system["LustreConfiguration"]["MountName"]);
    assert_eq!(
        (&receipt["volume"]["namespace"], &receipt["volume"]["claim"]),
        (&json!("default"), &json!("fsx-claim"))
    );
}

#[test]
fn class_and_claim_are_those_of_the_contract() {
    let world = finished_and(&[]);
    let class = world.object("StorageClass", "fsx-sc").expect("fsx-sc is there");
    let mut parameters = class["parameters"].clone();
    let tags = parameters.as_object_mut().unwrap().remove("extraTags").expect("ownership is in extraTags");
    assert_eq!(
        parameters,
        json!({
            "automaticBackupRetentionDays": "0",
            "copyTagsToBackups": "true",
            "dataCompressionType": "LZ4",
            "deploymentType": "PERSISTENT_2",
            "fileSystemTypeVersion": "2.15",
            "perUnitStorageThroughput": "250",
            "securityGroupIds": NODE_GROUP,
            "subnetId": "subnet-0a10000000000000a",
        })
    );
    let mut tags: Vec<&str> = tags.as_str().unwrap().split(',').collect();
    tags.sort_unstable();
    let cluster = format!("fsxctl.io/cluster={CLUSTER_ARN}");
    assert_eq!(tags, [cluster.as_str(), "fsxctl.io/origin=created", "fsxctl.io/owner=fsxctl"]);
    assert_eq!(class["provisioner"], "fsx.csi.aws.com");
    assert_eq!(class["reclaimPolicy"], "Retain");
    assert_eq!(class["volumeBindingMode"], "Immediate");
    assert_eq!(class["allowVolumeExpansion"], true);
    assert_eq!(class["mountOptions"], json!(["flock"]));
    assert_eq!(class["metadata"]["labels"]["app.kubernetes.io/managed-by"], "fsxctl");

    let claim = world.object("PersistentVolumeClaim", "fsx-claim").expect("fsx-claim is there");
    assert_eq!(claim["metadata"]["namespace"], "default");
    assert_eq!(claim["metadata"]["labels"]["app.kubernetes.io/managed-by"], "fsxctl");
    assert_eq!(claim["spec"]["accessModes"], json!(["ReadWriteMany"]));
    assert_eq!(claim["spec"]["storageClassName"], "fsx-sc");
    assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "1200Gi");
    assert_eq!(claim["status"]["phase"], "Bound");
    let managers: Vec<&Value> =
        list(&claim["metadata"]["managedFields"]).iter().map(|field| &field["manager"]).collect();
    assert!(managers.contains(&&json!("fsxctl")), "{managers:?}");
}

#[test]
fn one_role_trusts_exactly_the_controller_and_may_do_what_it_must() {
    let world = finished_and(&[]);
    let saved = world.saved();
    let ours: Vec<&Value> = list(&saved["aws"]["iam"]["Roles"])
        .iter()
        .filter(|role| tag(&role["Tags"], "fsxctl.io/owner") == Some("fsxctl"))
        .collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    let role = ours[0];
    assert_eq!(role["RoleName"], ROLE);
    assert_eq!(tag(&role["Tags"], "fsxctl.io/cluster"), Some(CLUSTER_ARN));
    assert_eq!(tag(&role["Tags"], "fsxctl.io/origin"), Some("created"));
    let trust = &role["AssumeRolePolicyDocument"];
    let statements = list(&trust["Statement"]);
    assert_eq!(statements.len(), 1, "{trust}");
    let issuer = "oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90";
    assert_eq!(
        statements[0]["Principal"],
        json!({"Federated": format!("arn:aws:iam::111122223333:oidc-provider/{issuer}")})
    );
    assert_eq!(statements[0]["Action"], "sts:AssumeRoleWithWebIdentity");
    assert_eq!(
        statements[0]["Condition"],
        json!({"StringEquals": {
            format!("{issuer}:sub"): "system:serviceaccount:kube-system:fsx-csi-controller-sa",
            format!("{issuer}:aud"): "sts.amazonaws.com",
        }})
    );
    assert_eq!(list(&role["AttachedPolicies"]), &[] as &[Value]);
    let inline = role["InlinePolicies"].as_object().expect("an inline policy");
    assert_eq!(inline.keys().collect::<Vec<_>>(), ["fsxctl-fsx-csi"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&inline["fsxctl-fsx-csi"]).unwrap(), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ReadFileSystems",
          "Effect": "Allow",
          "Action": [
            "fsx:DescribeFileSystems"
          ],
          "Resource": "*"
        },
        {
          "Sid": "WriteFileSystems",
          "Effect": "Allow",
          "Action": [
            "fsx:CreateFileSystem",
            "fsx:DeleteFileSystem",
            "fsx:TagResource",
            "fsx:UpdateFileSystem"
          ],
          "Resource": "arn:aws:fsx:us-west-2:111122223333:file-system/*"
        },
        {
          "Sid": "FirstUseOfFsx",
          "Effect": "Allow",
          "Action": [
            "iam:CreateServiceLinkedRole"
          ],
          "Resource": "*",
          "Condition": {
            "StringLike": {
              "iam:AWSServiceName": "fsx.amazonaws.com"
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn lustre_gets_through_between_the_file_system_and_every_group_of_nodes() {
    // The world's groups let everything through already; a group of fsxctl's own has to be opened.
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --yes -o json --security-group create");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let saved = world.saved();
    let groups = list(&saved["aws"]["ec2"]["SecurityGroups"]);
    let ours: Vec<&Value> = groups.iter().filter(|group| group["GroupName"] == "fsxctl-hp-eks").collect();
    assert_eq!(ours.len(), 1);
    let own = ours[0]["GroupId"].as_str().unwrap();
    assert_eq!(tag(&ours[0]["Tags"], "fsxctl.io/owner"), Some("fsxctl"));
    let interfaces = list(&saved["aws"]["ec2"]["NetworkInterfaces"]);
    let of_system: Vec<&Value> = interfaces.iter().filter(|it| it["Groups"][0]["GroupId"] == own).collect();
    assert!(!of_system.is_empty(), "the file system wears the group");
    for peer in [own, NODE_GROUP, CLUSTER_GROUP] {
        for port in [988, 1018, 1023] {
            assert!(opens(&ours[0]["IpPermissions"], port, peer), "tcp {port} from {peer}: {}", ours[0]);
        }
    }
    for id in [NODE_GROUP, CLUSTER_GROUP] {
        let group = groups.iter().find(|group| group["GroupId"] == id).unwrap();
        for port in [988, 1018, 1023] {
            assert!(opens(&group["IpPermissions"], port, own), "tcp {port} from {own}: {group}");
        }
    }
}

/// Whether one of these rules lets a port in from a group.
fn opens(rules: &Value, port: i64, peer: &str) -> bool {
    list(rules).iter().any(|rule| {
        let all = rule["IpProtocol"] == "-1";
        let fits = rule["IpProtocol"] == "tcp"
            && rule["FromPort"].as_i64().is_some_and(|from| from <= port)
            && rule["ToPort"].as_i64().is_some_and(|to| to >= port);
        (all || fits) && list(&rule["UserIdGroupPairs"]).iter().any(|pair| pair["GroupId"] == peer)
    })
}

#[test]
fn for_people_the_receipt_says_what_came_to_be() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --yes -q");
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    identity: the driver gets its role by IRSA
    + OIDCProvider
      arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90
    + Role FSXLCSI-hp-eks-us-west-2: arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
    + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi
    = IRSA, because Pod Identity would not work here: add-on eks-pod-identity-agent is not installed

    network: file system and nodes must reach each other on tcp 988 and 1018-1023
    ~ SecurityGroup sg-0b10000000000000b
    = security group sg-0b10000000000000b (hp-cluster-nodes): HyperPod's shared group, and its self
      rules let Lustre through
    = subnet subnet-0a10000000000000a (us-west-2a, usw2-az1): the zone where most nodes are; 3 of 5
      nodes
    = 2 of 5 nodes are in other zones; they can mount, at cross-zone cost

    driver: the driver is not installed
    + Addon aws-fsx-csi-driver:
      arn:aws:eks:us-west-2:111122223333:addon/hp-eks/aws-fsx-csi-driver/[uuid]

    storage: class or claim is missing or differs
    + StorageClass fsx-sc
    + PersistentVolumeClaim default/fsx-claim

    = claim default/fsx-claim is bound
        volume       pvc-[uid]
        file system  fs-[id]
        mount        fs-[id].fsx.us-west-2.amazonaws.com@tcp:/[mount]

    Done: 6 created, 1 changed, 0 deleted.

    next:
      fsxctl verify -n default
      fsxctl status -n default
    -- writes
    ec2 AuthorizeSecurityGroupIngress
    eks CreateAddon
    iam CreateOpenIDConnectProvider
    iam CreateRole
    iam PutRolePolicy
    kube create /api/v1/namespaces/default/persistentvolumeclaims
    kube create /apis/storage.k8s.io/v1/storageclasses
    ");
}

#[test]
fn progress_is_told_on_stderr_only() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --yes");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let progress: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("+ created ")).collect();
    assert_eq!(progress.len(), 6, "{progress:?}");
    assert_eq!(run.stderr.lines().filter(|line| line.starts_with("~ changed ")).count(), 1, "{}", run.stderr);
    assert!(!run.stdout.contains("+ created "), "{}", run.stdout);
}

#[test]
fn the_second_run_writes_nothing_and_says_so() {
    let world = finished_and(&[]);
    let run = world.fsxctl("setup dynamic --yes");
    run.ends_untouched(0);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    = identity: IRSA gives the controller arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2

    = network: sg-0b10000000000000b lets Lustre through
    = security group sg-0b10000000000000b (hp-cluster-nodes): StorageClass fsx-sc uses it
    = subnet subnet-0a10000000000000a (us-west-2a): StorageClass fsx-sc uses it

    = driver: the add-on is installed
    = add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is ACTIVE

    = storage: class and claim are there
    = StorageClass fsx-sc is there
    = claim default/fsx-claim is Bound, 1200Gi

    = claim default/fsx-claim is bound
        volume       pvc-[uid]
        file system  fs-[id]
        mount        fs-[id].fsx.us-west-2.amazonaws.com@tcp:/[mount]

    Nothing to do: everything is as asked.

    next:
      fsxctl verify -n default
      fsxctl status -n default
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
    let again = world.fsxctl("setup dynamic -o json");
    again.ends_untouched(0);
    assert_eq!(again.json()["kind"], "Receipt");
    assert_eq!(again.json()["volume"]["fileSystemId"].as_str().map(|id| &id[..3]), Some("fs-"));
}

/// Runs until the waves are those of a machine that was quick enough: more latency cannot hide a wave, but too
/// little lets a slow client's one wave look like two.
pub fn with_latency(
    start: impl Fn(Duration) -> World,
    words: &str,
    fits: impl Fn(&crate::harness::Run) -> Result<(), String>,
) {
    let mut told = String::new();
    for latency in [100, 400, 1600] {
        let world = start(Duration::from_millis(latency));
        let run = world.fsxctl(words);
        assert_eq!(run.code, Some(0), "{}", run.show());
        match fits(&run) {
            Ok(()) => return,
            Err(why) => told = why,
        }
    }
    panic!("{told}");
}

#[test]
fn the_second_run_asks_little_and_in_two_waves() {
    asks_little(finished());
}

#[test]
fn with_pod_identity_the_second_run_asks_as_little() {
    let agent = "aws: {eks: {addons: [{clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}]}}";
    let world = World::of(&["bare", agent]);
    let run = world.fsxctl("setup dynamic --yes -q");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(run.stdout.contains("by Pod Identity"), "{}", run.show());
    asks_little(&world.sandbox.snapshot());
}

/// On a finished set-up, whatever its identity: the calls and waves of the contract.
fn asks_little(world: &str) {
    let start =
        |latency| World::with(Options { worlds: vec![Source::text(world)], latency, ..Options::default() });
    with_latency(start, "setup dynamic --yes -q --cluster hp-eks", |run| {
        let (aws, kube) = (run.count("aws"), run.count("kube"));
        assert!(aws <= 18 && kube <= 10, "{aws} AWS and {kube} Kubernetes requests");
        let waves = run.requests.iter().filter(|it| it.api == "aws").map(|it| it.api_wave).max();
        if waves == Some(2) { Ok(()) } else { Err(format!("{waves:?} waves of AWS requests")) }
    });
}

#[test]
fn the_first_run_sends_its_last_write_in_wave_6_at_the_latest() {
    let quick = layer("durations: {iamConsistency: 0s, ruleConsistency: 0s}");
    let start =
        |latency| World::with(Options { worlds: sources(&["bare", &quick]), latency, ..Options::default() });
    with_latency(start, "setup dynamic --yes -q --cluster hp-eks --no-wait", |run| {
        let last = run.requests.iter().filter(|it| it.write).map(|it| it.wave).max();
        if last.is_some_and(|wave| wave <= 6) {
            Ok(())
        } else {
            Err(format!("the last write is in wave {last:?}"))
        }
    });
}

#[test]
fn an_asked_for_parameter_that_differs_is_a_conflict() {
    let world = finished_and(&[]);
    let run = world.fsxctl("setup dynamic --yes --throughput 500");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.told(), @"
    $ fsxctl setup dynamic --yes --throughput 500
    code 7
    -- stderr
    looking at cluster hp-eks
    error: StorageClass fsx-sc is there and differs, and Kubernetes cannot change it:
           perUnitStorageThroughput is 250, asked for is 500
    next: take another name with --class, for instance --class fsx-sc-2
    -- no write
    ");
    let run = world.fsxctl("setup dynamic --yes -o json --compression NONE --reclaim Delete");
    run.ends_untouched(7);
    let error = run.json();
    assert_eq!((&error["kind"], &error["exitCode"]), (&json!("Error"), &json!(7)));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("dataCompressionType is LZ4, asked for is NONE"), "{message}");
    assert!(message.contains("reclaimPolicy is Retain, asked for is Delete"), "{message}");
    assert!(error["next"].as_str().unwrap().contains("--class"), "{error}");
}

#[test]
fn asking_for_what_is_there_is_no_conflict() {
    let world = finished_and(&[]);
    let words = "setup dynamic --yes --throughput 250 --compression LZ4 --reclaim Retain --mount-option flock --size 1200Gi \
                 --lustre-version 2.15 --backup-days 0 --deployment-type PERSISTENT_2";
    world.fsxctl(words).ends_untouched(0);
}

/// A class of somebody else under our name, with other parameters than the defaults.
const OTHER_CLASS: &str = "
kubernetes:
  objects:
  - apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fsx-sc}
    provisioner: fsx.csi.aws.com
    parameters: {subnetId: subnet-0b10000000000000b, securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2}
    reclaimPolicy: Delete
    volumeBindingMode: Immediate
";

#[test]
fn defaults_that_differ_are_kept_and_shown() {
    let world = World::of(&["bare", OTHER_CLASS]);
    let run = world.fsxctl("setup dynamic --dry-run");
    run.ends_untouched(0);
    let storage = run.stdout.split("storage: ").nth(1).unwrap_or_default();
    insta::assert_snapshot!(storage, @"
    class or claim is missing or differs
    + PersistentVolumeClaim default/fsx-claim: the driver makes the file system for it
        1200Gi, ReadWriteMany, class fsx-sc
        makes an FSx for Lustre file system, which costs money
        known after apply: persistentVolume, fileSystemId
    = StorageClass fsx-sc keeps mountOptions none (a new one would have flock)
    = StorageClass fsx-sc keeps allowVolumeExpansion false: its claims cannot grow
    = StorageClass fsx-sc keeps copyTagsToBackups not set (a new one would have true)
    = StorageClass fsx-sc keeps dataCompressionType not set (a new one would have LZ4)
    = StorageClass fsx-sc keeps deploymentType SCRATCH_2 (a new one would have PERSISTENT_2)
    = StorageClass fsx-sc keeps fileSystemTypeVersion not set (a new one would have 2.15)
    = StorageClass fsx-sc keeps perUnitStorageThroughput not set (a new one would have 250)
    ! StorageClass fsx-sc says Delete: deleting a claim deletes its file system and all data

    This takes about 12 minutes.
    Plan: 5 to create, 1 to change, 0 to delete.
    ");
    let subnet = run.stdout.lines().find(|line| line.contains("StorageClass fsx-sc uses it"));
    assert!(subnet.is_some(), "{}", run.stdout);
}

#[test]
fn a_class_of_another_provisioner_is_in_the_way() {
    let ebs = OTHER_CLASS.replace("fsx.csi.aws.com", "ebs.csi.aws.com");
    let run = World::of(&["bare", &ebs]).fsxctl("setup dynamic --yes -q");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 7
    -- stderr
    error: StorageClass fsx-sc belongs to provisioner ebs.csi.aws.com
    next: take another name with --class
    -- no write
    ");
}

#[test]
fn a_claim_grows_and_never_shrinks() {
    let world = finished_and(&[]);
    let run = world.fsxctl("setup dynamic --yes -q --size 2400Gi");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes(), ["kube patch /api/v1/namespaces/default/persistentvolumeclaims/fsx-claim"]);
    let run = world.fsxctl("setup dynamic --yes -q --size 1200Gi");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --size 1200Gi
    code 7
    -- stderr
    error: claim default/fsx-claim has 2400Gi, asked for is 1200Gi; a claim only grows
    next: leave --size out, or take another name with --claim
    -- no write
    ");
}

#[test]
fn mount_options_change_in_place_in_a_class_of_ours() {
    let world = finished_and(&[]);
    let run = world.fsxctl("setup dynamic --yes -q --mount-option flock --mount-option noatime");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes(), ["kube patch /apis/storage.k8s.io/v1/storageclasses/fsx-sc"]);
    let class = world.object("StorageClass", "fsx-sc").unwrap();
    assert_eq!(class["mountOptions"], json!(["flock", "noatime"]));
    let other = World::of(&["bare", OTHER_CLASS]);
    other.fsxctl("setup dynamic --yes -q --mount-option noatime").ends_untouched(7);
}

#[test]
fn finished_worlds_of_others_are_left_alone() {
    for name in ["done", "quick-setup"] {
        if fsxctl_sandbox::world::builtin(name).is_none() {
            println!("skipped: the sandbox has no world {name} yet");
            continue;
        }
        let world = World::of(&[name]);
        let run = world.fsxctl("setup dynamic --yes");
        run.ends_untouched(0);
    }
}
