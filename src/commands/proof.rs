//! `--verify`: the receipt of a set-up, and what pods on the nodes came to, as one answer.

use super::setup::Work;
use super::speak::Answer;
use super::verify;
use crate::engine::{Receipt, VolumeMade};
use crate::error::{Error, Kind, Result};
use crate::intent::Namespaces;
use crate::report::{Header, VerifyBody, proved_page, receipt_document, receipt_page};
use crate::steps::verify::Verdict;
use crate::steps::{Note, Sign};

/// What the pods came to, and what kept them from being removed.
pub(super) type Proof = (VerifyBody, Option<Error>);

/// What the plan says of it, so that consent covers it.
pub(super) fn note(work: &Work<'_>) -> Option<Note> {
    let several = match work.intent.bind.as_ref().map(|bind| &bind.namespaces) {
        Some(Namespaces::Named(names)) if names.len() > 1 => {
            format!(" (of {}; the others are of the same file system)", names[0])
        }
        _ => String::new(),
    };
    let text = format!(
        "--verify: pods on nodes of every group mount the claim{several}, write, read, and are removed again"
    );
    work.setup.verify.then_some(Note { sign: Sign::Keep, text })
}

/// Tries the claim, when that was asked for. Of several claims of one file system the first stands for all.
///
/// # Errors
/// What stands in the way of trying, or an end that was asked for.
pub(super) async fn of(work: &Work<'_>, volume: Option<&VolumeMade>) -> Result<Option<Proof>> {
    let Some(volume) = volume.filter(|_| work.setup.verify) else { return Ok(None) };
    let claim = (volume.namespace.as_str(), volume.claim.as_str());
    Box::pin(verify::after(&work.eyes, &work.look.cluster, claim, work.speak, &work.stop)).await.map(Some)
}

/// Gives the receipt. A claim that failed ends with the code of a failed verification, whatever was made before.
pub(super) fn tell(work: &Work<'_>, header: &Header, receipt: &Receipt, proof: Option<Proof>) -> Result<u8> {
    let (body, trouble) = proof.map_or((None, None), |(body, trouble)| (Some(body), trouble));
    let failed = body.as_ref().is_some_and(|body| body.verdict != Verdict::Ok);
    let code = match &trouble {
        _ if failed => Kind::Findings.code(),
        Some(error) => error.kind.code(),
        None => 0,
    };
    let view = work.speak.term.view();
    let page = match &body {
        Some(body) => proved_page(header, receipt, body, view),
        None => receipt_page(header, receipt, &next_commands(receipt), view),
    };
    let mut document = receipt_document(&work.speak.frame(Some(header.cluster.clone()), code), receipt);
    document.body.verification = body;
    let given = work.speak.give(&Answer { page, document: &document })?;
    if let Some(error) = trouble {
        work.speak.remark(&error, Some(header.cluster.clone()));
    }
    Ok(given)
}

/// What shows and proves what came to be.
fn next_commands(receipt: &Receipt) -> Vec<String> {
    let Some(volume) = &receipt.volume else { return Vec::new() };
    let VolumeMade { namespace, claim, .. } = volume;
    let named = if claim == "fsx-claim" { String::new() } else { format!(" --claim {claim}") };
    let bound = volume.persistent_volume.is_some();
    let verify = bound.then(|| format!("fsxctl verify -n {namespace}{named}"));
    verify.into_iter().chain([format!("fsxctl status -n {namespace}")]).collect()
}
