//! What is known of AWS managed policies without reading them.

/// The name of the policy that the driver's installation page attaches.
pub const FSX_FULL_ACCESS: &str = "AmazonFSxFullAccess";
/// The name of the policy that allows everything.
pub const ADMINISTRATOR_ACCESS: &str = "AdministratorAccess";

/// Whether an AWS managed policy allows an action; `None` when it is not known, then read the policy.
///
/// `AmazonFSxFullAccess` (version 13, 2026-02-12) allows every FSx action and the creation of FSx's two
/// service-linked roles, but neither `iam:AttachRolePolicy` nor `iam:PutRolePolicy`, and nothing of S3.
/// Of the other services it mentions only what was read is answered.
/// Policies that only are known to exist, such as `AmazonFSxReadOnlyAccess`, are not answered.
pub fn managed_allows(arn: &str, action: &str) -> Option<bool> {
    let (_, name) = arn.split_once(":iam::aws:policy/")?;
    let action = action.to_ascii_lowercase();
    match name {
        ADMINISTRATOR_ACCESS => Some(true),
        FSX_FULL_ACCESS => match action.split_once(':')? {
            ("fsx", _) | ("iam", "createservicelinkedrole") => Some(true),
            ("s3", _) | ("iam", "attachrolepolicy" | "putrolepolicy") => Some(false),
            _ => None,
        },
        _ => None,
    }
}
