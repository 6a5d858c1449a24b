//! What holds of every set-up, whatever the world: it converges, it repeats without a write, it can be undone, and
//! looking changes nothing.
//!
//! Worlds are the sandbox's, generated over `bare`; the engine runs in process against them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Parser as _;
use fsxctl::cli::{Cli, Command};
use fsxctl::domain::names;
use fsxctl::engine::{Event, Eyes, HelmLook, Look, Needs, Reporter, Stop, apply, observe};
use fsxctl::error::Kind;
use fsxctl::facts::Facts;
use fsxctl::gateway::{KubeWish, Kubernetes, Session, SessionWish, Writes};
use fsxctl::intent::{Intent, setup_intent};
use fsxctl::steps::{Goal, Plan, plan};
use fsxctl_sandbox::{Client, Options, Sandbox, Source, world};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{FileFailurePersistence, RngSeed, TestCaseResult, TestRunner};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const ISSUER: &str = "oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90";
const CLUSTER_GROUP: &str = "sg-0a10000000000000a";
const NODES_GROUP: &str = "sg-0b10000000000000b";

/// A world, as a list of what is so in it beyond `bare`.
#[derive(Debug, Clone)]
struct World {
    agent: bool,
    provider: Option<Whose>,
    role: Option<Whose>,
    nodes: Nodes,
    own_group_of_instances: bool,
    closed_egress: bool,
    class: Option<Whose>,
    words: &'static str,
}

/// Who made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Theirs,
    TheirsAndWrong,
}

/// What the HyperPod nodes' shared group lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nodes {
    /// Everything among themselves.
    Open,
    /// Nothing.
    Closed,
    /// Everything among themselves, but not from the other nodes.
    Apart,
    /// Two instance groups, one with an override and a closed group of its own.
    Override,
}

const WORDS: [&str; 7] = [
    "",
    "--security-group create",
    "--no-node-rules --security-group create",
    "--identity irsa --role-path /team/",
    "--efa --size 19200Gi --metadata-iops auto",
    "--class other --deployment-type SCRATCH_2 --size 2400Gi",
    "--policy managed --tag team=ml",
];

