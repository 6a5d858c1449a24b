//! Names that AWS and Kubernetes take, the names fsxctl gives, ARNs and partitions.
//!
//! Names are checked before they reach a command line, a path or a template.

mod arn;
mod valid;

use sha2::{Digest, Sha256};

pub(crate) use arn::issuer_host_path;
pub use arn::{
    Arn, NoArn, Partition, eks_cluster_name, kms_key_arn, managed_policy_arn, principal_arn, provider_arn,
    role_arn,
};
pub use valid::{
    InvalidName, check_account_id, check_cluster_name, check_dns_label, check_dns_subdomain,
    check_file_system_id, check_region, check_resource_id, check_role_arn, check_role_name, check_role_path,
    check_security_group_name, check_tag, check_tag_key, check_tag_value,
};

/// The longest role name IAM takes.
pub const ROLE_NAME_MAX: usize = 64;
/// The longest security-group name EC2 takes.
pub const SECURITY_GROUP_NAME_MAX: usize = 255;

/// The longest name of an object of Kubernetes.
pub const VOLUME_NAME_MAX: usize = 253;

/// The role of the driver's service account: `FSXLCSI-<cluster>-<region>`, shortened with a hash of the
/// whole name past 64 characters.
pub fn role_name(cluster: &str, region: &str) -> String {
    shortened(format!("FSXLCSI-{cluster}-{region}"), ROLE_NAME_MAX)
}

/// The security group of a cluster's file systems: `fsxctl-<cluster>`.
pub fn security_group_name(cluster: &str) -> String {
    shortened(format!("fsxctl-{cluster}"), SECURITY_GROUP_NAME_MAX)
}

/// The volume of an existing file system for a claim: `<file system>-<namespace>-<claim>`, which no other claim has;
/// shortened with a hash past what Kubernetes takes.
pub fn volume_name(file_system: &str, namespace: &str, claim: &str) -> String {
    shortened(format!("{file_system}-{namespace}-{claim}"), VOLUME_NAME_MAX)
}

/// `name` itself if it fits, else its beginning, a dash and eight hex digits of its SHA-256.
fn shortened(name: String, most: usize) -> String {
    if name.chars().count() <= most {
        return name;
    }
    let digest = hex::encode(Sha256::digest(name.as_bytes()));
    let kept = name.chars().take(most.saturating_sub(9));
    let hash = digest.chars().take(8);
    kept.chain(std::iter::once('-')).chain(hash).collect()
}

/// A text as an error repeats it: nobody is helped by three hundred characters of it.
pub fn short(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let begin: String = text.chars().take(MOST).collect();
    format!("{begin}…")
}

#[cfg(test)]
mod tests;
