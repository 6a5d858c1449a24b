//! Trust policies: may this one take that role?

use jiff::Timestamp;
use serde_json::Value;

use super::super::policy::{self, Ask, Context, Name};
use super::super::{access, row};
use super::web::{Claims, provider_arn};
use crate::call::Principal;
use crate::state::State;

/// The service principal of EKS Pod Identity, the same in every partition (eksctl knows this value only).
pub const POD_IDENTITY_SERVICE: &str = "pods.eks.amazonaws.com";

/// Who asks for a role.
#[derive(Debug, Clone)]
pub enum Asker<'a> {
    /// A user or a session of a role.
    Principal(&'a Principal),
    /// The holder of a token of an OIDC provider.
    WebIdentity(&'a Claims),
    /// EKS, for the pods of a service account.
    PodIdentity {
        /// ARN of the cluster.
        cluster: &'a str,
        /// Namespace of the service account.
        namespace: &'a str,
        /// Name of the service account.
        service_account: &'a str,
    },
    /// A service, for instance `fsx.amazonaws.com`.
    Service(&'a str),
}

/// The role of an ARN, unless it does not exist or is so new that other services do not see it yet
/// (`iamConsistency`).
pub fn visible_role<'a>(state: &'a State, arn: &str) -> Option<&'a Value> {
    state.find("iam.Roles", "Arn", arn).filter(|role| is_visible(state, role))
}

/// Whether services other than IAM see this IAM object already.
pub fn is_visible(state: &State, object: &Value) -> bool {
    row::text(object, "$visibleAt").parse::<Timestamp>().map_or(true, |at| at <= state.now)
}

/// Whether the role's trust policy lets this one do `action` (`sts:AssumeRole`, …).
pub fn trusts(state: &State, role: &Value, asker: &Asker<'_>, action: &str) -> bool {
    let (names, mut context) = describe(state, asker);
    context.add("aws:RequestedRegion", state.region.as_str());
    let resource = row::text(role, "Arn");
    let document = &role["AssumeRolePolicyDocument"];
    let judged = policy::evaluate_trust(document, Ask { action, resource, context: &context }, &names);
    access::complain(&judged.complaints);
    judged.is_allowed()
}

fn describe(state: &State, asker: &Asker<'_>) -> (Vec<Name>, Context) {
    match asker {
        Asker::Principal(principal) => {
            let mut names = vec![Name::Aws(access::arn(state, principal)), Name::Aws(state.account.clone())];
            names.push(Name::Aws(format!("arn:{}:iam::{}:root", state.partition(), state.account)));
            match access::own_row(state, principal) {
                Some(own) => names.push(Name::Aws(row::text(own, "Arn").to_owned())),
                None if **principal == Principal::Caller => names.push(Name::Aws(state.caller.clone())),
                None => {}
            }
            (names, access::principal_context(state, principal))
        }
        Asker::WebIdentity(claims) => {
            let host = claims.issuer.trim_start_matches("https://");
            let mut context = Context::new().with(&format!("{host}:sub"), claims.subject.as_str());
            for audience in &claims.audiences {
                context.add(&format!("{host}:aud"), audience.as_str());
            }
            (vec![Name::Federated(provider_arn(state, &claims.issuer))], context)
        }
        Asker::PodIdentity { cluster, namespace, service_account } => {
            // Session tags as EKS Pod Identity sets them; the names are those of the EKS user guide.
            let context = Context::new()
                .with("aws:SourceArn", *cluster)
                .with("aws:SourceAccount", state.account.as_str())
                .with("aws:RequestTag/eks-cluster-arn", *cluster)
                .with("aws:RequestTag/eks-cluster-name", row::last(cluster))
                .with("aws:RequestTag/kubernetes-namespace", *namespace)
                .with("aws:RequestTag/kubernetes-service-account", *service_account);
            (vec![Name::Service(POD_IDENTITY_SERVICE.to_owned())], context)
        }
        Asker::Service(name) => (vec![Name::Service((*name).to_owned())], Context::new()),
    }
}
