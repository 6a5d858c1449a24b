//! CreateAddon, UpdateAddon, DeleteAddon: what is taken and what is refused at once. What happens
//! afterwards is `lifecycle`'s.

use serde_json::{Value, json};

use super::super::row;
use super::associations::{self, Wanted};
use super::objects::{self, Plan};
use super::reads::{UPDATES, no_addon};
use super::{
    ADDONS, ASSOCIATIONS, addon, catalogue, cluster, cluster_name, fill, in_use, invalid, lifecycle, schema,
};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// The default namespace of an add-on's objects.
const NAMESPACE: &str = "kube-system";

/// CreateAddon.
///
/// # Errors
/// `ResourceNotFoundException`, `ResourceInUseException`, `InvalidParameterException`.
pub fn create(state: &mut State, call: &Call) -> Answer {
    let kubernetes = row::text(cluster(state, call)?, "version").to_owned();
    let (cluster, name) = (cluster_name(call), call.text("addonName").unwrap_or_default());
    if let Some(found) = addon(state, cluster, name) {
        let token = call.text("clientRequestToken").unwrap_or_default();
        if !token.is_empty() && found["$clientToken"] == token && found["$clientInput"] == call.input {
            return Ok(json!({"addon": found}));
        }
        return Err(named(in_use("Addon already exists."), call));
    }
    if call.text("resolveConflicts") == Some("PRESERVE") {
        let text = "Resolve conflicts option preserve is not supported for operation CreateAddon";
        return Err(named(invalid(text), call));
    }
    let build = catalogue::resolve(state, name, call.text("addonVersion"), &kubernetes);
    let build = build.map_err(|error| named(error, call))?;
    check_settings(state, call, &build, &[])?;
    let mut new = row::pick(
        &call.input,
        &[
            "clusterName",
            "addonName",
            "serviceAccountRoleArn",
            "tags",
            "configurationValues",
            "namespaceConfig",
        ],
    );
    row::set(&mut new, "addonVersion", build["addonVersion"].clone());
    row::set(&mut new, "status", "CREATING");
    row::set(&mut new, "createdAt", state.now.to_string());
    row::set(&mut new, "$resolve", call.text("resolveConflicts").unwrap_or("NONE"));
    row::set(&mut new, "$clientToken", call.text("clientRequestToken"));
    row::set(&mut new, "$clientInput", call.input.clone());
    let takes = state.durations.addon_active;
    row::set(&mut new, "$objects", "early");
    row::set(&mut new, "$dueAt", state.after(takes).to_string());
    row::set(&mut new, "$managed", true);
    lifecycle::destine(&mut new, lifecycle::outcome(state, "CreateAddon"));
    state.rows_mut(ADDONS).push(new);
    fill::fill(state);
    associate(state, call);
    Ok(json!({"addon": addon(state, cluster, name)}))
}

fn named(error: AwsError, call: &Call) -> AwsError {
    error
        .with("addonName", call.text("addonName").unwrap_or_default())
        .with("clusterName", cluster_name(call))
}

/// Judges role, associations and configuration. `own` are ids of associations that will be replaced.
fn check_settings(state: &State, call: &Call, build: &Value, own: &[String]) -> Result<(), AwsError> {
    let name = call.text("addonName").unwrap_or_default();
    if let Some(text) = call.text("configurationValues").filter(|text| !text.is_empty()) {
        schema::check(text, &catalogue::schema(name)).map_err(|error| named(error, call))?;
    }
    if let Some(arn) = call.text("serviceAccountRoleArn")
        && super::super::identity::visible_role(state, arn).is_none()
    {
        return Err(named(invalid("Role provided in the request does not exist."), call));
    }
    let wanted = row::list(&call.input, "podIdentityAssociations");
    if !wanted.is_empty() && build["requiresIamPermissions"] == false {
        // eksctl issues name this answer for add-ons that need no IAM permissions.
        let version = row::text(build, "addonVersion");
        let text = format!("Pod Identity feature is not supported for addon version: {version}");
        return Err(named(invalid(&text), call));
    }
    for one in wanted {
        let one = association(call, one);
        let found =
            super::super::identity::admission::association(state, one.cluster, one.namespace, one.account);
        let replaced = found.is_some_and(|a| own.iter().any(|id| id == row::text(a, "associationId")));
        let judged = if replaced {
            associations::check_role(state, one.role)
        } else {
            associations::check(state, &one)
        };
        judged.map_err(|error| named(error, call))?;
    }
    Ok(())
}

