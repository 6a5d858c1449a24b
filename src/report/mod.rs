//! Tell: plans, receipts and failures become pages for people or documents for machines.
//!
//! Pure: no async, no clock, no environment, no terminal. What is told comes in as data, times and
//! durations included; what goes out is a [`Page`] or a text. Only `term` prints.

mod command;
mod doctor;
mod document;
mod error;
mod escape;
mod event;
mod format;
mod github;
mod header;
mod images;
mod jsonpath;
mod junit;
mod mark;
mod markdown;
mod needs;
mod page;
mod plan;
mod progress;
mod receipt;
#[cfg(test)]
mod sample;
mod schema;
mod status;
mod verify;
mod versions;
mod wrap;

pub use command::command_page;
pub use doctor::{
    CheckItem, ChecksBody, DoctorBody, ExplanationBody, checks_document, checks_page, doctor_document,
    doctor_page, explanation_document, explanation_page, terms_page,
};
pub use document::{
    ChangeItem, Document, DocumentKind, DoneChange, DoneItem, ErrorBody, Frame, PlanBody, PlanItem,
    ReceiptBody, Stop, error_document, plan_document, receipt_document, to_json, to_json_line, to_yaml,
};
pub use error::error_page;
pub use escape::escape;
pub use event::{EventLine, FileOutcome};
pub use format::Format;
pub use header::{ClusterId, Header};
pub use images::{ImageItem, ImagesBody, images_document, images_page};
pub use jsonpath::JsonPath;
pub use mark::Mark;
pub use needs::{IamItem, NeedItem, Needs, PermissionsBody, RbacItem, Usage, needs_document, needs_page};
pub use page::{Line, Page, Span, Style, View};
pub use plan::{NODE_RULES, plan_page};
pub use progress::{Changes, duration_text, line};
pub use receipt::{proved_page, receipt_page};
pub use schema::{SCHEMAS, schema};
pub use status::{StatusForms, StatusLines, status_document, status_page, status_wide};
pub use verify::{VerifiedClaim, VerifyBody, VerifySummary, verify_document, verify_page};
pub use versions::{VersionItem, VersionsBody, versions_document, versions_page};
