//! What holds of every plan, whatever the world: its reader's order does not matter, and hidden is never missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{FileFailurePersistence, RngSeed};

use super::{Decision, Goal, Plan, Sign, Verb, plan};
use crate::error::Kind;
use crate::facts::sample::{
    CLUSTER, OTHER_CLUSTER, PROVIDER, ROLE, ROLE_ARN, addon, agent, all, association, class, enough, group,
    hidden, instance, instance_group, interface, node, own_group, pod, pod_trust, role, tags_of, tcp,
    web_trust,
};
use crate::facts::{
    Claim, CsiDriver, Facts, Marks, Provider, Seen, ServiceAccount, StorageClass, Volume, Workload,
};
use crate::intent::Intent;
use crate::intent::sample::wish;

const WORLDS: [fn() -> Facts; 3] = [Facts::bare, Facts::plain, Facts::done];

const WORDS: [&str; 16] = [
    "",
    "--identity irsa",
    "--identity none",
    "--role-name other",
    "--security-group create",
    "--security-group sg-hp --no-node-rules",
    "--no-node-rules",
    "--efa --size 19200Gi",
    "--subnet subnet-b",
    "--size 2400Gi",
    "--throughput 500",
    "--skip storage",
    "--skip network",
    "identity",
    "driver",
    "--adopt Addon/aws-fsx-csi-driver --adopt SecurityGroup/sg-hp --adopt CSIDriver/fsx.csi.aws.com",
];

/// Something that happens to be so in a world.
type Circumstance = fn(&mut Facts);

fn groups(facts: &mut Facts, change: impl FnOnce(&mut Vec<crate::domain::network::SecurityGroup>)) {
    if let Seen::Found(groups) = &mut facts.network.groups {
        change(groups);
    }
}

const CIRCUMSTANCES: [Circumstance; 32] = [
    |facts| facts.driver.pods = Seen::Found(vec![pod("1", None), pod("2", None)]),
    |facts| {
        facts.driver.controller = facts.driver.controller.clone().map(|it| Workload { rolling: true, ..it })
    },
    |facts| facts.access.agent = Seen::Found(agent("ACTIVE")),
    |facts| facts.access.agent = Seen::Found(agent("DEGRADED")),
    |facts| facts.cluster.auto_mode = true,
    |facts| {
        facts.access.provider = Seen::Found(Provider {
            arn: PROVIDER.into(),
            client_ids: vec!["sts.amazonaws.com".into()],
            ..Provider::default()
        })
    },
    |facts| {
        facts.access.provider =
            Seen::Found(Provider { arn: PROVIDER.into(), tags: tags_of(CLUSTER), ..Provider::default() })
    },
    |facts| drop(facts.access.roles.insert(ROLE.into(), role(ROLE, web_trust(), enough(), tags_of(CLUSTER)))),
    |facts| drop(facts.access.roles.insert(ROLE.into(), role(ROLE, pod_trust(), enough(), tags_of(CLUSTER)))),
    |facts| {
        drop(
            facts
                .access
                .roles
                .insert(ROLE.into(), role(ROLE, pod_trust(), serde_json::json!({}), tags_of(OTHER_CLUSTER))),
        )
    },
    |facts| {
        drop(facts.access.roles.insert("fsx".into(), role("fsx", web_trust(), enough(), Default::default())))
    },
    |facts| facts.access.association = Seen::Found(association(ROLE_ARN)),
    |facts| facts.access.service_account = Seen::Found(ServiceAccount::default()),
    |facts| {
        facts.access.service_account = Seen::Found(ServiceAccount {
            role_arn: Some("arn:aws:iam::111122223333:role/fsx".into()),
            marks: Marks::default(),
        })
    },
    |facts| facts.driver.addon = Seen::Found(crate::facts::Addon { role_arn: None, ..addon("ACTIVE") }),
    |facts| {
        facts.driver.addon =
            Seen::Found(crate::facts::Addon { tags: Default::default(), ..addon("CREATING") })
    },
    |facts| facts.driver.addon = Seen::Missing,
    |facts| facts.driver.controller = Seen::Missing,
    |facts| facts.driver.csi_driver = Seen::Found(CsiDriver::default()),
    |facts| facts.hyperpod = Seen::Missing,
    |facts| {
        if let Seen::Found(pods) = &mut facts.hyperpod {
            pods.iter_mut()
                .for_each(|pod| pod.groups.push(instance_group("own", &["sg-hp", "sg-cluster", "sg-x"])));
        }
    },
    |facts| {
        groups(facts, |groups| {
            groups
                .extend([group("sg-x", &[all("sg-x"), tcp((988, 988), "10.20.0.0/17")]), group("sg-y", &[])])
        })
    },
    |facts| groups(facts, |groups| groups.push(own_group(&["sg-cluster"]))),
    |facts| {
        groups(facts, |groups| {
            groups.iter_mut().for_each(|group| group.egress = vec![tcp((0, 65_535), "10.20.0.0/18")])
        })
    },
    |facts| {
        groups(facts, |groups| {
            groups.iter_mut().for_each(|group| group.ingress.retain(|rule| *rule == all("sg-hp")))
        })
    },
    |facts| {
        if let Seen::Found(instances) = &mut facts.network.instances {
            instances.extend([
                instance("i-8", "spot", &["sg-y", "sg-x"], "subnet-b"),
                instance("i-9", "odd", &["sg-far"], "subnet-a"),
            ]);
        }
    },
    |facts| facts.nodes = Seen::Found(vec![node("ip-1", "b"), node("ip-2", "a"), node("ip-3", "b")]),
    |facts| {
        facts.network.interfaces =
            Seen::Found(vec![interface("eni-1", &["sg-x", "sg-hp"]), interface("eni-2", &["sg-own"])])
    },
    |facts| facts.storage.class = Seen::Found(StorageClass { marks: Marks::default(), ..class() }),
    |facts| facts.storage.class = Seen::Missing,
    |facts| {
        facts.storage.claim =
            facts.storage.claim.clone().map(|claim| Claim { phase: "Pending".into(), volume: None, ..claim })
    },
    |facts| {
        facts.storage.volumes = facts
            .storage
            .volumes
            .clone()
            .map(|all| all.into_iter().map(|it| Volume { phase: "Released".into(), ..it }).collect())
    },
];

