//! From what the program knows to what a document says.

use super::{
    ChangeItem, Document, DocumentKind, DoneChange, DoneItem, ErrorBody, Frame, PlanBody, PlanItem,
    ReceiptBody, Stop,
};
use crate::engine::{Made, Receipt};
use crate::error::Error;
use crate::steps::{Block, Change, Decision, Item, Plan};

/// A plan as a document.
pub fn plan_document(frame: &Frame, plan: &Plan) -> Document<PlanBody> {
    Document::new(frame, DocumentKind::Plan, plan_body(plan))
}

/// A receipt as a document.
pub fn receipt_document(frame: &Frame, receipt: &Receipt) -> Document<ReceiptBody> {
    let body = ReceiptBody {
        items: receipt.plan.items.iter().map(|item| done_item(item, &receipt.made)).collect(),
        volume: receipt.volume.clone(),
        more_volumes: receipt.more.clone(),
        notes: receipt.plan.notes.clone(),
    };
    Document::new(frame, DocumentKind::Receipt, body)
}

/// A failure as a document. Its code is the error's own, whatever the frame says.
pub fn error_document(frame: &Frame, error: &Error) -> Document<ErrorBody> {
    let body = ErrorBody {
        code: error.kind.code(),
        reason: error.kind,
        message: error.message.clone(),
        causes: error.causes.clone(),
        details: error.details.clone(),
        permission: error.permission.clone(),
        next: error.next.clone(),
        partial: error.partial(),
        done: error.done.clone(),
        left: error.left.clone(),
        items: Vec::new(),
        plan: error.plan.as_deref().map(plan_body),
    };
    let mut document = Document::new(frame, DocumentKind::Error, body);
    document.exit_code = error.kind.code();
    document
}

fn plan_body(plan: &Plan) -> PlanBody {
    PlanBody {
        items: plan.items.iter().map(plan_item).collect(),
        notes: plan.notes.clone(),
        expected_minutes: plan.minutes,
    }
}

fn plan_item(item: &Item) -> PlanItem {
    PlanItem {
        step: item.step,
        decision: item.decision,
        because: item.because.clone(),
        changes: item.changes.iter().map(change_item).collect(),
        notes: item.notes.clone(),
        blocked: item.block.as_ref().map(stop),
    }
}

fn stop(block: &Block) -> Stop {
    Stop {
        code: block.kind.code(),
        reason: block.kind,
        message: block.message.clone(),
        permission: block.permission.clone(),
        next: block.next.clone(),
    }
}

fn change_item(change: &Change) -> ChangeItem {
    ChangeItem {
        verb: change.verb,
        resource: change.resource.clone(),
        because: change.because.clone(),
        permissions: change.permissions.clone(),
        later: change.later.clone(),
    }
}

fn done_item(item: &Item, made: &[Made]) -> DoneItem {
    let changes: Vec<_> = item.changes.iter().map(|change| done_change(change, made)).collect();
    DoneItem {
        step: item.step,
        decision: item.decision,
        because: item.because.clone(),
        done: item.decision != Decision::Blocked && changes.iter().all(|change| change.done),
        ids: changes.iter().filter_map(|change| change.id.clone()).collect(),
        changes,
        notes: item.notes.clone(),
    }
}

fn done_change(change: &Change, made: &[Made]) -> DoneChange {
    let made = made.iter().find(|made| made.change == change.id);
    DoneChange {
        change: change_item(change),
        done: made.is_some(),
        id: made.and_then(|made| made.id.clone()),
    }
}
