//! The table: one row for each thing that is done.

use super::Use::{Always, Optional, When};
use super::row::{Ask, Named, On, Place, Row};
use super::{BindTask, Migration, Task, Use, Verification};

/// The API group of roles.
const RBAC: &str = "rbac.authorization.k8s.io";

/// Needed when the identity matters: the driver step gives it to the controller.
fn identity(task: &Task) -> bool {
    (task.parts.identity || task.parts.driver) && task.bind.is_none()
}

/// Needed when the driver is looked at as a whole.
fn whole_driver(task: &Task) -> bool {
    task.parts.identity || task.parts.driver
}

/// Needed for the way between nodes and file systems. For one that is there, what is hidden is told and stops nothing.
fn way(task: &Task, usage: Use) -> Option<Use> {
    if task.bind.is_some() {
        let looks = task.bind.as_ref().is_some_and(|bind| !bind.removes);
        return if_so(looks, Optional("whether nodes reach the file system is not told"));
    }
    if_so(task.parts.network || task.parts.storage, usage)
}

fn bind(task: &Task, which: fn(&BindTask) -> bool) -> bool {
    task.bind.as_ref().is_some_and(which)
}

/// Volume and claim of a file system that is there are made.
fn binds(task: &Task) -> bool {
    bind(task, |bind| !bind.removes)
}

/// Needed for the nodes' groups; without a network, only whether their roles let Pod Identity work.
fn hyperpod(task: &Task, usage: Use) -> Option<Use> {
    if task.bind.is_some() || task.parts.network || task.parts.storage {
        return way(task, usage);
    }
    if_so(
        identity(task) && task.pod_identity,
        Optional("nodes of HyperPod are taken to let Pod Identity work"),
    )
}

/// Whether a release is made or upgraded.
fn installs_by_helm(task: &Task) -> bool {
    task.parts.driver && task.helm
}

/// What a release needs, and what taking one away needs.
fn by_helm(task: &Task, usage: Use) -> Option<Use> {
    let leaves = task.migration == Some(Migration::ToAddon) || task.upgrade;
    if installs_by_helm(task) { Some(usage) } else { if_so(leaves, When("the driver is a Helm release")) }
}

fn takes_away(task: &Task) -> Option<Use> {
    if task.migration == Some(Migration::ToAddon) {
        return Some(When("the driver is a Helm release, or was installed by manifests"));
    }
    if_so(installs_by_helm(task), When("a release that was left half made is mended"))
}

fn changes_identity(task: &Task) -> bool {
    matches!(task.migration, Some(Migration::ToIrsa | Migration::ToPodIdentity))
}

/// What `status` does without a permission.
const UNSEEN: Use = Optional("a ? line says what cannot be seen");

/// What `doctor` does without a permission.
const UNCHECKED: Use = Optional("the checks that look at it say that they could not");

/// Needed to show the state.
fn status(task: &Task) -> Option<Use> {
    if_so(task.status.is_some(), if task.doctor { UNCHECKED } else { UNSEEN })
}

/// Needed to diagnose it.
fn doctor(task: &Task) -> Option<Use> {
    if_so(task.doctor, UNCHECKED)
}

/// Needed to try a claim.
fn tries(task: &Task, usage: Use) -> Option<Use> {
    if_so(task.verify == Some(Verification::Claim), usage)
}

/// Needed to remove what a verification made, in the claim's namespace.
fn removes(task: &Task) -> Option<Use> {
    if_so(matches!(task.verify, Some(Verification::Claim | Verification::CleanUp)), Always)
}

fn if_so(is: bool, usage: Use) -> Option<Use> {
    is.then_some(usage)
}