/// A wish, a goal and a world: a healthy one with some circumstances, by their places in the tables above.
#[derive(Debug, Clone)]
struct Case {
    words: &'static str,
    goal: Goal,
    world: usize,
    circumstances: Vec<usize>,
}

impl Case {
    fn facts(&self) -> Facts {
        let mut facts = WORLDS[self.world]();
        self.circumstances.iter().for_each(|index| CIRCUMSTANCES[*index](&mut facts));
        facts
    }

    fn plan(&self, facts: &Facts) -> Plan {
        static WISHES: LazyLock<BTreeMap<&str, Intent>> =
            LazyLock::new(|| WORDS.map(|words| (words, wish(words))).into());
        plan(self.goal, &WISHES[self.words], facts)
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let circumstances = subsequence((0..CIRCUMSTANCES.len()).collect::<Vec<_>>(), 0..7);
    (select(WORDS.to_vec()), any::<bool>(), 0..WORLDS.len(), circumstances).prop_map(
        |(words, present, world, circumstances)| Case {
            words,
            goal: if present { Goal::Present } else { Goal::Absent },
            world,
            circumstances,
        },
    )
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        rng_seed: RngSeed::Fixed(0x6c_61_77_73),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/seeds/plans.txt"))),
        ..ProptestConfig::default()
    }
}

/// One fact: how to hide it, to lose it, and to take it from another world.
struct Fact {
    /// The permission that reads it.
    permission: &'static str,
    hide: fn(&mut Facts),
    lose: fn(&mut Facts),
    take: fn(&mut Facts, &Facts),
}

macro_rules! fact {
    ($permission:literal, $($path:ident).+) => {
        Fact {
            permission: $permission,
            hide: |facts| facts.$($path).+ = hidden($permission),
            lose: |facts| facts.$($path).+ = Seen::Missing,
            take: |facts, from| facts.$($path).+ = from.$($path).+.clone(),
        }
    };
}

fn with_role(facts: &mut Facts, change: impl FnOnce(&mut crate::facts::RoleFacts)) {
    if let Some(known) = facts.access.roles.get_mut(ROLE) {
        change(known);
    }
}

