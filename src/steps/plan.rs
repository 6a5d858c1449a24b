//! A plan as data: items in order, each with its decision, reasons and changes.

use serde::{Deserialize, Serialize};

use super::Action;
use crate::error::Kind;

/// The parts of a set-up, in the order in which a plan shows them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StepId {
    /// Who the driver is to AWS.
    Identity,
    /// Security group and rules.
    Network,
    /// The CSI driver.
    Driver,
    /// StorageClass and claim.
    Storage,
    /// Pods that prove that a claim can be used. No part of a set-up's wish.
    Verify,
}

impl StepId {
    /// All steps of a set-up in order.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Network, Self::Driver, Self::Storage];

    /// The word that `--only` and `--skip` take.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Network => "network",
            Self::Driver => "driver",
            Self::Storage => "storage",
            Self::Verify => "verify",
        }
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Nothing to do.
    Settled,
    /// Changes to make.
    Do,
    /// Cannot go on; says why.
    Blocked,
}

/// What a change does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Makes it.
    Create,
    /// Changes it.
    Update,
    /// Removes it.
    Delete,
}

/// An object in the field's own words: its kind (`SecurityGroup`, `IAM role`, `StorageClass`) and reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Resource {
    /// The kind: `Role`, `SecurityGroup`, `StorageClass`, `PersistentVolumeClaim`, `Addon`, …
    pub kind: String,
    /// Name, id, ARN or `namespace/name`.
    #[serde(rename = "ref")]
    pub reference: String,
}

impl Resource {
    /// A resource.
    pub fn new(kind: &str, reference: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), reference: reference.into() }
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.reference)
    }
}

/// One fully decided write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Unique within the plan; other changes refer to it by this.
    pub id: String,
    /// Create, update or delete.
    pub verb: Verb,
    /// What it is about.
    pub resource: Resource,
    /// Why, in one clause.
    pub because: String,
    /// IAM actions, or RBAC verb and resource, that it needs.
    pub permissions: Vec<String>,
    /// Values that are known only after it was made (`id`, `arn`).
    pub later: Vec<String>,
    /// Details for people: one short line each (`tcp 988 from itself`).
    pub details: Vec<String>,
    /// Ids of changes that must be done before.
    pub after: Vec<String>,
    /// What the engine does.
    pub action: Action,
}

/// How a note begins when shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// `=`: kept as it is.
    Keep,
    /// `?`: could not be looked at, and nothing depends on it.
    Unknown,
    /// `!`: a warning.
    Warn,
}

/// Something worth telling that is no change: what is kept, what differs from a default, what could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Note {
    /// The sign in front.
    pub sign: Sign,
    /// One line.
    pub text: String,
}

/// Why a step cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// Decides the exit code: usage, denied or conflict.
    pub kind: Kind,
    /// The sentence.
    pub message: String,
    /// The missing permission, when that is the reason.
    pub permission: Option<String>,
    /// What the person can do, one imperative sentence or command.
    pub next: Option<String>,
}

impl Block {
    /// The objects whose adoption alone the way out offers, kind and reference, in its order.
    pub fn offers(&self) -> Vec<(String, String)> {
        let ways = self.next.as_deref().unwrap_or_default().split(", or ");
        ways.filter_map(|way| {
            let (_, rest) = way.split_once("--")?;
            let word = rest.strip_prefix("adopt ")?.split_whitespace().next()?.trim_end_matches(',');
            let (kind, reference) = word.split_once('/')?;
            Some((kind.to_owned(), reference.to_owned()))
        })
        .collect()
    }
}

/// One step's part of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Which step.
    pub step: StepId,
    /// What it came to.
    pub decision: Decision,
    /// Why, in one clause.
    pub because: String,
    /// The changes, in an order that respects `after`.
    pub changes: Vec<Change>,
    /// Things worth telling.
    pub notes: Vec<Note>,
    /// Set when blocked.
    pub block: Option<Block>,
}

impl Item {
    /// An item with nothing to do yet.
    pub fn settled(step: StepId, because: impl Into<String>) -> Self {
        Self {
            step,
            decision: Decision::Settled,
            because: because.into(),
            changes: Vec::new(),
            notes: Vec::new(),
            block: None,
        }
    }

    /// The same with changes; with none it stays settled.
    #[must_use]
    pub fn with(mut self, changes: Vec<Change>) -> Self {
        self.decision = if changes.is_empty() { Decision::Settled } else { Decision::Do };
        self.changes = changes;
        self
    }

    /// A blocked item.
    pub fn blocked(step: StepId, block: Block) -> Self {
        Self {
            because: block.message.clone(),
            decision: Decision::Blocked,
            block: Some(block),
            ..Self::settled(step, "")
        }
    }
}

/// All decisions, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// One item a step.
    pub items: Vec<Item>,
    /// Lines about the whole: how the cluster is reached, cost, expected minutes.
    pub notes: Vec<Note>,
    /// Expected minutes until done, when something is to be created.
    pub minutes: Option<u32>,
}

impl Plan {
    /// All changes in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.items.iter().flat_map(|item| &item.changes)
    }

    /// The first block, if any.
    pub fn block(&self) -> Option<&Block> {
        self.items.iter().find_map(|item| item.block.as_ref())
    }

    /// Whether there is nothing to do and nothing in the way.
    pub fn is_settled(&self) -> bool {
        self.items.iter().all(|item| item.decision == Decision::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_names_what_can_be_adopted() {
        let offers = |next: &str| {
            let block = Block {
                kind: Kind::Conflict,
                message: String::new(),
                permission: None,
                next: Some(next.to_owned()),
            };
            block.offers().into_iter().map(|(kind, name)| format!("{kind} {name}")).collect::<Vec<_>>()
        };
        assert_eq!(
            offers(
                "let fsxctl change it with --adopt Role/fsx, or replace it with --adopt ServiceAccount/ns/sa"
            ),
            ["Role fsx", "ServiceAccount ns/sa"]
        );
        assert_eq!(
            offers(
                "mend it with --role-arn a --adopt Role/fsx, or replace it with --adopt ServiceAccount/ns/sa"
            ),
            ["ServiceAccount ns/sa"],
            "leave alone would not mend it"
        );
        assert_eq!(offers("take another name with --claim"), Vec::<String>::new());
        assert_eq!(offers("pass --adopt KIND"), Vec::<String>::new());
    }
}
