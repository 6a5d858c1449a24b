//! A row of the table, and how a task fills it in.

use super::{DRIVER_NAMESPACE, IamNeed, RbacNeed, Right, Task, Use};

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What it is for.
    pub purpose: &'static str,
    /// Whether a task needs it, and how much.
    pub(super) when: fn(&Task) -> Option<Use>,
    pub(super) ask: Ask,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    /// Actions of one service, on resources.
    Iam(&'static [&'static str], On),
    /// Verbs, API group, resource, names, place.
    Rbac(&'static [&'static str], &'static str, &'static str, Named, Place),
}

/// What an action is allowed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// The action takes no resource, or the call names none.
    Any,
    Cluster,
    Addons,
    Associations,
    NodeGroups,
    HyperPods,
    /// The driver's role.
    Role,
    /// Roles that others made: their names are not known.
    Roles,
    Policies,
    Providers,
    Groups,
    /// A new group, and the VPC that it is in.
    NewGroup,
    /// Tags of a new group.
    GroupTags,
    /// Tags of new rules.
    RuleTags,
}

/// Which objects a verb is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    All,
    As(&'static str),
    Account,
    Class,
    Claim,
    Namespace,
    User,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Everywhere,
    Driver,
    Account,
    Claim,
    /// The namespace whose state is read; none: all.
    Status,
    /// The same, with those of the driver and of what has no namespace.
    Events,
}

impl Row {
    /// Its permissions for a task.
    pub(super) fn rights(&self, task: &Task) -> Vec<Right> {
        match self.ask {
            Ask::Iam(actions, on) => {
                let (resources, only_with) = (on.arns(task), on.only_with());
                let need = |action: &&str| {
                    let (resources, only_with) = (resources.clone(), only_with.clone());
                    Right::Iam(IamNeed { action: (*action).to_owned(), resources, only_with })
                };
                actions.iter().map(need).collect()
            }
            Ask::Rbac(verbs, group, resource, named, place) => {
                let need = |verb: &&str, namespace: Option<String>| {
                    Right::Rbac(RbacNeed {
                        verb: (*verb).to_owned(),
                        group: group.to_owned(),
                        resource: resource.to_owned(),
                        names: named.names(task),
                        namespace,
                    })
                };
                let places = place.namespaces(task);
                let of = |place: Option<String>| verbs.iter().map(move |verb| need(verb, place.clone()));
                places.into_iter().flat_map(of).collect()
            }
        }
    }

    /// Whether it has this permission: `iam:GetRole`, or `get nodes`, in whatever namespace.
    pub(super) fn names(&self, permission: &str) -> bool {
        match self.ask {
            Ask::Iam(actions, _) => actions.contains(&permission),
            Ask::Rbac(verbs, group, resource, _, place) => {
                let dot = if group.is_empty() { "" } else { "." };
                let (bare, namespace) = match permission.split_once(" in ") {
                    Some((bare, _)) => (bare, true),
                    None => (permission, false),
                };
                let fits = namespace == (place != Place::Everywhere);
                (fits || matches!(place, Place::Status | Place::Events))
                    && verbs.iter().any(|verb| bare == format!("{verb} {resource}{dot}{group}"))
            }
        }
    }
}

impl On {
    fn arns(self, task: &Task) -> Vec<String> {
        let any = |value: &Option<String>| value.clone().unwrap_or_else(|| "*".to_owned());
        let (region, account, cluster) = (any(&task.region), any(&task.account), any(&task.cluster));
        let partition = task.partition;
        let of = |service: &str, rest: String| format!("arn:{partition}:{service}:{region}:{account}:{rest}");
        let global = |rest: String| format!("arn:{partition}:iam::{account}:{rest}");
        match self {
            Self::Any => vec!["*".to_owned()],
            Self::Cluster => vec![of("eks", format!("cluster/{cluster}"))],
            Self::Addons => vec![of("eks", format!("addon/{cluster}/*"))],
            Self::Associations => vec![of("eks", format!("podidentityassociation/{cluster}/*"))],
            Self::NodeGroups => vec![of("eks", format!("nodegroup/{cluster}/*"))],
            Self::HyperPods => vec![of("sagemaker", "cluster/*".to_owned())],
            Self::Role => vec![global(format!("role{}", task.role.path_and_name))],
            Self::Roles => vec![global("role/*".to_owned())],
            Self::Policies => vec![global("policy/*".to_owned())],
            // The host of an issuer begins with `oidc.eks.`, or `oidc-eks.` on newer endpoints.
            Self::Providers => vec![global("oidc-provider/oidc*".to_owned())],
            Self::Groups | Self::GroupTags => vec![of("ec2", "security-group/*".to_owned())],
            Self::NewGroup => {
                vec![of("ec2", "security-group/*".to_owned()), of("ec2", "vpc/*".to_owned())]
            }
            Self::RuleTags => vec![of("ec2", "security-group-rule/*".to_owned())],
        }
    }

    fn only_with(self) -> Vec<String> {
        let calls: &[&str] = match self {
            Self::GroupTags => &["CreateSecurityGroup"],
            Self::RuleTags => &["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"],
            _ => &[],
        };
        calls.iter().map(|call| (*call).to_owned()).collect()
    }
}

impl Named {
    fn names(self, task: &Task) -> Vec<String> {
        match self {
            Self::All => Vec::new(),
            Self::As(name) => vec![name.to_owned()],
            Self::Account => vec![task.service_account.1.clone()],
            Self::Class => vec![task.class.clone()],
            Self::Claim => vec![task.claim.1.clone()],
            Self::Namespace => match &task.bind {
                Some(bind) => bind.namespaces.clone(),
                None => vec![task.claim.0.clone()],
            },
            Self::User => task.as_user.iter().cloned().collect(),
        }
    }
}

impl Place {
    /// The namespaces; none stands for all of them.
    fn namespaces(self, task: &Task) -> Vec<Option<String>> {
        match self {
            Self::Everywhere => vec![None],
            Self::Driver => vec![Some(DRIVER_NAMESPACE.to_owned())],
            Self::Account => vec![Some(task.service_account.0.clone())],
            Self::Claim => match &task.bind {
                Some(bind) if bind.namespaces.is_empty() => vec![None],
                Some(bind) => bind.namespaces.iter().cloned().map(Some).collect(),
                None => vec![Some(task.claim.0.clone())],
            },
            Self::Status => vec![task.status.clone().flatten()],
            Self::Events => match task.status.clone().flatten() {
                None => vec![None],
                Some(own) => {
                    let others = [DRIVER_NAMESPACE, "default"].into_iter().filter(|other| *other != own);
                    let others: Vec<String> = others.map(str::to_owned).collect();
                    std::iter::once(own).chain(others).map(Some).collect()
                }
            },
        }
    }
}
