//! The claim, its class, and the file system that the driver will make for it.

use super::{Choice, Form, Question, Sheet};
use crate::domain::lustre::{Compression, DeploymentType, StorageType, legal_throughputs};
use crate::domain::{quantity, sizing};
use crate::facts::{Facts, StorageClass};
use crate::intent::Intent;

/// MB/s per TiB of the types that take no throughput.
///
/// Source: <https://docs.aws.amazon.com/fsx/latest/LustreGuide/performance.html>, baseline disk throughput of Scratch.
const SCRATCH_THROUGHPUT: u32 = 200;

pub(super) fn namespace(_: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    Some(text("namespace", "Namespace of the claim", &facts.storage.claim_namespace))
}

pub(super) fn create_namespace(_: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    if !facts.storage.namespace.is_missing() {
        return None;
    }
    let name = &facts.storage.claim_namespace;
    Some(Question {
        name: "create-namespace",
        title: format!("Namespace {name} does not exist"),
        help: Vec::new(),
        form: Form::Choice {
            options: vec![
                Choice::new(&["--create-namespace"], "make it"),
                Choice::new(&[], "leave it: the set-up stops at the plan"),
            ],
            preselected: 0,
        },
    })
}

pub(super) fn claim(sheet: &Sheet<'_>, _: &Facts) -> Option<Question> {
    let intent = sheet.wish(&[])?;
    Some(text("claim", "Name of the claim", &intent.storage.claim.value))
}

pub(super) fn class(_: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    let found = facts.storage.class.found()?;
    let help = vec![
        format!("StorageClass {} is there: {}", found.name, summary(found)),
        "Its name uses it as it is, because a class cannot change; another name makes another class"
            .to_owned(),
    ];
    Some(Question { help, ..text("class", "StorageClass", &found.name) })
}

pub(super) fn throughput(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    let intent = new_class(sheet, facts)?;
    let wish = &intent.storage.file_system;
    let mut options = Vec::new();
    for kind in DeploymentType::ALL.iter().rev() {
        let throughputs = legal_throughputs(*kind, StorageType::Ssd);
        let what = meaning(*kind);
        if throughputs.is_empty() {
            let words = ["--deployment-type", kind.as_str()];
            options
                .push(Choice::new(&words, format!("{kind}: {what}; {}", speed(SCRATCH_THROUGHPUT, &intent))));
        }
        for throughput in throughputs {
            let (type_word, number) = (kind.as_str(), throughput.to_string());
            let is_default = *kind == wish.deployment_type && Some(*throughput) == wish.throughput;
            let is_default_type = *kind == wish.deployment_type;
            let words: &[&str] = match (is_default, is_default_type) {
                (true, _) => &[],
                (false, true) => &["--throughput", &number],
                (false, false) => &["--deployment-type", type_word, "--throughput", &number],
            };
            options.push(Choice::new(words, format!("{kind}: {what}; {}", speed(*throughput, &intent))));
        }
    }
    let preselected = options.iter().position(|option| option.words.is_empty()).unwrap_or_default();
    Some(Question {
        name: "throughput",
        title: "Deployment type and throughput".to_owned(),
        help: vec![
            "Throughput is per TiB of storage. All of these are SSD; HDD is made with --storage-type HDD"
                .to_owned(),
        ],
        form: Form::Choice { options, preselected },
    })
}

pub(super) fn size(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    let intent = sheet.wish(&[])?;
    if let Some(found) = facts.storage.claim.found() {
        let help = vec![format!(
            "Claim {}/{} is there with {}, {}; it can grow",
            found.namespace, found.name, found.size, found.phase
        )];
        return Some(Question { help, ..text("size", "Size of the claim", &found.size) });
    }
    let legal = sizing::describe_steps(intent.storage.file_system.shape());
    let help = legal.map(|legal| format!("{} takes {legal}", intent.storage.file_system.deployment_type));
    let start = quantity::print_gib(intent.storage.size.value);
    Some(Question { help: help.into_iter().collect(), ..text("size", "Size of the claim", &start) })
}

pub(super) fn compression(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    let default = new_class(sheet, facts)?.storage.file_system.compression;
    let label = |kind: Compression| match kind {
        Compression::Lz4 => "LZ4: data is compressed as it is written; more fits, and it costs no more",
        Compression::None => "NONE: data is stored as it is written",
    };
    let order = [default].into_iter().chain(Compression::ALL.iter().copied().filter(|kind| *kind != default));
    let options = order.map(|kind| match kind == default {
        true => Choice::new(&[], label(kind)),
        false => Choice::new(&["--compression", kind.as_str()], label(kind)),
    });
    Some(list("compression", "Data compression", options.collect()))
}

pub(super) fn reclaim(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    new_class(sheet, facts)?;
    let keep = "Retain (recommended): the file system stays when the claim goes, with its data and its cost";
    let delete = "Delete: the file system goes when the claim goes, AND ITS DATA WITH IT";
    let options = vec![Choice::new(&[], keep), Choice::new(&["--reclaim", "Delete"], delete)];
    Some(list("reclaim", "What happens to the file system when the claim is deleted", options))
}

/// The wish, when the class is to be made: the parameters of one that is there cannot change.
fn new_class(sheet: &Sheet<'_>, facts: &Facts) -> Option<Intent> {
    if facts.storage.class.is_missing() { sheet.wish(&[]) } else { None }
}

/// What each generation is for, in one clause.
const fn meaning(kind: DeploymentType) -> &'static str {
    match kind {
        DeploymentType::Persistent2 => "for data that stays, newest generation",
        DeploymentType::Persistent1 => "for data that stays, first generation",
        DeploymentType::Scratch2 => "for data that can be made again, no replication, no backups",
        DeploymentType::Scratch1 => "for data that can be made again, first generation, cannot grow",
    }
}

/// `250 MB/s per TiB, 300 MB/s with 1200Gi`. AWS's own examples count 1000 GiB as a TiB.
fn speed(per_tib: u32, intent: &Intent) -> String {
    let size = intent.storage.size.value;
    let whole = u64::from(per_tib) * size / 1000;
    format!("{per_tib} MB/s per TiB, {whole} MB/s with {}", quantity::print_gib(size))
}

/// A class in one clause.
fn summary(class: &StorageClass) -> String {
    let parameter = |key: &str| class.parameters.get(key).cloned();
    let throughput = parameter("perUnitStorageThroughput").map(|number| format!("{number} MB/s per TiB"));
    let all = [parameter("deploymentType"), throughput, parameter("dataCompressionType")];
    let told: Vec<String> = all.into_iter().flatten().chain([class.reclaim_policy.clone()]).collect();
    told.join(", ")
}

fn text(flag: &'static str, title: &str, start: &str) -> Question {
    Question {
        name: flag,
        title: title.to_owned(),
        help: Vec::new(),
        form: Form::Text { flag, start: start.to_owned(), is_default: true },
    }
}

fn list(name: &'static str, title: &str, options: Vec<Choice>) -> Question {
    Question {
        name,
        title: title.to_owned(),
        help: Vec::new(),
        form: Form::Choice { options, preselected: 0 },
    }
}
