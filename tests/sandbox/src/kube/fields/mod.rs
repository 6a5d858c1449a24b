//! Field ownership (`managedFields`): sets of field paths, and what apply and update do with them,
//! after structured-merge-diff and the API server's field manager.

mod apply;
mod manage;
mod merge;
mod set;
mod walk;

pub use apply::{ApplyError, apply};
pub use manage::{Managed, Manager, time, track_update};
pub use set::{FieldSet, show};
pub use walk::{compare, element, set_of};
