//! Whose an object is: the tags and labels that fsxctl leaves, and the marks of other tools.
//!
//! There is no state file. Ownership is on the objects, so two machines agree about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spelling::spelled;

/// Tag: who made or adopted the object.
pub const TAG_OWNER: &str = "fsxctl.io/owner";
/// Value of [`TAG_OWNER`].
pub const OWNER: &str = "fsxctl";
/// Tag: the ARN of the EKS cluster the object serves.
pub const TAG_CLUSTER: &str = "fsxctl.io/cluster";
/// Tag: how the object came to be ours, an [`Origin`].
pub const TAG_ORIGIN: &str = "fsxctl.io/origin";
/// Label on Kubernetes objects.
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`LABEL_MANAGED_BY`] and name of the field manager.
pub const MANAGER: &str = "fsxctl";
/// Tag that CloudFormation puts on what it makes.
pub const TAG_STACK: &str = "aws:cloudformation:stack-name";
/// Tag that eksctl puts on what it makes, besides its CloudFormation stack.
pub const TAG_EKSCTL: &str = "alpha.eksctl.io/cluster-name";
/// Tag that EKS puts on the security group of a cluster.
pub const TAG_EKS: &str = "aws:eks:cluster-name";
/// Tag that the CSI driver puts on a file system: the name of the volume, `pvc-<uid of the claim>`.
pub const TAG_CSI_VOLUME: &str = "CSIVolumeName";

spelled! {
    /// How an object came to be ours.
    Origin, "origin", {
        /// fsxctl made it; teardown deletes it.
        Created = "created",
        /// Someone else made it and `--adopt` named it; teardown takes away only what fsxctl added.
        Adopted = "adopted",
    }
}

/// Whose an AWS object is, by its tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ownership {
    /// Ours; the caller compares `cluster` with its own if it matters.
    Ours {
        /// ARN of the cluster it serves.
        cluster: String,
        /// How it came to be ours.
        origin: Origin,
    },
    /// Made by fsxctl for another cluster.
    OtherCluster(String),
    /// No owner tag of ours, or an incomplete set, which is never trusted.
    NotOurs,
}

/// The tags of an object that serves `cluster_arn`. Ownership wins over an `extra` tag of the same key.
pub fn tags(cluster_arn: &str, origin: Origin, extra: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = [(TAG_OWNER, OWNER), (TAG_CLUSTER, cluster_arn), (TAG_ORIGIN, origin.as_str())];
    let own = own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    extra.clone().into_iter().chain(own).collect()
}

/// Whose the object is, seen from the cluster `cluster_arn`.
///
/// An unknown origin is read as adopted, so that teardown leaves the object alone.
pub fn owner_for(tags: &BTreeMap<String, String>, cluster_arn: &str) -> Ownership {
    match owner_of(tags) {
        Ownership::Ours { cluster, .. } if cluster != cluster_arn => Ownership::OtherCluster(cluster),
        whose @ (Ownership::Ours { .. } | Ownership::OtherCluster(_) | Ownership::NotOurs) => whose,
    }
}

/// Whose the object is, whatever cluster it serves: never [`Ownership::OtherCluster`].
pub fn owner_of(tags: &BTreeMap<String, String>) -> Ownership {
    if tags.get(TAG_OWNER).map(String::as_str) != Some(OWNER) {
        return Ownership::NotOurs;
    }
    let Some(cluster) = tags.get(TAG_CLUSTER).filter(|it| !it.is_empty()) else {
        return Ownership::NotOurs;
    };
    let origin = tags.get(TAG_ORIGIN).and_then(|it| it.parse().ok()).unwrap_or(Origin::Adopted);
    Ownership::Ours { cluster: cluster.clone(), origin }
}

/// Whether fsxctl made the object for this cluster, or was given leave to change it.
pub fn is_ours(tags: &BTreeMap<String, String>, cluster_arn: &str) -> bool {
    matches!(owner_for(tags, cluster_arn), Ownership::Ours { .. })
}

/// Whether fsxctl made the object itself, for this cluster: only such an object is written anew or deleted.
pub fn is_created(tags: &BTreeMap<String, String>, cluster_arn: &str) -> bool {
    matches!(owner_for(tags, cluster_arn), Ownership::Ours { origin: Origin::Created, .. })
}

/// Whether fsxctl was given leave to change an object that somebody else made, for this cluster.
pub fn is_adopted(tags: &BTreeMap<String, String>, cluster_arn: &str) -> bool {
    matches!(owner_for(tags, cluster_arn), Ownership::Ours { origin: Origin::Adopted, .. })
}

/// Whether a tag is one of the three that say whose an object is.
pub fn is_ownership_tag(key: &str) -> bool {
    [TAG_OWNER, TAG_CLUSTER, TAG_ORIGIN].contains(&key)
}

