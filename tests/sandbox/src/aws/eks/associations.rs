//! Pod identity associations: create, change, delete; one for a service account.

use serde_json::{Value, json};

use super::super::identity::{self, Asker};
use super::super::row;
use super::{ASSOCIATIONS, cluster, cluster_name, fill, in_use, invalid, reads};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// One association to make.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Name of the cluster.
    pub cluster: &'a str,
    /// Namespace of the service account.
    pub namespace: &'a str,
    /// Name of the service account.
    pub account: &'a str,
    /// ARN of the role.
    pub role: &'a str,
}

/// CreatePodIdentityAssociation.
///
/// # Errors
/// `ResourceNotFoundException`, `ResourceInUseException`, `InvalidParameterException`.
pub fn create(state: &mut State, call: &Call) -> Answer {
    cluster(state, call)?;
    let token = call.text("clientRequestToken").unwrap_or_default();
    let same =
        |a: &&Value| !token.is_empty() && a["$clientToken"] == token && a["$clientInput"] == call.input;
    if let Some(found) = state.rows(ASSOCIATIONS).iter().find(same) {
        return Ok(json!({"association": found}));
    }
    let wanted = Wanted {
        cluster: cluster_name(call),
        namespace: call.text("namespace").unwrap_or_default(),
        account: call.text("serviceAccount").unwrap_or_default(),
        role: call.text("roleArn").unwrap_or_default(),
    };
    check(state, &wanted)?;
    let mut more = row::pick(&call.input, &["tags", "disableSessionTags", "targetRoleArn", "policy"]);
    if row::given(&more, "targetRoleArn") {
        row::set(&mut more, "externalId", identity::pod::request_id(state));
    }
    row::set(&mut more, "$clientToken", token);
    row::set(&mut more, "$clientInput", call.input.clone());
    Ok(json!({"association": insert(state, &wanted, &more)}))
}

/// Whether an association may be made.
///
/// # Errors
/// `ResourceInUseException` when the service account has one, `InvalidParameterException` for its role.
pub fn check(state: &State, wanted: &Wanted<'_>) -> Result<(), AwsError> {
    let found = identity::admission::association(state, wanted.cluster, wanted.namespace, wanted.account);
    if let Some(found) = found {
        let id = row::text(found, "associationId");
        return Err(in_use(&format!("Association already exists: {id}")).with("clusterName", wanted.cluster));
    }
    check_role(state, wanted.role)
}

/// Whether EKS takes a role for pods: it exists, other services see it, and it trusts EKS for both actions.
/// Conditions of the trust policy are not looked at, only later when a pod asks.
///
/// # Errors
/// `InvalidParameterException`; the texts are those that AWS's users report, the references have the code.
pub fn check_role(state: &State, arn: &str) -> Result<(), AwsError> {
    let own = format!("arn:{}:iam::{}:", state.partition(), state.account);
    if !arn.starts_with(&own) {
        return Err(invalid("Cross-account pass role is not allowed."));
    }
    let Some(role) = identity::visible_role(state, arn) else {
        return Err(invalid("Role provided in the request does not exist."));
    };
    let mut bare = role.clone();
    match &mut bare["AssumeRolePolicyDocument"]["Statement"] {
        Value::Array(many) => many.iter_mut().for_each(|statement| row::unset(statement, "Condition")),
        one => row::unset(one, "Condition"),
    }
    let eks = Asker::Service(identity::trust::POD_IDENTITY_SERVICE);
    if ["sts:AssumeRole", "sts:TagSession"].iter().all(|action| identity::trusts(state, &bare, &eks, action))
    {
        return Ok(());
    }
    Err(invalid(
        "Trust policy of the role provided is invalid. Follow the official documentation to resolve the issue.",
    ))
}

/// Adds an association; `more` are further members of its row.
pub fn insert(state: &mut State, wanted: &Wanted<'_>, more: &Value) -> Value {
    let mut new = json!({
        "clusterName": wanted.cluster, "namespace": wanted.namespace, "serviceAccount": wanted.account,
        "roleArn": wanted.role, "associationId": state.id("a"), "createdAt": state.now.to_string(),
    });
    for (member, value) in more.as_object().into_iter().flatten() {
        row::set(&mut new, member, value.clone());
    }
    let id = row::text(&new, "associationId").to_owned();
    state.rows_mut(ASSOCIATIONS).push(new);
    fill::fill(state);
    state.find(ASSOCIATIONS, "associationId", &id).cloned().unwrap_or_default()
}

/// UpdatePodIdentityAssociation.
///
/// # Errors
/// `ResourceNotFoundException`, `InvalidParameterException`, `InvalidRequestException`.
pub fn update(state: &mut State, call: &Call) -> Answer {
    refuse_owned(reads::association(state, call)?)?;
    if let Some(role) = call.text("roleArn") {
        check_role(state, role)?;
    }
    let (id, now) = (call.text("associationId").unwrap_or_default(), state.now.to_string());
    let Some(row) = state.find_mut(ASSOCIATIONS, "associationId", id) else { return Ok(json!({})) };
    for member in ["roleArn", "disableSessionTags", "targetRoleArn", "policy"] {
        if row::given(&call.input, member) {
            row::set(row, member, call.input[member].clone());
        }
    }
    row::set(row, "modifiedAt", now);
    Ok(json!({"association": row}))
}

/// DeletePodIdentityAssociation.
///
/// # Errors
/// `ResourceNotFoundException`, `InvalidRequestException`.
pub fn delete(state: &mut State, call: &Call) -> Answer {
    let found = reads::association(state, call)?.clone();
    refuse_owned(&found)?;
    let id = row::text(&found, "associationId").to_owned();
    state.rows_mut(ASSOCIATIONS).retain(|row| row::text(row, "associationId") != id);
    Ok(json!({"association": found}))
}

/// What an add-on owns is changed through the add-on (eksctl does it so); the wording is our own.
fn refuse_owned(association: &Value) -> Result<(), AwsError> {
    match association["ownerArn"].as_str() {
        Some(owner) => Err(AwsError::new(
            "InvalidRequestException",
            format!("The association is owned by {owner}; use the add-on to change it."),
        )),
        None => Ok(()),
    }
}
