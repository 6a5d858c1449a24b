//! A receipt for people: what was done, the volume that came to be, and what to run next.

use super::plan::{change_line, item_title, notes, steps};
use super::verify::verified;
use super::{Header, Line, Mark, Page, Style, VerifyBody, View};
use crate::engine::{Made, Receipt, VolumeMade};
use crate::steps::{Item, Verb};

/// At most this many commands are offered.
const NEXT: usize = 3;

/// The whole receipt on one page, with up to three commands to run next.
pub fn receipt_page(header: &Header, receipt: &Receipt, next: &[String], view: View) -> Page {
    lines(header, receipt, next).wrapped(view.width)
}

/// The same, and what pods on the nodes came to.
pub fn proved_page(header: &Header, receipt: &Receipt, proof: &VerifyBody, view: View) -> Page {
    let mut page = lines(header, receipt, &[]);
    page.gap();
    verified(&mut page, proof);
    page.wrapped(view.width)
}

fn lines(header: &Header, receipt: &Receipt, next: &[String]) -> Page {
    let mut page = Page::new();
    header.on(&mut page);
    steps(&mut page, &receipt.plan.items, |page, item| item_lines(page, item, &receipt.made));
    if let Some(volume) = &receipt.volume {
        page.gap();
        volume_lines(&mut page, volume, receipt.waited);
    }
    // The file system is the same for all of them.
    for volume in &receipt.more {
        page.push(claim_line(volume, receipt.waited));
    }
    page.gap();
    notes(&mut page, &receipt.plan.notes);
    page.push(Line::new().span(Style::Heading, summary(receipt)));
    if !next.is_empty() {
        page.gap();
        page.push(Line::new().plain("next:"));
        for command in next.iter().take(NEXT) {
            page.push(Line::indented(2).span(Style::Command, command));
        }
    }
    page
}

/// One step with what became of its changes.
fn item_lines(page: &mut Page, item: &Item, made: &[Made]) {
    item_title(page, item);
    for change in &item.changes {
        let line = match made.iter().find(|made| made.change == change.id) {
            None => Line::signed(Mark::Blocked).plain(change.resource.to_string()).plain(": not done"),
            Some(Made { id: Some(id), .. }) if *id != change.resource.reference => {
                change_line(change).plain(": ").plain(id)
            }
            Some(_) => change_line(change),
        };
        page.push(line);
    }
    notes(page, &item.notes);
}

/// The claim, and as much of what is behind it as came to be.
fn volume_lines(page: &mut Page, volume: &VolumeMade, waited: bool) {
    page.push(claim_line(volume, waited));
    let mount = mount_source(volume);
    let rows = [
        ("volume       ", volume.persistent_volume.as_deref()),
        ("file system  ", volume.file_system_id.as_deref()),
        ("mount        ", mount.as_deref()),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            page.push(Line::indented(4).span(Style::Dim, name).plain(value));
        }
    }
}

fn claim_line(volume: &VolumeMade, waited: bool) -> Line {
    let claim = format!("claim {}/{}", volume.namespace, volume.claim);
    match (&volume.persistent_volume, waited) {
        (Some(_), _) => Line::signed(Mark::Keep).span(Style::Heading, claim).plain(" is bound"),
        (None, true) => Line::signed(Mark::Unknown).span(Style::Heading, claim).plain(" is not bound"),
        (None, false) => Line::signed(Mark::Unknown).span(Style::Heading, claim).plain(" was not waited for"),
    }
}

/// What a Lustre client mounts: `<dns>@tcp:/<mount>`.
fn mount_source(volume: &VolumeMade) -> Option<String> {
    let (dns, mount) = (volume.dns_name.as_ref()?, volume.mount_name.as_ref()?);
    Some(format!("{dns}@tcp:/{mount}"))
}

