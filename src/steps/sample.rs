//! The tables of the planners' tests: a healthy world, one breakage, and what the step makes of it.

use super::{Decision, Goal, Item, Sign, StepId, Verb, plan};
use crate::facts::Facts;
use crate::intent::sample::wish;

/// One row: what is broken in words, the words typed, the breakage, and the [`outline`] that is wanted.
pub(super) type Row = (&'static str, &'static str, fn(&mut Facts), &'static str);

/// An item in one line: `settled`; `+ Role x; ~ SecurityGroup y [ingress tcp 988 from sg-1]`; or
/// `! Conflict | what to do next`. Signs of notes that warn or cannot tell follow.
pub(super) fn outline(item: &Item) -> String {
    let body = match item.decision {
        Decision::Settled => "settled".to_owned(),
        Decision::Do => item.changes.iter().map(line).collect::<Vec<_>>().join("; "),
        Decision::Blocked => item.block.as_ref().map_or_else(
            || "! without a reason".to_owned(),
            |block| format!("! {:?} | {}", block.kind, block.next.as_deref().unwrap_or("(nothing)")),
        ),
    };
    let signs = item.notes.iter().filter_map(|note| match note.sign {
        Sign::Keep => None,
        Sign::Unknown => Some(" (?)"),
        Sign::Warn => Some(" (!)"),
    });
    std::iter::once(body.as_str()).chain(signs).collect()
}

fn line(change: &super::Change) -> String {
    let sign = match change.verb {
        Verb::Create => '+',
        Verb::Update => '~',
        Verb::Delete => '-',
    };
    let rules = change.resource.kind == "SecurityGroup" && change.verb == Verb::Update;
    let details = if rules { format!(" [{}]", change.details.join(", ")) } else { String::new() };
    format!("{sign} {}{details}", change.resource)
}

/// Judges every row; all that differ are told at once. A wanted text that ends in `…` is a beginning.
pub(super) fn check(step: StepId, goal: Goal, base: fn() -> Facts, rows: &[Row]) {
    let mut wrong = Vec::new();
    for (name, words, breakage, wanted) in rows {
        let mut facts = base();
        breakage(&mut facts);
        let plan = plan(goal, &wish(words), &facts);
        let item = plan.items.iter().find(|item| item.step == step).expect("the step is in scope");
        let got = outline(item);
        let fits = wanted.strip_suffix('…').map_or_else(|| got == *wanted, |begin| got.starts_with(begin));
        if !fits {
            wrong.push(format!("{name}\n  wanted {wanted}\n  got    {got}"));
        }
        for change in &item.changes {
            assert!(
                !change.permissions.is_empty() && !change.because.is_empty(),
                "{name}: {change:?} does not say what it needs and why"
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
