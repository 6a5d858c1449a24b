//! Who the driver is to AWS, and how it is installed: the words of the flags, each with what it would come to.

use super::{Choice, Form, Question, Sheet};
use crate::facts::Facts;
use crate::intent::{DRIVER_WORDS, IDENTITY_WORDS};
use crate::steps::{Decision, Item, StepId, Verb};

pub(super) fn identity(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    let words = IDENTITY_WORDS.iter().map(|(word, _)| *word);
    Some(Question {
        name: "identity",
        title: "How does the driver get its AWS identity".to_owned(),
        help: vec!["auto takes what is there and right, else what would work on this cluster".to_owned()],
        form: by_plan((sheet, facts), StepId::Identity, "--identity", words),
    })
}

pub(super) fn driver(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    let words = DRIVER_WORDS.iter().map(|(word, _)| *word);
    Some(Question {
        name: "driver",
        title: "How is the CSI driver installed".to_owned(),
        help: vec!["auto takes what is there, else the EKS add-on".to_owned()],
        form: by_plan((sheet, facts), StepId::Driver, "--driver", words),
    })
}

/// The words that lead somewhere here, the first of them being what is meant without the flag.
fn by_plan<'w>(
    (sheet, facts): (&Sheet<'_>, &Facts),
    step: StepId,
    flag: &str,
    words: impl Iterator<Item = &'w str>,
) -> Form {
    let mut options = Vec::new();
    for (at, word) in words.enumerate() {
        let more: &[&str] = if at == 0 { &[] } else { &[flag, word] };
        let Some(item) = sheet.step(facts, step, more) else { continue };
        if at == 0 || item.decision != Decision::Blocked {
            options.push(Choice::new(more, format!("{word}: {}", told(&item))));
        }
    }
    Form::Choice { options, preselected: 0 }
}

/// What a step comes to, with the reason that it notes first.
fn told(item: &Item) -> String {
    let kinds = |verb: Verb, word: &str| {
        let of_verb = item.changes.iter().filter(|change| change.verb == verb);
        let kinds: Vec<&str> = of_verb.map(|change| change.resource.kind.as_str()).collect();
        if kinds.is_empty() { String::new() } else { format!("; {word} {}", kinds.join(", ")) }
    };
    let reason = item.notes.first().map(|note| format!(" ({})", note.text)).unwrap_or_default();
    match item.decision {
        Decision::Blocked => format!("stops here, {}", item.because),
        _ => format!(
            "{}{reason}{}{}",
            item.because,
            kinds(Verb::Create, "creates"),
            kinds(Verb::Update, "changes")
        ),
    }
}
