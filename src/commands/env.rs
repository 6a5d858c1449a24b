//! `env`: which settings are in force, where each comes from, and what contradicts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::speak::Speak;
use crate::cli::{EnvArgs, GlobalArgs};
use crate::error::Result;
use crate::intent::{Asked, SETTINGS, Setting, Source, candidates};
use crate::report::escape;

/// Shows settings; `--export` prints them for a shell.
///
/// # Errors
/// stdout cannot be written.
pub(super) fn run(
    args: &EnvArgs,
    global: &GlobalArgs,
    env: &BTreeMap<String, String>,
    speak: &Speak,
) -> Result<u8> {
    let rows: Vec<(Setting, Vec<Asked<String>>)> = SETTINGS
        .iter()
        .map(|setting| (*setting, candidates(setting.flag, typed(setting.flag, global), env)))
        .collect();
    if args.export {
        return Ok(speak.answer(&export(&rows)));
    }
    let items: Vec<Value> = rows.iter().map(|(setting, found)| item(setting, found)).collect();
    let document = json!({
        "apiVersion": "fsxctl.io/v1alpha1", "kind": "Settings", "fsxctlVersion": env!("CARGO_PKG_VERSION"),
        "exitCode": 0, "items": items,
    });
    speak.give_value(&document, || table(&rows))
}

/// What was typed for a setting that is also a global flag.
fn typed<'a>(flag: &str, global: &'a GlobalArgs) -> Option<&'a str> {
    match flag {
        "region" => global.region.as_deref(),
        "profile" => global.profile.as_deref(),
        "output" => global.output.as_deref(),
        "timeout" => global.timeout.as_deref(),
        "log-format" => global.log_format.as_deref(),
        _ => None,
    }
}

fn source(from: &Source) -> String {
    from.to_string()
}

/// Values that lost although they say something else than the winner.
fn conflicts(found: &[Asked<String>]) -> Vec<&Asked<String>> {
    let Some(winner) = found.first() else { return Vec::new() };
    found.iter().skip(1).filter(|other| !same(&winner.value, &other.value)).collect()
}

/// An ARN and the name inside it say the same.
fn same(one: &str, other: &str) -> bool {
    let name = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
    one == other || name(one) == name(other)
}

fn item(setting: &Setting, found: &[Asked<String>]) -> Value {
    let winner = found.first();
    json!({
        "setting": setting.flag,
        "variable": setting.variable,
        "meaning": setting.meaning,
        "value": winner.map(|asked| asked.value.clone()),
        "source": winner.map(|asked| source(&asked.from)),
        "conflicts": conflicts(found).iter().map(|other| json!({"source": source(&other.from), "value": other.value})).collect::<Vec<_>>(),
    })
}

fn table(rows: &[(Setting, Vec<Asked<String>>)]) -> String {
    let mut text = String::new();
    for (setting, found) in rows {
        let line = match found.first() {
            Some(winner) => {
                format!("{:<24} {}  ({})\n", setting.variable, escape(&winner.value), source(&winner.from))
            }
            None => format!("{:<24} not set\n", setting.variable),
        };
        text.push_str(&line);
        for other in conflicts(found) {
            text.push_str(&format!(
                "! {} says {} and is not used\n",
                source(&other.from),
                escape(&other.value)
            ));
        }
    }
    text
}

/// `export NAME='value'`, safe in every POSIX shell.
fn export(rows: &[(Setting, Vec<Asked<String>>)]) -> String {
    let quoted = |value: &str| format!("'{}'", value.replace('\'', "'\\''"));
    rows.iter()
        .filter_map(|(setting, found)| {
            found.first().map(|winner| format!("export {}={}\n", setting.variable, quoted(&winner.value)))
        })
        .collect()
}
