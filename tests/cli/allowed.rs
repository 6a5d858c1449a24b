//! `permissions` keeps its word: a caller with exactly what it prints can run the command, and nothing of what is
//! always needed can be left out.

use serde_json::{Value, json};

use crate::harness::{Run, World};

/// The agent of EKS Pod Identity on every node.
const AGENT: &str = "aws: {eks: {addons: [{clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}]}}";

/// What `fsxctl permissions` prints for a command line.
fn printed(command: &str) -> Value {
    let run = World::bare().fsxctl(&format!("permissions -o json {command}"));
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(run.requests.is_empty(), "nothing is looked at: {}", run.show());
    run.json()
}

/// A world whose caller has this policy and, through a group, these roles, and nothing else.
fn world(layers: &[&str], policy: &Value, roles: &Value) -> World {
    let caller = json!({
        "aws": {
            "iam": {"Roles": [{
                "RoleName": "admin",
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"},
                ]},
                "InlinePolicies": {"fsxctl": policy},
            }]},
            "eks": {"accessEntries": [{
                "clusterName": "hp-eks", "principalArn": "arn:aws:iam::111122223333:role/admin",
                "kubernetesGroups": ["fsxctl"], "AssociatedPolicies": [],
            }]},
        },
        "kubernetes": {"objects": roles},
    });
    let caller = serde_yaml::to_string(&caller).unwrap();
    let mut all = layers.to_vec();
    all.push(&caller);
    World::of(&all)
}

/// A file system that is there already.
const BYO: &str = "byo --fs-id fs-0e10000000000000e --cluster hp-eks";

/// Commands for a file system that is there already.
fn binding() -> [(&'static [&'static str], &'static str); 4] {
    [
        (&["existing"], BYO),
        (
            &["existing"],
            "byo --fs-id fs-0e10000000000000e --cluster hp-eks -n ml --create-namespace --open-ports",
        ),
        (
            &["existing"],
            "share --fs-id fs-0e10000000000000e --cluster hp-eks --namespaces default,kube-public",
        ),
        (
            &["existing"],
            "share --fs-id fs-0e10000000000000e --cluster hp-eks --namespace-selector kubernetes.io/metadata.name=default",
        ),
    ]
}

fn roads() -> [(&'static [&'static str], &'static str); 2] {
    [
        (&["bare"], "setup dynamic --cluster hp-eks --identity irsa"),
        (&["bare", AGENT], "setup dynamic --cluster hp-eks --identity pod-identity"),
    ]
}

#[test]
fn binding_needs_what_is_printed_for_it_and_no_more() {
    for (layers, command) in binding() {
        let printed = printed(command);
        let world = world(layers, &printed["iamPolicy"], &printed["clusterRole"]);
        let run = world.fsxctl(&format!("{command} --yes -q"));
        assert!(is_whole(&run), "{}", run.show());
        world.fsxctl(&format!("{command} --yes -q")).ends_untouched(0);
    }
    let away = "share --fs-id fs-0e10000000000000e --cluster hp-eks --namespaces default --remove";
    let printed = printed(away);
    let bound = World::of(&["existing"]);
    assert_eq!(bound.fsxctl(&format!("{BYO} --yes -q")).code, Some(0));
    let world = world(&[&bound.sandbox.snapshot()], &printed["iamPolicy"], &printed["clusterRole"]);
    let run = world.fsxctl(&format!("{away} --yes -q"));
    assert!(is_whole(&run), "{}", run.show());
    assert_eq!(run.writes().len(), 2, "{}", run.show());
}

/// Each of what is always needed, taken away alone, ends with 5 and its name; all the rest is told and stops nothing.
#[test]
fn what_binding_always_needs_cannot_be_left_out_and_the_rest_can() {
    for (layers, command) in [binding()[0], binding()[3]] {
        let printed = printed(command);
        for item in items(&printed).iter().filter(|item| item["usage"] == "always") {
            let (policy, roles) = without(&printed, |other| other == item);
            let run = world(layers, &policy, &roles).fsxctl(&format!("{command} --yes -q"));
            assert_eq!(run.code, Some(5), "{item}\n{}", run.show());
        }
        let (policy, roles) = without(&printed, |item| item["usage"] != "always");
        let run = world(layers, &policy, &roles).fsxctl(&format!("{command} --yes -q"));
        assert_eq!(run.code, Some(0), "{}", run.show());
        assert!(run.stdout.lines().any(|line| line.starts_with("? ")), "{}", run.show());
    }
}

/// 0, and nothing that could not be seen.
fn is_whole(run: &Run) -> bool {
    run.code == Some(0) && !run.stdout.lines().any(|line| line.starts_with("? "))
}

