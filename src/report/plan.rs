//! A plan for people: what will be done and why, what is kept, what it takes.

use super::{Header, Line, Mark, Page, Style, View};
use crate::steps::{Change, Decision, Item, Note, Plan, StepId, Verb};

/// Ids of changes to the security groups of nodes begin with this; a plan lists them on their own, because
/// those groups belong to the cluster and not to the set-up.
pub const NODE_RULES: &str = "node-rules";

/// The whole plan on one page. Its last line says what it comes to.
pub fn plan_page(header: &Header, plan: &Plan, view: View) -> Page {
    let mut page = Page::new();
    header.on(&mut page);
    for item in &plan.items {
        item_lines(&mut page, item, view);
    }
    page.gap();
    notes(&mut page, &plan.notes);
    if let Some(minutes) = plan.minutes {
        page.push(Line::new().plain(format!("This takes about {}.", counted(minutes as usize, "minute"))));
    }
    page.push(Line::new().span(Style::Heading, summary(plan)));
    page.wrapped(view.width)
}

/// One step: its decision, its changes, its notes.
fn item_lines(page: &mut Page, item: &Item, view: View) {
    page.gap();
    item_title(page, item);
    let (node_rules, others): (Vec<_>, Vec<_>) =
        item.changes.iter().partition(|change| change.id.starts_with(NODE_RULES));
    for change in others {
        change_lines(page, change, view);
    }
    if !node_rules.is_empty() {
        let title = Line::new()
            .span(Style::Heading, "rules on the nodes' own security groups")
            .plain(", which ")
            .span(Style::Command, "--no-node-rules")
            .plain(" leaves as they are:");
        page.push(title);
        for change in node_rules {
            change_lines(page, change, view);
        }
    }
    notes(page, &item.notes);
}

/// The line that says what a step came to. A step with changes has no sign of its own: they have theirs.
pub(super) fn item_title(page: &mut Page, item: &Item) {
    let line = match item.decision {
        Decision::Do => Line::new(),
        Decision::Settled => Line::signed(Mark::Keep),
        Decision::Blocked => Line::signed(Mark::Blocked),
    };
    page.push(line.span(Style::Heading, item.step.as_str()).plain(": ").plain(&item.because));
    let Some(block) = &item.block else { return };
    if let Some(permission) = &block.permission {
        page.push(Line::indented(4).plain("missing permission: ").plain(permission));
    }
    if let Some(next) = &block.next {
        page.push(next_line(Line::indented(4), next));
    }
}

/// One change: its line with the sign, and what belongs to it indented below.
fn change_lines(page: &mut Page, change: &Change, view: View) {
    page.push(change_line(change).plain(": ").plain(&change.because));
    for detail in &change.details {
        page.push(Line::indented(4).plain(detail));
    }
    if !change.later.is_empty() {
        page.push(
            Line::indented(4).span(Style::Dim, format!("known after apply: {}", change.later.join(", "))),
        );
    }
    if view.verbose && !change.permissions.is_empty() {
        page.push(Line::indented(4).span(Style::Dim, format!("needs {}", change.permissions.join(", "))));
    }
}

/// The sign and the object of a change.
pub(super) fn change_line(change: &Change) -> Line {
    let mark = Mark::from(change.verb);
    Line::signed(mark).span(mark.style(), change.resource.to_string())
}

/// One line a note, with its sign.
pub(super) fn notes(page: &mut Page, notes: &[Note]) {
    for note in notes {
        page.push(Line::signed(Mark::from(note.sign)).plain(&note.text));
    }
}

/// `next: …`, as something to copy when it is a command.
pub(super) fn next_line(line: Line, next: &str) -> Line {
    const PROGRAMS: [&str; 6] = ["fsxctl ", "kubectl ", "aws ", "eksctl ", "helm ", "export "];
    let style =
        if PROGRAMS.iter().any(|program| next.starts_with(program)) { Style::Command } else { Style::Plain };
    line.plain("next: ").span(style, next)
}

/// What a plan comes to, in one sentence.
fn summary(plan: &Plan) -> String {
    let blocked: Vec<_> = plan.items.iter().filter(|item| item.decision == Decision::Blocked).collect();
    if !blocked.is_empty() {
        let steps: Vec<_> = blocked.iter().map(|item| StepId::as_str(item.step)).collect();
        return format!("Blocked: {}. Nothing is changed.", steps.join(", "));
    }
    let count = |verb| plan.changes().filter(|change| change.verb == verb).count();
    match (count(Verb::Create), count(Verb::Update), count(Verb::Delete)) {
        (0, 0, 0) => "Nothing to do: everything is as asked.".to_owned(),
        (create, change, delete) => {
            format!("Plan: {create} to create, {change} to change, {delete} to delete.")
        }
    }
}

