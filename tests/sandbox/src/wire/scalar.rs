//! Single values: text of a form, a header or a path to JSON, and back.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::Kind;

/// Text of a request as the value of a scalar shape; none when it is not one.
pub fn parse(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Integer | Kind::Long => text.trim().parse::<i64>().ok().map(Value::from),
        Kind::Float | Kind::Double => text.trim().parse::<f64>().ok().map(Value::from),
        Kind::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Timestamp => moment(&Value::from(text)).map(|at| json!(at.to_string())),
        Kind::String | Kind::Blob => Some(Value::from(text)),
        Kind::Structure | Kind::List | Kind::Map => None,
    }
}

/// The text of a scalar in XML.
pub fn text(kind: Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Timestamp, _) => {
            // Whole seconds, as IAM prints them; EC2's `.000` adds nothing that a client reads.
            moment(value).map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        }
        (_, Value::String(text)) => Some(text.clone()),
        (_, Value::Number(number)) => Some(number.to_string()),
        (_, Value::Bool(flag)) => Some(flag.to_string()),
        _ => None,
    }
}

/// A moment given as RFC 3339, or as seconds since 1970 in a number or in text.
pub fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => match text.parse() {
            Ok(at) => Some(at),
            Err(_) => text.parse::<f64>().ok().and_then(from_seconds),
        },
        Value::Number(number) => number.as_f64().and_then(from_seconds),
        _ => None,
    }
}

fn from_seconds(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() || seconds.abs() > 2.5e11 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}

/// Seconds since 1970 with milliseconds, as the JSON protocols write moments.
pub fn seconds(value: &Value) -> Option<Value> {
    let milliseconds = moment(value)?.as_millisecond();
    if milliseconds % 1000 == 0 {
        return Some(Value::from(milliseconds / 1000));
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit into 53 bits")]
    serde_json::Number::from_f64(milliseconds as f64 / 1000.0).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values_or_nothing() {
        let table = [
            (Kind::Integer, "12", Some(json!(12))),
            (Kind::Integer, "twelve", None),
            (Kind::Boolean, "True", Some(json!(true))),
            (Kind::Boolean, "yes", None),
            (Kind::Timestamp, "2026-01-02T03:04:05Z", Some(json!("2026-01-02T03:04:05Z"))),
            (Kind::Timestamp, "0", Some(json!("1970-01-01T00:00:00Z"))),
            (Kind::String, "007", Some(json!("007"))),
        ];
        for (kind, text, value) in table {
            assert_eq!(parse(kind, text), value, "{kind:?} {text}");
        }
    }

    #[test]
    fn moments_are_written_as_each_protocol_does() {
        let at = json!("2026-01-02T03:04:05.250Z");
        assert_eq!(seconds(&at), Some(json!(1_767_323_045.25)));
        assert_eq!(seconds(&json!(5)), Some(json!(5)));
        assert_eq!(text(Kind::Timestamp, &at).as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(moment(&json!(1e300)), None);
    }
}
