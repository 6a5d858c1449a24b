//! The look of the doctor, through the library: what it sees in a healthy world, what is hidden, what it asks, and that it
//! never writes.

use std::collections::BTreeMap;
use std::time::Duration;

use fsxctl::domain::names;
use fsxctl::engine::{Eyes, HelmLook, Look, Needs, checkup};
use fsxctl::error::{Error, Kind};
use fsxctl::facts::{Checkup, Seen};
use fsxctl::gateway::{KubeWish, Session, SessionWish};
use fsxctl_sandbox::{Client, Entry};

use crate::denied::denials;
use crate::harness::World;

const LIMIT: Duration = Duration::from_secs(60);

/// What one look came to, and what it asked.
struct Looked {
    checkup: Checkup,
    shut: Option<Error>,
    requests: Vec<Entry>,
}

impl Looked {
    /// Everything that was seen, as a saved set of facts has it; it reads back as what it was.
    fn saved(&self) -> String {
        let text = serde_json::to_string(&self.checkup).expect("facts serialise");
        assert_eq!(serde_json::from_str::<Checkup>(&text).expect("and come back"), self.checkup);
        text
    }

    fn paths(&self) -> Vec<&str> {
        let kube = self.requests.iter().filter(|entry| entry.api == "kube");
        kube.map(|entry| entry.path.split('?').next().unwrap_or_default()).collect()
    }
}

fn look(world: &World, namespace: Option<&str>, since: Option<Duration>) -> Looked {
    let env: BTreeMap<String, String> = world.environment().clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let wish =
        SessionWish { env: env.clone(), region: None, profile: None, request_timeout: LIMIT, trace: None };
    let session = runtime.block_on(Session::open(&wish)).expect("a session");
    let look = Look {
        cluster: "hp-eks".to_owned(),
        hyperpod: None,
        role: names::role_name("hp-eks", "us-west-2"),
        service_account: ("kube-system".to_owned(), "fsx-csi-controller-sa".to_owned()),
        class: "fsx-sc".to_owned(),
        claim: "fsx-claim".to_owned(),
        namespace: None,
        needs: Needs::default(),
        account_asked: false,
        build: None,
        helm: HelmLook::default(),
        bind: None,
    };
    let kube = KubeWish { env, kubeconfig: None, context: None, as_user: None, request_timeout: LIMIT };
    let from = world.sandbox.log().len();
    let seen = runtime.block_on(Box::pin(checkup(&Eyes { session, kube }, &look, namespace, since)));
    let (checkup, shut) = seen.expect("a look");
    let requests: Vec<Entry> = world.sandbox.log().split_off(from);
    let requests: Vec<Entry> = requests.into_iter().filter(|it| it.client == Client::Command).collect();
    assert!(requests.iter().all(|entry| !entry.write), "a look writes nothing: {requests:#?}");
    Looked { checkup, shut, requests }
}

