//! What services' error codes mean.

use super::TroubleKind;

/// Codes that mean the same whatever the operation.
const CODES: [(TroubleKind, &[&str]); 6] = [
    (
        TroubleKind::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "Client.UnauthorizedOperation",
            "NotAuthorized",
            "UnauthorizedAccess",
            "UnauthorizedOperation",
        ],
    ),
    (
        TroubleKind::Credentials,
        &[
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClientException",
        ],
    ),
    (
        TroubleKind::Throttled,
        &[
            "EC2ThrottledException",
            "PriorRequestNotComplete",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequests",
            "TooManyRequestsException",
        ],
    ),
    (
        TroubleKind::NotFound,
        &[
            "FileSystemNotFound",
            "NoSuchEntity",
            "NoSuchEntityException",
            "NotFoundException",
            "ResourceNotFound",
            "ResourceNotFoundException",
        ],
    ),
    (TroubleKind::Exists, &["AlreadyExistsException", "EntityAlreadyExists", "EntityAlreadyExistsException"]),
    (
        TroubleKind::Conflict,
        &[
            "ConcurrentModification",
            "ConcurrentModificationException",
            "ConflictException",
            "DeleteConflict",
            "DeleteConflictException",
            "DependencyViolation",
            "InvalidRequestException",
            "OperationAborted",
        ],
    ),
];

/// The kind of an AWS error code, as the operation means it.
pub(super) fn aws_kind(operation: &str, code: &str, words: &str, status: Option<u16>) -> TroubleKind {
    let is_wrong = code.starts_with("InvalidParameter") || code.starts_with("InvalidRequest");
    if (is_wrong && is_about_role(words))
        || (operation.starts_with("Authorize") && code == "InvalidGroup.NotFound")
    {
        return TroubleKind::NotYet;
    }
    if let Some((kind, _)) = CODES.iter().find(|(_, codes)| codes.contains(&code)) {
        return *kind;
    }
    match code {
        "ResourceInUse" | "ResourceInUseException" if operation.starts_with("Create") => TroubleKind::Exists,
        "ResourceInUse" | "ResourceInUseException" => TroubleKind::Conflict,
        _ if code.ends_with(".NotFound") => TroubleKind::NotFound,
        _ if code.ends_with(".Duplicate") => TroubleKind::Exists,
        _ if status == Some(429) => TroubleKind::Throttled,
        _ if status.is_some_and(|status| status >= 500) => TroubleKind::Unreachable,
        "" => TroubleKind::Odd,
        _ => TroubleKind::Refused,
    }
}

/// Whether EKS's words are about a role that it cannot see or assume yet.
fn is_about_role(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    let reasons = ["assum", "trust", "does not exist", "not found", "invalid principal"];
    words.contains("role") && reasons.iter().any(|reason| words.contains(reason))
}

/// Whether a code means that a quota is used up.
pub(super) fn is_quota(code: &str) -> bool {
    code.contains("LimitExceeded") || code.contains("QuotaExceeded")
}

/// The kind of a Kubernetes status.
pub(super) fn kubernetes_kind(code: u16, reason: &str) -> TroubleKind {
    match (code, reason) {
        (401, _) => TroubleKind::Credentials,
        (403, _) => TroubleKind::Denied,
        (404, _) => TroubleKind::NotFound,
        (409, "AlreadyExists") => TroubleKind::Exists,
        (409 | 410 | 412, _) => TroubleKind::Conflict,
        (429, _) => TroubleKind::Throttled,
        (500.., _) => TroubleKind::Unreachable,
        (400.., _) => TroubleKind::Refused,
        _ => TroubleKind::Odd,
    }
}