/// The roles without a verb on a resource in a place.
fn without_verb(roles: &Value, rbac: &Value) -> Value {
    let mut roles = roles.clone();
    for role in roles.as_array_mut().unwrap() {
        if role["metadata"]["namespace"] != rbac["namespace"] {
            continue;
        }
        for rule in role["rules"].as_array_mut().into_iter().flatten() {
            if rule["resources"] == json!([rbac["resource"]])
                && rule["apiGroups"] == json!([rbac["apiGroup"]])
            {
                rule["verbs"].as_array_mut().unwrap().retain(|verb| *verb != rbac["verb"]);
            }
        }
    }
    roles
}

fn items(printed: &Value) -> &[Value] {
    printed["items"].as_array().expect("items")
}

/// Policy and roles without the items that fit.
fn without(printed: &Value, fits: impl Fn(&Value) -> bool) -> (Value, Value) {
    let (mut policy, mut roles) = (printed["iamPolicy"].clone(), printed["clusterRole"].clone());
    for item in items(printed).iter().filter(|item| fits(item)) {
        // An action that is needed for something else as well stays for that.
        let (rbac, iam) = (&item["rbac"], &item["iam"]);
        if rbac.is_object() {
            roles = without_verb(&roles, rbac);
        } else {
            let same = |statement: &Value| {
                statement["Resource"] == iam["resources"]
                    && statement["Action"].as_array().unwrap().contains(&iam["action"])
            };
            for statement in policy["Statement"].as_array_mut().unwrap().iter_mut().filter(|it| same(it)) {
                statement["Action"].as_array_mut().unwrap().retain(|it| *it != iam["action"]);
            }
            policy["Statement"].as_array_mut().unwrap().retain(|it| it["Action"] != json!([]));
        }
    }
    (policy, roles)
}

#[test]
fn a_caller_with_exactly_what_is_printed_can_run_it_twice() {
    for (layers, command) in roads() {
        let printed = printed(command);
        let world = world(layers, &printed["iamPolicy"], &printed["clusterRole"]);
        let run = world.fsxctl(&format!("{command} --yes -q"));
        assert!(is_whole(&run), "{}", run.show());
        assert!(run.stdout.contains("is bound"), "{}", run.show());
        world.fsxctl(&format!("{command} --yes -q")).ends_untouched(0);
    }
}

#[test]
fn what_is_printed_for_all_commands_is_enough_for_each() {
    let printed = printed("");
    for (layers, command) in [
        (&["bare"][..], "setup dynamic"),
        (&["bare", AGENT], "setup dynamic"),
        (&["bare"], "setup dynamic --security-group create -n ml --create-namespace"),
        (&["bare"], "setup identity --policy managed"),
        (&["bare"], "setup dynamic --driver helm"),
        (&["bare"], "setup network"),
        (&["ready"], "setup driver"),
        (&["existing"], "byo --fs-id fs-0e10000000000000e"),
        (&["existing"], "share --fs-id fs-0e10000000000000e --namespaces default"),
    ] {
        let mut roles = printed["clusterRole"].clone();
        if command.contains("-n ml") {
            roles = serde_json::from_str(&roles.to_string().replace("\"default\"", "\"ml\"")).unwrap();
        }
        let world = world(layers, &printed["iamPolicy"], &roles);
        let run = world.with_helm().fsxctl(&format!("{command} --yes -q"));
        assert!(is_whole(&run), "{}", run.show());
    }
}

#[test]
fn a_part_alone_needs_what_is_printed_for_it_and_no_more() {
    for (layers, command) in [
        (&["bare"][..], "setup identity --identity irsa"),
        (&["bare", AGENT], "setup identity --identity pod-identity"),
        (&["bare"], "setup network"),
        (&["bare"], "setup network --security-group create"),
        (&["bare"], "setup driver --identity none"),
        (&["bare"], "setup identity --policy managed --role-name fsx --role-path /team/ --identity irsa"),
    ] {
        let printed = printed(command);
        let world = world(layers, &printed["iamPolicy"], &printed["clusterRole"]);
        let run = world.fsxctl(&format!("{command} --yes -q"));
        assert!(is_whole(&run), "{}", run.show());
        world.fsxctl(&format!("{command} --yes -q")).ends_untouched(0);
    }
}