#[test]
fn a_healthy_world_is_seen_whole_and_nothing_is_asked_twice() {
    let looked = look(&World::of(&["done"]), None, None);
    assert!(looked.shut.is_none());
    let seen = &looked.checkup;
    assert_eq!(seen.events.found().map(Vec::len), Some(0));
    let workloads = seen.workloads.found().expect("seen");
    let names: Vec<(&str, &str)> = workloads.iter().map(|it| (it.kind.as_str(), it.name.as_str())).collect();
    assert_eq!(names, [("Deployment", "fsx-csi-controller"), ("DaemonSet", "fsx-csi-node")]);
    assert!(workloads.iter().all(|it| it.ready == it.desired && it.ready > 0), "{workloads:?}");
    assert!(workloads[1].tolerations.contains(&"*=*:*".to_owned()), "{workloads:?}");
    assert_eq!(workloads[1].kubelet_dir.as_deref(), Some("/var/lib/kubelet"));
    let nodes = seen.survey.facts.nodes.found().expect("seen");
    let pods = seen.driver_pods.found().expect("seen");
    assert_eq!(pods.iter().filter(|pod| pod.controller).count(), 2);
    assert_eq!(pods.iter().filter(|pod| !pod.controller).count(), nodes.len());
    let known = seen.csi_nodes.found().expect("seen");
    assert!(known.len() == nodes.len() && known.iter().all(|node| node.has_driver), "{known:?}");
    let classes = seen.all_classes.found().expect("seen");
    assert!(classes.iter().any(|class| class.name == "fsx-sc"), "{classes:?}");
    assert_eq!(seen.static_keys, Seen::Found(false));
    let associations = seen.associations.found().expect("seen");
    assert!(associations.iter().any(|it| it.service_account == "fsx-csi-controller-sa"), "{associations:?}");
    let acls = seen.acls.found().expect("seen");
    let subnets = seen.survey.facts.network.subnets.found().expect("seen");
    for subnet in subnets {
        assert!(acls.iter().any(|acl| acl.subnets.contains(&subnet.id)), "{} has no ACL", subnet.id);
    }
    let dns = seen.dns.found().expect("seen");
    assert!(dns.support && dns.hostnames && dns.servers == ["AmazonProvidedDNS"], "{dns:?}");
    assert!(seen.endpoints.found().is_some());
    assert!(seen.survey.facts.network.routes.found().is_some_and(|tables| !tables.is_empty()));
    let _comes_back = looked.saved();
    let mut asked: Vec<String> = looked
        .requests
        .iter()
        .map(|it| format!("{} {} {}", it.operation.clone().unwrap_or_default(), it.path, it.request))
        .collect();
    asked.sort();
    let twice: Vec<&String> =
        asked.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

/// What a diagnosis asks beyond `status`: hidden, each names its permission, and nothing else is lost.
#[test]
fn each_read_that_is_denied_is_hidden_with_its_name() {
    let all = look(&World::of(&["done"]), None, None);
    let new = [
        "DescribeDhcpOptions",
        "DescribeNetworkAcls",
        "DescribeRouteTables",
        "DescribeVpcAttribute",
        "DescribeVpcEndpoints",
        "DescribeVpcs",
        "ListPodIdentityAssociations",
    ];
    let is_new = |entry: &&Entry| match &entry.operation {
        Some(operation) => new.contains(&operation.as_str()),
        None => [
            "/events",
            "/deployments",
            "/daemonsets",
            "/csinodes",
            "/storageclasses",
            "/secrets/aws-secret",
            "/api/v1/pods",
        ]
        .iter()
        .any(|end| entry.path.split('?').next().unwrap_or_default().ends_with(end)),
    };
    let mut tried: Vec<_> = all.requests.iter().filter(is_new).flat_map(denials).collect();
    tried.sort();
    tried.dedup();
    assert_eq!(tried.len(), new.len() + 7, "{tried:?}");
    for denial in tried {
        let denied = format!("denied: [{:?}]", denial.pattern);
        let looked = look(&World::of(&["done", &denied]), None, None);
        assert!(looked.shut.is_none(), "{denial:?}");
        let named = format!("\"permission\":\"{}\"", denial.named);
        assert!(looked.saved().contains(&named), "{denial:?}\n{:#?}", looked.checkup);
        let hidden = [
            looked.checkup.events.hidden(),
            looked.checkup.workloads.hidden(),
            looked.checkup.acls.hidden(),
            looked.checkup.dns.hidden(),
            looked.checkup.csi_nodes.hidden(),
            looked.checkup.endpoints.hidden(),
            looked.checkup.static_keys.hidden(),
        ];
        assert!(hidden.into_iter().flatten().count() <= 1, "{denial:?}: {hidden:?}");
    }
}

#[test]
fn who_may_not_describe_the_cluster_still_sees_its_associations() {
    let world = World::of(&["done", "denied: [\"eks:DescribeCluster\"]"]);
    let looked = look(&world, None, None);
    let seen = &looked.checkup;
    let hidden = [seen.acls.hidden(), seen.dns.hidden(), seen.events.hidden(), seen.csi_nodes.hidden()];
    for veil in hidden {
        assert_eq!(veil.map(|veil| veil.permission.as_str()), Some("eks:DescribeCluster"));
    }
    assert!(seen.survey.veiled.is_some() && seen.survey.facts.network.routes.hidden().is_some());
    assert!(seen.associations.found().is_some_and(|all| !all.is_empty()));
}

#[test]
fn an_api_server_out_of_reach_hides_the_cluster_and_not_the_vpc() {
    let away = "aws: {eks: {clusters: [{name: hp-eks, endpoint: \"https://127.0.0.1:9\"}]}}";
    let looked = look(&World::of(&["done", away]), None, None);
    let shut = looked.shut.as_ref().expect("it is out of reach");
    assert_eq!(shut.kind, Kind::Unavailable);
    let seen = &looked.checkup;
    assert!(seen.events.hidden().is_some() && seen.workloads.hidden().is_some());
    assert!(seen.csi_nodes.hidden().is_some() && seen.static_keys.hidden().is_some());
    assert!(seen.acls.found().is_some() && seen.dns.found().is_some());
}

/// Two warnings of a claim in `default`, and one of the node plugin.
const WARNINGS: &str = "
kubernetes:
  objects:
  - {apiVersion: v1, kind: Event, metadata: {name: old, namespace: default}, type: Warning, reason: ProvisioningFailed, message: long ago, involvedObject: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: default, name: fsx-claim}, lastTimestamp: now-3d, count: 4}
  - {apiVersion: v1, kind: Event, metadata: {name: new, namespace: default}, type: Warning, reason: ProvisioningFailed, message: just now, involvedObject: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: default, name: fsx-claim}, lastTimestamp: now-5m}
  - {apiVersion: v1, kind: Event, metadata: {name: normal, namespace: default}, type: Normal, reason: Provisioning, message: normal, involvedObject: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: default, name: fsx-claim}, lastTimestamp: now-5m}
  - {apiVersion: v1, kind: Event, metadata: {name: driver, namespace: kube-system}, type: Warning, reason: FailedCreate, message: forbidden, involvedObject: {apiVersion: apps/v1, kind: DaemonSet, namespace: kube-system, name: fsx-csi-node}, lastTimestamp: now-5m}
