//! The request log: one entry a request, its waves, and what must not be in it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use super::Error;
use crate::call::Client;

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Order of arrival, from 1.
    pub seq: u64,
    /// Told from the credentials, and within COMMAND's by User-Agent.
    pub client: Client,
    /// `aws` or `kube`.
    pub api: String,
    /// The AWS service as botocore names it; null for Kubernetes.
    pub service: Option<String>,
    /// The AWS operation; null for Kubernetes.
    pub operation: Option<String>,
    /// The Kubernetes verb (`get`, `list`, `watch`, `patch`, …); null for AWS.
    pub verb: Option<String>,
    /// The request's path with its query.
    pub path: String,
    /// The Region of the credential scope; null for Kubernetes.
    pub region: Option<String>,
    /// HTTP status; 0 while there is no answer yet.
    pub status: u16,
    /// Error code or Status reason, when there is one.
    pub error: Option<String>,
    /// Whether it could have changed something.
    pub write: bool,
    /// 1 + the highest wave of any earlier request of the same client that was answered before.
    pub wave: u32,
    /// The same, counted within one API.
    pub api_wave: u32,
    /// First byte received, in milliseconds since the sandbox started.
    pub at_ms: f64,
    /// Answer fully sent; null while it is not.
    pub ended_ms: Option<f64>,
    /// The decoded input (AWS) or the body (Kubernetes), secrets as `***`.
    pub request: Value,
}

/// What is known of a request before it is answered.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Who sent it.
    pub client: Client,
    /// `aws` or `kube`.
    pub api: &'static str,
    /// AWS only.
    pub service: Option<String>,
    /// AWS only.
    pub operation: Option<String>,
    /// Kubernetes only.
    pub verb: Option<String>,
    /// With its query.
    pub path: String,
    /// AWS only.
    pub region: Option<String>,
    /// Whether it could change something.
    pub write: bool,
    /// Not yet redacted.
    pub request: Value,
}

/// The log of one sandbox.
#[derive(Debug)]
pub struct Log {
    start: Instant,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    entries: Vec<Entry>,
    written: Vec<bool>,
    file: Option<File>,
}

impl Log {
    /// A log, in memory and in a file when one is given.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn new(path: Option<&Path>) -> Result<Self, Error> {
        let open =
            |path: &Path| File::create(path).map_err(|why| Error::io(format!("log {}", path.display()), why));
        let file = path.map(open).transpose()?;
        let kept = Kept { entries: Vec::new(), written: Vec::new(), file };
        Ok(Self { start: Instant::now(), kept: Mutex::new(kept) })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ms(&self, at: Instant) -> f64 {
        (at.saturating_duration_since(self.start).as_secs_f64() * 1_000_000.0).round() / 1000.0
    }

    /// Notes a request and answers its number.
    pub fn begin(&self, first_byte: Instant, facts: Facts) -> u64 {
        let at_ms = self.ms(first_byte);
        let mut kept = self.kept();
        let before = |entry: &&Entry| {
            entry.client == facts.client && entry.ended_ms.is_some_and(|ended| ended <= at_ms)
        };
        let wave = 1 + kept.entries.iter().filter(before).map(|e| e.wave).max().unwrap_or(0);
        let same_api = kept.entries.iter().filter(before).filter(|e| e.api == facts.api);
        let api_wave = 1 + same_api.map(|e| e.api_wave).max().unwrap_or(0);
        let seq = kept.entries.len() as u64 + 1;
        kept.entries.push(Entry {
            seq,
            client: facts.client,
            api: facts.api.to_owned(),
            service: facts.service,
            operation: facts.operation,
            verb: facts.verb,
            path: facts.path,
            region: facts.region,
            status: 0,
            error: None,
            write: facts.write,
            wave,
            api_wave,
            at_ms,
            ended_ms: None,
            request: redacted(facts.request),
        });
        kept.written.push(false);
        seq
    }

