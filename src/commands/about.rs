//! `completions`, `man`, `schema`, `version`.

use clap_complete::generate;

use super::speak::Speak;
use crate::cli::{CompletionsArgs, SchemaArgs, Shell};
use crate::error::{Error, Result};
use crate::report::{SCHEMAS, schema as schema_of};

/// The completion script of a shell.
///
/// # Errors
/// None today.
pub(super) fn completions(args: &CompletionsArgs, speak: &Speak) -> Result<u8> {
    Ok(speak.answer(&completion_script(args.shell)))
}

/// A shell's completion script, as text.
pub(crate) fn completion_script(shell: Shell) -> String {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::PowerShell => clap_complete::Shell::PowerShell,
        Shell::Elvish => clap_complete::Shell::Elvish,
    };
    let mut text = Vec::new();
    generate(shell, &mut super::command(), "fsxctl", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The manual page.
///
/// # Errors
/// None today.
pub(super) fn man(speak: &Speak) -> Result<u8> {
    Ok(speak.answer(&manual()?))
}

/// The manual page, as roff.
pub(crate) fn manual() -> Result<String> {
    let mut text = Vec::new();
    let wrong = |error: std::io::Error| Error::bug("cannot write the manual page").because(error.to_string());
    clap_mangen::Man::new(super::command()).render(&mut text).map_err(wrong)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The JSON Schema of a document, or the list of documents.
///
/// # Errors
/// Usage: no such document.
pub(super) fn schema(args: &SchemaArgs, speak: &Speak) -> Result<u8> {
    let Some(word) = &args.kind else {
        let value = serde_json::json!(SCHEMAS);
        return speak.give_value(&value, || format!("{}\n", SCHEMAS.join("\n")));
    };
    let value = schema_of(word)?;
    speak.give_value(&value, || crate::report::to_json(&value).unwrap_or_default())
}

/// The version, and what it was built for.
///
/// # Errors
/// None today.
pub(super) fn version(speak: &Speak) -> Result<u8> {
    let value = serde_json::json!({
        "apiVersion": "fsxctl.io/v1alpha1",
        "kind": "Version",
        "fsxctlVersion": env!("CARGO_PKG_VERSION"),
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "exitCode": 0,
    });
    speak.give_value(&value, || {
        format!("fsxctl {} {}/{}\n", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH)
    })
}
