//! What the world file need not give of FSx resources. A given value always wins.

use serde_json::{Value, json};

use super::network::{self, Place};
use super::rules::sizes;
use super::{actions, backups, defaults, delete, repository, tasks};
use crate::aws::ec2::value::{derived_id, fill, given, text, texts};
use crate::state::State;

/// Fills every FSx table. The EC2 tables must be filled before. Running it again changes nothing.
pub fn derive(state: &mut State) {
    for at in 0..state.rows("fsx.FileSystems").len() {
        let Some(mut row) = state.rows("fsx.FileSystems").get(at).cloned() else { continue };
        let id = derived_id("fs", &format!("{at}{row}"));
        fill(&mut row, "FileSystemId", id);
        if text(&row, "Lifecycle") != "CREATING" {
            fill(&mut row, "CreationTime", past(state));
        }
        defaults::complete(state, &mut row);
        interfaces(state, &mut row);
        due(state, &mut row);
        if let Some(slot) = state.rows_mut("fsx.FileSystems").get_mut(at) {
            *slot = row;
        }
    }
    others(state, "fsx.DataRepositoryAssociations", ("AssociationId", "dra"), repository::complete);
    others(state, "fsx.DataRepositoryTasks", ("TaskId", "task"), tasks::complete);
    others(state, "fsx.Backups", ("BackupId", "backup"), backups::complete);
}

/// Rows that belong to file systems: id, time, what `complete` fills, and the phase before them. `id` is the
/// member and the prefix.
fn others(state: &mut State, table: &str, id: (&str, &str), complete: fn(&State, &mut Value)) {
    let first = state.rows("fsx.FileSystems").first().map(|row| row["FileSystemId"].clone());
    for at in 0..state.rows(table).len() {
        let Some(mut row) = state.rows(table).get(at).cloned() else { continue };
        let own = derived_id(id.1, &format!("{at}{row}"));
        fill(&mut row, id.0, own);
        if id.1 != "backup"
            && let Some(first) = &first
        {
            fill(&mut row, "FileSystemId", first.clone());
        }
        fill(&mut row, "CreationTime", past(state));
        complete(state, &mut row);
        if matches!(
            text(&row, "Lifecycle"),
            "CREATING"
                | "UPDATING"
                | "DELETING"
                | "PENDING"
                | "EXECUTING"
                | "CANCELING"
                | "TRANSFERRING"
                | "COPYING"
        ) {
            fill(&mut row, "$dueAt", state.after(repository::CHANGE).to_string());
        }
        if let Some(slot) = state.rows_mut(table).get_mut(at) {
            *slot = row;
        }
    }
}

/// When what the file does not date came to be.
fn past(state: &State) -> String {
    let past = state.now - jiff::SignedDuration::from_hours(24 * 30);
    past.round(jiff::Unit::Second).unwrap_or(past).to_string()
}

/// Subnet, VPC and interfaces of a row: `$SecurityGroupIds` says which groups derived interfaces have, the
/// VPC's default group else.
fn interfaces(state: &mut State, row: &mut Value) {
    let given_interface = texts(row, "NetworkInterfaceIds")
        .first()
        .and_then(|id| state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", id))
        .map(|interface| text(interface, "SubnetId").to_owned());
    let first = state.rows("ec2.Subnets").first().map(|subnet| text(subnet, "SubnetId").to_owned());
    if let Some(subnet) = given_interface.or(first) {
        fill(row, "SubnetIds", json!([subnet]));
    }
    let subnet = texts(row, "SubnetIds").first().copied().unwrap_or_default().to_owned();
    if let Some(known) = state.find("ec2.Subnets", "SubnetId", &subnet) {
        fill(row, "VpcId", known["VpcId"].clone());
    }
    if given(row, "NetworkInterfaceIds") {
        return;
    }
    let place = place(state, row, subnet);
    let id = text(row, "FileSystemId").to_owned();
    let ids = (0..sizes::interfaces(row)).map(|at| derived_id("eni", &format!("{id}{at}"))).collect();
    row["NetworkInterfaceIds"] = json!(network::attach(state, &id, &place, ids, false));
}

fn place(state: &State, row: &Value, subnet: String) -> Place {
    let vpc = text(row, "VpcId").to_owned();
    let mut groups: Vec<String> = texts(row, "$SecurityGroupIds").into_iter().map(str::to_owned).collect();
    if !given(row, "$SecurityGroupIds") {
        let default = |row: &&Value| text(row, "VpcId") == vpc && text(row, "GroupName") == "default";
        groups.extend(
            state.rows("ec2.SecurityGroups").iter().find(default).map(|row| text(row, "GroupId").to_owned()),
        );
    }
    Place { vpc, subnet, groups }
}

/// A file system that is loaded in mid-lifecycle has the whole phase before it, unless `$dueAt` is given.
fn due(state: &State, row: &mut Value) {
    let phase = match text(row, "Lifecycle") {
        "CREATING" => Some(state.durations.create_file_system),
        "DELETING" => Some(delete::DELETION),
        "AVAILABLE" | "UPDATING" => actions::phase(row),
        _ => None,
    };
    if let Some(phase) = phase {
        fill(row, "$dueAt", state.after(phase).to_string());
    }
}
