//! Data repositories, as far as FSx's own fields and the events of claims tell.

use super::check::{Check, Complaint};
use super::file_system::by_token;
use super::finding::{Fix, Resource, Severity};

/// The checks.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "FSX-S3-01",
    title: "FSx may not read the import path",
    severity: Severity::Error,
    symptom: "`CreateFileSystem failed: BadRequest: Access denied for import path.`.",
    why: "FSx reads the bucket with the rights of the controller's role when it makes the file system.",
    decided_by: "A claim that waits, and its events: FSx has no code of its own for it.",
    remedy: "Give the controller's role s3:Get*, s3:List* and s3:PutObject on the bucket; look at the bucket's policy and Region.",
    source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/setting-up.html",
    explains: &["FSX-BIND-50"],
    judge: |exam| {
        by_token(exam, &["denied for import path"], |claim| {
            let class = claim.class.as_deref().and_then(|class| exam.class(class));
            let path =
                class.and_then(|class| class.parameters.get("s3ImportPath")).cloned().unwrap_or_default();
            Complaint::new(
                Resource::claim(&claim.namespace, &claim.name),
                format!("claim {}/{}: FSx may not read import path {path}", claim.namespace, claim.name),
            )
            .because("the controller's role, the bucket's policy or the bucket's Region does not let FSx read it")
            .shown_by("StorageClass", "parameters.s3ImportPath", path)
            .fixed_by(Fix::manual(
                "let the controller's role read and list the bucket, and look at the bucket's policy and Region",
            ))
        })
    },
}];
