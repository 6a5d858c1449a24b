//! The one table of what each call needs: IAM actions, resources, condition context.
//!
//! The rule without an entry: action `service:Operation` on `*`. Sources: the driver's docs/install.md and the
//! Service Authorization Reference as far as the references quote it; what is marked UNCONFIRMED there
//! (`iam:PassRole` for EKS, KMS) is marked here.

mod ec2;
mod eks;
mod fsx;
mod iam;

use serde_json::Value;

use super::super::row;
use super::tags;
use crate::call::Call;
use crate::state::State;

/// One permission that a call needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `service:Action`.
    pub action: String,
    /// What policies are matched against: an ARN, or `*` where the action takes no resource.
    pub resource: String,
    /// How a refusal names the resource; empty where the service names none.
    pub shown: String,
    /// Condition keys and values.
    pub context: Vec<(String, String)>,
    /// Whether the role's trust policy decides, not the caller's own policies (STS, within an account).
    pub trust_decides: bool,
}

impl Need {
    /// An action on a resource that is shown as it is matched.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        let resource = resource.into();
        let shown = resource.clone();
        Self { action: action.into(), resource, shown, context: Vec::new(), trust_decides: false }
    }

    /// An action that takes no resource, shown as something else (or as nothing, when empty).
    pub fn anywhere(action: impl Into<String>, shown: impl Into<String>) -> Self {
        Self { shown: shown.into(), ..Self::new(action, "*") }
    }

    /// The same with more context.
    #[must_use]
    pub fn with(mut self, context: impl IntoIterator<Item = (String, String)>) -> Self {
        self.context.extend(context);
        self
    }

    /// The same with one more condition key.
    #[must_use]
    pub fn key(self, key: &str, value: &str) -> Self {
        self.with([(key.to_owned(), value.to_owned())])
    }

    /// The same shown in other words.
    #[must_use]
    pub fn shown_as(mut self, shown: impl Into<String>) -> Self {
        self.shown = shown.into();
        self
    }
}

/// Everything that a call needs, the call's own action first.
pub fn needs(state: &State, call: &Call) -> Vec<Need> {
    match call.service.as_str() {
        "fsx" => fsx::needs(state, call),
        "ec2" => ec2::needs(state, call),
        "eks" => eks::needs(state, call),
        "eks-auth" => vec![Need::new(own_action(call), call.text("clusterArn").unwrap_or("*"))],
        "iam" => iam::needs(state, call),
        "sagemaker" => vec![sagemaker(state, call)],
        "s3" => vec![s3(state, call)],
        "sts" => vec![Need { trust_decides: true, ..Need::anywhere(own_action(call), "") }],
        _ => vec![Need::anywhere(own_action(call), "*")],
    }
}

/// `service:Operation`.
fn own_action(call: &Call) -> String {
    format!("{}:{}", call.service, call.operation)
}

/// `arn:<partition>:<service>:<region>:<account>:<rest>`.
fn arn(state: &State, service: &str, rest: &str) -> String {
    format!("arn:{}:{service}:{}:{}:{rest}", state.partition(), state.region, state.account)
}

/// The context of the request's own tags, wherever the operation has them.
fn request_tags(call: &Call) -> Vec<(String, String)> {
    let mut all = [tags::pairs(&call.input["Tags"]), tags::pairs(&call.input["tags"])].concat();
    for specification in row::list(&call.input, "TagSpecifications") {
        all.extend(tags::pairs(&specification["Tags"]));
    }
    tags::of_request(&all)
}

fn sagemaker(state: &State, call: &Call) -> Need {
    let action = own_action(call);
    let Some(wanted) = call.text("ClusterName") else {
        return Need::anywhere(action, arn(state, "sagemaker", "cluster/*"));
    };
    let rows = state.rows("sagemaker.Clusters");
    let found =
        rows.iter().find(|c| row::text(c, "ClusterName") == wanted || row::text(c, "ClusterArn") == wanted);
    // A name that does not exist still has an ARN to be judged by.
    let resource = match found {
        Some(cluster) => row::text(cluster, "ClusterArn").to_owned(),
        None if wanted.starts_with("arn:") => wanted.to_owned(),
        None => arn(state, "sagemaker", &format!("cluster/{wanted}")),
    };
    let tags = found.map_or_else(Vec::new, |cluster| tags::of_row("sagemaker", cluster));
    Need::new(action, resource).with(tags)
}

/// S3 names some permissions unlike its operations.
fn s3(state: &State, call: &Call) -> Need {
    let action = match call.operation.as_str() {
        "HeadBucket" | "ListObjectsV2" => "s3:ListBucket",
        "GetBucketNotificationConfiguration" => "s3:GetBucketNotification",
        "ListBuckets" => return Need::anywhere("s3:ListAllMyBuckets", "*"),
        other => return bucket(state, call, &format!("s3:{other}")),
    };
    bucket(state, call, action)
}

fn bucket(state: &State, call: &Call, action: &str) -> Need {
    let name = call.text("Bucket").unwrap_or("*");
    Need::new(action, format!("arn:{}:s3:::{name}", state.partition()))
}

/// What making a service-linked role needs, unless the account has it.
fn service_linked_role(state: &State, service: &str, name: &str) -> Option<Need> {
    if state.find("iam.Roles", "RoleName", name).is_some() {
        return None;
    }
    let (partition, account) = (state.partition(), &state.account);
    let role = format!("arn:{partition}:iam::{account}:role/aws-service-role/{service}/{name}");
    Some(Need::new("iam:CreateServiceLinkedRole", role).key("iam:AWSServiceName", service))
}

/// The row's tags as the resource's, for a value that may be absent.
fn row_tags(service: &str, found: Option<&Value>) -> Vec<(String, String)> {
    found.map_or_else(Vec::new, |found| tags::of_row(service, found))
}
