//! Show: the only code that touches the terminal. Everything it prints was made harmless in `report`.

mod input;
mod log;
mod output;
mod paint;
mod progress;
mod prompt;
mod settings;

pub use input::{InputText, read};
pub use output::{OutputFile, can_be_made};
pub use paint::Printed;
pub use progress::{Json, Live, Plain, Silent};
pub use prompt::{Consent, List, Reply};
pub use settings::{Color, Flags, LogFormat, Term, Ttys};
