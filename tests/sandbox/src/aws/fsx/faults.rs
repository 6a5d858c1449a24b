//! Lifecycle outcomes of the world's `faults`: `{service: fsx, operation: …, outcome: FAILED, message}`.
//! Faults that change an answer are not handled here.

use serde_json::{Value, json};

use crate::aws::ec2::value::text;
use crate::state::State;

/// The outcome that the first matching fault gives to what an operation makes, counted under `$used`.
pub fn outcome(state: &mut State, operation: &str) -> Option<Value> {
    for fault in &mut state.faults {
        let outcome = text(fault, "outcome").to_owned();
        if text(fault, "service") != "fsx" || text(fault, "operation") != operation || outcome.is_empty() {
            continue;
        }
        let number = |fault: &Value, member: &str| fault.get(member).and_then(Value::as_u64);
        let used = number(fault, "$used").unwrap_or_default();
        let after = number(fault, "after").unwrap_or_default();
        if number(fault, "times").is_some_and(|times| used >= after + times) {
            continue;
        }
        fault["$used"] = json!(used + 1);
        if used < after {
            continue;
        }
        let message = match text(fault, "message") {
            "" => "The sandbox's world file asks for this outcome.",
            given => given,
        };
        return Some(json!({"Lifecycle": outcome, "Message": message}));
    }
    None
}
