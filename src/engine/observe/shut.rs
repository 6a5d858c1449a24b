//! Doors that stay shut: a cluster that is not there or not ready, an API server that is out of reach or does not let the
//! caller in. Says why, and how to get in.

use super::{First, Look};
use crate::domain::names;
use crate::error::{Error, Kind, Result};
use crate::facts::{Cluster, Seen};
use crate::gateway::{Kubernetes, Reads, Trouble, TroubleKind};

pub(super) async fn the_cluster(
    reads: &Reads,
    look: &Look,
    answer: Result<Seen<Cluster>, Trouble>,
) -> Result<Cluster> {
    match answer? {
        Seen::Found(cluster) => settled(cluster),
        Seen::Missing => {
            let there = match reads.clusters().await {
                Ok(Seen::Found(names)) if names.is_empty() => {
                    vec!["there is no cluster in this Region".to_owned()]
                }
                Ok(Seen::Found(names)) => vec![format!("clusters in this Region: {}", names.join(", "))],
                _ => Vec::new(),
            };
            let nearest = "name one that is there with --cluster, or another Region with --region";
            Err(Error::usage(format!("there is no EKS cluster {} in this Region", look.cluster))
                .details(there)
                .next(nearest))
        }
        Seen::Hidden(veil) => {
            Err(Error::new(Kind::Denied, format!("cannot see EKS cluster {}", look.cluster))
                .because(veil.cause)
                .permission(veil.permission))
        }
    }
}

/// A cluster that is being made or taken away is no ground to build on.
fn settled(cluster: Cluster) -> Result<Cluster> {
    let message = format!("EKS cluster {} is {}", cluster.name, cluster.status);
    match cluster.status.as_str() {
        "CREATING" | "PENDING" => Err(Error::new(Kind::Unavailable, message)
            .next(format!("aws eks wait cluster-active --name {}", cluster.name))),
        "DELETING" | "FAILED" => Err(Error::conflict(message).next("name another cluster with --cluster")),
        _ => Ok(cluster),
    }
}

/// What to tell when Kubernetes gave no answers.
pub(super) fn why(trouble: Trouble, first: &First, kubernetes: &Kubernetes) -> Error {
    match not_let_in(&trouble, first, kubernetes) {
        Some(error) => error,
        None => away(trouble, &first.cluster),
    }
}

/// An API server that cannot be reached may be meant to be so: EKS tells who can.
fn away(trouble: Trouble, cluster: &Cluster) -> Error {
    let is_connection = trouble.what == TroubleKind::Unreachable && trouble.code.is_none();
    let is_open = cluster.public_access
        && (cluster.public_cidrs.is_empty() || cluster.public_cidrs.iter().any(|cidr| cidr == "0.0.0.0/0"));
    let error = Error::from(trouble);
    if !is_connection || is_open {
        return error;
    }
    let whom = if cluster.public_access {
        format!("to {} and inside {}", cluster.public_cidrs.join(", "), cluster.vpc)
    } else {
        format!("inside {} (endpointPublicAccess is false)", cluster.vpc)
    };
    let from =
        if cluster.public_access { "one of these addresses" } else { "a host in that VPC or a VPN to it" };
    error
        .because(format!("the API endpoint of cluster {} answers only {whom}", cluster.name))
        .next(format!("run it from {from}, or open a tunnel and name a kubeconfig for it with --kubeconfig"))
}

/// Who is not let in by a cluster needs to know who that is, and how to be let in.
fn not_let_in(trouble: &Trouble, first: &First, kubernetes: &Kubernetes) -> Option<Error> {
    let is_unknown =
        trouble.what == TroubleKind::Credentials && trouble.code.as_deref() == Some("Unauthorized");
    let caller = first.caller.found().filter(|_| is_unknown && kubernetes.is_minted())?;
    let (cluster, principal) = (&first.cluster.name, names::principal_arn(&caller.arn));
    let group = crate::domain::permission::GROUP;
    let mut error = Error::new(Kind::Denied, format!("cluster {cluster} does not let {principal} in"))
        .because(format!("Kubernetes answered: {}", trouble.message))
        .because(
            "EKS lets an IAM principal in that has an access entry (or stands in ConfigMap kube-system/aws-auth)",
        )
        .details([format!("fsxctl permissions --rbac prints what group {group} must be allowed")])
        .next(format!(
            "aws eks create-access-entry --cluster-name {cluster} --principal-arn {principal} --kubernetes-groups {group}"
        ));
    if principal.contains("role/AWSReservedSSO_") {
        error =
            error.because("the ARN of an IAM Identity Center role has a path, which aws iam get-role tells");
    }
    Some(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_private_says_who_can_reach_it() {
        let cluster = |public_access: bool, cidrs: &[&str]| Cluster {
            name: "c".to_owned(),
            vpc: "vpc-1".to_owned(),
            public_access,
            public_cidrs: cidrs.iter().map(|cidr| (*cidr).to_owned()).collect(),
            ..Cluster::default()
        };
        let rows = [
            (cluster(true, &["0.0.0.0/0"]), None),
            (cluster(true, &[]), None),
            (
                cluster(false, &["0.0.0.0/0"]),
                Some(
                    "the API endpoint of cluster c answers only inside vpc-1 (endpointPublicAccess is false)",
                ),
            ),
            (
                cluster(true, &["203.0.113.0/24", "198.51.100.7/32"]),
                Some(
                    "the API endpoint of cluster c answers only to 203.0.113.0/24, 198.51.100.7/32 and inside vpc-1",
                ),
            ),
        ];
        let trouble = |what| Trouble::new(what, "kubernetes", "get nodes", "timed out");
        for (cluster, wanted) in rows {
            let error = away(trouble(TroubleKind::Unreachable), &cluster);
            assert_eq!(error.kind, Kind::Unavailable);
            let told = error.causes.iter().find(|cause| cause.contains("answers only")).map(String::as_str);
            assert_eq!(told, wanted);
            assert_eq!(error.next.is_some_and(|next| next.contains("--kubeconfig")), wanted.is_some());
            let denied = away(trouble(TroubleKind::Denied), &cluster);
            assert!(!denied.causes.iter().any(|cause| cause.contains("answers only")));
        }
    }

    #[test]
    fn only_a_cluster_that_stands_is_built_upon() {
        let rows = [
            ("ACTIVE", None),
            ("UPDATING", None),
            ("CREATING", Some(Kind::Unavailable)),
            ("PENDING", Some(Kind::Unavailable)),
            ("DELETING", Some(Kind::Conflict)),
            ("FAILED", Some(Kind::Conflict)),
        ];
        for (status, kind) in rows {
            let cluster = Cluster { name: "c".to_owned(), status: status.to_owned(), ..Cluster::default() };
            assert_eq!(settled(cluster).err().map(|error| error.kind), kind, "{status}");
        }
    }
}