fn every_fact() -> Vec<Fact> {
    vec![
        fact!("caller", caller),
        fact!("sagemaker:ListClusters", hyperpod),
        fact!("list nodes", nodes),
        fact!("iam:GetOpenIDConnectProvider", access.provider),
        Fact {
            permission: "iam:GetRole",
            hide: |facts| with_role(facts, |known| known.role = hidden("iam:GetRole")),
            lose: |facts| {
                with_role(facts, |known| (known.role, known.policies) = (Seen::Missing, Seen::Missing))
            },
            take: |facts, from| drop(facts.access.roles.insert(ROLE.into(), from.access.roles[ROLE].clone())),
        },
        Fact {
            permission: "iam:GetRolePolicy",
            hide: |facts| {
                with_role(facts, |known| {
                    if known.role.found().is_some() {
                        known.policies = hidden("iam:GetRolePolicy");
                    }
                });
            },
            lose: |_| {},
            take: |facts, from| {
                let policies = from.access.roles[ROLE].policies.clone();
                with_role(facts, |known| {
                    if known.role.found().is_some() {
                        known.policies = policies;
                    }
                });
            },
        },
        fact!("eks:ListPodIdentityAssociations", access.association),
        fact!("agent", access.agent),
        fact!("get serviceaccounts", access.service_account),
        fact!("ec2:DescribeSubnets", network.subnets),
        fact!("ec2:DescribeSecurityGroups", network.groups),
        fact!("ec2:DescribeRouteTables", network.routes),
        fact!("ec2:DescribeNetworkInterfaces", network.interfaces),
        fact!("ec2:DescribeInstances", network.instances),
        fact!("eks:DescribeAddon", driver.addon),
        fact!("eks:DescribeAddonVersions", driver.versions),
        fact!("eks:DescribeAddonConfiguration", driver.schema),
        fact!("get csidrivers", driver.csi_driver),
        fact!("get deployments", driver.controller),
        fact!("get daemonsets", driver.node),
        fact!("list pods", driver.pods),
        fact!("fsx:DescribeFileSystems", file_systems),
        fact!("get namespaces", storage.namespace),
        fact!("get storageclasses", storage.class),
        fact!("get persistentvolumeclaims", storage.claim),
        fact!("list persistentvolumes", storage.volumes),
    ]
}

/// What would be done, in the words of the plan.
fn changes(plan: &Plan) -> Vec<String> {
    plan.changes()
        .map(|change| format!("{:?} {} {:?}", change.verb, change.resource, change.action))
        .collect()
}

/// What would be made or taken away: kinds and names alone.
fn gains(plan: &Plan, verb: Verb) -> Vec<String> {
    plan.changes().filter(|change| change.verb == verb).map(|change| change.resource.kind.clone()).collect()
}

fn outlines(plan: &Plan) -> Vec<String> {
    plan.items.iter().map(super::sample::outline).collect()
}

fn says_it_cannot_tell(plan: &Plan) -> bool {
    plan.items.iter().flat_map(|item| &item.notes).any(|note| note.sign == Sign::Unknown)
}

fn is_denied(plan: &Plan, permission: &str) -> bool {
    plan.items
        .iter()
        .filter_map(|item| item.block.as_ref())
        .any(|block| block.kind == Kind::Denied && block.permission.as_deref() == Some(permission))
}

fn shuffled<T>(list: &mut [T], seed: &mut u64) {
    for index in (1..list.len()).rev() {
        // Numerical Recipes' generator: any order will do, as long as the seed alone decides it.
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(*seed >> 33).unwrap_or_default() % (index + 1);
        list.swap(index, other);
    }
}

/// Every list whose order means nothing, in another order.
fn reordered(mut facts: Facts, mut seed: u64) -> Facts {
    let seed = &mut seed;
    if let Seen::Found(pods) = &mut facts.hyperpod {
        for group in pods.iter_mut().flat_map(|pod| &mut pod.groups) {
            shuffled(&mut group.security_groups, seed);
            shuffled(&mut group.subnets, seed);
        }
        pods.iter_mut().for_each(|pod| shuffled(&mut pod.groups, seed));
    }
    if let Seen::Found(nodes) = &mut facts.nodes {
        shuffled(nodes, seed);
    }
    if let Seen::Found(groups) = &mut facts.network.groups {
        for group in groups.iter_mut() {
            shuffled(&mut group.ingress, seed);
            shuffled(&mut group.egress, seed);
        }
        shuffled(groups, seed);
    }
    if let Seen::Found(instances) = &mut facts.network.instances {
        instances.iter_mut().for_each(|instance| shuffled(&mut instance.groups, seed));
        shuffled(instances, seed);
    }
    if let Seen::Found(interfaces) = &mut facts.network.interfaces {
        interfaces.iter_mut().for_each(|interface| shuffled(&mut interface.groups, seed));
        shuffled(interfaces, seed);
    }
    if let Seen::Found(subnets) = &mut facts.network.subnets {
        shuffled(subnets, seed);
    }
    if let Seen::Found(routes) = &mut facts.network.routes {
        shuffled(routes, seed);
    }
    if let Seen::Found(pods) = &mut facts.driver.pods {
        shuffled(pods, seed);
    }
    if let Seen::Found(systems) = &mut facts.file_systems {
        shuffled(systems, seed);
    }
    if let Seen::Found(volumes) = &mut facts.storage.volumes {
        shuffled(volumes, seed);
    }
    facts
}

