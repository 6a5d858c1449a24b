//! Judging trust policies: whether a role lets the driver's service account in.

use serde_json::Value;

use super::evaluate::{
    Context, Effect, Holds, conditions_hold, effect, matches, names_action, statements, texts,
};
use super::{KEY_CLUSTER_ARN, KEY_NAMESPACE, KEY_SERVICE_ACCOUNT, POD_IDENTITY_SERVICE, TrustVerdict};

/// Whether the role lets in the service account `subject` with a token of the issuer for `audience`.
///
/// `issuer_host_path` is the issuer without `https://`. A trust without conditions on subject or audience is
/// right in that it works; [`trust_names_exactly`] says whether it is narrow too.
pub fn trust_allows_web_identity(
    document: &Value,
    provider_arn: &str,
    issuer_host_path: &str,
    subject: &str,
    audience: &str,
) -> TrustVerdict {
    let keys = [("aud", audience), ("sub", subject)];
    let context =
        keys.into_iter().map(|(key, value)| (format!("{issuer_host_path}:{key}"), value.to_owned()));
    let caller = Caller {
        principal_kind: "Federated",
        principal: provider_arn,
        actions: &["sts:AssumeRoleWithWebIdentity"],
        context: context.collect(),
    };
    judge(document, &caller)
}

/// Whether the trust names exactly this subject and this audience, as fsxctl writes it.
pub fn trust_names_exactly(document: &Value, issuer_host_path: &str, subject: &str, audience: &str) -> bool {
    let web = |it: &&Value| names_action(it, "sts:AssumeRoleWithWebIdentity");
    let all = statements(document);
    let mut allowing = all.into_iter().filter(web).peekable();
    allowing.peek().is_some()
        && allowing.all(|statement| {
            let equals = |key: &str| {
                let pointer = statement.get("Condition").and_then(|it| it.get("StringEquals"));
                pointer
                    .and_then(|it| it.get(format!("{issuer_host_path}:{key}")))
                    .map(texts)
                    .unwrap_or_default()
            };
            equals("sub") == [subject] && equals("aud") == [audience]
        })
}

/// Whether the role lets EKS Pod Identity in for this service account of this cluster.
///
/// It needs `sts:AssumeRole` and `sts:TagSession` for `pods.eks.amazonaws.com`. Conditions on the session tags
/// of cluster ARN, namespace and service account are understood; an association with `disableSessionTags` sends none.
pub fn trust_allows_pod_identity(
    document: &Value,
    cluster_arn: &str,
    namespace: &str,
    service_account: &str,
) -> TrustVerdict {
    let name = cluster_arn.rsplit('/').next().unwrap_or_default();
    let account = cluster_arn.split(':').nth(4).unwrap_or_default();
    let keys = [
        (KEY_CLUSTER_ARN, cluster_arn),
        (KEY_NAMESPACE, namespace),
        (KEY_SERVICE_ACCOUNT, service_account),
        ("aws:RequestTag/eks-cluster-name", name),
        ("aws:SourceAccount", account),
    ];
    let caller = Caller {
        principal_kind: "Service",
        principal: POD_IDENTITY_SERVICE,
        actions: &["sts:AssumeRole", "sts:TagSession"],
        context: keys.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    };
    judge(document, &caller)
}

/// Who knocks: the kind of principal, its name, the actions it needs, and what its request says.
struct Caller<'a> {
    principal_kind: &'static str,
    principal: &'a str,
    actions: &'static [&'static str],
    context: Context,
}

fn judge(document: &Value, caller: &Caller<'_>) -> TrustVerdict {
    let mut doubt = None;
    for action in caller.actions {
        match judge_action(document, caller, action) {
            TrustVerdict::Right => {}
            TrustVerdict::CannotTell(reason) => doubt = Some(reason),
            wrong @ TrustVerdict::Wrong(_) => return wrong,
        }
    }
    doubt.map_or(TrustVerdict::Right, TrustVerdict::CannotTell)
}

fn judge_action(document: &Value, caller: &Caller<'_>, action: &str) -> TrustVerdict {
    let all = statements(document);
    let about: Vec<&Value> =
        all.iter().copied().filter(|it| principal_is(it, caller) != Some(false)).collect();
    if about.is_empty() {
        return TrustVerdict::Wrong(other_principal(&all, caller));
    }
    let named: Vec<&Value> = about.into_iter().filter(|it| names_action(it, action)).collect();
    let mut verdict = TrustVerdict::Wrong(format!("it does not allow {action} to {}", caller.principal));
    for statement in named {
        let holds = match principal_is(statement, caller) {
            Some(_) => {
                statement.get("Condition").map_or(Holds::Yes, |it| conditions_hold(it, &caller.context))
            }
            None => Holds::Unknown("its principal is not written as one name or a list of names".to_owned()),
        };
        match (effect(statement), holds) {
            (Effect::Deny, Holds::Yes) => return TrustVerdict::Wrong(format!("it denies {action}")),
            (Effect::Deny, Holds::Unknown(reason)) => {
                return TrustVerdict::CannotTell(format!("a Deny statement: {reason}"));
            }
            (Effect::Allow, Holds::Yes) => verdict = TrustVerdict::Right,
            (Effect::Allow, Holds::Unknown(reason)) if verdict != TrustVerdict::Right => {
                verdict = TrustVerdict::CannotTell(reason);
            }
            (Effect::Allow, Holds::No) if matches!(verdict, TrustVerdict::Wrong(_)) => {
                verdict = TrustVerdict::Wrong(why_not(statement, &caller.context));
            }
            (Effect::Allow | Effect::Deny, _) => {}
            (Effect::Neither, _) => {
                return TrustVerdict::CannotTell("a statement has no Effect of Allow or Deny".to_owned());
            }
        }
    }
    verdict
}

/// Whether the statement's principal is the caller; `None` when it is written in a way not understood.
fn principal_is(statement: &Value, caller: &Caller<'_>) -> Option<bool> {
    match statement.get("Principal") {
        Some(Value::Object(kinds)) => {
            let names = kinds.get(caller.principal_kind).map(texts).unwrap_or_default();
            Some(names.iter().any(|it| it == caller.principal))
        }
        _ => None,
    }
}

fn other_principal(all: &[&Value], caller: &Caller<'_>) -> String {
    let kind = caller.principal_kind;
    let found: Vec<String> =
        all.iter().filter_map(|it| it.get("Principal")?.get(kind)).flat_map(texts).collect();
    if found.is_empty() {
        format!("it trusts no {kind} principal; {} is needed", caller.principal)
    } else {
        format!("it trusts {}, not {}", found.join(", "), caller.principal)
    }
}

/// The first comparison that fails, in words.
fn why_not(statement: &Value, context: &Context) -> String {
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    for (operator, comparisons) in operators {
        for (key, wanted) in comparisons.as_object().into_iter().flatten() {
            let Some((_, value)) = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) else {
                continue;
            };
            let single = serde_json::json!({operator: {key: wanted}});
            if conditions_hold(&single, context) == Holds::No {
                let listed = texts(wanted);
                let literal = operator.ends_with("Equals")
                    && listed.iter().any(|it| it.contains('*') && matches(it, value));
                let hint = if literal {
                    "; a * under StringEquals is a plain character, StringLike reads it"
                } else {
                    ""
                };
                return format!("{operator} {key} wants {}, but it is {value}{hint}", listed.join(" or "));
            }
        }
    }
    "a condition does not hold".to_owned()
}
