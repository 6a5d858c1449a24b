//! A verification for people and for machines.

use serde::Serialize;

use super::{Document, DocumentKind, Frame, Header, Line, Mark, Page, Style, View};
use crate::steps::Note;
use crate::steps::verify::{NodeVerdict, Verdict};

/// What a `VerifyReport` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyBody {
    /// The verdict on the whole: the worst of its nodes.
    pub verdict: Verdict,
    /// The run, eight hexadecimal digits, which is in the names and labels of what was made.
    pub run: String,
    /// What was verified.
    pub claim: VerifiedClaim,
    /// Whether nothing was written, because the volume is mounted read-only.
    pub read_only: bool,
    /// Size of each node's file, MiB.
    pub mib: u64,
    /// Image of the pods.
    pub image: String,
    /// User and group of the pods, `0:0`.
    pub run_as: String,
    /// One item a node.
    pub items: Vec<NodeVerdict>,
    /// How many came to what.
    pub summary: VerifySummary,
    /// What was made and could not be removed; empty when all is gone.
    pub left: Vec<String>,
    /// What is worth telling besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// The claim that was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedClaim {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its volume.
    pub persistent_volume: Option<String>,
    /// `fs-…`, the volume's handle.
    pub file_system_id: Option<String>,
    /// The volume's DNS name.
    pub dns_name: Option<String>,
    /// The volume's mount name.
    pub mount_name: Option<String>,
    /// The volume's mount options.
    pub mount_options: Vec<String>,
}

/// How many nodes came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifySummary {
    /// Nodes tried.
    pub nodes: usize,
    /// All proved.
    pub ok: usize,
    /// Something does not work.
    pub failed: usize,
    /// Could not be tried, or not to the end.
    pub unknown: usize,
}

impl VerifySummary {
    /// Counts.
    pub fn of(all: &[NodeVerdict]) -> Self {
        let count = |verdict| all.iter().filter(|node| node.verdict == verdict).count();
        Self {
            nodes: all.len(),
            ok: count(Verdict::Ok),
            failed: count(Verdict::Failed),
            unknown: count(Verdict::Unknown),
        }
    }
}

/// The document.
pub fn verify_document(frame: &Frame, body: VerifyBody) -> Document<VerifyBody> {
    Document::new(frame, DocumentKind::VerifyReport, body)
}

/// The page: nodes that are well on a line each, the others with what happened, why, and one way out for the whole.
pub fn verify_page(header: &Header, body: &VerifyBody, view: View) -> Page {
    let mut page = Page::new();
    header.on(&mut page);
    page.gap();
    verified(&mut page, body);
    page.wrapped(view.width)
}

/// The same as a part of another page.
pub(super) fn verified(page: &mut Page, body: &VerifyBody) {
    page.push(claim_line(&body.claim));
    page.gap();
    for node in &body.items {
        node_lines(page, body, node);
    }
    page.gap();
    for left in &body.left {
        page.push(Line::signed(Mark::Blocked).plain("not removed: ").plain(left));
    }
    for note in &body.notes {
        page.push(Line::signed(Mark::from(note.sign)).plain(&note.text));
    }
    page.push(Line::new().span(Style::Heading, summary(body)));
    if let Some(next) = next(body) {
        page.gap();
        page.push(Line::new().plain("next: ").span(Style::Command, next).hanging(6));
    }
}

fn claim_line(claim: &VerifiedClaim) -> Line {
    let line = Line::new().span(Style::Heading, format!("claim {}/{}", claim.namespace, claim.name));
    match (&claim.file_system_id, &claim.persistent_volume) {
        (Some(id), Some(volume)) => line.plain(format!(" on {id}, by volume {volume}")),
        (None, Some(volume)) => line.plain(format!(", by volume {volume}")),
        _ => line,
    }
}

/// `hyperpod-i-0a (gpu, us-west-2a)`.
fn place(node: &NodeVerdict) -> String {
    let known: Vec<&str> = node.group.iter().chain(&node.zone).map(String::as_str).collect();
    if known.is_empty() { node.node.clone() } else { format!("{} ({})", node.node, known.join(", ")) }
}