proptest! {
    #![proptest_config(config())]

    /// The services list in any order; the plan is the same to the letter.
    #[test]
    fn order_does_not_matter(case in cases(), seed in any::<u64>()) {
        let once = case.plan(&case.facts());
        let again = case.plan(&reordered(case.facts(), seed));
        let text = |plan: &Plan| serde_json::to_string_pretty(plan).unwrap_or_default();
        let (once, again) = (text(&once), text(&again));
        let difference = once.lines().zip(again.lines()).find(|(a, b)| a != b);
        prop_assert_eq!(difference, None);
        prop_assert_eq!(once.len(), again.len());
    }

    /// What cannot be seen is never read as absent: whenever it could change the plan, the plan is blocked and names the
    /// permission, or says `?`; and an undo is never more than it was.
    #[test]
    fn hidden_is_not_missing(case in cases(), which in 0..every_fact().len()) {
        let fact = &every_fact()[which];
        let goal = case.goal;
        let changed = |change: &dyn Fn(&mut Facts)| {
            let mut facts = case.facts();
            change(&mut facts);
            case.plan(&facts)
        };
        let seen = case.plan(&case.facts());
        let veiled = changed(&fact.hide);
        if is_denied(&veiled, fact.permission) {
            return Ok(());
        }
        let mut possible = vec![changed(&fact.lose)];
        possible.extend(WORLDS.map(|world| changed(&|facts: &mut Facts| (fact.take)(facts, &world()))));
        let matters = possible.iter().any(|other| changes(other) != changes(&seen));
        prop_assert!(
            !matters || says_it_cannot_tell(&veiled) || veiled.items.iter().any(|item| item.decision == Decision::Blocked),
            "{} could change the plan, and it does not say so: {:?}", fact.permission, outlines(&veiled)
        );
        if !says_it_cannot_tell(&veiled) && goal == Goal::Present {
            prop_assert!(changes(&veiled) == changes(&seen), "{} hidden: {:#?} instead of {:#?}", fact.permission, outlines(&veiled), outlines(&seen));
        }
        if goal == Goal::Absent {
            let (before, after) = (gains(&seen, Verb::Delete), gains(&veiled, Verb::Delete));
            prop_assert!(after.iter().all(|kind| before.contains(kind)), "{} hidden: {after:?} instead of {before:?}", fact.permission);
        }
    }

    /// Every change waits only for changes of its own plan, and none waits for itself in the end.
    #[test]
    fn a_plan_can_be_carried_out(case in cases()) {
        let plan = case.plan(&case.facts());
        let mut done: Vec<&str> = Vec::new();
        let mut left: Vec<_> = plan.changes().collect();
        let ids: BTreeSet<&str> = left.iter().map(|change| change.id.as_str()).collect();
        prop_assert_eq!(ids.len(), left.len(), "two changes have one id");
        while !left.is_empty() {
            let (ready, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|change| change.after.iter().all(|id| done.contains(&id.as_str())));
            prop_assert!(!ready.is_empty(), "these wait for each other: {later:#?}");
            done.extend(ready.iter().map(|change| change.id.as_str()));
            left = later;
        }
    }

    /// What a plan says that it needs is what `permissions` prints beforehand.
    #[test]
    fn permissions_are_those_of_the_table(case in cases()) {
        let plan = case.plan(&case.facts());
        let makes = plan.changes().filter(|change| change.verb != Verb::Delete);
        for permission in makes.flat_map(|change| &change.permissions) {
            prop_assert!(crate::domain::permission::is_known(permission), "{permission}");
        }
    }

    /// What is blocked changes nothing, and says why and what next.
    #[test]
    fn a_block_says_what_next(case in cases()) {
        for item in case.plan(&case.facts()).items {
            prop_assert_eq!(item.decision == Decision::Blocked, item.block.is_some());
            prop_assert_eq!(item.decision == Decision::Do, !item.changes.is_empty());
            let Some(block) = item.block else { continue };
            prop_assert!(item.changes.is_empty() && block.next.is_some() && !block.message.is_empty(), "{block:?}");
            prop_assert!([Kind::Usage, Kind::Denied, Kind::Conflict].contains(&block.kind));
        }
    }
}