fn worlds() -> impl Strategy<Value = World> {
    let whose = || prop_oneof![3 => Just(None), 2 => Just(Some(Whose::Ours)), 1 => Just(Some(Whose::Theirs)), 1 => Just(Some(Whose::TheirsAndWrong))];
    let nodes = select(vec![Nodes::Open, Nodes::Closed, Nodes::Apart, Nodes::Override]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (flags, whose(), whose(), nodes, whose(), select(WORDS.to_vec())).prop_map(
        |(flags, provider, role, nodes, class, words)| World {
            agent: flags.0,
            provider,
            role,
            nodes,
            own_group_of_instances: flags.1,
            closed_egress: flags.2,
            class,
            words,
        },
    )
}

fn tags(whose: Whose) -> Value {
    let ours = json!([
        {"Key": "fsxctl.io/owner", "Value": "fsxctl"},
        {"Key": "fsxctl.io/cluster", "Value": format!("arn:aws:eks:us-west-2:{ACCOUNT}:cluster/hp-eks")},
        {"Key": "fsxctl.io/origin", "Value": "created"},
    ]);
    if whose == Whose::Ours { ours } else { json!([]) }
}

fn from_group(id: &str) -> Value {
    json!({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": id, "UserId": ACCOUNT}]})
}

impl World {
    /// The layer over `bare`.
    fn layer(&self) -> String {
        let mut groups = vec![self.nodes_group()];
        let (mut pods, mut instances) = (Vec::new(), Vec::new());
        if self.nodes == Nodes::Override {
            groups.push(json!({"GroupId": "sg-0c10000000000000c", "GroupName": "gpu", "Description": "gpu", "VpcId": "vpc-0a10000000000000a", "IpPermissions": []}));
            let role = format!("arn:aws:iam::{ACCOUNT}:role/hp-cluster-execution");
            let group = |name: &str, kind: &str| json!({"InstanceGroupName": name, "InstanceType": kind, "CurrentCount": 1, "TargetCount": 1, "ExecutionRole": role});
            let mut gpu = group("gpu", "ml.p5.48xlarge");
            gpu["OverrideVpcConfig"] = json!({"Subnets": ["subnet-0b10000000000000b"], "SecurityGroupIds": ["sg-0c10000000000000c"]});
            pods.push(
                json!({"ClusterName": "hp-cluster", "InstanceGroups": [gpu, group("cpu", "ml.m5.4xlarge")]}),
            );
        }
        if self.own_group_of_instances {
            groups.push(json!({"GroupId": "sg-0d10000000000000d", "GroupName": "spot", "Description": "spot", "VpcId": "vpc-0a10000000000000a", "IpPermissions": []}));
            instances.push(json!({"InstanceId": "i-0c10000000000000b", "SecurityGroups": [{"GroupId": "sg-0d10000000000000d", "GroupName": "spot"}]}));
        }
        let mut cluster_group = json!({"GroupId": CLUSTER_GROUP});
        if self.closed_egress {
            cluster_group["IpPermissionsEgress"] = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        }
        groups.push(cluster_group);
        let addons = if self.agent {
            json!([{"clusterName": "hp-eks", "addonName": "eks-pod-identity-agent", "addonVersion": "v1.3.9-eksbuild.3", "status": "ACTIVE"}])
        } else {
            json!([])
        };
        json!({
            "apiVersion": "sandbox.fsxctl.io/v1alpha1", "kind": "World",
            "durations": {"iamConsistency": "0s", "ruleConsistency": "0s"},
            "aws": {
                "ec2": {"SecurityGroups": groups, "Instances": instances},
                "eks": {"addons": addons},
                "sagemaker": {"Clusters": pods},
                "iam": {"OpenIDConnectProviders": self.provider(), "Roles": self.role()},
            },
            "kubernetes": {"objects": self.class(), "controllers": {"provisioner": false}},
        })
        .to_string()
    }

    fn nodes_group(&self) -> Value {
        let rules = match self.nodes {
            Nodes::Open | Nodes::Override => json!([from_group(NODES_GROUP), from_group(CLUSTER_GROUP)]),
            Nodes::Closed => json!([]),
            Nodes::Apart => json!([from_group(NODES_GROUP)]),
        };
        json!({"GroupId": NODES_GROUP, "IpPermissions": rules})
    }

    fn provider(&self) -> Value {
        let Some(whose) = self.provider else { return json!([]) };
        let audience = if whose == Whose::TheirsAndWrong { "other" } else { "sts.amazonaws.com" };
        json!([{"Url": format!("https://{ISSUER}"), "ClientIDList": [audience], "Tags": tags(whose)}])
    }

    fn role(&self) -> Value {
        let Some(whose) = self.role else { return json!([]) };
        let principal = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
        let subject = "system:serviceaccount:kube-system:fsx-csi-controller-sa";
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": principal}, "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {format!("{ISSUER}:sub"): subject, format!("{ISSUER}:aud"): "sts.amazonaws.com"}},
        }]});
        let policies = if whose == Whose::TheirsAndWrong {
            json!([])
        } else {
            json!(["arn:aws:iam::aws:policy/AmazonFSxFullAccess"])
        };
        json!([{"RoleName": "FSXLCSI-hp-eks-us-west-2", "AssumeRolePolicyDocument": trust, "AttachedPolicies": policies, "Tags": tags(whose)}])
    }

    fn class(&self) -> Value {
        let Some(whose) = self.class else { return json!([]) };
        let provisioner = if whose == Whose::TheirsAndWrong { "ebs.csi.aws.com" } else { "fsx.csi.aws.com" };
        let labels =
            if whose == Whose::Ours { json!({"app.kubernetes.io/managed-by": "fsxctl"}) } else { json!({}) };
        json!([{
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fsx-sc", "labels": labels},
            "provisioner": provisioner, "reclaimPolicy": "Retain", "volumeBindingMode": "Immediate",
            "parameters": {"subnetId": "subnet-0a10000000000000a", "securityGroupIds": NODES_GROUP, "deploymentType": "SCRATCH_2"},
        }])
    }
}

struct Silent;

impl Reporter for Silent {
    fn on(&mut self, _: &Event) {}
}

/// A sandbox and fsxctl's own hands on it.
struct Hands {
    sandbox: Sandbox,
    eyes: Eyes,
    intent: Intent,
    look: Look,
    runtime: tokio::runtime::Runtime,
}