/// The label that every Kubernetes object of ours carries.
pub fn label() -> (String, String) {
    (LABEL_MANAGED_BY.to_owned(), MANAGER.to_owned())
}

/// Another tool that left its mark, most specific first.
///
/// Terraform and Pulumi have no standard tag. People give one through `default_tags` or a module's `tags`, so what
/// such a tag says is repeated, and not taken for a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OtherTool {
    /// eksctl, for this cluster.
    Eksctl(String),
    /// A CloudFormation stack, by name.
    CloudFormation(String),
    /// A Helm release, by name when the object says so.
    Helm(Option<String>),
    /// EKS itself, for this cluster.
    Eks(String),
    /// Whatever else the managed-by label names.
    Labelled(String),
    /// A tag that people use to say which tool made an object: key and value.
    Tagged(String, String),
}

/// Keys of tags that say which tool made an object, without regard to case, `-`, `_` and `:`. Custom, not a rule.
const SAYING: [&str; 5] = ["managedby", "createdby", "provisionedby", "provisioner", "terraform"];

/// The tool that made an AWS object, by its tags.
pub fn tool_of_tags(tags: &BTreeMap<String, String>) -> Option<OtherTool> {
    let said = |key: &str| {
        let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        SAYING.contains(&plain.to_ascii_lowercase().as_str())
    };
    let eksctl = tags.get(TAG_EKSCTL).cloned().map(OtherTool::Eksctl);
    eksctl
        .or_else(|| tags.get(TAG_STACK).cloned().map(OtherTool::CloudFormation))
        .or_else(|| tags.get(TAG_EKS).cloned().map(OtherTool::Eks))
        .or_else(|| {
            let (key, value) = tags.iter().find(|(key, _)| said(key))?;
            Some(OtherTool::Tagged(key.clone(), value.clone()))
        })
}

/// Whose an AWS object is that is not fsxctl's, as far as its tags tell: `eksctl made it (CloudFormation stack …)`.
/// Without a mark: `who made it is not told by its tags`.
pub fn maker_by_tags(tags: &BTreeMap<String, String>) -> String {
    if let Ownership::Ours { cluster, .. } = owner_of(tags) {
        return format!("fsxctl made it for {cluster}");
    }
    let stack = tags.get(TAG_STACK).map(|stack| format!(" (CloudFormation stack {stack})"));
    match tool_of_tags(tags) {
        Some(OtherTool::Eksctl(cluster)) => {
            format!("eksctl made it for cluster {cluster}{}", stack.unwrap_or_default())
        }
        Some(tool) => tool.to_string(),
        None => "its tags do not tell who made it".to_owned(),
    }
}

/// Whose a Kubernetes object is that is not fsxctl's, as far as labels and annotations tell.
pub fn maker_by_labels(labels: &BTreeMap<String, String>, annotations: &BTreeMap<String, String>) -> String {
    tool_of_labels(labels, annotations)
        .map_or_else(|| "its labels do not tell who made it".to_owned(), |tool| tool.to_string())
}

impl std::fmt::Display for OtherTool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Eksctl(cluster) => write!(f, "eksctl made it for cluster {cluster}"),
            Self::CloudFormation(stack) => write!(f, "CloudFormation stack {stack} made it"),
            Self::Helm(Some(release)) => write!(f, "Helm release {release} made it"),
            Self::Helm(None) => f.write_str("Helm made it"),
            Self::Eks(cluster) => write!(f, "EKS made it for cluster {cluster}"),
            Self::Labelled(by) => write!(f, "its label {LABEL_MANAGED_BY} says {by}"),
            Self::Tagged(key, value) => write!(f, "its tag {key} says {value}"),
        }
    }
}

