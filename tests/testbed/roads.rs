//! `setup dynamic` on a bare cluster, by each way of driver and identity, to a claim that the real provisioner bound.

use fsxctl_sandbox::Client;
use serde_json::{Value, json};

use crate::Test;
use crate::bed::{AGENT, Bed, Beds, managers, owned};

pub const TESTS: &[Test] = &[
    ("roads::add_on_with_irsa", |beds| road(beds, "addon", "irsa")),
    ("roads::add_on_with_pod_identity", |beds| road(beds, "addon", "pod-identity")),
    ("roads::helm_with_irsa", |beds| road(beds, "helm", "irsa")),
    ("roads::helm_with_pod_identity", |beds| road(beds, "helm", "pod-identity")),
    ("roads::a_link_to_s3_with_the_rights_that_it_needs", s3_link),
];

/// The link needs more of the driver's role than a plain file system does.
fn s3_link(beds: &Beds) {
    beds.own(&["bare"], |bed| {
        bed.ok(
            "setup dynamic --yes -q --deployment-type PERSISTENT_1 --throughput 200 --s3-import s3://training-data/in \
             --s3-export s3://training-data/out --auto-import NEW_CHANGED",
        );
        bed.volume_of("default", "fsx-claim");
        let creations = bed.creations(&bed.get(CLAIM).unwrap_or_default());
        let lustre = &creations.first().expect("a file system is made").request["LustreConfiguration"];
        for (member, value) in [
            ("ImportPath", "s3://training-data/in"),
            ("ExportPath", "s3://training-data/out"),
            ("AutoImportPolicy", "NEW_CHANGED"),
        ] {
            assert_eq!(lustre[member], value, "{lustre:#}");
        }
    });
}

fn road(beds: &Beds, driver: &str, identity: &str) {
    beds.own(&["bare", AGENT], |bed| {
        let mut words = format!("setup dynamic --yes -q --driver {driver} --identity {identity}");
        if driver == "helm" {
            // The chart that the driver was released with; no repository is asked.
            words = format!("{words} --chart {}", beds.components().directory.join("chart").display());
        }
        bed.ok(&words);
        bound(bed);
        trusted(bed, identity);
        asked_for(bed, identity);
        workloads(bed);
        ownership(bed, &["/apis/storage.k8s.io/v1/storageclasses/fsx-sc", CLAIM]);
        let again = bed.ok(&words);
        assert_eq!(again.writes(), Vec::<String>::new(), "{}", again.show());
        if driver == "helm" {
            let listed = std::process::Command::new(beds.components().directory.join("helm"))
                .args(["list", "-n", "kube-system", "-o", "json"])
                .env_clear()
                .envs(bed.world.environment())
                .output()
                .expect("helm starts");
            let listed: Value = serde_json::from_slice(&listed.stdout).expect("helm lists JSON");
            assert_eq!(listed[0]["status"], "deployed", "{listed}");
            assert_eq!(listed[0]["chart"], "aws-fsx-csi-driver-1.16.0", "{listed}");
        }
    });
}

/// The role that a set-up makes.
const ROLE: &str = "FSXLCSI-hp-eks-us-west-2";
const CLAIM: &str = "/api/v1/namespaces/default/persistentvolumeclaims/fsx-claim";

fn bound(bed: &Bed) {
    let volume = bed.volume_of("default", "fsx-claim");
    assert_eq!(volume["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"], "fsx.csi.aws.com");
    assert_eq!(volume["spec"]["persistentVolumeReclaimPolicy"], "Retain");
    assert_eq!(volume["spec"]["mountOptions"], json!(["flock"]));
    let id = volume["spec"]["csi"]["volumeHandle"].as_str().unwrap_or_default().to_owned();
    let state =
        bed.world.sandbox.with_state(|state| state.find("fsx.FileSystems", "FileSystemId", &id).cloned());
    assert_eq!(state.expect("the file system is there")["Lifecycle"], "AVAILABLE");
}

