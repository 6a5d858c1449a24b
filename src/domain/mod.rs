//! The rules of FSx for Lustre, EKS and IAM as plain values and plain functions.
//!
//! Nothing here asks the world anything: no AWS, no Kubernetes, no clock, no environment.
//! A planner or a check hands facts in and gets a judgement back, so every rule is testable as a table.
//!
//! | module | rules about | AWS page |
//! |---|---|---|
//! | [`lustre`] | what a file system may be | [CreateFileSystem], [Deployment options] |
//! | [`sizing`], [`quantity`] | legal sizes, growth, servers and addresses; Kubernetes quantities | [Storage capacity] |
//! | [`metadata`] | the metadata IOPS ladders | [Metadata performance] |
//! | [`versions`] | Lustre versions, driver versions | [Lustre version] |
//! | [`network`], [`cidr`] | security-group rules | [Security groups] |
//! | [`policy`] | IAM documents: writing and judging them | [Policy evaluation], [Pod Identity], [IRSA] |
//! | [`ownership`] | whose an object is | [Tagging] |
//! | [`names`] | names, ARNs, partitions | [ARNs] |
//! | [`storageclass`] | the driver's parameters | [CSI driver] |
//! | [`mount`] | what a mount can end with | [Mount troubleshooting] |
//! | [`podsecurity`] | which pods a namespace admits | Pod Security Standards |
//! | [`permission`] | what a caller must be allowed to do | Service Authorization Reference, RBAC |
//! | [`verify`] | what the pods of a verification say | |
//! | [`spelling`] | values that have names, and the nearest name to a typo | |
//!
//! There is no price here: no price that AWS stands by was found, and a wrong one is worse than none.
//!
//! [CreateFileSystem]: https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html
//! [Deployment options]: https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html
//! [Storage capacity]: https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html
//! [Metadata performance]: https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-metadata-performance.html
//! [Lustre version]: https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-lustre-version.html
//! [Security groups]: https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
//! [Policy evaluation]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
//! [Pod Identity]: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
//! [IRSA]: https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
//! [Tagging]: https://docs.aws.amazon.com/fsx/latest/LustreGuide/tag-resources.html
//! [ARNs]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
//! [Mount troubleshooting]: https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html
//! [CSI driver]: https://github.com/kubernetes-sigs/aws-fsx-csi-driver

pub mod cidr;
pub mod client;
pub mod images;
pub mod lustre;
pub mod metadata;
pub mod mount;
pub mod names;
pub mod network;
pub mod ownership;
pub mod permission;
pub mod podsecurity;
pub mod policy;
pub mod quantity;
pub mod regions;
pub mod sizing;
pub mod spelling;
pub mod storageclass;
pub mod verify;
pub mod versions;
