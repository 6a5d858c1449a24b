//! The JSON Schemas of the documents, made from the types that are written.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::document::API_VERSION;
use super::{Document, DocumentKind, ErrorBody, PlanBody, ReceiptBody};

/// The schema of one kind of document.
pub fn schema(kind: DocumentKind) -> Value {
    match kind {
        DocumentKind::Plan => of::<Document<PlanBody>>(kind),
        DocumentKind::Receipt => of::<Document<ReceiptBody>>(kind),
        DocumentKind::Error => of::<Document<ErrorBody>>(kind),
    }
}

/// The schema of a type, with the version and the kind pinned to what the document always says.
fn of<T: JsonSchema>(kind: DocumentKind) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema: Schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), format!("{kind:?} of fsxctl").into());
    let mut schema = schema.to_value();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let apart = |value: &str, text: &str| json!({ "description": text, "const": value });
        properties.insert("apiVersion".to_owned(), apart(API_VERSION, "The version of the documents."));
        properties.insert("kind".to_owned(), apart(&format!("{kind:?}"), "What the document is."));
    }
    schema
}
