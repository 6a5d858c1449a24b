//! The world's `podOutcomes`: what pods do whatever the world around them says. Reading and judging them; what
//! follows from them is decided by those who ask.

use serde_json::Value;

use super::text;
use crate::kube::selector::Labels;
use crate::kube::store::meta::namespace_of;
use crate::state::State;

/// The members that an outcome may have.
const MEMBERS: [&str; 9] =
    ["namespace", "selector", "node", "mount", "write", "writeMiBps", "readMiBps", "exitCode", "log"];

/// What becomes of a mount or a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It works.
    Fine,
    /// It fails with this errno.
    Errno(i32),
    /// It never ends.
    Hang,
}

impl End {
    /// Reads `ok`, `errno N` or `hang`.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "ok" => Some(Self::Fine),
            "hang" => Some(Self::Hang),
            other => {
                let number: i32 = other.strip_prefix("errno ")?.parse().ok()?;
                (1..=133).contains(&number).then_some(Self::Errno(number))
            }
        }
    }
}

/// The first outcome that is for this pod.
pub fn of(state: &State, pod: &Value) -> Option<Value> {
    let fits = |pattern: &Value, text: &str| match pattern.as_str() {
        None | Some("*") => true,
        Some(pattern) => match pattern.strip_suffix('*') {
            Some(head) => text.starts_with(head),
            None => pattern == text,
        },
    };
    let list = state.other.get("podOutcomes").and_then(Value::as_array).into_iter().flatten();
    list.into_iter()
        .find(|o| {
            let selector = Labels::parse(o["selector"].as_str().unwrap_or_default());
            fits(&o["namespace"], namespace_of(pod))
                && fits(&o["node"], text(&pod["spec"]["nodeName"]))
                && selector.is_ok_and(|s| s.matches(pod))
        })
        .cloned()
}

/// What the world says of a pod's `mount` or `write`, if it says anything.
pub fn end(outcome: Option<&Value>, member: &str) -> Option<End> {
    outcome.and_then(|o| o[member].as_str()).and_then(End::parse)
}

/// Whether an outcome can be what it says.
///
/// # Errors
/// What is wrong with it.
pub fn check(outcome: &Value) -> Result<(), String> {
    let Some(members) = outcome.as_object() else { return Err("an outcome is a mapping".to_owned()) };
    for (name, value) in members {
        let good = match name.as_str() {
            "namespace" | "node" | "log" => value.is_string(),
            "selector" => value.as_str().is_some_and(|text| Labels::parse(text).is_ok()),
            "mount" => value.as_str().and_then(End::parse).is_some(),
            "write" => matches!(value.as_str().and_then(End::parse), Some(End::Fine | End::Errno(_))),
            "writeMiBps" | "readMiBps" => value.as_f64().is_some_and(|speed| speed > 0.0),
            "exitCode" => value.as_u64().is_some_and(|code| code <= 255),
            name if name.starts_with('$') => true,
            _ => {
                return Err(format!("unknown member {name:?}; known are {}", MEMBERS.join(", ")));
            }
        };
        if !good {
            let wanted = match name.as_str() {
                "mount" => "ok, hang or errno N (1 to 133)",
                "write" => "ok or errno N (1 to 133)",
                "selector" => "a label selector",
                "exitCode" => "a number from 0 to 255",
                "writeMiBps" | "readMiBps" => "a number above 0",
                _ => "a text",
            };
            return Err(format!("{name} is {value}, not {wanted}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outcomes_are_judged_by_their_members() {
        for (outcome, says) in [
            (json!({"mount": "ok", "write": "errno 13", "writeMiBps": 210, "exitCode": 3, "log": "x"}), None),
            (json!({"mount": "hang", "node": "*", "selector": "a=b,c"}), None),
            (json!({"mount": "errno 0"}), Some("errno N")),
            (json!({"mount": 110}), Some("errno N")),
            (json!({"write": "hang"}), Some("ok or errno N")),
            (json!({"writeMiBps": 0}), Some("above 0")),
            (json!({"exitCode": 256}), Some("255")),
            (json!({"selector": "a in"}), Some("selector")),
            (json!({"mout": "ok"}), Some("unknown member")),
            (json!("mount"), Some("mapping")),
        ] {
            let judged = check(&outcome);
            match says {
                None => assert_eq!(judged, Ok(()), "{outcome}"),
                Some(says) => assert!(judged.unwrap_err().contains(says), "{outcome}"),
            }
        }
    }
}
