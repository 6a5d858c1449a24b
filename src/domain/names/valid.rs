//! Which names are legal. Limits that no FSx or EKS page in our sources states are those of the services'
//! own API references.

use std::fmt;

use super::Arn;

/// A name that a service would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    /// What is being named.
    pub what: &'static str,
    /// The name that was given.
    pub given: String,
    /// The rule it breaks, in the words of the service where it has some.
    pub reason: String,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no {}: {}", super::short(&self.given).escape_debug(), self.what, self.reason)
    }
}

impl std::error::Error for InvalidName {}

/// Kubernetes's own words for a label that is not one.
const LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
    must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
/// Kubernetes's own words for a subdomain that is not one.
const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
    or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

fn rule(what: &'static str, given: &str, holds: bool, reason: &str) -> Result<(), InvalidName> {
    if holds { Ok(()) } else { Err(InvalidName { what, given: given.to_owned(), reason: reason.to_owned() }) }
}

fn is_label(text: &str) -> bool {
    let alphanumeric = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit();
    text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
        && text.chars().all(|it| alphanumeric(it) || it == '-')
}

/// A namespace: an RFC 1123 label of at most 63 characters.
///
/// # Errors
/// The rule, in the words of Kubernetes.
pub fn check_dns_label(what: &'static str, name: &str) -> Result<(), InvalidName> {
    rule(what, name, name.len() <= 63, "must be no more than 63 characters")?;
    rule(what, name, is_label(name), LABEL_RULE)
}

/// The name of a claim, a class, a volume or a service account: an RFC 1123 subdomain of at most 253 characters.
///
/// # Errors
/// The rule, in the words of Kubernetes.
pub fn check_dns_subdomain(what: &'static str, name: &str) -> Result<(), InvalidName> {
    rule(what, name, name.len() <= 253, "must be no more than 253 characters")?;
    rule(what, name, name.split('.').all(is_label), SUBDOMAIN_RULE)
}

/// The name of an EKS cluster.
///
/// # Errors
/// The rule of the EKS API.
pub fn check_cluster_name(name: &str) -> Result<(), InvalidName> {
    let what = "EKS cluster name";
    rule(what, name, (1..=100).contains(&name.len()), "it has 1 to 100 characters")?;
    let holds = name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it));
    rule(what, name, holds, "it begins with a letter or digit and has letters, digits, - and _ only")
}

/// The name of an IAM role.
///
/// # Errors
/// The rule of the IAM API.
pub fn check_role_name(name: &str) -> Result<(), InvalidName> {
    let what = "role name";
    rule(what, name, (1..=super::ROLE_NAME_MAX).contains(&name.len()), "it has 1 to 64 characters")?;
    let holds = name.chars().all(|it| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it));
    rule(what, name, holds, "it has letters, digits and _+=,.@- only")
}

/// The path of an IAM role, such as `/` or `/storage/`.
///
/// # Errors
/// The rule of the IAM API.
pub fn check_role_path(path: &str) -> Result<(), InvalidName> {
    let what = "role path";
    rule(what, path, (1..=512).contains(&path.len()), "it has 1 to 512 characters")?;
    let slashed = path.starts_with('/') && path.ends_with('/');
    rule(what, path, slashed, "it begins and ends with /")?;
    let holds = path.bytes().all(|it| (b'!'..=b'~').contains(&it));
    rule(what, path, holds, "it has printable ASCII characters only, and no blanks")
}

/// The ARN of an IAM role in any partition.
///
/// # Errors
/// What is wrong with it.
pub fn check_role_arn(text: &str) -> Result<(), InvalidName> {
    let what = "role ARN";
    let arn: Arn = text.parse().map_err(|error: super::NoArn| InvalidName {
        what,
        given: text.to_owned(),
        reason: error.reason.to_owned(),
    })?;
    let name = arn.resource.strip_prefix("role/").unwrap_or_default();
    let holds = arn.service == "iam" && arn.region.is_empty() && check_account_id(&arn.account).is_ok();
    rule(what, text, holds && !name.is_empty(), "it looks like arn:aws:iam::111122223333:role/name")?;
    let bare = name.rsplit('/').next().unwrap_or_default();
    check_role_name(bare).map_err(|error| InvalidName { what, given: text.to_owned(), reason: error.reason })
}