/// What was done, in one sentence.
fn summary(receipt: &Receipt) -> String {
    let was_made = |id: &str| receipt.made.iter().any(|made| made.change == id);
    let count =
        |verb| receipt.plan.changes().filter(|change| change.verb == verb && was_made(&change.id)).count();
    match (count(Verb::Create), count(Verb::Update), count(Verb::Delete)) {
        (0, 0, 0) if receipt.plan.is_settled() => "Nothing to do: everything is as asked.".to_owned(),
        (created, changed, deleted) => {
            format!("Done: {created} created, {changed} changed, {deleted} deleted.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(receipt: &Receipt, next: &[&str]) -> String {
        let next: Vec<_> = next.iter().map(|command| (*command).to_owned()).collect();
        receipt_page(&sample::header(), receipt, &next, View::wide(100)).text()
    }

    #[test]
    fn a_receipt_says_what_was_done_and_what_was_not() {
        let next =
            ["kubectl -n default get pvc fsx-claim", "fsxctl verify", "fsxctl status", "fsxctl doctor"];
        insta::assert_snapshot!(text(&sample::receipt(), &next), @"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  endpoint and token from eks:DescribeCluster

        identity: the driver needs a role
        + Role FSXLCSI-hp-eks-us-west-2: arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2

        network: Lustre is not let through
        + SecurityGroup fsxctl-hp-eks: sg-0bb
        ~ SecurityGroup sg-0aa

        = driver: add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active

        storage: one class is not wanted any more
        ! StorageClass fsx-old: not done
        = StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain

        = claim default/fsx-claim is bound
            volume       pvc-0c1d
            file system  fs-0123456789abcdef0
            mount        fs-0123456789abcdef0.fsx.us-west-2.amazonaws.com@tcp:/abcdbev

        ? cannot read the policies of role nodes (iam:ListRolePolicies)
        ! a file system costs money from the moment it is created
        Done: 2 created, 1 changed, 0 deleted.

        next:
          kubectl -n default get pvc fsx-claim
          fsxctl verify
          fsxctl status
        ");
    }

    #[test]
    fn a_finished_set_up_has_nothing_to_do() {
        let receipt = Receipt { plan: sample::settled(), made: Vec::new(), ..sample::receipt() };
        insta::assert_snapshot!(text(&receipt, &[]), @"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  endpoint and token from eks:DescribeCluster

        = identity: as asked
        = network: as asked
        = driver: as asked
        = storage: as asked

        = claim default/fsx-claim is bound
            volume       pvc-0c1d
            file system  fs-0123456789abcdef0
            mount        fs-0123456789abcdef0.fsx.us-west-2.amazonaws.com@tcp:/abcdbev

        Nothing to do: everything is as asked.
        ");
    }

    #[test]
    fn a_volume_is_told_as_far_as_it_is_known() {
        let rows = [
            (true, "? claim default/fsx-claim is not bound"),
            (false, "? claim default/fsx-claim was not waited for"),
        ];
        for (waited, wanted) in rows {
            let volume = VolumeMade {
                namespace: "default".into(),
                claim: "fsx-claim".into(),
                ..VolumeMade::default()
            };
            let receipt = Receipt { volume: Some(volume), waited, ..sample::receipt() };
            let page = text(&receipt, &[]);
            assert!(page.lines().any(|line| line == wanted), "{page}");
            assert!(!page.contains("mount "), "{page}");
        }
    }

    #[test]
    fn foreign_text_forges_no_line() {
        let made = Made { change: "a".into(), id: Some(sample::HOSTILE.into()) };
        let hostile = || Some(sample::HOSTILE.to_owned());
        let volume = VolumeMade {
            namespace: sample::HOSTILE.into(),
            claim: sample::HOSTILE.into(),
            persistent_volume: hostile(),
            file_system_id: hostile(),
            dns_name: hostile(),
            mount_name: hostile(),
        };
        let receipt = Receipt {
            plan: sample::hostile(),
            made: vec![made],
            volume: Some(volume),
            more: Vec::new(),
            waited: true,
        };
        let page = text(&receipt, &[sample::HOSTILE]);
        assert!(
            !page.contains(|char: char| char.is_control() && char != '\n' || char == '\u{202e}'),
            "{page}"
        );
        assert!(!page.lines().any(|line| line.starts_with("+ Role forged")), "{page}");
    }
}