/// Every row.
pub const ROWS: &[Row] = &[
    Row {
        purpose: "find the cluster",
        when: |task| Some(status(task).unwrap_or(Always)),
        ask: Ask::Iam(&["eks:DescribeCluster"], On::Cluster),
    },
    Row {
        purpose: "find the Region's only cluster",
        when: |task| if_so(task.cluster.is_none(), When("no cluster is named")),
        ask: Ask::Iam(&["eks:ListClusters"], On::Any),
    },
    Row {
        purpose: "act as another Kubernetes user",
        when: |task| if_so(task.as_user.is_some(), Always),
        ask: Ask::Rbac(&["impersonate"], "", "users", Named::User, Place::Everywhere),
    },
    Row {
        purpose: "read the images that run",
        when: |task| if_so(task.images, Always),
        ask: Ask::Rbac(&["list"], "apps", "deployments", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "read the images that run",
        when: |task| if_so(task.images, Always),
        ask: Ask::Rbac(&["list"], "apps", "daemonsets", Named::All, Place::Everywhere),
    },
    // Identity: what is there.
    Row {
        purpose: "see the driver's add-on and the Pod Identity agent",
        when: |task| if_so(whole_driver(task), Always),
        ask: Ask::Iam(&["eks:DescribeAddon"], On::Addons),
    },
    Row {
        purpose: "see the controller's association",
        when: |task| if_so(identity(task), Always),
        ask: Ask::Iam(&["eks:ListPodIdentityAssociations"], On::Cluster),
    },
    Row {
        purpose: "see the controller's association",
        when: |task| {
            let only_pods = task.pod_identity && !task.irsa;
            if_so(identity(task), if only_pods { Always } else { When("there is an association") })
        },
        ask: Ask::Iam(&["eks:DescribePodIdentityAssociation"], On::Associations),
    },
    Row {
        purpose: "see the cluster's OIDC provider",
        when: |task| {
            let only_pods = task.pod_identity && !task.irsa;
            let usage = if only_pods { When("the controller has a role by IRSA") } else { Always };
            if_so(identity(task), usage)
        },
        ask: Ask::Iam(&["iam:GetOpenIDConnectProvider"], On::Providers),
    },
    Row {
        purpose: "see the driver's role, and FSx's service-linked role",
        when: |task| if_so(identity(task), Always),
        ask: Ask::Iam(&["iam:GetRole"], On::Roles),
    },
    Row {
        purpose: "judge what the role allows",
        when: |task| if_so(identity(task), Always),
        ask: Ask::Iam(&["iam:GetRolePolicy"], On::Roles),
    },
    Row {
        purpose: "judge what else the role allows",
        when: |task| {
            let usage =
                if task.role.attaches { Always } else { When("the role lacks fsxctl's inline policy") };
            if_so(identity(task), usage)
        },
        ask: Ask::Iam(&["iam:ListRolePolicies", "iam:ListAttachedRolePolicies"], On::Roles),
    },
    Row {
        purpose: "judge policies that are attached to the role",
        when: |task| if_so(identity(task), When("the role has policies of the account attached")),
        ask: Ask::Iam(&["iam:GetPolicy", "iam:GetPolicyVersion"], On::Policies),
    },
    Row {
        purpose: "judge whether the nodes let Pod Identity work",
        when: |task| {
            let without = "node groups of EC2 are taken to let it work";
            if_so(identity(task) && task.pod_identity, Optional(without))
        },
        ask: Ask::Iam(&["eks:DescribeNodegroup"], On::NodeGroups),
    },
    Row {
        purpose: "see the controller's service account",
        when: |task| if_so(whole_driver(task), Always),
        ask: Ask::Rbac(&["get"], "", "serviceaccounts", Named::Account, Place::Account),
    },
    // Identity: what is made.
    Row {
        purpose: "tell IAM of the cluster's issuer",
        when: |task| if_so(task.parts.identity && task.irsa, Always),
        ask: Ask::Iam(&["iam:CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider"], On::Providers),
    },
    Row {
        purpose: "tell IAM of the audience",
        when: |task| if_so(task.parts.identity && task.irsa, When("the provider lacks the audience")),
        ask: Ask::Iam(&["iam:AddClientIDToOpenIDConnectProvider"], On::Providers),
    },
    Row {
        purpose: "make the driver's role",
        when: |task| if_so(task.parts.identity && task.role.made, Always),
        ask: Ask::Iam(&["iam:CreateRole", "iam:TagRole"], On::Role),
    },
    // UNCONFIRMED: that CreateRole with a boundary asks for this action too; it is harmless if it does not.
    Row {
        purpose: "give the role its permissions boundary",
        when: |task| {
            let usage = When("the account asks for it when a role is made with a boundary");
            if_so(task.parts.identity && task.role.boundary, usage)
        },
        ask: Ask::Iam(&["iam:PutRolePermissionsBoundary"], On::Role),
    },
    Row {
        purpose: "write the role's inline policy",
        when: |task| {
            let usage = if task.role.made { Always } else { When("the role allows too little") };
            if_so(task.parts.identity && !task.role.attaches, usage)
        },
        ask: Ask::Iam(&["iam:PutRolePolicy"], On::Role),
    },
    Row {
        purpose: "attach the asked-for policy to the role",
        when: |task| if_so(task.parts.identity && task.role.attaches, Always),
        ask: Ask::Iam(&["iam:AttachRolePolicy"], On::Role),
    },
    Row {
        purpose: "let the controller into a role that is there",
        when: |task| if_so(task.parts.identity, When("the role is there and does not trust the controller")),
        ask: Ask::Iam(&["iam:UpdateAssumeRolePolicy"], On::Role),
    },
    Row {
        purpose: "associate the role with the controller's service account",
        when: |task| {
            let by_addon = task.parts.driver && task.addon;
            let alone = task.parts.identity && !by_addon;
            if_so((by_addon || alone) && task.pod_identity, Always)
        },
        ask: Ask::Iam(&["eks:CreatePodIdentityAssociation"], On::Cluster),
    },
    Row {
        purpose: "tag the association",
        when: |task| if_so(task.parts.identity && task.pod_identity, When("the driver is there already")),
        ask: Ask::Iam(&["eks:TagResource"], On::Associations),
    },
    // UNCONFIRMED for the role of an add-on's service account; confirmed for Pod Identity
    // (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html).
    Row {
        purpose: "hand the role to EKS",
        when: |task| {
            let hands = task.parts.driver && task.addon || task.parts.identity && task.pod_identity;
            if hands && (task.irsa || task.pod_identity) {
                return Some(Always);
            }
            if_so(changes_identity(task) || task.upgrade, When("the driver is an add-on"))
        },
        ask: Ask::Iam(&["iam:PassRole"], On::Role),
    },
    // Driver.
    Row {
        purpose: "choose a build of the add-on",
        when: |task| if_so(task.parts.driver && task.addon, Always),
        ask: Ask::Iam(&["eks:DescribeAddonVersions"], On::Any),
    },
    Row {
        purpose: "see what the build can be configured with",
        when: |task| {
            let without =
                "the add-on is installed without the Region, which its pods then look up themselves";
            if_so(task.parts.driver && task.addon, Optional(without))
        },
        ask: Ask::Iam(&["eks:DescribeAddonConfiguration"], On::Any),
    },
    Row {
        purpose: "see the CSIDriver",
        when: |task| {
            let usage = Optional("the driver is taken to be installed");
            if binds(task) && !task.parts.driver { Some(usage) } else { if_so(task.parts.driver, Always) }
        },
        ask: Ask::Rbac(
            &["get"],
            "storage.k8s.io",
            "csidrivers",
            Named::As("fsx.csi.aws.com"),
            Place::Everywhere,
        ),
    },
    Row {
        purpose: "see the controller",
        when: |task| if_so(whole_driver(task), Always),
        ask: Ask::Rbac(&["get"], "apps", "deployments", Named::As("fsx-csi-controller"), Place::Driver),
    },
    Row {
        purpose: "see the node plugin",
        when: |task| {
            if_so(task.parts.driver || binds(task), Optional("how many of its pods are ready is not told"))
        },
        ask: Ask::Rbac(&["get"], "apps", "daemonsets", Named::As("fsx-csi-node"), Place::Driver),
    },
    Row {
        purpose: "see whether the controller's pods have the role",
        when: |task| {
            if_so(whole_driver(task), Optional("pods that are older than the role are not restarted"))
        },
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Driver),
    },
    Row {
        purpose: "install the add-on",
        when: |task| if_so(task.parts.driver && task.addon, Always),
        ask: Ask::Iam(&["eks:CreateAddon"], On::Cluster),
    },
    Row {
        purpose: "tag the add-on",
        when: |task| if_so(task.parts.driver && task.addon, Always),
        ask: Ask::Iam(&["eks:TagResource"], On::Addons),
    },
    Row {
        purpose: "give the role to an add-on that is there",
        when: |task| if_so(task.parts.driver && task.irsa, When("the add-on has no or another role")),
        ask: Ask::Iam(&["eks:UpdateAddon"], On::Addons),
    },
    Row {
        purpose: "restart the controller",
        when: |task| if_so(identity(task), When("its pods are older than its role")),
        ask: Ask::Rbac(&["patch"], "apps", "deployments", Named::As("fsx-csi-controller"), Place::Driver),
    },
    // Helm.
    Row {
        purpose: "keep the record of the release, as helm does",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(
            &["create", "delete", "get", "list", "update"],
            "",
            "secrets",
            Named::All,
            Place::Driver,
        ),
    },
    Row {
        purpose: "make and change the chart's objects",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(&["create", "get", "patch"], "", "serviceaccounts", Named::All, Place::Driver),
    },
    Row {
        purpose: "make and change the chart's objects",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(&["create", "get", "patch"], "apps", "deployments", Named::All, Place::Driver),
    },
    Row {
        purpose: "make and change the chart's objects",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(&["create", "get", "patch"], "apps", "daemonsets", Named::All, Place::Driver),
    },
    Row {
        purpose: "make and change the chart's objects",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(
            &["create", "get", "patch"],
            "policy",
            "poddisruptionbudgets",
            Named::All,
            Place::Driver,
        ),
    },
    Row {
        purpose: "make and change the chart's objects",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(&["create", "get", "patch"], RBAC, "clusterroles", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "make and change the chart's objects",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(
            &["create", "get", "patch"],
            RBAC,
            "clusterrolebindings",
            Named::All,
            Place::Everywhere,
        ),
    },
    Row {
        purpose: "make and change the chart's objects",
        when: |task| by_helm(task, Always),
        ask: Ask::Rbac(
            &["create", "get", "patch"],
            "storage.k8s.io",
            "csidrivers",
            Named::All,
            Place::Everywhere,
        ),
    },
    Row {
        purpose: "take the chart's objects away",
        when: |task| takes_away(task),
        ask: Ask::Rbac(&["delete"], "", "serviceaccounts", Named::All, Place::Driver),
    },
    Row {
        purpose: "take the chart's objects away",
        when: |task| takes_away(task),
        ask: Ask::Rbac(&["delete"], "apps", "deployments", Named::All, Place::Driver),
    },
    Row {
        purpose: "take the chart's objects away",
        when: |task| takes_away(task),
        ask: Ask::Rbac(&["delete"], "apps", "daemonsets", Named::All, Place::Driver),
    },
    Row {
        purpose: "take the chart's objects away",
        when: |task| takes_away(task),
        ask: Ask::Rbac(&["delete"], "policy", "poddisruptionbudgets", Named::All, Place::Driver),
    },
    Row {
        purpose: "take the chart's objects away",
        when: |task| takes_away(task),
        ask: Ask::Rbac(&["delete"], RBAC, "clusterroles", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "take the chart's objects away",
        when: |task| takes_away(task),
        ask: Ask::Rbac(&["delete"], RBAC, "clusterrolebindings", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "take the chart's objects away",
        when: |task| takes_away(task),
        ask: Ask::Rbac(&["delete"], "storage.k8s.io", "csidrivers", Named::All, Place::Everywhere),
    },
    // https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
    Row {
        purpose: "give the driver's service accounts the chart's roles",
        when: |task| {
            if_so(installs_by_helm(task), When("the caller does not hold all that these roles allow"))
        },
        ask: Ask::Rbac(&["bind", "escalate"], RBAC, "clusterroles", Named::All, Place::Everywhere),
    },
    // Migrations.
    Row {
        purpose: "take the add-on away",
        when: |task| if_so(task.migration == Some(Migration::ToHelm), Always),
        ask: Ask::Iam(&["eks:DeleteAddon"], On::Addons),
    },
    Row {
        purpose: "change how the add-on gets its role",
        when: |task| if_so(changes_identity(task), When("the driver is an add-on")),
        ask: Ask::Iam(&["eks:UpdateAddon"], On::Addons),
    },
    Row {
        purpose: "change how the add-on gets its role",
        when: |task| if_so(changes_identity(task), When("the driver is an add-on")),
        ask: Ask::Iam(&["eks:UpdatePodIdentityAssociation"], On::Cluster),
    },
    Row {
        purpose: "take the association away",
        when: |task| if_so(task.migration == Some(Migration::ToIrsa), When("the add-on does not own it")),
        ask: Ask::Iam(&["eks:DeletePodIdentityAssociation"], On::Associations),
    },
    Row {
        purpose: "annotate the controller's service account",
        when: |task| if_so(changes_identity(task), When("the driver is a Helm release")),
        ask: Ask::Rbac(&["create", "patch"], "", "serviceaccounts", Named::All, Place::Account),
    },
    Row {
        purpose: "see the Helm release of the driver",
        when: |task| if_so(changes_identity(task) || task.upgrade, When("the driver is a Helm release")),
        ask: Ask::Rbac(&["list"], "", "secrets", Named::All, Place::Driver),
    },
    Row {
        purpose: "bring the add-on to another version",
        when: |task| if_so(task.upgrade, When("the driver is an add-on")),
        ask: Ask::Iam(&["eks:UpdateAddon"], On::Addons),
    },
    // Network.
    Row {
        purpose: "see subnets, security groups and the cluster's instances",
        when: |task| way(task, Always),
        ask: Ask::Iam(
            &["ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"],
            On::Any,
        ),
    },
    Row {
        purpose: "tell private subnets from public ones",
        when: |task| {
            let usage = Optional("whether the subnet is private cannot be told");
            way(task, usage)
        },
        ask: Ask::Iam(&["ec2:DescribeRouteTables"], On::Any),
    },
    Row {
        purpose: "see which groups file systems wear",
        when: |task| way(task, When("there are file systems")),
        ask: Ask::Iam(&["ec2:DescribeNetworkInterfaces"], On::Any),
    },
    Row {
        purpose: "read prefix lists that rules name",
        when: |task| way(task, When("a rule names a prefix list")),
        ask: Ask::Iam(&["ec2:GetManagedPrefixListEntries"], On::Any),
    },
    Row {
        purpose: "find the HyperPod clusters of the EKS cluster",
        when: |task| hyperpod(task, Always),
        ask: Ask::Iam(&["sagemaker:ListClusters"], On::Any),
    },
    Row {
        purpose: "see the groups of HyperPod's nodes",
        when: |task| hyperpod(task, When("there are HyperPod clusters")),
        ask: Ask::Iam(&["sagemaker:DescribeCluster"], On::HyperPods),
    },
    Row {
        purpose: "see file systems that are there",
        when: |task| {
            let usage =
                When("the cluster has volumes, or volumes cannot be seen; else a ? line says it is hidden");
            if binds(task) { Some(Always) } else { if_so(task.parts.network || task.parts.storage, usage) }
        },
        ask: Ask::Iam(&["fsx:DescribeFileSystems"], On::Any),
    },
    Row {
        purpose: "see the nodes and their zones",
        when: |task| way(task, Always),
        ask: Ask::Rbac(&["list"], "", "nodes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see volumes that are there",
        when: |task| {
            let usage =
                When("there are file systems, or they cannot be seen; else a ? line says it is hidden");
            match &task.bind {
                Some(bind) if bind.removes || !bind.is_named => Some(Always),
                Some(_) => Some(Optional("a name that is taken is found out when it is made")),
                None => if_so(task.parts.network || task.parts.storage, usage),
            }
        },
        ask: Ask::Rbac(&["list"], "", "persistentvolumes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "make a security group",
        when: |task| {
            let usage = if task.new_group { Always } else { When("no group that is there fits") };
            if_so(task.parts.network && task.any_group, usage)
        },
        ask: Ask::Iam(&["ec2:CreateSecurityGroup"], On::NewGroup),
    },
    Row {
        purpose: "tag a new security group",
        when: |task| {
            let usage = if task.new_group { Always } else { When("no group that is there fits") };
            if_so(task.parts.network && task.any_group, usage)
        },
        ask: Ask::Iam(&["ec2:CreateTags"], On::GroupTags),
    },
    Row {
        purpose: "let Lustre in",
        when: |task| {
            let opens = bind(task, |bind| bind.opens);
            if opens { Some(When("ports are closed")) } else { if_so(task.parts.network, Always) }
        },
        ask: Ask::Iam(&["ec2:AuthorizeSecurityGroupIngress"], On::Groups),
    },
    Row {
        purpose: "tag new rules",
        when: |task| {
            let opens = bind(task, |bind| bind.opens);
            if opens { Some(When("ports are closed")) } else { if_so(task.parts.network, Always) }
        },
        ask: Ask::Iam(&["ec2:CreateTags"], On::RuleTags),
    },
    Row {
        purpose: "let Lustre out",
        when: |task| {
            let opens = bind(task, |bind| bind.opens);
            if_so(task.parts.network || opens, When("a group does not let everything out"))
        },
        ask: Ask::Iam(&["ec2:AuthorizeSecurityGroupEgress"], On::Groups),
    },
    // Storage.
    Row {
        purpose: "see the StorageClass",
        when: |task| if_so(task.parts.network || task.parts.storage, Always),
        ask: Ask::Rbac(&["get"], "storage.k8s.io", "storageclasses", Named::Class, Place::Everywhere),
    },
    Row {
        purpose: "make the StorageClass",
        when: |task| if_so(task.parts.storage, Always),
        ask: Ask::Rbac(&["create"], "storage.k8s.io", "storageclasses", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "change the StorageClass",
        when: |task| if_so(task.parts.storage, When("it is fsxctl's and mount options or expansion differ")),
        ask: Ask::Rbac(&["patch"], "storage.k8s.io", "storageclasses", Named::Class, Place::Everywhere),
    },
    Row {
        purpose: "see the claim's namespace",
        when: |task| {
            let usage =
                if task.new_namespace { Always } else { Optional("the namespace is taken to be there") };
            if_so(task.parts.storage || bind(task, |bind| !bind.namespaces.is_empty()), usage)
        },
        ask: Ask::Rbac(&["get"], "", "namespaces", Named::Namespace, Place::Everywhere),
    },
    Row {
        purpose: "make the claim's namespace",
        when: |task| {
            if_so(
                (task.parts.storage || binds(task)) && task.new_namespace,
                When("the namespace is not there"),
            )
        },
        ask: Ask::Rbac(&["create"], "", "namespaces", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see the claim",
        when: |task| if_so(task.parts.storage || task.bind.is_some(), Always),
        ask: Ask::Rbac(&["get"], "", "persistentvolumeclaims", Named::Claim, Place::Claim),
    },
    Row {
        purpose: "make the claim",
        when: |task| if_so(task.parts.storage || binds(task), Always),
        ask: Ask::Rbac(&["create"], "", "persistentvolumeclaims", Named::All, Place::Claim),
    },
    Row {
        purpose: "enlarge the claim",
        when: |task| if_so(task.parts.storage, When("it is there and a larger size is asked for")),
        ask: Ask::Rbac(&["patch"], "", "persistentvolumeclaims", Named::Claim, Place::Claim),
    },
    Row {
        purpose: "notice at once when the claim is Bound",
        when: |task| {
            if_so(
                (task.parts.storage || binds(task)) && task.waits,
                Optional("the claim is asked for now and then"),
            )
        },
        ask: Ask::Rbac(&["list", "watch"], "", "persistentvolumeclaims", Named::All, Place::Claim),
    },
    Row {
        purpose: "tell why the claim is not Bound yet",
        when: |task| {
            if_so(
                (task.parts.storage || binds(task)) && task.waits,
                Optional("the driver's words are not told"),
            )
        },
        ask: Ask::Rbac(&["list", "watch"], "", "events", Named::All, Place::Claim),
    },
    // A file system that is there already.
    Row {
        purpose: "find the namespaces that carry the labels",
        when: |task| if_so(bind(task, |bind| bind.namespaces.is_empty()), Always),
        ask: Ask::Rbac(&["list"], "", "namespaces", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "make the volume",
        when: |task| if_so(binds(task), Always),
        ask: Ask::Rbac(&["create"], "", "persistentvolumes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "change a volume that is there",
        when: |task| if_so(binds(task), When("it is used again, or other mount options are asked for")),
        ask: Ask::Rbac(&["patch"], "", "persistentvolumes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see which pods use the claim",
        when: |task| if_so(bind(task, |bind| bind.removes), Always),
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Claim),
    },
    Row {
        purpose: "take the volume away",
        when: |task| if_so(bind(task, |bind| bind.removes), Always),
        ask: Ask::Rbac(&["delete"], "", "persistentvolumes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "take the claim away",
        when: |task| if_so(bind(task, |bind| bind.removes), Always),
        ask: Ask::Rbac(&["delete"], "", "persistentvolumeclaims", Named::Claim, Place::Claim),
    },
    // State.
    Row {
        purpose: "show the driver's add-on and the Pod Identity agent",
        when: status,
        ask: Ask::Iam(&["eks:DescribeAddon"], On::Addons),
    },
    Row {
        purpose: "show who the controller is",
        when: status,
        ask: Ask::Iam(&["eks:ListPodIdentityAssociations"], On::Cluster),
    },
    Row {
        purpose: "show who the controller is",
        when: status,
        ask: Ask::Iam(&["eks:DescribePodIdentityAssociation"], On::Associations),
    },
    Row {
        purpose: "show who the controller is",
        when: status,
        ask: Ask::Iam(&["iam:GetOpenIDConnectProvider"], On::Providers),
    },
    Row {
        purpose: "judge what the controller's role allows",
        when: status,
        ask: Ask::Iam(
            &["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
            On::Roles,
        ),
    },
    Row {
        purpose: "judge what the controller's role allows",
        when: status,
        ask: Ask::Iam(&["iam:GetPolicy", "iam:GetPolicyVersion"], On::Policies),
    },
    Row {
        purpose: "judge whether the nodes let Pod Identity work",
        when: status,
        ask: Ask::Iam(&["eks:DescribeNodegroup"], On::NodeGroups),
    },
    Row {
        purpose: "show newer builds of the add-on",
        when: status,
        ask: Ask::Iam(&["eks:DescribeAddonVersions"], On::Any),
    },
    Row {
        purpose: "show file systems, and whether the nodes reach them",
        when: status,
        ask: Ask::Iam(
            &[
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:GetManagedPrefixListEntries",
                "fsx:DescribeFileSystems",
                "sagemaker:ListClusters",
            ],
            On::Any,
        ),
    },
    Row {
        purpose: "show the groups of HyperPod's nodes",
        when: status,
        ask: Ask::Iam(&["sagemaker:DescribeCluster"], On::HyperPods),
    },
    Row {
        purpose: "show the nodes",
        when: status,
        ask: Ask::Rbac(&["list"], "", "nodes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "show the driver",
        when: status,
        ask: Ask::Rbac(
            &["get"],
            "storage.k8s.io",
            "csidrivers",
            Named::As("fsx.csi.aws.com"),
            Place::Everywhere,
        ),
    },
    Row {
        purpose: "show the driver",
        when: status,
        ask: Ask::Rbac(&["get"], "apps", "deployments", Named::As("fsx-csi-controller"), Place::Driver),
    },
    Row {
        purpose: "show the driver",
        when: status,
        ask: Ask::Rbac(&["get"], "apps", "daemonsets", Named::As("fsx-csi-node"), Place::Driver),
    },
    Row {
        purpose: "show whether the controller's pods have its role",
        when: status,
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Driver),
    },
    Row {
        purpose: "show who the controller is",
        when: status,
        ask: Ask::Rbac(&["get"], "", "serviceaccounts", Named::Account, Place::Account),
    },
    Row {
        purpose: "show the Helm release of the driver",
        when: |task| {
            if_so(task.status.is_some(), Optional("a ? line says so, when the driver is a Helm release"))
        },
        ask: Ask::Rbac(&["list"], "", "secrets", Named::All, Place::Driver),
    },
    Row {
        purpose: "show the classes of the driver",
        when: status,
        ask: Ask::Rbac(&["list"], "storage.k8s.io", "storageclasses", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "show volumes",
        when: status,
        ask: Ask::Rbac(&["list"], "", "persistentvolumes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "show claims",
        when: status,
        ask: Ask::Rbac(&["list"], "", "persistentvolumeclaims", Named::All, Place::Status),
    },
    Row {
        purpose: "show the pods that use them",
        when: status,
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Status),
    },
    // Diagnosis.
    Row {
        purpose: "tell what of the VPC keeps nodes and file systems apart, and its names from being resolved",
        when: doctor,
        ask: Ask::Iam(
            &[
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkAcls",
                "ec2:DescribeRouteTables",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcEndpoints",
                "ec2:DescribeVpcs",
            ],
            On::Any,
        ),
    },
    Row {
        purpose: "read what the cluster warns of",
        when: doctor,
        ask: Ask::Rbac(&["list"], "", "events", Named::All, Place::Events),
    },
    Row {
        purpose: "find every copy of the driver",
        when: doctor,
        ask: Ask::Rbac(&["list"], "apps", "deployments", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "find every copy of the driver",
        when: doctor,
        ask: Ask::Rbac(&["list"], "apps", "daemonsets", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see where the driver's pods are and what ails them",
        when: doctor,
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see which nodes know the driver",
        when: doctor,
        ask: Ask::Rbac(&["list"], "storage.k8s.io", "csinodes", Named::All, Place::Everywhere),
    },
    // Only whether it is there: the answer holds no object.
    Row {
        purpose: "see whether static keys go before the controller's role",
        when: doctor,
        ask: Ask::Rbac(&["get"], "", "secrets", Named::As("aws-secret"), Place::Driver),
    },
    // Verification.
    Row {
        purpose: "tell causes by the file system's fields",
        when: |task| tries(task, Optional("causes are told without the file system")),
        ask: Ask::Iam(&["fsx:DescribeFileSystems"], On::Any),
    },
    Row {
        purpose: "choose nodes",
        when: |task| tries(task, Always),
        ask: Ask::Rbac(&["list"], "", "nodes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see the claim that is tried",
        when: |task| tries(task, Always),
        ask: Ask::Rbac(&["get"], "", "persistentvolumeclaims", Named::Claim, Place::Claim),
    },
    Row {
        purpose: "tell causes by the volume's fields, and whether it is read-only",
        when: |task| tries(task, Optional("causes are told without the volume, and it is written to")),
        ask: Ask::Rbac(&["get"], "", "persistentvolumes", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see the namespace's Pod Security level",
        when: |task| tries(task, Optional("admission says no when it has to")),
        ask: Ask::Rbac(&["get"], "", "namespaces", Named::Namespace, Place::Everywhere),
    },
    Row {
        purpose: "see on which nodes the driver runs",
        when: |task| tries(task, Optional("a cause says less")),
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "make the pods",
        when: |task| tries(task, Always),
        ask: Ask::Rbac(&["create"], "batch", "jobs", Named::All, Place::Claim),
    },
    Row {
        purpose: "remove the pods",
        when: removes,
        ask: Ask::Rbac(&["list", "delete"], "batch", "jobs", Named::All, Place::Claim),
    },
    Row {
        purpose: "see what the pods come to, and that they are gone",
        when: removes,
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Claim),
    },
    Row {
        purpose: "notice at once what the pods come to",
        when: |task| tries(task, Optional("pods are asked for now and then")),
        ask: Ask::Rbac(&["watch"], "", "pods", Named::All, Place::Claim),
    },
    Row {
        purpose: "read figures and words of the pods",
        when: |task| tries(task, Optional("there are no figures and no words of the pods")),
        ask: Ask::Rbac(&["get"], "", "pods/log", Named::All, Place::Claim),
    },
    Row {
        purpose: "tell why a mount fails",
        when: |task| tries(task, Optional("a failed mount is told without its errno")),
        ask: Ask::Rbac(&["list", "watch"], "", "events", Named::All, Place::Claim),
    },
    Row {
        purpose: "tell which security group keeps nodes and file system apart",
        when: |task| tries(task, Optional("a mount that nobody answers is told without it")),
        ask: Ask::Iam(
            &[
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:GetManagedPrefixListEntries",
                "sagemaker:ListClusters",
            ],
            On::Any,
        ),
    },
    Row {
        purpose: "tell which security group keeps nodes and file system apart",
        when: |task| tries(task, Optional("a mount that nobody answers is told without it")),
        ask: Ask::Iam(&["sagemaker:DescribeCluster"], On::HyperPods),
    },
    Row {
        purpose: "remove the pods of every namespace",
        when: |task| if_so(task.verify == Some(Verification::CleanUpEverywhere), Always),
        ask: Ask::Rbac(&["list", "delete"], "batch", "jobs", Named::All, Place::Everywhere),
    },
    Row {
        purpose: "see that the pods of every namespace are gone",
        when: |task| if_so(task.verify == Some(Verification::CleanUpEverywhere), Always),
        ask: Ask::Rbac(&["list"], "", "pods", Named::All, Place::Everywhere),
    },
];
