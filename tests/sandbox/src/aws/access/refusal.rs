//! Refusals in each service's own form: code, HTTP status, wording.

use super::{Need, Why, arn};
use crate::call::{AwsError, Call};
use crate::state::State;

/// The refusal of a call for want of `need`. The reason's end (`because no … allows`, `with an explicit
/// deny …`) is AWS's common wording (IAM User Guide, access denied error messages). Real EC2 refusals of writes end
/// with an encoded message; the sandbox leaves that out.
pub fn refusal(state: &State, call: &Call, need: &Need, why: Why) -> AwsError {
    let user = arn(state, &call.principal);
    let action = &need.action;
    let resource =
        if need.shown.is_empty() { String::new() } else { format!(" on resource: {}", need.shown) };
    let reason = match why {
        Why::NothingAllows => format!("because no identity-based policy allows the {action} action"),
        Why::ExplicitDeny => "with an explicit deny in an identity-based policy".to_owned(),
        Why::Boundary => format!("because no permissions boundary allows the {action} action"),
    };
    let text = format!("User: {user} is not authorized to perform: {action}{resource} {reason}");
    match call.service.as_str() {
        "ec2" => {
            let text = format!("You are not authorized to perform this operation. {text}");
            AwsError::new("UnauthorizedOperation", text).with_status(403)
        }
        "iam" | "sts" | "cloudwatch" => AwsError::new("AccessDenied", text).with_status(403),
        "s3" => AwsError::new("AccessDenied", text).with_status(403),
        "eks" | "eks-auth" => AwsError::new("AccessDeniedException", text).with_status(403),
        _ => AwsError::new("AccessDeniedException", text),
    }
}
