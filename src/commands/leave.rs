//! Leave to change what others made: asked for on a terminal, object by object. It can end in more plan, never in a write.

use crate::error::{Error, Kind, Result};
use crate::facts::Facts;
use crate::intent::{Intent, Setup};
use crate::report::error_page;
use crate::steps::{self, Goal};
use crate::term::{Consent, Term};

/// `--adopt` without a name needs somebody to ask.
///
/// # Errors
/// Usage, when there is nobody.
pub(super) fn can_be_asked(setup: &Setup, term: &Term) -> Result<()> {
    if !setup.ask_leave || term.asks {
        return Ok(());
    }
    Err(Error::usage("--adopt without a name asks for each object, and there is nobody to ask")
        .next("name the object with --adopt KIND/REF"))
}

/// The wish with every leave that was given. One that is refused leaves the plan blocked.
///
/// # Errors
/// Interrupted at the prompt.
pub(super) fn asked(setup: &Setup, mut intent: Intent, facts: &Facts, term: &Term) -> Result<Intent> {
    if !setup.ask_leave {
        return Ok(intent);
    }
    let mut refused: Vec<(String, String)> = Vec::new();
    loop {
        let plan = steps::plan(Goal::Present, &intent, facts);
        let block = plan.block().filter(|block| block.kind == Kind::Conflict);
        let Some(block) = block else { return Ok(intent) };
        let is_new =
            |offer: &(String, String)| !intent.adopts(&offer.0, &offer.1) && !refused.contains(offer);
        let Some(offer) = block.offers().into_iter().find(is_new) else { return Ok(intent) };
        term.say(&error_page(&Error::conflict(block.message.clone()), term.view()));
        match term.confirm(&format!("Let fsxctl change {}/{}?", offer.0, offer.1))? {
            Consent::Yes => intent.adopt.push(offer),
            Consent::No | Consent::Nobody => refused.push(offer),
        }
    }
}
