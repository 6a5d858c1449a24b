//! Every kind of no, from the answers that services really give.

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use kube::core::Status;

use super::*;

fn response(status: u16) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::empty());
    response.headers_mut().insert("x-amzn-requestid", "req-1");
    response
}

fn said(service: &'static str, operation: &str, status: u16, code: &str, message: &str) -> Trouble {
    let words = ErrorMetadata::builder().code(code).message(message).build();
    Trouble::aws(service, operation, &SdkError::service_error(words, response(status)))
}

#[test]
fn codes_of_aws_become_kinds() {
    use TroubleKind as K;
    for (service, operation, status, code, message, kind) in [
        ("iam", "GetRole", 403, "AccessDenied", "", K::Denied),
        ("ec2", "DescribeSubnets", 403, "UnauthorizedOperation", "", K::Denied),
        ("eks", "DescribeCluster", 403, "AccessDeniedException", "", K::Denied),
        ("sts", "GetCallerIdentity", 403, "ExpiredToken", "", K::Credentials),
        ("ec2", "DescribeSubnets", 401, "AuthFailure", "", K::Credentials),
        ("eks", "ListClusters", 403, "UnrecognizedClientException", "", K::Credentials),
        ("fsx", "DescribeFileSystems", 400, "ThrottlingException", "", K::Throttled),
        ("ec2", "DescribeSubnets", 503, "RequestLimitExceeded", "", K::Throttled),
        ("iam", "GetRole", 404, "NoSuchEntity", "", K::NotFound),
        ("eks", "DescribeAddon", 404, "ResourceNotFoundException", "", K::NotFound),
        ("sagemaker", "DescribeCluster", 400, "ResourceNotFound", "", K::NotFound),
        ("ec2", "DeleteSecurityGroup", 400, "InvalidGroup.NotFound", "", K::NotFound),
        ("ec2", "AuthorizeSecurityGroupIngress", 400, "InvalidGroup.NotFound", "", K::NotYet),
        ("ec2", "AuthorizeSecurityGroupIngress", 400, "InvalidPermission.Duplicate", "", K::Exists),
        ("iam", "CreateRole", 409, "EntityAlreadyExists", "", K::Exists),
        ("eks", "CreateAddon", 409, "ResourceInUseException", "Addon already exists.", K::Exists),
        ("eks", "DeleteAddon", 409, "ResourceInUseException", "", K::Conflict),
        ("iam", "DeleteRole", 409, "DeleteConflict", "", K::Conflict),
        ("ec2", "DeleteSecurityGroup", 400, "DependencyViolation", "", K::Conflict),
        (
            "eks",
            "CreatePodIdentityAssociation",
            400,
            "InvalidParameterException",
            "Role cannot be assumed",
            K::NotYet,
        ),
        (
            "eks",
            "CreateAddon",
            400,
            "InvalidParameterException",
            "Addon version is not supported",
            K::Refused,
        ),
        ("iam", "CreateRole", 409, "LimitExceeded", "", K::Refused),
        ("iam", "CreateRole", 400, "MalformedPolicyDocument", "", K::Refused),
        ("eks", "DescribeCluster", 500, "ServerException", "", K::Unreachable),
    ] {
        let trouble = said(service, operation, status, code, message);
        assert_eq!(trouble.what, kind, "{service} {operation} {code} {message}");
        assert_eq!(trouble.code.as_deref(), Some(code));
        assert_eq!(trouble.request_id.as_deref(), Some("req-1"));
    }
}

#[test]
fn a_denial_names_the_action_that_aws_names() {
    let plain = said("iam", "GetRole", 403, "AccessDenied", "no");
    assert_eq!(plain.permission, "iam:GetRole");
    let words = "User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r";
    assert_eq!(said("eks", "CreateAddon", 400, "AccessDeniedException", words).permission, "iam:PassRole");
    let words =
        "You are not authorized to perform this operation. Encoded authorization failure message: AAAA";
    let encoded = said("ec2", "DescribeSubnets", 403, "UnauthorizedOperation", words);
    assert_eq!(encoded.permission, "ec2:DescribeSubnets");
    assert!(!encoded.message.contains("AAAA"), "{}", encoded.message);
}