#[test]
fn what_is_always_needed_cannot_be_left_out() {
    for (layers, command) in roads() {
        let printed = printed(command);
        for item in items(&printed).iter().filter(|item| item["usage"] == "always") {
            let (policy, roles) = without(&printed, |other| other == item);
            let run = world(layers, &policy, &roles).fsxctl(&format!("{command} --yes -q -o json"));
            assert_eq!(run.code, Some(5), "{item}\n{}", run.show());
            let error = run.json();
            let permission = error["permission"].as_str().unwrap_or_default();
            let named = match item["iam"]["action"].as_str() {
                Some(action) => permission == action,
                None => {
                    let (verb, resource) = (item["rbac"]["verb"].as_str(), item["rbac"]["resource"].as_str());
                    permission.starts_with(&format!("{} {}", verb.unwrap(), resource.unwrap()))
                }
            };
            assert!(named, "{item}\n{error}");
        }
    }
}

#[test]
fn what_is_needed_sometimes_or_optional_says_so_and_can_be_left_out() {
    for (layers, command) in roads() {
        let printed = printed(command);
        for item in items(&printed) {
            let words = match item["usage"].as_str() {
                Some("always") => continue,
                Some("sometimes") => &item["when"],
                _ => &item["without"],
            };
            assert!(words.as_str().is_some_and(|words| words.len() > 10), "{item}");
        }
        // What is so in every world here, and one of the two that are needed when the other is hidden.
        let is_so = |item: &Value| {
            item["when"] == "there are HyperPod clusters"
                || item["iam"]["action"] == "fsx:DescribeFileSystems"
        };
        for fits in [&["sometimes"][..], &["sometimes", "optional"]] {
            let (policy, roles) =
                without(&printed, |item| fits.iter().any(|it| item["usage"] == *it) && !is_so(item));
            let run = world(layers, &policy, &roles).fsxctl(&format!("{command} --yes -q"));
            assert_eq!(run.code, Some(0), "{}", run.show());
            assert!(run.stdout.contains("is bound"), "{}", run.show());
            assert!(run.stdout.lines().any(|line| line.starts_with("? ")), "{}", run.show());
        }
    }
}

#[test]
fn what_helm_would_need_is_told_of_where_it_may_be_taken() {
    let world = World::bare();
    let told = |words: &str| world.fsxctl(words).stdout.contains("add --driver helm to see it");
    assert!(told("permissions setup dynamic"));
    for words in ["setup dynamic --driver helm", "setup dynamic --driver addon", "setup network"] {
        assert!(!told(&format!("permissions {words}")), "{words}");
    }
}

#[test]
fn for_people_it_is_a_page() {
    let world = World::bare();
    let run = world.fsxctl("permissions setup network --cluster hp-eks");
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl permissions setup network --cluster hp-eks
    code 0
    -- stdout
    fsxctl setup network --cluster hp-eks needs

    AWS, always:
      eks:DescribeCluster                find the cluster
      ec2:DescribeInstances              see subnets, security groups and the cluster's instances
      ec2:DescribeSecurityGroups         see subnets, security groups and the cluster's instances
      ec2:DescribeSubnets                see subnets, security groups and the cluster's instances
      sagemaker:ListClusters             find the HyperPod clusters of the EKS cluster
      ec2:AuthorizeSecurityGroupIngress  let Lustre in
      ec2:CreateTags                     tag new rules

    Kubernetes, always:
      list nodes                         see the nodes and their zones
      get storageclasses.storage.k8s.io  see the StorageClass

    AWS, sometimes:
      ec2:DescribeNetworkInterfaces     see which groups file systems wear, when there are file systems
      ec2:GetManagedPrefixListEntries   read prefix lists that rules name, when a rule names a prefix list
      sagemaker:DescribeCluster         see the groups of HyperPod's nodes, when there are HyperPod clusters
      fsx:DescribeFileSystems           see file systems that are there, when the cluster has volumes, or volumes cannot be seen; else a ? line says it is hidden
      ec2:CreateSecurityGroup           make a security group, when no group that is there fits
      ec2:CreateTags                    tag a new security group, when no group that is there fits
      ec2:AuthorizeSecurityGroupEgress  let Lustre out, when a group does not let everything out

    Kubernetes, sometimes:
      list persistentvolumes  see volumes that are there, when there are file systems, or they cannot be seen; else a ? line says it is hidden

    AWS, optional (left out, the run says so with ?, or does without):
      ec2:DescribeRouteTables  tell private subnets from public ones; without it whether the subnet is private cannot be told

    = nothing was looked at: what only looking can tell is a wildcard; name cluster and Region to narrow it
    = sts:GetCallerIdentity needs no permission
    = the bindings are for group fsxctl: aws eks create-access-entry --cluster-name CLUSTER --principal-arn ARN --kubernetes-groups fsxctl

    next:
      fsxctl permissions --iam setup network --cluster hp-eks > policy.json
      fsxctl permissions --rbac setup network --cluster hp-eks | kubectl apply -f -
    -- no write
    ");
}