fn association<'a>(call: &'a Call, one: &'a Value) -> Wanted<'a> {
    Wanted {
        cluster: cluster_name(call),
        namespace: call.input["namespaceConfig"]["namespace"].as_str().unwrap_or(NAMESPACE),
        account: row::text(one, "serviceAccount"),
        role: row::text(one, "roleArn"),
    }
}

/// Makes the associations that the call asks for, owned by the add-on, and lists them in its row.
fn associate(state: &mut State, call: &Call) {
    let (cluster, name) = (cluster_name(call), call.text("addonName").unwrap_or_default());
    let owner = addon(state, cluster, name).map_or("", |addon| row::text(addon, "addonArn")).to_owned();
    for one in row::list(&call.input, "podIdentityAssociations") {
        associations::insert(state, &association(call, one), &json!({"ownerArn": owner}));
    }
    list_associations(state, cluster, name, &owner);
}

fn list_associations(state: &mut State, cluster: &str, name: &str, owner: &str) {
    let owned = state.rows(ASSOCIATIONS).iter().filter(|a| row::text(a, "ownerArn") == owner);
    let arns: Vec<String> = owned.map(|a| row::text(a, "associationArn").to_owned()).collect();
    let of = |a: &&mut Value| row::text(a, "clusterName") == cluster && row::text(a, "addonName") == name;
    if let Some(addon) = state.rows_mut(ADDONS).iter_mut().find(of) {
        if arns.is_empty() {
            row::unset(addon, "podIdentityAssociations");
        } else {
            row::set(addon, "podIdentityAssociations", arns);
        }
    }
}

/// The ids of the associations that an add-on owns.
fn owned(state: &State, owner: &str) -> Vec<String> {
    let rows = state.rows(ASSOCIATIONS).iter().filter(|a| row::text(a, "ownerArn") == owner);
    rows.map(|a| row::text(a, "associationId").to_owned()).collect()
}

/// Takes away every association that an add-on owns.
pub fn dissociate(state: &mut State, owner: &str) {
    state.rows_mut(ASSOCIATIONS).retain(|a| owner.is_empty() || row::text(a, "ownerArn") != owner);
}

fn busy(found: &Value, call: &Call) -> Result<(), AwsError> {
    let status = row::text(found, "status");
    if matches!(status, "CREATING" | "UPDATING" | "DELETING") {
        // The references have the code; the wording is our own.
        let name = row::text(found, "addonName");
        return Err(named(in_use(&format!("Addon {name} is currently in {status} state")), call));
    }
    Ok(())
}