#[test]
fn what_never_arrived_is_unreachable_and_no_credentials_are_credentials() {
    type Failed = SdkError<ErrorMetadata, HttpResponse>;
    let timeout: Failed = SdkError::timeout_error("too long");
    assert_eq!(Trouble::aws("eks", "X", &timeout).what, TroubleKind::Unreachable);
    let connect: Failed = SdkError::dispatch_failure(ConnectorError::io("connection refused".into()));
    assert_eq!(Trouble::aws("eks", "X", &connect).what, TroubleKind::Unreachable);
    let none: Failed = SdkError::dispatch_failure(ConnectorError::other(
        Box::new(CredentialsError::not_loaded("none")),
        None,
    ));
    assert_eq!(Trouble::aws("eks", "X", &none).what, TroubleKind::Credentials);
    let page: Failed = SdkError::response_error("no JSON", response(200));
    assert_eq!(Trouble::aws("eks", "X", &page).what, TroubleKind::Odd);
    let gateway: Failed = SdkError::response_error("no JSON", response(502));
    assert_eq!(Trouble::aws("eks", "X", &gateway).what, TroubleKind::Unreachable);
}

#[test]
fn statuses_of_kubernetes_become_kinds() {
    use TroubleKind as K;
    for (code, reason, kind) in [
        (401, "Unauthorized", K::Credentials),
        (403, "Forbidden", K::Denied),
        (404, "NotFound", K::NotFound),
        (409, "AlreadyExists", K::Exists),
        (409, "Conflict", K::Conflict),
        (410, "Expired", K::Conflict),
        (422, "Invalid", K::Refused),
        (429, "TooManyRequests", K::Throttled),
        (503, "ServiceUnavailable", K::Unreachable),
    ] {
        let error = kube::Error::Api(Box::new(Status::failure("words", reason).with_code(code)));
        let trouble = Trouble::kubernetes("get nodes", "https://x", &error);
        assert_eq!((trouble.what, trouble.permission.as_str()), (kind, "get nodes"), "{code} {reason}");
    }
    let error = kube::Error::Service("connection refused".into());
    let trouble = Trouble::kubernetes("get nodes", "https://x", &error);
    assert_eq!(trouble.what, K::Unreachable);
    assert!(trouble.message.contains("https://x"), "{}", trouble.message);
}

#[test]
fn trouble_ends_commands_with_the_code_of_its_cause() {
    use TroubleKind as K;
    for (kind, code) in [
        (K::Denied, 5),
        (K::Credentials, 5),
        (K::Throttled, 6),
        (K::Unreachable, 6),
        (K::NotYet, 6),
        (K::Exists, 7),
        (K::Conflict, 7),
        (K::NotFound, 7),
        (K::Refused, 1),
        (K::Odd, 1),
    ] {
        let error = Error::from(Trouble::new(kind, "eks", "CreateAddon", "words"));
        assert_eq!(error.kind.code(), code, "{kind:?}");
    }
    let denied = Error::from(said("iam", "GetRole", 403, "AccessDenied", "no"));
    assert_eq!(denied.permission.as_deref(), Some("iam:GetRole"));
    assert_eq!(denied.causes, ["AccessDenied: no", "request id req-1"]);
    let expired = Error::from(Trouble::new(K::Credentials, "sts", "X", "the SSO session has expired"));
    assert_eq!(expired.next.as_deref(), Some("aws sso login"));
}

#[test]
fn a_failed_plugin_does_not_show_its_output() {
    let out = std::process::Output {
        status: std::process::ExitStatus::default(),
        stdout: b"{\"token\": \"geheim\"}".to_vec(),
        stderr: Vec::new(),
    };
    let error = kube::client::AuthError::AuthExecRun {
        cmd: "AWS_SECRET_ACCESS_KEY=geheim aws".to_owned(),
        out: Box::new(out),
    };
    assert!(!plugin_words(&error).contains("geheim"));
    let trouble = Trouble::kubernetes("get nodes", "https://x", &kube::Error::Auth(error));
    assert_eq!(trouble.what, TroubleKind::Credentials);
    assert!(!format!("{trouble:?}").contains("geheim"));
}