/// An AWS account: twelve digits.
///
/// # Errors
/// The rule.
pub fn check_account_id(text: &str) -> Result<(), InvalidName> {
    let holds = text.len() == 12 && text.bytes().all(|it| it.is_ascii_digit());
    rule("AWS account", text, holds, "it has twelve digits")
}

/// A Region's name by its shape, such as `us-west-2` or `us-gov-east-1`; whether AWS has it is not known here.
///
/// # Errors
/// The rule.
pub fn check_region(text: &str) -> Result<(), InvalidName> {
    let mut parts: Vec<&str> = text.split('-').collect();
    let digits = parts.pop().unwrap_or_default();
    let number = (1..=2).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    let words = parts.iter().all(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_lowercase()));
    rule("Region", text, parts.len() >= 2 && number && words, "it looks like us-west-2")
}

/// A file-system id, `fs-` and at least eight hexadecimal digits, at most 21 characters.
///
/// # Errors
/// The rule of the FSx API.
pub fn check_file_system_id(text: &str) -> Result<(), InvalidName> {
    check_resource_id("file-system id", "fs-", text)
}

/// An id such as `sg-…` or `subnet-…`: the prefix and 8 to 18 lower-case hexadecimal digits.
///
/// # Errors
/// The rule.
pub fn check_resource_id(what: &'static str, prefix: &str, text: &str) -> Result<(), InvalidName> {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    let holds =
        (8..=18).contains(&digits.len()) && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    rule(what, text, holds, &format!("it is {prefix} and 8 to 18 lower-case hexadecimal digits"))
}

/// The name of a security group in a VPC.
///
/// # Errors
/// The rule of the EC2 API.
pub fn check_security_group_name(name: &str) -> Result<(), InvalidName> {
    let what = "security-group name";
    let most = super::SECURITY_GROUP_NAME_MAX;
    rule(what, name, (1..=most).contains(&name.len()), "it has 1 to 255 characters")?;
    rule(what, name, !name.to_ascii_lowercase().starts_with("sg-"), "it must not begin with sg-")?;
    let holds = name.chars().all(|it| it.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(it));
    rule(what, name, holds, "it has letters, digits, blanks and ._-:/()#,@[]+=&;{}!$* only")
}

/// A tag.
///
/// # Errors
/// The rule of the FSx API that the key or the value breaks.
pub fn check_tag(key: &str, value: &str) -> Result<(), InvalidName> {
    check_tag_key(key)?;
    check_tag_value(value)
}

/// The key of a tag: 1 to 128 characters, not beginning with `aws:`.
///
/// # Errors
/// The rule.
pub fn check_tag_key(key: &str) -> Result<(), InvalidName> {
    let what = "tag key";
    rule(what, key, (1..=128).contains(&key.chars().count()), "it has 1 to 128 characters")?;
    let reserved = key.to_lowercase().starts_with("aws:");
    rule(what, key, !reserved, "keys that begin with aws: are reserved for AWS")?;
    rule(what, key, key.chars().all(is_tag_char), TAG_RULE)
}

/// The value of a tag: at most 256 characters.
///
/// # Errors
/// The rule.
pub fn check_tag_value(value: &str) -> Result<(), InvalidName> {
    let what = "tag value";
    rule(what, value, value.chars().count() <= 256, "it has at most 256 characters")?;
    rule(what, value, value.chars().all(is_tag_char), TAG_RULE)
}

const TAG_RULE: &str = "it has letters, digits, blanks and _.:/=+-@ only";

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, read with the character classes of the standard library, which count a few
/// combining marks among the letters.
fn is_tag_char(it: char) -> bool {
    it.is_alphanumeric() || (it.is_whitespace() && !it.is_control()) || "_.:/=+-@".contains(it)
}
