//! The documents that fsxctl writes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::lustre::bucket_of;
use crate::domain::names::{Partition, issuer_host_path};

use super::evaluate;
use super::managed::managed_allows;
use super::{
    Answer, Context, IRSA_AUDIENCE, KEY_CLUSTER_ARN, KEY_NAMESPACE, KEY_SERVICE_ACCOUNT,
    POD_IDENTITY_SERVICE, allows_in,
};

/// The calls the driver makes, and the tagging that its creations need. `DescribeFileSystems` is asked on `*`
/// because the driver lists every file system of the Region.
pub const DRIVER_ACTIONS: [&str; 5] = [
    "fsx:CreateFileSystem",
    "fsx:DeleteFileSystem",
    "fsx:DescribeFileSystems",
    "fsx:TagResource",
    "fsx:UpdateFileSystem",
];

const DESCRIBE: &str = "fsx:DescribeFileSystems";
const S3_LINK_SERVICE: &str = "s3.data-source.lustre.fsx.amazonaws.com";
const S3_LINK_IAM: [&str; 3] = ["iam:AttachRolePolicy", "iam:CreateServiceLinkedRole", "iam:PutRolePolicy"];
const S3_LINK_DATA: [&str; 3] = ["s3:Get*", "s3:List*", "s3:PutObject"];
/// Not confirmed by any source read for FSx for Lustre: the actions that a customer key is generally used with.
const KMS: [&str; 4] =
    ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"];

/// What the driver's role must be able to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyWish {
    /// Partition.
    pub partition: Partition,
    /// Region of the file systems.
    pub region: String,
    /// Account of the file systems.
    pub account: String,
    /// Whether FSx's service-linked role is not there yet and the driver's first creation must make it.
    pub service_linked_role: bool,
    /// S3 paths or bucket names of legacy links; empty for none.
    pub s3_paths: Vec<String>,
    /// ARN of a customer key.
    pub kms_key_arn: Option<String>,
}

impl PolicyWish {
    fn file_systems(&self) -> String {
        format!("arn:{}:fsx:{}:{}:file-system/*", self.partition, self.region, self.account)
    }

    fn s3_link_roles(&self) -> String {
        format!("arn:{}:iam::{}:role/aws-service-role/{S3_LINK_SERVICE}/*", self.partition, self.account)
    }

    fn buckets(&self) -> Vec<String> {
        let names = self.s3_paths.iter().map(|it| bucket_of(it).unwrap_or(it));
        let mut arns: Vec<String> = names.map(|it| format!("arn:{}:s3:::{it}", self.partition)).collect();
        arns.sort_unstable();
        arns.dedup();
        arns
    }
}

/// The minimal policy of the driver's role.
///
/// Describe on `*`, the rest on file systems of the account and Region. Statements for S3 and service-linked
/// roles only when the wish needs them. The KMS statement is **not confirmed**: which actions FSx needs of its
/// caller for a customer key was in no source read.
pub fn minimal(wish: &PolicyWish) -> Value {
    let on_file_systems: Vec<&str> = DRIVER_ACTIONS.into_iter().filter(|it| *it != DESCRIBE).collect();
    let mut statements = vec![
        allow("ReadFileSystems", &[DESCRIBE], &json!("*")),
        allow("WriteFileSystems", &on_file_systems, &json!(wish.file_systems())),
    ];
    if wish.service_linked_role {
        let mut first_use = allow("FirstUseOfFsx", &["iam:CreateServiceLinkedRole"], &json!("*"));
        insert(
            &mut first_use,
            "Condition",
            json!({"StringLike": {"iam:AWSServiceName": "fsx.amazonaws.com"}}),
        );
        statements.push(first_use);
    }
    if !wish.s3_paths.is_empty() {
        let buckets = wish.buckets();
        let objects = buckets.iter().map(|it| format!("{it}/*"));
        let resources: Vec<String> = buckets.iter().cloned().chain(objects).collect();
        statements.push(allow("LinkS3Role", &S3_LINK_IAM, &json!(wish.s3_link_roles())));
        statements.push(allow("LinkS3Buckets", &S3_LINK_DATA, &json!(resources)));
    }
    if let Some(key) = &wish.kms_key_arn {
        statements.push(allow("UseKey", &KMS, &json!(key)));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The minimal policy, and whatever the one that is there allows beyond it: set-up never takes statements away.
///
/// Statements that differ in nothing but their resources become one. A statement that must share its id with another
/// loses it, because IAM takes an id only once.
pub fn widened(there: Option<&Value>, wish: &PolicyWish) -> Value {
    let mut document = minimal(wish);
    let Some(Value::Array(statements)) = document.get_mut("Statement") else { return document };
    for old in there.into_iter().flat_map(evaluate::statements) {
        let bare = |it: &Value| {
            let mut rest = it.clone();
            insert(&mut rest, "Resource", Value::Null);
            rest
        };
        let id = old.get("Sid").cloned();
        if let Some(same) = statements.iter_mut().find(|it| bare(it) == bare(old)) {
            let both =
                [&*same, old].into_iter().filter_map(|it| it.get("Resource")).flat_map(evaluate::texts);
            let mut resources: Vec<String> = both.collect();
            resources.sort_unstable();
            resources.dedup();
            let resources = if let [only] = resources.as_slice() { json!(only) } else { json!(resources) };
            insert(same, "Resource", resources);
        } else {
            let mut kept = old.clone();
            if statements.iter().any(|it| it.get("Sid") == id.as_ref())
                && let Some(members) = kept.as_object_mut()
            {
                members.remove("Sid");
            }
            statements.push(kept);
        }
    }
    document
}

fn allow(sid: &str, actions: &[&str], resource: &Value) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource})
}