impl Hands {
    fn on(layers: Vec<Source>, words: &str) -> Self {
        let sandbox = Sandbox::start(Options { worlds: layers, ..Options::default() }).expect("a world");
        let env: BTreeMap<String, String> = sandbox.env().into_iter().collect();
        let arguments =
            ["fsxctl", "setup", "dynamic", "--cluster", "hp-eks"].into_iter().chain(words.split_whitespace());
        let cli = Cli::try_parse_from(arguments).expect("words that fsxctl takes");
        let Command::Setup(setup) = &cli.command else { panic!("a set-up") };
        let command = setup.command.as_ref().expect("a part");
        let (intent, _, setup) = setup_intent(command, &cli.global, &env).expect("a legal wish");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let timeout = setup.request_timeout;
        let wish = SessionWish {
            env: env.clone(),
            region: None,
            profile: None,
            request_timeout: timeout,
            trace: None,
        };
        let session = runtime.block_on(Session::open(&wish)).expect("a session");
        let look = Look {
            cluster: "hp-eks".to_owned(),
            hyperpod: None,
            role: names::role_name("hp-eks", "us-west-2"),
            service_account: intent.identity.service_account.value.clone(),
            class: intent.storage.class.value.clone(),
            claim: intent.storage.claim.value.clone(),
            namespace: None,
            needs: Needs::default(),
            account_asked: false,
            build: None,
            helm: HelmLook { possible: true, ..HelmLook::default() },
            bind: None,
        };
        let kube = KubeWish { env, kubeconfig: None, context: None, as_user: None, request_timeout: timeout };
        Self { sandbox, eyes: Eyes { session, kube }, intent, look, runtime }
    }

    fn facts(&self) -> Result<(Facts, Kubernetes), TestCaseError> {
        let seen = self.runtime.block_on(Box::pin(observe(&self.eyes, &self.look)));
        seen.map_err(|error| TestCaseError::fail(format!("cannot look: {error:?}")))
    }

    fn plan(&self, goal: Goal) -> Result<Plan, TestCaseError> {
        Ok(plan(goal, &self.intent, &self.facts()?.0))
    }

    fn apply(&self, plan: &Plan) -> TestCaseResult {
        let (_, kubernetes) = self.facts()?;
        let writes = Writes::new(&self.eyes.session, Some(&kubernetes));
        let reads = fsxctl::gateway::Reads::new(&self.eyes.session);
        let reporter: RefCell<Box<dyn Reporter + Send>> = RefCell::new(Box::new(Silent));
        let made = self.runtime.block_on(Box::pin(apply(
            fsxctl::engine::Hands { writes: &writes, reads: &reads, kube: &kubernetes.reads() },
            plan,
            &reporter,
            &Stop::default(),
        )));
        made.map(drop)
            .map_err(|error| TestCaseError::fail(format!("cannot apply: {error:?}\n{}", told(plan))))
    }

    /// How many requests of fsxctl could have changed something.
    fn writes(&self) -> usize {
        self.sandbox.log().iter().filter(|entry| entry.write && entry.client == Client::Command).count()
    }

    /// The world once nothing moves by itself any more.
    fn at_rest(&self) -> String {
        let begin = Instant::now();
        let mut before = self.sandbox.snapshot();
        loop {
            std::thread::sleep(Duration::from_millis(150));
            let now = self.sandbox.snapshot();
            if differences(&before, &now).is_empty() {
                return now;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "the world does not come to rest: {:?}",
                differences(&before, &now)
            );
            before = now;
        }
    }
}

fn differences(a: &str, b: &str) -> Vec<String> {
    let load = |text: &str| world::load(&[Source::text(text)], 600.0).expect("a saved world loads");
    world::diff(&load(a), &load(b), &[])
}

fn told(plan: &Plan) -> String {
    let items = plan.items.iter().map(|item| {
        let changes: Vec<String> = item
            .changes
            .iter()
            .map(|change| format!("{:?} {} ({})", change.verb, change.resource, change.details.join(", ")))
            .collect();
        format!("{} {:?} {changes:?} {:?}", item.step.as_str(), item.decision, item.block)
    });
    items.collect::<Vec<_>>().join("\n")
}

fn generated(world: &World) -> Hands {
    Hands::on(vec![Source::BuiltIn("bare".to_owned()), Source::text(world.layer())], world.words)
}