/// The tool that made a Kubernetes object, by its labels and annotations; `None` when it is fsxctl or unknown.
pub fn tool_of_labels(
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Option<OtherTool> {
    match labels.get(LABEL_MANAGED_BY)?.as_str() {
        MANAGER => None,
        "Helm" => {
            let name = annotations.get("meta.helm.sh/release-name");
            let place = annotations.get("meta.helm.sh/release-namespace");
            let release = |name: &String| place.map_or(name.clone(), |place| format!("{place}/{name}"));
            Some(OtherTool::Helm(name.map(release)))
        }
        other => Some(OtherTool::Labelled(other.to_owned())),
    }
}

/// Whether fsxctl may change a Kubernetes object: it made it, or was given leave once and wrote that down.
pub fn may_change(labels: &BTreeMap<String, String>, annotations: &BTreeMap<String, String>) -> bool {
    is_labelled_ours(labels)
        || annotations.get(TAG_ORIGIN).map(String::as_str) == Some(Origin::Adopted.as_str())
}

/// Whether a Kubernetes object carries our label: fsxctl made it, and undo may take it away.
pub fn is_labelled_ours(labels: &BTreeMap<String, String>) -> bool {
    labels.get(LABEL_MANAGED_BY).map(String::as_str) == Some(MANAGER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "arn:aws:eks:us-west-2:111122223333:cluster/here";

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_tagged_is_recognised_again() {
        for origin in [Origin::Created, Origin::Adopted] {
            let tags = tags(HERE, origin, &map(&[("team", "ml"), (TAG_OWNER, "someone")]));
            assert_eq!(tags.len(), 4);
            assert_eq!(owner_for(&tags, HERE), Ownership::Ours { cluster: HERE.into(), origin });
            let there = "arn:aws:eks:us-west-2:111122223333:cluster/there";
            assert_eq!(owner_for(&tags, there), Ownership::OtherCluster(HERE.into()));
        }
    }

    #[test]
    fn an_incomplete_or_foreign_mark_is_not_ours() {
        let table = [
            map(&[]),
            map(&[(TAG_CLUSTER, HERE), (TAG_ORIGIN, "created")]),
            map(&[(TAG_OWNER, "Fsxctl"), (TAG_CLUSTER, HERE), (TAG_ORIGIN, "created")]),
            map(&[(TAG_OWNER, OWNER), (TAG_ORIGIN, "created")]),
            map(&[(TAG_OWNER, OWNER), (TAG_CLUSTER, "")]),
        ];
        for tags in table {
            assert_eq!(owner_for(&tags, HERE), Ownership::NotOurs, "{tags:?}");
        }
    }

    #[test]
    fn an_unknown_origin_is_never_deleted() {
        let tags = map(&[(TAG_OWNER, OWNER), (TAG_CLUSTER, HERE), (TAG_ORIGIN, "Created")]);
        assert_eq!(owner_of(&tags), Ownership::Ours { cluster: HERE.into(), origin: Origin::Adopted });
    }

    #[test]
    fn other_tools_are_told_by_their_marks() {
        let stack = map(&[(TAG_STACK, "eksctl-demo-addon")]);
        assert_eq!(tool_of_tags(&stack), Some(OtherTool::CloudFormation("eksctl-demo-addon".into())));
        let both = map(&[(TAG_STACK, "eksctl-demo-addon"), (TAG_EKSCTL, "demo")]);
        assert_eq!(tool_of_tags(&both), Some(OtherTool::Eksctl("demo".into())));
        assert_eq!(tool_of_tags(&map(&[("Name", "x")])), None);
        assert_eq!(
            maker_by_tags(&both),
            "eksctl made it for cluster demo (CloudFormation stack eksctl-demo-addon)"
        );
        assert_eq!(maker_by_tags(&stack), "CloudFormation stack eksctl-demo-addon made it");
        for key in ["ManagedBy", "managed-by", "managed_by", "Terraform"] {
            assert_eq!(maker_by_tags(&map(&[(key, "terraform")])), format!("its tag {key} says terraform"));
        }
        assert_eq!(maker_by_tags(&map(&[(TAG_EKS, "demo")])), "EKS made it for cluster demo");
        assert_eq!(maker_by_tags(&map(&[("terraformed", "x")])), "its tags do not tell who made it");

        let helm = map(&[(LABEL_MANAGED_BY, "Helm")]);
        let release = map(&[("meta.helm.sh/release-name", "fsx")]);
        assert_eq!(tool_of_labels(&helm, &release), Some(OtherTool::Helm(Some("fsx".into()))));
        assert_eq!(tool_of_labels(&helm, &map(&[])), Some(OtherTool::Helm(None)));
        let placed =
            map(&[("meta.helm.sh/release-name", "fsx"), ("meta.helm.sh/release-namespace", "storage")]);
        assert_eq!(maker_by_labels(&helm, &placed), "Helm release storage/fsx made it");
        assert_eq!(maker_by_labels(&map(&[]), &map(&[])), "its labels do not tell who made it");
        let eksctl = map(&[(LABEL_MANAGED_BY, "eksctl")]);
        assert_eq!(tool_of_labels(&eksctl, &map(&[])), Some(OtherTool::Labelled("eksctl".into())));
        let ours: BTreeMap<String, String> = [label()].into();
        assert_eq!(tool_of_labels(&ours, &map(&[])), None);
        assert!(is_labelled_ours(&ours) && !is_labelled_ours(&helm));
        let adopted = map(&[(TAG_ORIGIN, "adopted")]);
        assert!(may_change(&ours, &map(&[])) && may_change(&helm, &adopted));
        assert!(!may_change(&helm, &map(&[])) && !may_change(&helm, &map(&[(TAG_ORIGIN, "created")])));
        assert!(is_ownership_tag(TAG_ORIGIN) && !is_ownership_tag("Name"));
    }
}