fn node_lines(page: &mut Page, body: &VerifyBody, node: &NodeVerdict) {
    let mark = match node.verdict {
        Verdict::Ok => Mark::Keep,
        Verdict::Unknown => Mark::Unknown,
        Verdict::Failed => Mark::Blocked,
    };
    let line = Line::signed(mark).span(Style::Heading, place(node)).plain(": ");
    let figures = figures(body, node);
    match &node.summary {
        None => page.push(line.plain(&figures)),
        Some(summary) => page.push(line.plain(summary)),
    }
    // What several nodes have in common is told once.
    let is_told = |field: fn(&NodeVerdict) -> &Option<String>| {
        let before = body.items.iter().take_while(|other| other.node != node.node);
        before.into_iter().any(|other| field(other) == field(node))
    };
    for (word, text, told) in [
        ("cause  ", &node.cause, is_told(|node| &node.cause)),
        ("said   ", &node.said, is_told(|node| &node.said)),
    ] {
        if let Some(text) = text.as_ref().filter(|_| !told) {
            page.push(Line::indented(4).span(Style::Dim, word).plain(text).hanging(11));
        }
    }
    if node.summary.is_some() && node.source.is_some() {
        page.push(Line::indented(4).span(Style::Dim, "done   ").plain(figures).hanging(11));
    }
}

/// `mounted, wrote 210 MiB/s, flock, read the file of b at 480 MiB/s`.
fn figures(body: &VerifyBody, node: &NodeVerdict) -> String {
    let speed =
        |speed: Option<f64>| speed.map_or_else(|| "at once".to_owned(), |it| format!("at {it} MiB/s"));
    let mut done = vec!["mounted".to_owned()];
    if body.read_only {
        done.extend(node.summary.is_none().then(|| "listed; read-only, so nothing was written".to_owned()));
        return done.join(", ");
    }
    let has_written = node.write_mi_bps.is_some() || node.read_from.is_some();
    if has_written || node.summary.is_none() {
        done.push(format!("wrote {} MiB {}", body.mib, speed(node.write_mi_bps)));
    }
    if node.locked == Some(true) {
        done.push("locked".to_owned());
    }
    match &node.read_from {
        Some(from) if *from == node.node => done.push(format!("read it back {}", speed(node.read_mi_bps))),
        Some(from) => done.push(format!("read the file of {from} {}", speed(node.read_mi_bps))),
        None => {}
    }
    done.join(", ")
}

fn summary(body: &VerifyBody) -> String {
    let VerifySummary { nodes, ok, failed, unknown } = body.summary;
    let what = match body.verdict {
        Verdict::Ok => "Verified",
        Verdict::Failed => "Not verified",
        Verdict::Unknown => "Cannot tell",
    };
    let nodes = if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") };
    format!("{what}: {nodes}, {ok} ok, {failed} failed, {unknown} not tried to the end.")
}

/// The way out of the first failure; of what could not be tried only when nothing failed.
fn next(body: &VerifyBody) -> Option<&String> {
    let of = |verdict| {
        body.items.iter().filter(move |node| node.verdict == verdict).find_map(|node| node.next.as_ref())
    };
    of(Verdict::Failed).or_else(|| of(Verdict::Unknown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(body: &VerifyBody) -> String {
        verify_page(&sample::header(), body, View::wide(100)).text()
    }

    #[test]
    fn failures_are_told_with_cause_and_one_way_out() {
        insta::assert_snapshot!(text(&sample::verified()), @r"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  endpoint and token from eks:DescribeCluster

        claim default/fsx-claim on fs-0123456789abcdef0, by volume pvc-0c1d

        = node-a (gpu, us-west-2a): mounted, wrote 64 MiB at 210.5 MiB/s, locked, read the file of node-b at
          once
        ! node-b (gpu, us-west-2a): mount ended with exit status 5 (EIO, Input/output error)
            cause  security groups keep them apart
            said   mount.lustre: mount failed: Input/output error Is the MGS running?
        ! node-c (gpu, us-west-2a): mount ended with exit status 5 (EIO, Input/output error)
        ? node-d (gpu, us-west-2a): it could not be tried: the container does not start
            said   x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}

        ! not removed: Job default/fsxctl-verify-0a0b0c0d-1
        ? file systems cannot be seen
        Not verified: 4 nodes, 1 ok, 2 failed, 1 not tried to the end.

        next: fsxctl setup network --cluster hp-eks
        ");
    }

    #[test]
    fn a_read_only_claim_is_not_said_to_be_written() {
        let mut body = VerifyBody { read_only: true, ..sample::verified() };
        body.items.truncate(1);
        let page = text(&body);
        assert!(page.contains("mounted, listed; read-only, so nothing was written"), "{page}");
        assert!(!page.contains("MiB/s"), "{page}");
    }

    #[test]
    fn foreign_text_forges_no_line() {
        let mut body = sample::verified();
        let hostile = || Some(sample::HOSTILE.to_owned());
        for node in &mut body.items {
            node.node = sample::HOSTILE.to_owned();
            (node.group, node.summary, node.cause, node.said, node.next) =
                (hostile(), hostile(), hostile(), hostile(), hostile());
        }
        body.left = vec![sample::HOSTILE.to_owned()];
        let page = text(&body);
        assert!(!page.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{page}");
        assert!(!page.lines().any(|line| line.starts_with("+ Role forged")), "{page}");
    }
}
