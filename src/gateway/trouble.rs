//! What a service or the road to it said no with, in one shape for AWS and Kubernetes.
//!
//! Only `codes` knows services' error codes. Nothing secret passes through it: credentials,
//! tokens and signatures are cut out of every message before it is kept.

mod codes;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId as _;

use self::codes::{aws_kind, is_quota, kubernetes_kind};
use super::http::NotTheService;
use super::scrub::{chain, scrub};
use crate::error::{AGAIN, Error, Kind};
use crate::facts::{Seen, Veil};

/// What kind of no it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// IAM or RBAC does not allow it.
    Denied,
    /// No credentials, expired ones, or ones that the service does not know.
    Credentials,
    /// Too many requests.
    Throttled,
    /// Name resolution, connection, TLS, timeout, or the service is down (5xx).
    Unreachable,
    /// It is not there.
    NotFound,
    /// It is there already.
    Exists,
    /// It is in the way, in use, or not what it was.
    Conflict,
    /// A dependency is too new to be seen yet: ask again in a moment.
    NotYet,
    /// The service says that the request is wrong.
    Refused,
    /// An answer that nobody expected.
    Odd,
}

/// One failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of no.
    pub what: TroubleKind,
    /// `eks`, `iam`, …, `kubernetes`.
    pub service: &'static str,
    /// `DescribeCluster`, or `get serviceaccounts`.
    pub operation: String,
    /// `iam:GetRole`, or `get serviceaccounts in kube-system`.
    pub permission: String,
    /// The service's own code.
    pub code: Option<String>,
    /// The service's own words, without secrets.
    pub message: String,
    /// The request's id at the service.
    pub request_id: Option<String>,
}

impl Trouble {
    /// A failed call without a code.
    pub fn new(what: TroubleKind, service: &'static str, operation: &str, message: &str) -> Self {
        Self {
            what,
            service,
            operation: operation.to_owned(),
            permission: if service == KUBERNETES {
                operation.to_owned()
            } else {
                format!("{service}:{operation}")
            },
            code: None,
            message: scrub(message),
            request_id: None,
        }
    }

    /// From an SDK error. `operation` is the API's name for the call, which is also the IAM action's.
    pub fn aws<E>(service: &'static str, operation: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let code = error.code().map(str::to_owned);
        let status = error.raw_response().map(|response| response.status().as_u16());
        let words = match error.message() {
            Some(words) => words.to_owned(),
            None => chain(error).trim_start_matches("dispatch failure: ").to_owned(),
        };
        let what = match error {
            // Whatever else it was: what came was not the service's, or not all of it.
            _ if find::<NotTheService>(error).is_some() => TroubleKind::Unreachable,
            SdkError::ServiceError(_) => {
                aws_kind(operation, code.as_deref().unwrap_or_default(), &words, status)
            }
            SdkError::TimeoutError(_) => TroubleKind::Unreachable,
            SdkError::ResponseError(_) if find::<std::io::Error>(error).is_some() => TroubleKind::Unreachable,
            SdkError::ResponseError(_) if status.is_some_and(|status| status < 400) => TroubleKind::Odd,
            SdkError::ResponseError(_) => TroubleKind::Unreachable,
            SdkError::DispatchFailure(_) if no_credentials(error) => TroubleKind::Credentials,
            SdkError::ConstructionFailure(_) if no_credentials(error) => TroubleKind::Credentials,
            SdkError::DispatchFailure(_) => TroubleKind::Unreachable,
            _ => TroubleKind::Odd,
        };
        let words = before(&words, "Encoded authorization failure message");
        let mut trouble = Self::new(what, service, operation, words);
        if what == TroubleKind::Denied
            && let Some(action) = action_in(words)
        {
            trouble.permission = action;
        }
        trouble.code = code;
        trouble.request_id = error.request_id().map(str::to_owned);
        trouble
    }