fn insert(statement: &mut Value, key: &str, value: Value) {
    if let Some(object) = statement.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// One action on one resource that somebody needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Such as `fsx:CreateFileSystem`.
    pub action: String,
    /// An ARN, an ARN ending in `*`, or `*`.
    pub resource: String,
    /// Condition keys of the request that are known beforehand.
    pub context: Context,
}

/// Every permission that the wish needs, in the order of [`minimal`]'s statements.
pub fn needed_actions(wish: &PolicyWish) -> Vec<Permission> {
    let need = |action: &str, resource: &str| Permission {
        action: action.to_owned(),
        resource: resource.to_owned(),
        context: Context::new(),
    };
    let file_systems = wish.file_systems();
    let on = |action: &str| if action == DESCRIBE { "*" } else { file_systems.as_str() };
    let mut needed: Vec<Permission> = DRIVER_ACTIONS.iter().map(|it| need(it, on(it))).collect();
    if wish.service_linked_role {
        let role =
            format!("arn:{}:iam::{}:role/aws-service-role/fsx.amazonaws.com/*", wish.partition, wish.account);
        let mut create = need("iam:CreateServiceLinkedRole", &role);
        create.context.insert("iam:AWSServiceName".to_owned(), "fsx.amazonaws.com".to_owned());
        needed.push(create);
    }
    if !wish.s3_paths.is_empty() {
        let role = wish.s3_link_roles();
        for action in S3_LINK_IAM {
            let mut it = need(action, &role);
            it.context.insert("iam:AWSServiceName".to_owned(), S3_LINK_SERVICE.to_owned());
            needed.push(it);
        }
        for bucket in wish.buckets() {
            needed.push(need("s3:List*", &bucket));
            needed.push(need("s3:Get*", &format!("{bucket}/*")));
            needed.push(need("s3:PutObject", &format!("{bucket}/*")));
        }
    }
    if let Some(key) = &wish.kms_key_arn {
        needed.extend(KMS.iter().map(|it| need(it, key)));
    }
    needed
}

/// The permissions of the wish that a role does not have for certain, each with the answer it got.
///
/// `documents` are the policies that were read: inline ones, and attached ones in their default version.
/// `unread` are the ARNs of attached policies that were not; of some AWS managed ones the contents are known.
pub fn missing_permissions(
    documents: &[Value],
    unread: &[String],
    wish: &PolicyWish,
) -> Vec<(Permission, Answer)> {
    let judged = needed_actions(wish).into_iter().map(|it| {
        let answer =
            with_unread(allows_in(documents, &it.action, &it.resource, &it.context), unread, &it.action);
        (it, answer)
    });
    judged.filter(|(_, answer)| *answer != Answer::Allowed).collect()
}

/// What the documents do not allow may be allowed by a policy that was not read.
fn with_unread(read: Answer, unread: &[String], action: &str) -> Answer {
    if read != Answer::Missing {
        return read;
    }
    let known: Vec<Option<bool>> = unread.iter().map(|arn| managed_allows(arn, action)).collect();
    if known.contains(&Some(true)) {
        return Answer::Allowed;
    }
    let unknown = unread.iter().zip(&known).find(|(_, known)| known.is_none());
    unknown.map_or(Answer::Missing, |(arn, _)| Answer::CannotTell(format!("policy {arn} was not read")))
}

/// The trust policy of IRSA: one service account of one issuer, for AWS STS only.
///
/// `subject` is `system:serviceaccount:<namespace>:<name>`, see [`super::subject`].
pub fn web_identity_trust(provider_arn: &str, issuer: &str, subject: &str) -> Value {
    let issuer = issuer_host_path(issuer);
    let mut equals = Map::new();
    equals.insert(format!("{issuer}:aud"), json!(IRSA_AUDIENCE));
    equals.insert(format!("{issuer}:sub"), json!(subject));
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": equals},
        }],
    })
}

/// The trust policy of Pod Identity, narrowed to one cluster, namespace and service account where given.
///
/// The conditions hang on the session tags that Pod Identity adds by itself. An association with
/// `disableSessionTags` sends none, and such a role would refuse it.
pub fn pod_identity_trust(cluster_arn: Option<&str>, service_account: Option<(&str, &str)>) -> Value {
    let mut equals = Map::new();
    if let Some(cluster) = cluster_arn {
        equals.insert(KEY_CLUSTER_ARN.to_owned(), json!(cluster));
    }
    if let Some((namespace, name)) = service_account {
        equals.insert(KEY_NAMESPACE.to_owned(), json!(namespace));
        equals.insert(KEY_SERVICE_ACCOUNT.to_owned(), json!(name));
    }
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": POD_IDENTITY_SERVICE},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    });
    if !equals.is_empty() {
        insert(&mut statement, "Condition", json!({"StringEquals": equals}));
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}
