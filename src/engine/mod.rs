//! Do: the only code that runs plans. Looks once, applies without choices, waits, looks once more.

mod event;
mod receipt;

pub use event::{Event, Reporter};
pub use receipt::{Made, Receipt, VolumeMade};
