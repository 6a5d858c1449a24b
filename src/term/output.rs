//! `--output-file FORMAT=PATH`: the answer written to a file as well.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::report::Format;

/// One file to write, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputFile {
    /// The format.
    pub format: Format,
    /// Where.
    pub path: PathBuf,
}

impl FromStr for OutputFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // An expression may have `=` in it: there the last one parts it from the path.
        let parts = if text.starts_with("jsonpath=") { text.rsplit_once('=') } else { text.split_once('=') };
        match parts {
            Some((format, path)) if !path.is_empty() && format != "jsonpath" => {
                Ok(Self { format: format.parse()?, path: PathBuf::from(path) })
            }
            _ => Err(Error::usage(format!("cannot read {text:?} as FORMAT=PATH"))
                .next("write it like --output-file json=plan.json")),
        }
    }
}

/// Whether a file could be made in a place, as far as looking tells: the nearest folder that is there can be written to.
///
/// # Errors
/// Usage: what is in the way.
pub fn can_be_made(path: &Path) -> Result<()> {
    let wrong = || Error::usage(format!("cannot write {}", path.display()));
    let above = path.ancestors().skip(1).map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    });
    for folder in above {
        match std::fs::metadata(folder) {
            Ok(found) if !found.is_dir() => {
                return Err(wrong().because(format!("{} is no directory", folder.display())));
            }
            Ok(found) if found.permissions().readonly() => {
                return Err(wrong().because(format!("{} cannot be written to", folder.display())));
            }
            Ok(_) => return Ok(()),
            Err(_) => {}
        }
    }
    Ok(())
}

impl OutputFile {
    /// Whether the file can be written, as far as looking tells: said before anything is done that it would tell of.
    ///
    /// # Errors
    /// Usage: its folder is not there, or cannot be written to.
    pub fn check(&self) -> Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.exists()) {
            return Err(Error::usage(format!("cannot write {}", self.path.display()))
                .because(format!("there is no directory {}", folder.display())));
        }
        can_be_made(&self.path)
    }

    /// Creates or overwrites the file: for its owner alone when it is new, and never through a symbolic link.
    ///
    /// # Errors
    /// The file cannot be written there.
    pub fn write(&self, text: &str) -> Result<()> {
        let written = open(&self.path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.flush()
        });
        written.map_err(|error| {
            let wrong = Error::usage(format!("cannot write {}", self.path.display()));
            match is_link(&self.path) {
                true => wrong.because("it is a symbolic link").next("name the file itself"),
                false => wrong.because(error.to_string()),
            }
        })
    }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink())
}

/// Opens for writing. The kernel refuses a link, so nobody can put one there between looking and opening.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    options.open(path)
}

/// Opens for writing, where links are rare enough to be looked for.
#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    if is_link(path) {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_and_path_are_told_apart() {
        let rows = [
            ("json=plan.json", Some(("json", "plan.json"))),
            ("yaml=a=b.yaml", Some(("yaml", "a=b.yaml"))),
            ("jsonpath={.items[?(@.step==\"network\")].because}=why.txt", None),
        ];
        for (text, wanted) in rows {
            let file: OutputFile = text.parse().unwrap();
            match wanted {
                Some((format, path)) => {
                    assert_eq!(file, OutputFile { format: format.parse().unwrap(), path: path.into() });
                }
                None => assert_eq!(file.path, Path::new("why.txt")),
            }
        }
        for text in ["json", "json=", "=a", "table=a", "jsonpath=a"] {
            assert_eq!(text.parse::<OutputFile>().unwrap_err().kind, crate::error::Kind::Usage, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_private_and_an_old_one_is_overwritten() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = OutputFile { format: Format::Json, path: dir.path().join("plan.json") };
        file.write("a longer text\n").unwrap();
        assert_eq!(std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
        file.write("short\n").unwrap();
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), "short\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_refused_and_what_it_points_to_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("precious"), dir.path().join("plan.json"));
        std::fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let error = OutputFile { format: Format::Json, path: link }.write("x").unwrap_err();
        assert_eq!(error.causes, ["it is a symbolic link"]);
        assert_eq!(std::fs::read_to_string(target).unwrap(), "precious");
    }
}
