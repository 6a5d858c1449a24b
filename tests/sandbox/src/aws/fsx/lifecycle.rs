//! What FSx does by itself when its time has come: file systems become AVAILABLE or FAILED, go away when
//! deleted, and updates make progress (`actions`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{actions, backups, network, repository, role, tasks};
use crate::aws::ec2::value::text;
use crate::state::State;

/// One step of a row that is due: the world, the row's id, the time that was due.
type Step = fn(&mut State, &str, Timestamp);

/// The tables with lifecycles: file systems first, since associations wait for them.
const MOVING: [(&str, &str, Step); 4] = [
    ("fsx.FileSystems", "FileSystemId", step),
    (repository::TABLE, "AssociationId", repository::step),
    (tasks::TABLE, "TaskId", tasks::step),
    (backups::TABLE, "BackupId", backups::step),
];

/// Moves what is due; returns when the next step is.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    let now = state.now;
    for (table, member, step) in MOVING {
        // Several steps may be due at once when nobody looked for a while.
        for _ in 0..1000 {
            let due = |row: &&Value| due_at(row).is_some_and(|at| at <= now);
            let Some(row) = state.rows(table).iter().find(due) else { break };
            let (id, at) = (text(row, member).to_owned(), due_at(row).unwrap_or(now));
            if let Some(row) = state.find_mut(table, member, &id).and_then(Value::as_object_mut) {
                row.shift_remove("$dueAt");
            }
            step(state, &id, at);
        }
    }
    MOVING.iter().flat_map(|(table, ..)| state.rows(table).iter().filter_map(due_at)).min()
}

/// When a row's next step is due.
pub fn due_at(row: &Value) -> Option<Timestamp> {
    row.get("$dueAt").and_then(Value::as_str).and_then(|text| text.parse().ok())
}

fn step(state: &mut State, id: &str, due: Timestamp) {
    let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", id) else { return };
    let outcome = row.get("$outcome").cloned();
    match text(row, "Lifecycle") {
        "CREATING" => match outcome {
            Some(outcome) => {
                row["Lifecycle"] = outcome["Lifecycle"].clone();
                row["FailureDetails"] = json!({"Message": outcome["Message"]});
                row.as_object_mut().map(|row| row.shift_remove("$outcome"));
            }
            None => {
                row["Lifecycle"] = json!("AVAILABLE");
                let link = &mut row["LustreConfiguration"]["DataRepositoryConfiguration"];
                if link.is_object() {
                    link["Lifecycle"] = json!("AVAILABLE");
                } else if let Some(lustre) = row["LustreConfiguration"].as_object_mut() {
                    lustre.shift_remove("DataRepositoryConfiguration");
                }
            }
        },
        "DELETING" => remove(state, id),
        _ => actions::step(state, id, due),
    }
}

/// A deleted file system takes its interfaces, its associations, its automatic backups and its S3 role
/// along.
fn remove(state: &mut State, id: &str) {
    let Some(row) = state.find("fsx.FileSystems", "FileSystemId", id).cloned() else { return };
    network::detach(state, &row);
    role::forget_s3_role(state, id);
    for table in ["fsx.FileSystems", "fsx.DataRepositoryAssociations"] {
        if state.aws.contains_key(table) {
            state.rows_mut(table).retain(|row| text(row, "FileSystemId") != id);
        }
    }
    let automatic =
        |row: &Value| text(row, "Type") == "AUTOMATIC" && text(&row["FileSystem"], "FileSystemId") == id;
    if state.aws.contains_key("fsx.Backups") {
        state.rows_mut("fsx.Backups").retain(|row| !automatic(row));
    }
}