    /// From a Kubernetes client error. `permission` is the RBAC verb and resource, `get nodes`; `server` the API
    /// server that was asked.
    pub fn kubernetes(permission: &str, server: &str, error: &kube::Error) -> Self {
        let mut trouble = Self::new(TroubleKind::Odd, KUBERNETES, permission, "");
        match error {
            kube::Error::Api(status) => {
                trouble.what = kubernetes_kind(status.code, &status.reason);
                trouble.code = Some(if status.reason.is_empty() {
                    status.code.to_string()
                } else {
                    status.reason.clone()
                });
                trouble.message = scrub(&status.message);
            }
            kube::Error::Auth(error) => {
                trouble.what = TroubleKind::Credentials;
                trouble.message = plugin_words(error);
            }
            kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_) => {
                // The credential plugin runs inside the client's stack and its errors come out of it.
                if let Some(plugin) = find::<kube::client::AuthError>(error) {
                    trouble.what = TroubleKind::Credentials;
                    trouble.message = plugin_words(plugin);
                } else if let Some(inner) = find::<Self>(error) {
                    return inner.clone();
                } else {
                    trouble.what = TroubleKind::Unreachable;
                    trouble.message =
                        format!("cannot reach {server}: {}", error.source().map(chain).unwrap_or_default());
                }
            }
            other => trouble.message = chain(other),
        }
        trouble
    }

    /// No answer within the time that one call may take.
    pub fn timed_out(service: &'static str, operation: &str, server: &str) -> Self {
        Self::new(TroubleKind::Unreachable, service, operation, &format!("no answer from {server} in time"))
    }

    /// Why something stays hidden, when that is what a denied read means.
    pub fn veil(&self) -> Veil {
        Veil { permission: self.permission.clone(), cause: self.message.clone() }
    }

    /// A read's answer: denied is hidden, not found is missing, all else is trouble.
    pub fn seen<T>(self) -> Result<Seen<T>, Self> {
        match self.what {
            TroubleKind::Denied => Ok(Seen::Hidden(self.veil())),
            TroubleKind::NotFound => Ok(Seen::Missing),
            _ => Err(self),
        }
    }
}

/// Service name of Kubernetes calls.
pub const KUBERNETES: &str = "kubernetes";
/// Service name of the helm program.
pub const HELM: &str = "helm";

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.service, self.operation, self.message)
    }
}

impl StdError for Trouble {}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        let name = match trouble.service {
            KUBERNETES => format!("Kubernetes ({})", trouble.operation),
            HELM => format!("helm {}", trouble.operation),
            service => format!("{service}:{}", trouble.operation),
        };
        let error = if trouble.service == HELM { of_helm(trouble.what, &name) } else { None };
        let mut error = error.unwrap_or_else(|| of_service(&trouble, &name));
        let Trouble { what, permission, code, message, request_id, .. } = trouble;
        if what == TroubleKind::Denied {
            error = error.permission(permission);
        }
        error = match (code, message.is_empty()) {
            (Some(code), false) => error.because(format!("{code}: {message}")),
            (Some(code), true) => error.because(code),
            (None, false) => error.because(message),
            (None, true) => error,
        };
        match request_id {
            Some(id) => error.because(format!("request id {id}")),
            None => error,
        }
    }
}

/// What only helm means by a refusal.
fn of_helm(what: TroubleKind, name: &str) -> Option<Error> {
    match what {
        TroubleKind::NotFound => Some(
            Error::new(Kind::Usage, format!("{name} cannot find the chart"))
                .next("name a chart and version that are there with --chart and --driver-version"),
        ),
        TroubleKind::Refused => Some(
            Error::new(Kind::EndedBadly, format!("{name} failed"))
                .next("mend what helm names, and run the same command again"),
        ),
        _ => None,
    }
}