    /// The answer is decided.
    pub fn answered(&self, seq: u64, status: u16, error: Option<String>) {
        self.change(seq, |entry| {
            entry.status = status;
            entry.error = error;
        });
    }

    /// The answer's last byte goes out at `at`; the last word counts.
    pub fn ended(&self, seq: u64, at: Instant) {
        let ms = self.ms(at);
        self.change(seq, |entry| entry.ended_ms = Some(ms));
    }

    fn change(&self, seq: u64, change: impl FnOnce(&mut Entry)) {
        let index = usize::try_from(seq.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(entry) = self.kept().entries.get_mut(index) {
            change(entry);
        }
    }

    /// The answer is out: its line can be written.
    pub fn written(&self, seq: u64) {
        self.kept().write(usize::try_from(seq.saturating_sub(1)).unwrap_or(usize::MAX));
    }

    /// Writes the lines of requests that never ended (watches). Called when the sandbox stops.
    pub fn finish(&self) {
        let mut kept = self.kept();
        for index in 0..kept.entries.len() {
            kept.write(index);
        }
    }

    /// The requests so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.kept().entries.clone()
    }
}

impl Kept {
    fn write(&mut self, index: usize) {
        let (Some(entry), Some(done)) = (self.entries.get(index), self.written.get_mut(index)) else {
            return;
        };
        if std::mem::replace(done, true) {
            return;
        }
        if let (Some(file), Ok(mut line)) = (&mut self.file, serde_json::to_string(entry)) {
            line.push('\n');
            // A full disk must not change what the program under test sees.
            let _ = file.write_all(line.as_bytes());
        }
    }
}

/// Members whose values never reach the log.
const SECRET: &[&str] =
    &["webidentitytoken", "secretaccesskey", "sessiontoken", "password", "token", "privatekey", "stringdata"];

/// A request without secrets: known members, and the data of Kubernetes Secrets.
pub fn redacted(mut request: Value) -> Value {
    if request["kind"] == "Secret" {
        hide_all(&mut request["data"]);
    }
    hide(&mut request);
    request
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                if SECRET.contains(&name.to_ascii_lowercase().as_str()) {
                    hide_all(inner);
                } else {
                    hide(inner);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}

fn hide_all(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(hide_all),
        Value::Null => {}
        other => *other = Value::from("***"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn facts(client: Client, api: &'static str) -> Facts {
        Facts {
            client,
            api,
            service: None,
            operation: None,
            verb: None,
            path: "/".into(),
            region: None,
            write: false,
            request: Value::Null,
        }
    }

    #[test]
    fn a_wave_begins_when_an_earlier_answer_was_out() {
        let log = Log::new(None).unwrap();
        let at = |ms| log.start + Duration::from_millis(ms);
        let a = log.begin(at(0), facts(Client::Command, "aws"));
        let b = log.begin(at(1), facts(Client::Command, "kube"));
        log.ended(a, at(50));
        log.ended(b, at(60));
        log.begin(at(55), facts(Client::Command, "kube"));
        log.begin(at(70), facts(Client::Command, "kube"));
        log.begin(at(70), facts(Client::Helm, "kube"));
        let waves: Vec<_> = log.entries().iter().map(|e| (e.wave, e.api_wave)).collect();
        assert_eq!(waves, [(1, 1), (1, 1), (2, 1), (2, 2), (1, 1)]);
    }

    #[test]
    fn secrets_are_hidden_and_the_rest_is_not() {
        let given = json!({"kind": "Secret", "data": {"a": "x"}, "stringData": {"b": "y"}, "spec": [{"Token": "t", "n": 1}]});
        let hidden = json!({"kind": "Secret", "data": {"a": "***"}, "stringData": {"b": "***"}, "spec": [{"Token": "***", "n": 1}]});
        assert_eq!(redacted(given), hidden);
        assert_eq!(redacted(json!({"ClientRequestToken": "c"})), json!({"ClientRequestToken": "c"}));
    }
}
