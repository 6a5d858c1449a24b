//! Decide: each step is one promise about the world and a pure function from wish and facts to changes.
//!
//! Nothing in here looks or touches: no async, no clock, no SDK, no gateway. A plan leaves the engine no
//! choices; a value that only creation can tell is a [`Ref::Made`].

mod action;
mod plan;

pub use action::{Action, AddonAssociation, Direction, Fill, ObjectRef, Ref};
pub use plan::{Block, Change, Decision, Item, Note, Plan, Resource, Sign, StepId, Verb};

/// Present: what the wish asks for. Absent: undo, for what fsxctl made itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Bring the world to the wish.
    Present,
    /// Take away what fsxctl created; take from adopted objects only what fsxctl added.
    Absent,
}
