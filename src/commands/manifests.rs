//! `--output-dir`: the manifests of class and claim as files.

use std::path::{Path, PathBuf};

use super::speak::Speak;
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::intent::Intent;
use crate::report::{EventLine, FileOutcome, Format, Line, Mark, Page, to_yaml};
use crate::steps::{self, Goal, StepId};
use crate::term::{OutputFile, can_be_made};

/// What would stand in the way of the files, said before anything is written anywhere.
///
/// # Errors
/// Usage: a path that is taken by something else than a file.
pub(super) fn check(intent: &Intent, facts: &Facts) -> Result<()> {
    let Some(directory) = &intent.storage.output_dir else { return Ok(()) };
    if std::fs::metadata(directory).is_ok_and(|found| !found.is_dir()) {
        return Err(Error::usage(format!("--output-dir {} is no directory", directory.display())));
    }
    can_be_made(&directory.join("any"))?;
    for (path, _) in files(intent, facts, directory) {
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            let message = format!("cannot write {}", path.display());
            return Err(Error::usage(message)
                .because("it is there, and it is no regular file")
                .next("name another directory with --output-dir"));
        }
    }
    Ok(())
}

/// Writes the files, and says of each what became of it.
///
/// # Errors
/// Usage: a file cannot be written.
pub(super) fn write(intent: &Intent, facts: &Facts, speak: &Speak) -> Result<()> {
    let Some(directory) = &intent.storage.output_dir else { return Ok(()) };
    let cannot = |error: std::io::Error| {
        Error::usage(format!("cannot make directory {}", directory.display())).because(error.to_string())
    };
    std::fs::create_dir_all(directory).map_err(cannot)?;
    for (path, object) in files(intent, facts, directory) {
        let outcome = match object {
            Some(object) => put(&path, &to_yaml(&object)?)?,
            None => FileOutcome::Later,
        };
        // What is replaced is said even to those who want to hear nothing.
        if !speak.term.flags.quiet || outcome == FileOutcome::Overwritten {
            let path = path.display().to_string();
            speak.term.tell(|| page(&path, outcome), || EventLine::File { path: path.clone(), outcome });
        }
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<FileOutcome> {
    let outcome = match std::fs::read_to_string(path) {
        Ok(found) if found == text => return Ok(FileOutcome::Kept),
        Ok(_) => FileOutcome::Overwritten,
        Err(_) => FileOutcome::Created,
    };
    OutputFile { format: Format::Yaml, path: path.to_owned() }.write(text)?;
    Ok(outcome)
}

/// Paths and objects; no object where values are known only after the set-up.
fn files(intent: &Intent, facts: &Facts, directory: &Path) -> Vec<(PathBuf, Option<serde_json::Value>)> {
    if !intent.covers(StepId::Storage) {
        return Vec::new();
    }
    let network = steps::network::plan(Goal::Present, intent, facts);
    let all = steps::storage::manifests(intent, facts, &network);
    all.into_iter().map(|manifest| (directory.join(manifest.file), manifest.object)).collect()
}

fn page(path: &str, outcome: FileOutcome) -> Page {
    let (mark, what) = match outcome {
        FileOutcome::Created => (Mark::Create, "written"),
        FileOutcome::Overwritten => (Mark::Change, "overwritten, it was another one"),
        FileOutcome::Kept => (Mark::Keep, "is as it would be written"),
        FileOutcome::Later => (Mark::Unknown, "not written: ids in it are known only after the set-up"),
    };
    let mut page = Page::new();
    page.push(Line::signed(mark).plain(format!("{path}: {what}")));
    page
}
