//! The `Table` form: the columns that `kubectl get` prints.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::kube::error::KubeError;
use crate::kube::kinds::Kind;
use crate::state::State;

mod cells;

/// What a row carries of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
}

impl Include {
    /// From the query parameter `includeObject`.
    ///
    /// # Errors
    /// 400 for another word.
    pub fn of(text: Option<&str>) -> Result<Self, KubeError> {
        match text {
            Some("None") => Ok(Self::None),
            Some("Object") => Ok(Self::Object),
            Some("Metadata" | "") | None => Ok(Self::Metadata),
            Some(other) => Err(KubeError::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be 'Metadata', 'Object', 'None', or empty"
            ))),
        }
    }
}

/// A column: name, type, format, and priority above zero for `-o wide` only.
pub type Column = (&'static str, &'static str, &'static str, u8);

/// The table of these objects.
pub fn of(state: &State, kind: &Kind, objects: &[Arc<Value>], include: Include, metadata: &Value) -> Value {
    let columns = cells::columns(kind);
    let definitions: Vec<Value> = columns
        .iter()
        .map(|(name, kind, format, priority)| {
            json!({"name": name, "type": kind, "format": format, "description": "", "priority": priority})
        })
        .collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let object_part = match include {
                Include::None => Value::Null,
                Include::Metadata => json!({
                    "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                    "metadata": object["metadata"],
                }),
                Include::Object => super::read::outward(kind, object),
            };
            json!({"cells": cells::row(kind, object, state.now), "object": object_part})
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": definitions, "rows": rows,
    })
}