/// The one CreateFileSystem holds every parameter of the plan, signed for the cluster's Region by the driver's role.
fn asked_for(bed: &Bed, identity: &str) {
    let claim = bed.get(CLAIM).unwrap_or_default();
    let creations = bed.creations(&claim);
    assert_eq!(creations.len(), 1, "{creations:?}");
    let (sent, volume) =
        (&creations[0], format!("pvc-{}", claim["metadata"]["uid"].as_str().unwrap_or_default()));
    assert_eq!(sent.region.as_deref(), Some("us-west-2"));
    assert_eq!(
        sent.request,
        json!({
            "ClientRequestToken": volume, "FileSystemType": "LUSTRE", "FileSystemTypeVersion": "2.15",
            "StorageCapacity": 1200, "SubnetIds": ["subnet-0a10000000000000a"],
            "SecurityGroupIds": ["sg-0b10000000000000b"],
            "LustreConfiguration": {
                "CopyTagsToBackups": true, "DataCompressionType": "LZ4", "DeploymentType": "PERSISTENT_2",
                "PerUnitStorageThroughput": 250,
            },
            "Tags": sent.request["Tags"],
        }),
    );
    let tags = sent.request["Tags"].as_array().cloned().unwrap_or_default();
    assert!(tags.contains(&json!({"Key": "CSIVolumeName", "Value": volume})), "{tags:?}");
    let log = bed.world.sandbox.log();
    let web = log.iter().any(|entry| {
        entry.client == Client::Driver
            && entry.operation.as_deref() == Some("AssumeRoleWithWebIdentity")
            && entry.status == 200
    });
    assert_eq!(web, identity == "irsa", "the driver's identity");
    // Sessions that the Pod Identity agent hands out are named by the cluster and the pod.
    let agent = bed.world.sandbox.with_state(|state| {
        let sessions = state.rows("sts.$Sessions").iter().filter(|row| row["$principal"]["role"] == ROLE);
        let mut names = sessions.filter_map(|row| row["$principal"]["session"].as_str());
        names.any(|name| name.starts_with("eks-hp-eks-fsx-csi-controller-"))
    });
    assert_eq!(agent, identity == "pod-identity", "the driver's identity");
}

/// The role that was made lets in this service account of this cluster, and nobody else.
fn trusted(bed: &Bed, identity: &str) {
    let role = bed
        .world
        .sandbox
        .with_state(|state| state.find("iam.Roles", "RoleName", ROLE).cloned().unwrap_or_default());
    let account = "arn:aws:iam::111122223333";
    let issuer = "oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90";
    let wanted = if identity == "irsa" {
        json!([{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("{account}:oidc-provider/{issuer}")},
            "Condition": {"StringEquals": {
                format!("{issuer}:aud"): "sts.amazonaws.com",
                format!("{issuer}:sub"): "system:serviceaccount:kube-system:fsx-csi-controller-sa",
            }},
        }])
    } else {
        json!([{
            "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Condition": {"StringEquals": {
                "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:us-west-2:111122223333:cluster/hp-eks",
                "aws:RequestTag/kubernetes-namespace": "kube-system",
                "aws:RequestTag/kubernetes-service-account": "fsx-csi-controller-sa",
            }},
        }])
    };
    assert_eq!(role["AssumeRolePolicyDocument"]["Statement"], wanted);
}

fn workloads(bed: &Bed) {
    let controller =
        bed.get("/apis/apps/v1/namespaces/kube-system/deployments/fsx-csi-controller").unwrap_or_default();
    assert_eq!(controller["status"]["readyReplicas"], 2, "{:#}", controller["status"]);
    let node = bed.get("/apis/apps/v1/namespaces/kube-system/daemonsets/fsx-csi-node").unwrap_or_default();
    assert_eq!(node["status"]["numberReady"], 5, "{:#}", node["status"]);
}

/// Every field that fsxctl has sent is its own alone.
pub fn ownership(bed: &Bed, paths: &[&str]) {
    for path in paths {
        let object = bed.get(path).unwrap_or_default();
        let ours = owned(&object, "fsxctl");
        assert!(!ours.is_empty(), "{path}: {:#}", object["metadata"]);
        for other in managers(&object).into_iter().filter(|manager| manager != "fsxctl") {
            let both: Vec<String> = owned(&object, &other).intersection(&ours).cloned().collect();
            assert_eq!(both, Vec::<String>::new(), "{path}: also owned by {other}");
        }
    }
}
