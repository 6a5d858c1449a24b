//! `now-25m` and durations, in world files.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A text that is wholly `now`, `now-25m`, `now+3d` as a moment.
pub fn relative(text: &str, now: Timestamp) -> Option<Timestamp> {
    let rest = text.strip_prefix("now")?;
    let now = Timestamp::from_second(now.as_second()).ok()?;
    if rest.is_empty() {
        return Some(now);
    }
    let (sign, rest) = match rest.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+", rest) => (1, rest),
        _ => return None,
    };
    let unit = rest.chars().last()?;
    let number: i64 = rest.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return None,
    };
    now.checked_add(SignedDuration::from_secs(number.checked_mul(seconds)?.checked_mul(sign)?)).ok()
}

/// Turns every such text within a value into RFC 3339.
pub fn resolve(value: &mut Value, now: Timestamp) {
    match value {
        Value::String(text) => {
            if let Some(at) = relative(text, now) {
                *text = at.to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, now)),
        Value::Object(members) => members.values_mut().for_each(|inner| resolve(inner, now)),
        _ => {}
    }
}

/// A duration such as `10m`, `1.5s`, `10ms`, `0`.
///
/// # Errors
/// Why it is none.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        "" if number == "0" => 1.0,
        _ => return Err(format!("{text:?} is not a duration (such as 10m, 40s, 10ms)")),
    };
    let number: f64 =
        number.parse().map_err(|_| format!("{text:?} is not a duration (such as 10m, 40s, 10ms)"))?;
    Duration::try_from_secs_f64(number * factor).map_err(|_| format!("{text:?} is too long"))
}

/// A duration as [`duration`] reads it.
pub fn text(duration: Duration) -> String {
    let milliseconds = duration.as_micros().div_ceil(1000);
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    if milliseconds.is_multiple_of(1000) {
        format!("{}s", milliseconds / 1000)
    } else {
        format!("{milliseconds}ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_texts_become_moments() {
        let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        for (text, moment) in [
            ("now", Some("2026-01-02T03:04:05Z")),
            ("now-25m", Some("2026-01-02T02:39:05Z")),
            ("now+3d", Some("2026-01-05T03:04:05Z")),
            ("now-5", None),
            ("nowhere", None),
            ("now+5w", None),
            ("now--5s", None),
            ("as of now", None),
            ("now+9999999999999d", None),
        ] {
            assert_eq!(relative(text, now).map(|at| at.to_string()).as_deref(), moment, "{text}");
        }
    }

    #[test]
    fn durations_are_read_and_written() {
        for (text_, milliseconds) in
            [("10m", 600_000), ("1.5s", 1500), ("10ms", 10), ("0", 0), ("2h", 7_200_000)]
        {
            let read = duration(text_).unwrap();
            assert_eq!(read, Duration::from_millis(milliseconds), "{text_}");
            assert_eq!(duration(&text(read)).unwrap(), read, "{text_}");
        }
        for bad in ["", "5", "m", "5x", "-5s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
