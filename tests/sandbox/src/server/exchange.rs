//! Raw exchanges of the AWS listener in a file, so that somebody else's models can judge them.
//!
//! The request log says what was asked in the sandbox's own terms. Here are the bytes of both sides, as another
//! program must read them. Fakes of this run are in them (keys, tokens): nothing here is meant to be published.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Response, header, request::Parts};
use serde_json::{Map, Value, json};

use super::log::Facts;

/// Names the directory that the exchanges go to.
pub const VARIABLE: &str = "FSXCTL_SANDBOX_EXCHANGES";

/// Larger bodies are left out, and said to be.
const BODY: usize = 1 << 20;

/// Shorter words are kept when exchanges are compared: enum values, sizes, ports and codes are among them.
const WORD: usize = 9;

/// What this process wrote already, without what differs from run to run. A suite runs the same set-up hundreds of
/// times, and one of a kind is enough for a judge.
static WRITTEN: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

/// One sandbox's file of exchanges; made with the first one.
#[derive(Debug)]
pub struct Exchanges {
    directory: PathBuf,
    name: String,
    file: Mutex<Option<File>>,
}

/// What a request was answered with.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Before the road does anything to it.
    pub response: &'a Response<Bytes>,
    /// Asked for by a fault of the world: not the sandbox's own answer.
    pub injected: bool,
}

impl Exchanges {
    /// Into a directory, under a name of this sandbox's own.
    pub fn new(directory: &Path) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // Process ids come round again.
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{since}-{count}.jsonl", std::process::id());
        Self { directory: directory.to_owned(), name, file: Mutex::default() }
    }

    /// Writes an exchange down, unless this process has written one of its kind. A file that cannot be written is
    /// told once on stderr; the sandbox goes on.
    pub fn note(&self, facts: &Facts, parts: &Parts, body: &[u8], told: Told<'_>) {
        if !is_new(facts, parts, body, told) {
            return;
        }
        let line = format!("{}\n", line(facts, parts, body, told));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            let path = self.directory.join(&self.name);
            *file = match OpenOptions::new().create(true).append(true).mode(0o600).open(&path) {
                Ok(file) => Some(file),
                Err(why) => return eprintln!("fsxctl-sandbox: {}: {why}", path.display()),
            };
        }
        if let Some(file) = file.as_mut() {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

fn is_new(facts: &Facts, parts: &Parts, body: &[u8], told: Told<'_>) -> bool {
    let mut hasher = DefaultHasher::new();
    (facts.client as u8, &facts.service, &facts.operation, told.injected, parts.method.as_str())
        .hash(&mut hasher);
    agent(&parts.headers).split(['/', ' ']).next().hash(&mut hasher);
    told.response.status().as_u16().hash(&mut hasher);
    for text in [facts.path.as_bytes(), body, told.response.body()] {
        kind(text, &mut hasher);
    }
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    written.get_or_insert_default().insert(hasher.finish())
}

/// Hashes a text without its ids, times, names with numbers and numbers of many digits.
fn kind(text: &[u8], hasher: &mut DefaultHasher) {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.:".contains(byte);
    let mut rest = text;
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|byte| is_letter(byte)).count();
        let (word, after) = rest.split_at(length.max(1));
        if !is_letter(first) || word.len() < WORD || !word.iter().any(u8::is_ascii_digit) {
            hasher.write(word);
        } else {
            hasher.write_u8(b'#');
        }
        rest = after;
    }
}

fn line(facts: &Facts, parts: &Parts, body: &[u8], told: Told<'_>) -> Value {
    let names = [header::CONTENT_TYPE.as_str(), "x-amz-target"];
    let (answer, whole) = (told.response.body(), body.len().max(told.response.body().len()) <= BODY);
    let bytes = |bytes: &[u8]| if whole { json!(STANDARD.encode(bytes)) } else { Value::Null };
    json!({
        "client": facts.client,
        "agent": agent(&parts.headers),
        "service": facts.service,
        "operation": facts.operation,
        "injected": told.injected,
        "request": {
            "method": parts.method.as_str(),
            "path": facts.path,
            "headers": headers(&parts.headers, |name| names.contains(&name)),
            "body": bytes(body),
            "input": facts.request,
        },
        "answer": {
            "status": told.response.status().as_u16(),
            "headers": headers(told.response.headers(), |_| true),
            "body": bytes(answer),
        },
    })
}

fn agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn headers(all: &HeaderMap, wanted: impl Fn(&str) -> bool) -> Map<String, Value> {
    let text = |value: &http::HeaderValue| json!(value.to_str().unwrap_or_default());
    let wanted = all.iter().filter(|(name, _)| wanted(name.as_str()));
    wanted.map(|(name, value)| (name.to_string(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        kind(text.as_bytes(), &mut hasher);
        hasher.finish()
    }

    #[test]
    fn ids_and_times_are_of_one_kind_and_words_are_not() {
        for (a, b, same) in [
            (r#"{"Id":"fs-0123456789abcdef0"}"#, r#"{"Id":"fs-0fedcba9876543210"}"#, true),
            ("<t>2026-11-21T23:29:42Z</t>", "<t>2026-11-22T03:00:01Z</t>", true),
            (r#"{"T":1795265322.5}"#, r#"{"T":1795265399.25}"#, true),
            (r#""Lifecycle":"CREATING""#, r#""Lifecycle":"AVAILABLE""#, false),
            (r#""Type":"SCRATCH_1""#, r#""Type":"SCRATCH_2""#, false),
            (r#""StorageCapacity":1200"#, r#""StorageCapacity":2400"#, false),
            (r#"{"a":1}"#, r#"{"a":1,"b":1}"#, false),
        ] {
            assert_eq!(hash(a) == hash(b), same, "{a} {b}");
        }
    }
}