";

#[test]
fn warnings_are_as_new_as_was_asked() {
    let world = World::of(&["done", WARNINGS]);
    let messages = |since: Option<Duration>| {
        let looked = look(&world, None, since);
        let events = looked.checkup.events.found().cloned().unwrap_or_default();
        let mut all: Vec<String> = events.into_iter().map(|event| event.message).collect();
        all.sort();
        all
    };
    assert_eq!(messages(None), ["forbidden", "just now", "long ago"]);
    assert_eq!(messages(Some(Duration::from_secs(3600))), ["forbidden", "just now"]);
}

#[test]
fn a_namespace_is_asked_for_its_own_events_the_drivers_and_those_of_volumes() {
    let world = World::of(&["done", WARNINGS]);
    let looked = look(&world, Some("ml"), None);
    let events = looked.paths().into_iter().filter(|path| path.ends_with("/events")).collect::<Vec<_>>();
    let place = |name: &str| format!("/api/v1/namespaces/{name}/events");
    assert!(
        events.len() == 3
            && ["ml", "kube-system", "default"].iter().all(|it| events.contains(&place(it).as_str()))
    );
    assert_eq!(looked.checkup.events.found().map(Vec::len), Some(3));
    let denied = World::of(&["done", WARNINGS, "denied: [\"kube:list events kube-system\"]"]);
    let seen = look(&denied, Some("default"), None).checkup;
    assert_eq!(seen.events.found().map(Vec::len), Some(2));
    let unread: Vec<&str> = seen.unread_events.iter().map(|veil| veil.permission.as_str()).collect();
    assert_eq!(unread, ["list events in kube-system"]);
}

#[test]
fn static_keys_are_seen_without_being_received() {
    let secret = "kubernetes: {objects: [{apiVersion: v1, kind: Secret, metadata: {name: aws-secret, namespace: kube-system}, stringData: {key_id: a, access_key: b}}]}";
    let looked = look(&World::of(&["done", secret]), None, None);
    assert_eq!(looked.checkup.static_keys, Seen::Found(true));
    let asked: Vec<&str> =
        looked.requests.iter().map(|it| it.path.as_str()).filter(|it| it.contains("aws-secret")).collect();
    assert_eq!(asked, ["/api/v1/namespaces/kube-system/secrets/aws-secret?includeObject=None"]);
}
