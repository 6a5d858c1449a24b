//! `--manifest FILE|DIR|-`: texts that are read, within limits.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A text and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputText {
    /// The path, or `-`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// The largest file that is read, bytes; manifests are far smaller.
const LARGEST: u64 = 10 << 20;
/// The most files of a directory.
const MOST: usize = 1000;
/// How deep a directory is looked into.
const DEEPEST: usize = 8;

/// The texts at a path: a file, the YAML and JSON files in a directory and below, or stdin for `-`.
///
/// # Errors
/// Usage: it is not there, cannot be read, is too large or no text; a directory without such files.
pub fn read(path: &str) -> Result<Vec<InputText>> {
    if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes).map_err(|why| wrong(path, &why))?;
        return Ok(vec![text_of(path, bytes)?]);
    }
    let found = std::fs::metadata(path).map_err(|why| wrong(path, &why))?;
    if !found.is_dir() {
        return Ok(vec![file(Path::new(path))?]);
    }
    let mut files = Vec::new();
    below(Path::new(path), 0, &mut files)?;
    if files.is_empty() {
        return Err(Error::usage(format!("{path} has no file that ends in .yaml, .yml or .json")));
    }
    files.sort();
    files.iter().map(|path| file(path)).collect()
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|why| wrong(&folder.display().to_string(), &why))?;
    for entry in entries {
        let entry = entry.map_err(|why| wrong(&folder.display().to_string(), &why))?;
        let kind = entry.file_type().map_err(|why| wrong(&folder.display().to_string(), &why))?;
        let path = entry.path();
        let is_manifest = || {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            ["yaml", "yml", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known))
        };
        // Links are not followed: they lead elsewhere, or in circles.
        if kind.is_dir() && depth < DEEPEST && !entry.file_name().to_string_lossy().starts_with('.') {
            below(&path, depth + 1, files)?;
        } else if kind.is_file() && is_manifest() {
            files.push(path);
        }
        if files.len() > MOST {
            return Err(Error::usage(format!("{} has more than {MOST} files", folder.display()))
                .next("name a directory further down"));
        }
    }
    Ok(())
}

fn file(path: &Path) -> Result<InputText> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path).map_err(|why| wrong(&name, &why))?;
    opened.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|why| wrong(&name, &why))?;
    text_of(&name, bytes)
}

fn text_of(name: &str, bytes: Vec<u8>) -> Result<InputText> {
    if bytes.len() as u64 > LARGEST {
        return Err(Error::usage(format!("{name} is larger than {} MiB", LARGEST >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|_| Error::usage(format!("{name} is no UTF-8 text")))?;
    Ok(InputText { name: name.to_owned(), text })
}

fn wrong(name: &str, why: &std::io::Error) -> Error {
    Error::usage(format!("cannot read {name}")).because(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn directories_give_their_manifests_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("b/.git")).unwrap();
        for (name, text) in
            [("z.yaml", "1"), ("b/a.yml", "2"), ("c.JSON", "3"), ("d.txt", "4"), ("b/.git/x.yaml", "5")]
        {
            std::fs::write(at(name), text).unwrap();
        }
        let read = read(&folder.path().display().to_string()).unwrap();
        let texts: Vec<&str> = read.iter().map(|input| input.text.as_str()).collect();
        assert_eq!(texts, ["2", "3", "1"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(at("bytes.yaml"), [0xff, 0xfe]).unwrap();
        std::fs::write(at("large.yaml"), vec![b' '; (LARGEST + 1) as usize]).unwrap();
        std::fs::create_dir(at("empty")).unwrap();
        for name in ["bytes.yaml", "large.yaml", "empty", "missing.yaml"] {
            assert_eq!(read(&at(name)).map_err(|error| error.kind), Err(Kind::Usage), "{name}");
        }
    }
}
