//! The service-linked roles that FSx has made in IAM. Whether the caller may have them made is judged
//! elsewhere.

use crate::aws::ec2::value::text;
use crate::aws::iam::service_linked::ensure;
use crate::state::State;

/// Makes `AWSServiceRoleForAmazonFSx` unless it is there, as the first file system of an account does.
pub fn service_role(state: &mut State) {
    ensure(state, "fsx.amazonaws.com", "");
}

/// Makes `AWSServiceRoleForFSxS3Access_<fs-id>` for a file system that is linked to S3.
pub fn s3_role(state: &mut State, file_system: &str) {
    ensure(state, "s3.data-source.lustre.fsx.amazonaws.com", &format!("_{file_system}"));
}

/// Takes the S3 role of a deleted file system away.
pub fn forget_s3_role(state: &mut State, file_system: &str) {
    let name = format!("AWSServiceRoleForFSxS3Access_{file_system}");
    if state.find("iam.Roles", "RoleName", &name).is_some() {
        state.rows_mut("iam.Roles").retain(|row| text(row, "RoleName") != name);
    }
}