/// `1 minute`, `2 minutes`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(plan: &Plan, view: View) -> String {
        plan_page(&sample::header(), plan, view).text()
    }

    #[test]
    fn a_plan_on_a_wide_terminal() {
        insta::assert_snapshot!(text(&sample::plan(), View::wide(120)), @"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  endpoint and token from eks:DescribeCluster

        identity: the driver needs a role
        + Role FSXLCSI-hp-eks-us-west-2: the driver has no role of its own, and the node role may not create file systems
            trusts system:serviceaccount:kube-system:fsx-csi-controller-sa and nobody else
            known after apply: arn

        network: Lustre is not let through
        + SecurityGroup fsxctl-hp-eks: no group lets Lustre through
            tcp 988 from itself
            tcp 1018-1023 from itself
            known after apply: id
        rules on the nodes' own security groups, which --no-node-rules leaves as they are:
        ~ SecurityGroup sg-0aa: nodes do not let the servers answer
            tcp 988 from fsxctl-hp-eks

        = driver: add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active

        storage: one class is not wanted any more
        - StorageClass fsx-old: asked for
        = StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain

        ? cannot read the policies of role nodes (iam:ListRolePolicies)
        ! a file system costs money from the moment it is created
        This takes about 12 minutes.
        Plan: 2 to create, 1 to change, 1 to delete.
        ");
    }

    #[test]
    fn a_plan_on_a_narrow_terminal_with_permissions() {
        let narrow = View { width: 50, verbose: true };
        insta::assert_snapshot!(text(&sample::plan(), narrow), @"
        cluster     hp-eks in us-west-2, account
                    111122223333
        kubernetes  endpoint and token from
                    eks:DescribeCluster

        identity: the driver needs a role
        + Role FSXLCSI-hp-eks-us-west-2: the driver has no
          role of its own, and the node role may not
          create file systems
            trusts
            system:serviceaccount:kube-system:fsx-csi-controller-sa
            and nobody else
            known after apply: arn
            needs iam:CreateRole, iam:TagRole,
            iam:PutRolePolicy

        network: Lustre is not let through
        + SecurityGroup fsxctl-hp-eks: no group lets
          Lustre through
            tcp 988 from itself
            tcp 1018-1023 from itself
            known after apply: id
            needs ec2:CreateSecurityGroup,
            ec2:AuthorizeSecurityGroupIngress
        rules on the nodes' own security groups, which
        --no-node-rules leaves as they are:
        ~ SecurityGroup sg-0aa: nodes do not let the
          servers answer
            tcp 988 from fsxctl-hp-eks
            needs ec2:AuthorizeSecurityGroupIngress

        = driver: add-on aws-fsx-csi-driver
          v1.9.0-eksbuild.1 is active

        storage: one class is not wanted any more
        - StorageClass fsx-old: asked for
        = StorageClass fsx-sc has reclaimPolicy Delete;
          the default is Retain

        ? cannot read the policies of role nodes
          (iam:ListRolePolicies)
        ! a file system costs money from the moment it is
          created
        This takes about 12 minutes.
        Plan: 2 to create, 1 to change, 1 to delete.
        ");
    }

    #[test]
    fn a_blocked_plan_says_what_is_missing_and_that_nothing_happens() {
        insta::assert_snapshot!(text(&sample::blocked(), View::wide(100)), @"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  endpoint and token from eks:DescribeCluster

        ! identity: cannot tell whether role fsx is there
            missing permission: iam:GetRole
            next: fsxctl permissions setup dynamic

        network: Lustre is not let through
        + SecurityGroup fsxctl-hp-eks: no group lets Lustre through
            tcp 988 from itself
            tcp 1018-1023 from itself
            known after apply: id
        rules on the nodes' own security groups, which --no-node-rules leaves as they are:
        ~ SecurityGroup sg-0aa: nodes do not let the servers answer
            tcp 988 from fsxctl-hp-eks

        = driver: add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active

        storage: one class is not wanted any more
        - StorageClass fsx-old: asked for
        = StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain

        ? cannot read the policies of role nodes (iam:ListRolePolicies)
        ! a file system costs money from the moment it is created
        This takes about 12 minutes.
        Blocked: identity. Nothing is changed.
        ");
    }

    #[test]
    fn a_settled_plan_says_that_there_is_nothing_to_do() {
        insta::assert_snapshot!(text(&sample::settled(), View::wide(100)), @"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  endpoint and token from eks:DescribeCluster

        = identity: as asked

        = network: as asked

        = driver: as asked

        = storage: as asked

        Nothing to do: everything is as asked.
        ");
    }

    #[test]
    fn foreign_text_forges_no_line() {
        let page = text(&sample::hostile(), View { width: usize::MAX, verbose: true });
        assert!(
            !page.contains(|char: char| char.is_control() && char != '\n' || char == '\u{202e}'),
            "{page}"
        );
        assert!(!page.lines().any(|line| line.starts_with("+ Role forged")), "{page}");
        insta::assert_snapshot!(page, @r"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  endpoint and token from eks:DescribeCluster

        ! network: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
            missing permission: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
            next: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        ~ x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0} x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
            x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
            known after apply: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
            needs x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        = x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}

        ! x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        This takes about 1 minute.
        Blocked: network. Nothing is changed.
        ");
    }

    #[test]
    fn every_change_and_note_begins_with_its_sign_at_any_width() {
        for width in [60, 120, usize::MAX] {
            let page = text(&sample::plan(), View::wide(width));
            for sign in [
                "+ Role ",
                "+ SecurityGroup ",
                "~ SecurityGroup ",
                "- StorageClass ",
                "= driver",
                "= StorageClass ",
                "? cannot",
                "! a file",
            ] {
                assert_eq!(
                    page.lines().filter(|line| line.starts_with(sign)).count(),
                    1,
                    "{sign} at {width}\n{page}"
                );
            }
        }
    }

    #[test]
    fn counts_have_their_plural() {
        assert_eq!([counted(1, "minute"), counted(2, "minute")], ["1 minute", "2 minutes"]);
    }
}