/// The sentence, and what to do next.
fn of_service(trouble: &Trouble, name: &str) -> Error {
    let code = trouble.code.as_deref().unwrap_or_default();
    let side = if matches!(trouble.service, KUBERNETES | HELM) { "Kubernetes" } else { "AWS" };
    let error = match trouble.what {
        TroubleKind::Denied => {
            Error::new(Kind::Denied, format!("{side} does not allow {}", trouble.permission))
        }
        TroubleKind::Credentials => {
            Error::new(Kind::Denied, format!("{side} credentials are missing, expired or not accepted"))
                .next(credentials_next(trouble.service, &trouble.message))
        }
        TroubleKind::Throttled => Error::new(Kind::Unavailable, format!("{name} was throttled")),
        TroubleKind::Unreachable => Error::new(Kind::Unavailable, format!("cannot reach {name}")),
        TroubleKind::NotYet => Error::new(Kind::Unavailable, format!("{name} cannot see a new object yet")),
        TroubleKind::NotFound => {
            Error::new(Kind::Conflict, format!("{name}: the object is not there any more"))
        }
        TroubleKind::Exists => Error::new(Kind::Conflict, format!("{name}: it exists already")),
        TroubleKind::Conflict => Error::new(Kind::Conflict, format!("{name}: something is in the way")),
        TroubleKind::Refused if is_quota(code) => {
            Error::new(Kind::Conflict, format!("{name}: a quota is used up"))
        }
        TroubleKind::Refused => Error::new(Kind::Bug, format!("{name} refused the request")),
        TroubleKind::Odd => Error::new(Kind::Bug, format!("{name} answered in an unexpected way")),
    };
    match trouble.what {
        TroubleKind::Throttled | TroubleKind::Unreachable | TroubleKind::NotYet => error.next(AGAIN),
        TroubleKind::NotFound | TroubleKind::Exists => {
            error.next(format!("{AGAIN}; it looks at what is there now"))
        }
        TroubleKind::Conflict => {
            error.next(format!("{AGAIN} when what it names has ended, or mend what it names"))
        }
        TroubleKind::Refused if is_quota(code) => {
            error.next("ask for a higher quota, or remove what is no longer needed, and run it again")
        }
        TroubleKind::Refused | TroubleKind::Odd => error.next(
            "report it with a file made by --trace-calls FILE; a proxy in between can be the cause too",
        ),
        TroubleKind::Denied | TroubleKind::Credentials => error,
    }
}

/// What to do about credentials that do not work.
fn credentials_next(service: &str, message: &str) -> &'static str {
    let words = message.to_ascii_lowercase();
    if words.contains("sso") {
        "aws sso login"
    } else if matches!(service, KUBERNETES | HELM) {
        "kubectl auth whoami"
    } else {
        "aws sts get-caller-identity"
    }
}

/// Whether the cause is that no credentials could be had.
fn no_credentials(error: &(dyn StdError + 'static)) -> bool {
    find::<CredentialsError>(error).is_some()
}

/// The first cause of this type.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

/// A credential plugin's failure without its command line, environment or output, which may hold secrets.
pub(super) fn plugin_words(error: &kube::client::AuthError) -> String {
    match error {
        kube::client::AuthError::AuthExecRun { out, .. } => {
            format!("the kubeconfig's credential plugin failed with {}", out.status)
        }
        kube::client::AuthError::AuthExecStart(cause) => {
            format!("the kubeconfig's credential plugin cannot be started: {cause}")
        }
        kube::client::AuthError::AuthExecParse(_) | kube::client::AuthError::ExecPluginFailed => {
            "the kubeconfig's credential plugin gave no usable credentials".to_owned()
        }
        kube::client::AuthError::ReadTokenFile(cause, file) => {
            format!("cannot read token file {}: {cause}", file.display())
        }
        _ => "the kubeconfig's credentials cannot be used".to_owned(),
    }
}

/// The action that AWS names in `… is not authorized to perform: ACTION on resource: …`.
fn action_in(words: &str) -> Option<String> {
    let (_, rest) = words.split_once("authorized to perform: ")?;
    let action: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-')).collect();
    let (service, name) = action.split_once(':')?;
    (!service.is_empty() && !name.is_empty()).then_some(action)
}

fn before<'a>(words: &'a str, mark: &str) -> &'a str {
    words.split_once(mark).map_or(words, |(head, _)| head).trim_end_matches([' ', '.', ':'])
}
