//! How an AWS SDK for Go words a failure to get credentials, which is what the driver's events and logs
//! show. Version 2 from driver v1.3.0 on, version 1 before (its go.mod).

use serde_json::Value;

use super::super::row;
use crate::call::AwsError;

/// The SDK that is built into a driver image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    /// Driver v1.2.0 and older.
    V1,
    /// Driver v1.3.0 and newer.
    V2,
}

impl Sdk {
    /// From the tag of the container's image; a tag that is no version counts as a new driver.
    pub fn of(container: &Value) -> Self {
        let image = row::text(container, "image");
        let tag = image.split('@').next().and_then(|name| name.rsplit_once(':')).map_or("", |(_, tag)| tag);
        let mut numbers = tag.trim_start_matches('v').split(['.', '-']).map(|part| part.parse::<u32>().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(major), Some(minor)) if (major, minor) < (1, 3) => Self::V1,
            _ => Self::V2,
        }
    }

    /// STS said no. `code` and `status` stay those of STS, the message is the SDK's, to be put behind
    /// `operation error FSx: <Operation>, ` (v2) or `<Operation> failed: ` (v1).
    pub fn web_identity_failed(self, error: AwsError, request: &str) -> AwsError {
        let (code, text, status) = (&error.code, &error.message, error.status);
        let message = match self {
            Self::V1 => format!(
                "WebIdentityErr: failed to retrieve credentials\ncaused by: {code}: {text}\n\tstatus code: {status}, request id: {request}"
            ),
            Self::V2 => {
                // Errors that the SDK has no type for are announced as `api error`.
                let kind = if code == "AccessDenied" { "api error " } else { "" };
                // Its provider tries again when the token is not taken (aws-sdk-go-v2, credentials/stscreds).
                let tries = if code == "InvalidIdentityToken" {
                    "exceeded maximum number of attempts, 3, "
                } else {
                    ""
                };
                format!(
                    "get identity: get credentials: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, {tries}https response error StatusCode: {status}, RequestID: {request}, {kind}{code}: {text}"
                )
            }
        };
        AwsError { message, ..error }
    }

    /// No provider of the chain has anything, the instance metadata service last.
    pub fn no_credentials(self, why: &str) -> AwsError {
        let message = match self {
            Self::V1 => "NoCredentialProviders: no valid providers in chain".to_owned(),
            Self::V2 => format!(
                "get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, {why}"
            ),
        };
        AwsError::new("NoCredentials", message)
    }

    /// The Pod Identity agent does not answer (HyperPod nodes whose role lacks `eks-auth:AssumeRoleForPodIdentity`), or the SDK is too old for its
    /// address.
    pub fn agent_unreachable(self) -> AwsError {
        let message = match self {
            Self::V1 => "NoCredentialProviders: no valid providers in chain\ncaused by: CredentialsEndpointError: invalid endpoint host, \"169.254.170.23\", only loopback hosts are allowed.".to_owned(),
            Self::V2 => "get identity: get credentials: failed to refresh cached credentials, failed to load credentials, Get \"http://169.254.170.23/v1/credentials\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned(),
        };
        AwsError::new("CredentialsEndpointError", message)
    }

    /// The agent answers that EKS Auth said no. The text after the operation's name is not
    /// in the references; code and reason here are our own.
    pub fn eks_auth_refused(self, reason: &str, request: &str) -> AwsError {
        if self == Self::V1 {
            return self.agent_unreachable();
        }
        let message = format!(
            "get identity: get credentials: failed to refresh cached credentials, failed to load credentials, unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 400, RequestID: {request}, AccessDeniedException: {reason}"
        );
        AwsError::new("AccessDeniedException", message)
    }
}