#[test]
fn the_policy_and_the_roles_alone_are_ready_to_apply() {
    let world = World::bare();
    let run = world.fsxctl("permissions setup network --cluster hp-eks --iam");
    insta::assert_snapshot!(run.show(), @r#"
    $ fsxctl permissions setup network --cluster hp-eks --iam
    code 0
    -- stdout
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Always1",
          "Effect": "Allow",
          "Action": [
            "ec2:DescribeInstances",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "sagemaker:ListClusters"
          ],
          "Resource": [
            "*"
          ]
        },
        {
          "Sid": "Always2",
          "Effect": "Allow",
          "Action": [
            "ec2:CreateTags"
          ],
          "Resource": [
            "arn:aws:ec2:us-west-2:*:security-group-rule/*"
          ],
          "Condition": {
            "StringEquals": {
              "ec2:CreateAction": [
                "AuthorizeSecurityGroupIngress",
                "AuthorizeSecurityGroupEgress"
              ]
            }
          }
        },
        {
          "Sid": "Always3",
          "Effect": "Allow",
          "Action": [
            "ec2:AuthorizeSecurityGroupIngress"
          ],
          "Resource": [
            "arn:aws:ec2:us-west-2:*:security-group/*"
          ]
        },
        {
          "Sid": "Always4",
          "Effect": "Allow",
          "Action": [
            "eks:DescribeCluster"
          ],
          "Resource": [
            "arn:aws:eks:us-west-2:*:cluster/hp-eks"
          ]
        },
        {
          "Sid": "Sometimes1",
          "Effect": "Allow",
          "Action": [
            "ec2:DescribeNetworkInterfaces",
            "ec2:GetManagedPrefixListEntries",
            "fsx:DescribeFileSystems"
          ],
          "Resource": [
            "*"
          ]
        },
        {
          "Sid": "Sometimes2",
          "Effect": "Allow",
          "Action": [
            "ec2:AuthorizeSecurityGroupEgress"
          ],
          "Resource": [
            "arn:aws:ec2:us-west-2:*:security-group/*"
          ]
        },
        {
          "Sid": "Sometimes3",
          "Effect": "Allow",
          "Action": [
            "ec2:CreateTags"
          ],
          "Resource": [
            "arn:aws:ec2:us-west-2:*:security-group/*"
          ],
          "Condition": {
            "StringEquals": {
              "ec2:CreateAction": [
                "CreateSecurityGroup"
              ]
            }
          }
        },
        {
          "Sid": "Sometimes4",
          "Effect": "Allow",
          "Action": [
            "ec2:CreateSecurityGroup"
          ],
          "Resource": [
            "arn:aws:ec2:us-west-2:*:security-group/*",
            "arn:aws:ec2:us-west-2:*:vpc/*"
          ]
        },
        {
          "Sid": "Sometimes5",
          "Effect": "Allow",
          "Action": [
            "sagemaker:DescribeCluster"
          ],
          "Resource": [
            "arn:aws:sagemaker:us-west-2:*:cluster/*"
          ]
        },
        {
          "Sid": "Optional1",
          "Effect": "Allow",
          "Action": [
            "ec2:DescribeRouteTables"
          ],
          "Resource": [
            "*"
          ]
        }
      ]
    }
    -- no write
    "#);
    let run = world.fsxctl("permissions --rbac setup network");
    insta::assert_snapshot!(run.show(), @r#"
    $ fsxctl permissions --rbac setup network
    code 0
    -- stdout
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: fsxctl
    rules:
    - apiGroups:
      - ""
      resources:
      - nodes
      verbs:
      - list
    - apiGroups:
      - ""
      resources:
      - persistentvolumes
      verbs:
      - list
    - apiGroups:
      - storage.k8s.io
      resources:
      - storageclasses
      verbs:
      - get
      resourceNames:
      - fsx-sc
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata:
      name: fsxctl
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: ClusterRole
      name: fsxctl
    subjects:
    - apiGroup: rbac.authorization.k8s.io
      kind: Group
      name: fsxctl
    -- no write
    "#);
    let document = world.fsxctl("permissions -o json setup network").json();
    for name in
        ["apiVersion", "kind", "fsxctlVersion", "cluster", "startedAt", "durationMs", "exitCode", "items"]
    {
        assert!(document.get(name).is_some(), "{name} is not in {document}");
    }
    let one = world.run(&["permissions", "setup network --cluster hp-eks"]);
    let several = world.fsxctl("permissions setup network --cluster hp-eks");
    assert_eq!(one.stdout, several.stdout, "one argument says the same");
    let run = world.fsxctl("permissions version");
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl permissions version
    code 0
    -- stdout
    fsxctl version needs no permission.
    -- no write
    ");
    let run = world.fsxctl("permissions setup everything");
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl permissions setup everything
    code 2
    -- stderr
    error: `setup everything` is no command line: unrecognized subcommand 'everything'
    next: fsxctl permissions setup dynamic
    -- no write
    ");
}