/// UpdateAddon. A role that is not given is unset (terraform-provider-aws#30645); a version or
/// configuration that is not given stays (UNCONFIRMED for the configuration).
///
/// # Errors
/// `ResourceNotFoundException`, `ResourceInUseException`, `InvalidParameterException`.
pub fn update(state: &mut State, call: &Call) -> Answer {
    let kubernetes = row::text(cluster(state, call)?, "version").to_owned();
    let (cluster, name) = (cluster_name(call), call.text("addonName").unwrap_or_default());
    let found = addon(state, cluster, name).ok_or_else(|| no_addon(call))?.clone();
    let token = call.text("clientRequestToken").unwrap_or_default();
    let same =
        |u: &&Value| !token.is_empty() && u["$clientToken"] == token && u["$clientInput"] == call.input;
    if let Some(earlier) = state.rows(UPDATES).iter().find(same) {
        return Ok(json!({"update": earlier}));
    }
    busy(&found, call)?;
    let build = match call.text("addonVersion") {
        None => json!({"addonVersion": found["addonVersion"]}),
        wanted => catalogue::resolve(state, name, wanted, &kubernetes).map_err(|error| named(error, call))?,
    };
    let owner = row::text(&found, "addonArn").to_owned();
    let replaces = row::given(&call.input, "podIdentityAssociations");
    check_settings(state, call, &build, &owned(state, &owner))?;
    objects::adopt(state, &Plan::of(state, &found));
    if replaces {
        dissociate(state, &owner);
        associate(state, call);
    }
    let outcome = lifecycle::outcome(state, "UpdateAddon");
    let update = note_update(state, call);
    let until = state.after(state.durations.addon_active).to_string();
    let now = state.now.to_string();
    let of = |a: &&mut Value| row::text(a, "clusterName") == cluster && row::text(a, "addonName") == name;
    if let Some(addon) = state.rows_mut(ADDONS).iter_mut().find(of) {
        row::set(addon, "status", "UPDATING");
        row::set(addon, "modifiedAt", now);
        row::set(addon, "addonVersion", build["addonVersion"].clone());
        if row::given(&call.input, "configurationValues") {
            row::set(addon, "configurationValues", call.input["configurationValues"].clone());
        }
        row::unset(addon, "serviceAccountRoleArn");
        if row::given(&call.input, "serviceAccountRoleArn") {
            row::set(addon, "serviceAccountRoleArn", call.input["serviceAccountRoleArn"].clone());
        }
        row::set(addon, "$resolve", call.text("resolveConflicts").unwrap_or("NONE"));
        row::set(addon, "$update", update["id"].clone());
        row::set(addon, "$objects", "late");
        row::set(addon, "$dueAt", until);
        row::set(addon, "$managed", true);
        lifecycle::destine(addon, outcome);
    }
    Ok(json!({"update": update}))
}

/// Remembers an update under a fresh id.
fn note_update(state: &mut State, call: &Call) -> Value {
    let params: Vec<Value> = [
        ("AddonVersion", "addonVersion"),
        ("ServiceAccountRoleArn", "serviceAccountRoleArn"),
        ("ResolveConflicts", "resolveConflicts"),
        ("ConfigurationValues", "configurationValues"),
        ("PodIdentityAssociations", "podIdentityAssociations"),
    ]
    .into_iter()
    .filter(|(_, member)| row::given(&call.input, member))
    .map(|(kind, member)| {
        let value = &call.input[member];
        json!({"type": kind, "value": value.as_str().map_or_else(|| value.to_string(), str::to_owned)})
    })
    .collect();
    let update = json!({
        "id": super::super::identity::pod::request_id(state), "status": "InProgress", "type": "AddonUpdate",
        "params": params, "createdAt": state.now.to_string(), "errors": [],
        "clusterName": cluster_name(call), "addonName": call.text("addonName"),
        "$clientToken": call.text("clientRequestToken"), "$clientInput": call.input,
    });
    state.rows_mut(UPDATES).push(update.clone());
    update
}

/// DeleteAddon.
///
/// # Errors
/// `ResourceNotFoundException`, `ResourceInUseException`.
pub fn delete(state: &mut State, call: &Call) -> Answer {
    cluster(state, call)?;
    let (cluster, name) = (cluster_name(call), call.text("addonName").unwrap_or_default());
    let found = addon(state, cluster, name).ok_or_else(|| no_addon(call))?.clone();
    busy(&found, call)?;
    objects::adopt(state, &Plan::of(state, &found));
    // How long EKS takes is not in the references: a quarter of a creation.
    let until = state.after(state.durations.addon_active / 4).to_string();
    let outcome = lifecycle::outcome(state, "DeleteAddon");
    let of = |a: &&mut Value| row::text(a, "clusterName") == cluster && row::text(a, "addonName") == name;
    if let Some(addon) = state.rows_mut(ADDONS).iter_mut().find(of) {
        row::set(addon, "status", "DELETING");
        row::set(addon, "$preserve", call.input["preserve"] == true);
        lifecycle::destine(addon, outcome);
        row::set(addon, "$dueAt", until);
    }
    Ok(json!({"addon": super::addon(state, cluster, name)}))
}