/// Runs a law over generated worlds and says how many were of use to it.
fn law(
    cases: u32,
    seed: u64,
    strategy: impl Strategy<Value = World>,
    of_use: usize,
    law: impl Fn(&World) -> Result<bool, TestCaseError>,
) {
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 24,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/seeds/laws.txt"))),
        source_file: Some(file!()),
        ..ProptestConfig::default()
    };
    let used = Cell::new(0);
    let outcome = TestRunner::new(config).run(&strategy, |world| {
        used.set(used.get() + usize::from(law(&world)?));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(used.get() >= of_use, "only {} worlds said anything", used.get());
}

#[test]
fn a_set_up_converges_and_repeats_without_a_write() {
    law(14, 1, worlds(), 5, |world| {
        let hands = generated(world);
        let first = hands.plan(Goal::Present)?;
        prop_assert_eq!(hands.writes(), 0, "looking wrote");
        if first.block().is_some() {
            return Ok(false);
        }
        hands.apply(&first)?;
        let writes = hands.writes();
        let second = hands.plan(Goal::Present)?;
        prop_assert!(second.is_settled(), "not settled after\n{}\nleft:\n{}", told(&first), told(&second));
        hands.at_rest();
        let third = hands.plan(Goal::Present)?;
        prop_assert!(third.is_settled(), "not settled once at rest\n{}", told(&third));
        prop_assert_eq!(hands.writes(), writes, "looking again wrote");
        Ok(true)
    });
}

#[test]
fn what_a_set_up_made_can_be_undone() {
    // An object of ours that was there before would be undone as well: such a world has no way back to itself.
    let strategy = worlds().prop_map(|mut world| {
        for whose in [&mut world.provider, &mut world.role, &mut world.class] {
            *whose = whose.filter(|whose| *whose != Whose::Ours);
        }
        world
    });
    law(10, 2, strategy, 4, |world| {
        let hands = generated(world);
        let before = hands.at_rest();
        let first = hands.plan(Goal::Present)?;
        if first.block().is_some() {
            return Ok(false);
        }
        hands.apply(&first)?;
        hands.at_rest();
        for _ in 0..4 {
            let undo = hands.plan(Goal::Absent)?;
            prop_assert_eq!(undo.block(), None);
            if undo.is_settled() {
                break;
            }
            hands.apply(&undo)?;
            hands.at_rest();
        }
        let undo = hands.plan(Goal::Absent)?;
        prop_assert!(undo.is_settled(), "undone and not settled:\n{}", told(&undo));
        let left = differences(&before, &hands.at_rest());
        prop_assert!(left.is_empty(), "{}\nleft: {left:#?}", told(&first));
        Ok(true)
    });
}

#[test]
fn whoever_may_not_look_does_not_write_what_is_there() {
    const DENIED: [&str; 12] = [
        "iam:GetRole",
        "iam:GetOpenIDConnectProvider",
        "iam:GetRolePolicy",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeInstances",
        "eks:DescribeAddon",
        "eks:ListPodIdentityAssociations",
        "sagemaker:*",
        "kube:get serviceaccounts",
        "kube:get storageclasses",
        "kube:get persistentvolumeclaims",
    ];
    law(6, 3, worlds(), 2, |world| {
        let hands = generated(world);
        let first = hands.plan(Goal::Present)?;
        if first.block().is_some() {
            return Ok(false);
        }
        hands.apply(&first)?;
        let done = hands.at_rest();
        for pattern in DENIED {
            let layer =
                json!({"apiVersion": "sandbox.fsxctl.io/v1alpha1", "kind": "World", "denied": [pattern]})
                    .to_string();
            let veiled = Hands::on(vec![Source::text(done.clone()), Source::text(layer)], world.words);
            let again = veiled.plan(Goal::Present)?;
            let blocks: Vec<_> = again.items.iter().filter_map(|item| item.block.as_ref()).collect();
            let is_denied =
                blocks.iter().any(|block| block.kind == Kind::Denied && block.permission.is_some());
            prop_assert!(
                is_denied || (again.changes().next().is_none() && blocks.is_empty()),
                "{pattern} hidden, and what is there is not seen to be right:\n{}",
                told(&again)
            );
            prop_assert_eq!(veiled.writes(), 0);
        }
        Ok(true)
    });
}

#[test]
fn a_dry_run_through_the_door_writes_nothing() {
    for base in ["bare", "ready", "existing"] {
        let sandbox =
            Sandbox::start(Options { worlds: vec![Source::BuiltIn(base.to_owned())], ..Options::default() })
                .expect("a world");
        let arguments =
            ["fsxctl", "setup", "dynamic", "--dry-run", "--quiet", "-o", "json"].map(str::to_owned).to_vec();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let code =
            runtime.block_on(Box::pin(fsxctl::commands::run(arguments, sandbox.env().into_iter().collect())));
        assert_eq!(code, 0, "{base}");
        let asked = sandbox.log();
        assert!(asked.len() > 10, "{base}: it has looked");
        assert_eq!(
            asked.iter().filter(|entry| entry.write && entry.client == Client::Command).count(),
            0,
            "{base}"
        );
    }
}