/// The road by Helm, and the ways from one road to another.
#[test]
fn helm_and_migrations_need_what_is_printed_for_them() {
    let pods = "setup dynamic --yes -q --cluster hp-eks --identity pod-identity";
    for (layers, before, command) in [
        (&["bare"][..], "", "setup dynamic --driver helm --identity irsa"),
        (&["bare", AGENT], "", "setup dynamic --driver helm --identity pod-identity"),
        (&["bare"], "setup dynamic --yes -q --driver helm", "migrate driver --to addon"),
        (&["bare"], "setup dynamic --yes -q", "migrate driver --to helm"),
        (&["bare", AGENT], "setup dynamic --yes -q --identity irsa", "migrate identity --to pod-identity"),
        (&["bare", AGENT], pods, "migrate identity --to irsa"),
        (
            &["bare", AGENT],
            "setup dynamic --yes -q --driver helm --identity irsa",
            "migrate identity --to pod-identity",
        ),
        (
            &["bare", AGENT],
            "setup dynamic --yes -q --driver helm --identity pod-identity",
            "migrate identity --to irsa",
        ),
        (
            &["bare"],
            "setup driver --yes -q --driver-version v1.8.0-eksbuild.2",
            "setup driver --upgrade --identity none",
        ),
    ] {
        let printed = printed(&format!("{command} --cluster hp-eks"));
        let base = World::of(layers).with_helm();
        if !before.is_empty() {
            let run = base.fsxctl(before);
            assert_eq!(run.code, Some(0), "{}", run.show());
        }
        let snapshot = base.sandbox.snapshot();
        let world = world(&[&snapshot], &printed["iamPolicy"], &printed["clusterRole"]).with_helm();
        let run = world.fsxctl(&format!("{command} --cluster hp-eks --yes -q"));
        assert!(is_whole(&run), "{before}, then {}", run.show());
        assert!(!run.writes().is_empty(), "{before}, then {}", run.show());
    }
}

#[test]
fn a_verification_needs_what_is_printed_for_it() {
    let printed = printed("verify --cluster hp-eks");
    let policy = &printed["iamPolicy"];
    let allowed = world(&["done"], policy, &printed["clusterRole"]);
    let run = allowed.fsxctl("verify --cluster hp-eks --yes -q");
    assert!(is_whole(&run), "{}", run.show());
    // What keeps nodes and file system apart is found with it too.
    let shut = "aws: {ec2: {SecurityGroups: [{GroupId: sg-0b10000000000000b, IpPermissions: []}]}}";
    let run =
        world(&["done", shut], policy, &printed["clusterRole"]).fsxctl("verify --cluster hp-eks --yes -q");
    assert!(run.code == Some(3) && run.stdout.contains("security groups keep them apart"), "{}", run.show());
    // Nothing of what is always needed can be left out.
    for item in items(&printed).iter().filter(|item| item["usage"] == "always") {
        // A right on all namespaces is one on the claim's too.
        let same = |other: &Value, key: &str| other["rbac"][key] == item["rbac"][key];
        let covers = |other: &Value| {
            other == item || (item["rbac"].is_object() && same(other, "verb") && same(other, "resource"))
        };
        let (policy, roles) = without(&printed, covers);
        let run = world(&["done"], &policy, &roles).fsxctl("verify --cluster hp-eks --yes -q");
        assert_eq!(run.code, Some(5), "{item}\n{}", run.show());
    }
    let everywhere = self::printed("verify --cleanup-only -A --cluster hp-eks");
    let run = world(&["done"], &everywhere["iamPolicy"], &everywhere["clusterRole"])
        .fsxctl("verify --cleanup-only -A --cluster hp-eks --yes -q");
    assert!(is_whole(&run), "{}", run.show());
}

#[test]
fn images_of_a_cluster_need_what_is_printed_for_them() {
    let printed = printed("images --cluster hp-eks");
    let world = world(&["ready"], &printed["iamPolicy"], &printed["clusterRole"]);
    let run = world.fsxctl("images --cluster hp-eks -q");
    assert!(is_whole(&run) && run.requests.len() >= 3, "{}", run.show());
    assert_eq!(self::printed("images")["items"], json!([]));
}
