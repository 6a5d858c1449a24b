//! The AWS managed policies in use. Documents stand in `managed.json`, by path and name.
//!
//! Source: the public archive zoph-io/MAMIP of 2026-03-07. Of
//! `ReadOnlyAccess` only the services that the sandbox serves are kept. `AmazonFSxFullAccess` has the
//! actions of v11; what v13 added is not in the references. The documents are those of partition `aws`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

/// The document of `arn:<partition>:iam::aws:policy/<path and name>`.
pub fn document(arn: &str) -> Option<&'static Value> {
    all().get(name(arn)?)
}

/// Path and name of a managed policy's ARN, whether it is known or not.
pub fn name(arn: &str) -> Option<&str> {
    let (head, name) = arn.split_once(":iam::aws:policy/")?;
    head.starts_with("arn:").then_some(name)
}

/// Every known managed policy by path and name, sorted.
pub fn all() -> &'static BTreeMap<String, Value> {
    static ALL: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    // The file is part of the program and read by a test, so it cannot fail at run time.
    ALL.get_or_init(|| serde_json::from_str(include_str!("managed.json")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_of_the_list_is_there_and_has_statements() {
        for wanted in [
            "AmazonFSxFullAccess",
            "AdministratorAccess",
            "ReadOnlyAccess",
            "AmazonEKSClusterPolicy",
            "AmazonEKSWorkerNodePolicy",
            "AmazonEKS_CNI_Policy",
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonSageMakerClusterInstanceRolePolicy",
            "service-role/AmazonEBSCSIDriverPolicy",
            "aws-service-role/AmazonFSxServiceRolePolicy",
        ] {
            for partition in ["aws", "aws-cn", "aws-us-gov"] {
                let found = document(&format!("arn:{partition}:iam::aws:policy/{wanted}"));
                let statements = found.and_then(|document| document["Statement"].as_array());
                assert!(statements.is_some_and(|list| !list.is_empty()), "{wanted}");
            }
        }
        assert_eq!(document("arn:aws:iam::aws:policy/AmazonFSxCSIDriverPolicy"), None);
        assert_eq!(document("arn:aws:iam::111122223333:policy/AdministratorAccess"), None);
    }
}
