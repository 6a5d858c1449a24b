//! The JSON Schemas of the documents, made from the types that are written.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::document::API_VERSION;
use super::{
    ChecksBody, DoctorBody, Document, DocumentKind, ErrorBody, EventLine, ExplanationBody, ImagesBody,
    PermissionsBody, PlanBody, ReceiptBody, VerifyBody, VersionsBody,
};
use crate::error::{Error, Result};
use crate::status::Status;

/// The words that [`schema`] takes.
pub const SCHEMAS: [&str; 12] = [
    "plan",
    "receipt",
    "error",
    "event",
    "images",
    "driverversions",
    "permissions",
    "status",
    "verify",
    "doctor",
    "checks",
    "explanation",
];

/// The schema of a document, or of a line of the log, by its word.
///
/// # Errors
/// Usage: no such schema, with those that there are.
pub fn schema(word: &str) -> Result<Value> {
    match word {
        "plan" => Ok(of::<Document<PlanBody>>(DocumentKind::Plan)),
        "receipt" => Ok(of::<Document<ReceiptBody>>(DocumentKind::Receipt)),
        "error" => Ok(of::<Document<ErrorBody>>(DocumentKind::Error)),
        "event" => Ok(of_events()),
        "images" => Ok(of::<Document<ImagesBody>>(DocumentKind::Images)),
        "driverversions" => Ok(of::<Document<VersionsBody>>(DocumentKind::DriverVersions)),
        "permissions" => Ok(of::<Document<PermissionsBody>>(DocumentKind::Permissions)),
        "status" => Ok(of::<Document<Status>>(DocumentKind::Status)),
        "verify" => Ok(of::<Document<VerifyBody>>(DocumentKind::VerifyReport)),
        "doctor" => Ok(of::<Document<DoctorBody>>(DocumentKind::DoctorReport)),
        "checks" => Ok(of::<Document<ChecksBody>>(DocumentKind::Checks)),
        "explanation" => Ok(of::<Document<ExplanationBody>>(DocumentKind::Explanation)),
        other => Err(Error::usage(format!("there is no schema {other:?}"))
            .details([format!("schemas: {}", SCHEMAS.join(", "))])),
    }
}

/// The schema of a line of the log: what every line has is added to each kind of line.
fn of_events() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<EventLine>().to_value();
    schema["title"] = "Event of fsxctl".into();
    for line in schema["oneOf"].as_array_mut().into_iter().flatten() {
        let at = json!({ "type": "string", "description": "When, RFC 3339." });
        let every = [("kind", json!({ "const": "Event", "description": "What the line is." })), ("at", at)];
        for (name, rule) in every {
            line["properties"][name] = rule;
            if let Some(required) = line["required"].as_array_mut() {
                required.push(name.into());
            }
        }
    }
    schema
}

/// The schema of a type, with the version and the kind pinned to what the document always says.
fn of<T: JsonSchema>(kind: DocumentKind) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut made: Map<String, Value> =
        generator.into_root_schema_for::<T>().to_value().as_object().cloned().unwrap_or_default();
    let mut schema = Map::new();
    for (word, text) in [("$schema", None), ("title", Some(format!("{kind:?} of fsxctl")))] {
        let made = made.shift_remove(word);
        schema.extend(text.map(Value::from).or(made).map(|value| (word.to_owned(), value)));
    }
    schema.extend(made);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let pinned = |value: &str, text: &str| json!({ "const": value, "description": text });
        properties.insert("apiVersion".to_owned(), pinned(API_VERSION, "The version of the documents."));
        properties.insert("kind".to_owned(), pinned(&format!("{kind:?}"), "What the document is."));
    }
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        // Nothing refers to it any more now that the kind is pinned.
        definitions.shift_remove("DocumentKind");
    }
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::report::{
        Frame, ImageItem, Needs, VersionItem, error_document, images_document, needs_document, plan_document,
        receipt_document, sample, versions_document,
    };
    use crate::steps::needs::{IamNeed, Need, RbacNeed, Right, Use};

    /// Where a value is not what a schema says, judged by the words that our schemas use; another word is a
    /// fault too, so that none is passed over.
    fn faults(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
        let Value::Object(words) = schema else { return Vec::new() };
        words.iter().flat_map(|(word, rule)| fault(word, rule, schema, root, (value, at))).collect()
    }

    fn fault(
        word: &str,
        rule: &Value,
        schema: &Value,
        root: &Value,
        (value, at): (&Value, &str),
    ) -> Vec<String> {
        let unless = |is_right: bool| {
            if is_right { vec![] } else { vec![format!("{at}: {word} {rule}, not {value}")] }
        };
        match word {
            "$schema" | "$defs" | "title" | "description" | "format" => Vec::new(),
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                faults(target, root, value, at)
            }
            "type" => unless(is_type(rule, value)),
            "const" => unless(rule == value),
            "enum" => unless(rule.as_array().unwrap().contains(value)),
            "minimum" => unless(value.as_f64().is_none_or(|value| Some(value) >= rule.as_f64())),
            "maximum" => unless(value.as_f64().is_none_or(|value| Some(value) <= rule.as_f64())),
            "required" => unless(
                rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
            ),
            "properties" => named(value)
                .map(|(name, value)| match rule.get(name) {
                    Some(schema) => faults(schema, root, value, &format!("{at}/{name}")),
                    None => vec![format!("{at}/{name}: not in the schema")],
                })
                .collect::<Vec<_>>()
                .concat(),
            "items" => value
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|item| faults(rule, root, item, &format!("{at}[]")))
                .collect(),
            "anyOf" | "oneOf" => unless(
                rule.as_array().unwrap().iter().any(|schema| faults(schema, root, value, at).is_empty()),
            ),
            _ => vec![format!("{at}: this test does not know the word {word} in {schema}")],
        }
    }

    fn named(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
        value.as_object().into_iter().flatten()
    }

    fn is_type(rule: &Value, value: &Value) -> bool {
        let is = |name: &str| match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_u64() || value.is_i64(),
            "null" => value.is_null(),
            _ => false,
        };
        rule.as_str().is_some_and(is)
            || rule.as_array().into_iter().flatten().any(|name| is(name.as_str().unwrap()))
    }

    /// What lists say, with everything that an item of each can have.
    fn lists(frame: &Frame) -> Vec<(&'static str, Value)> {
        let note = crate::steps::Note { sign: crate::steps::Sign::Unknown, text: "x".to_owned() };
        let item = ImageItem { image: "a/b:v1".to_owned(), ..ImageItem::default() };
        let images = ImagesBody { items: vec![item], notes: vec![note.clone()] };
        let build = |installed| VersionItem { installed, ..VersionItem::default() };
        let versions = VersionsBody {
            items: vec![build(Some(true)), build(None)],
            notes: vec![note],
            ..VersionsBody::default()
        };
        let iam = IamNeed { action: "eks:*".to_owned(), resources: vec![], only_with: vec![] };
        let rbac = RbacNeed {
            verb: "get".to_owned(),
            group: String::new(),
            resource: "nodes".to_owned(),
            names: vec![],
            namespace: None,
        };
        let need = |usage, right| Need { purpose: "x", usage, right };
        let needs = vec![
            need(Use::Always, Right::Iam(iam.clone())),
            need(Use::When("so"), Right::Rbac(rbac)),
            need(Use::Optional("not"), Right::Iam(iam)),
        ];
        let needs = Needs { command: "setup".to_owned(), needs };
        vec![
            ("images", serde_json::to_value(images_document(frame, images)).unwrap()),
            ("driverversions", serde_json::to_value(versions_document(frame, versions)).unwrap()),
            ("permissions", serde_json::to_value(needs_document(frame, &needs)).unwrap()),
            (
                "verify",
                serde_json::to_value(crate::report::verify_document(frame, sample::verified())).unwrap(),
            ),
            (
                "doctor",
                serde_json::to_value(crate::report::doctor_document(frame, sample::diagnosed())).unwrap(),
            ),
            (
                "checks",
                serde_json::to_value(crate::report::checks_document(frame, crate::doctor::all())).unwrap(),
            ),
            (
                "explanation",
                serde_json::to_value(crate::report::explanation_document(
                    frame,
                    crate::doctor::explain("EIO").into_iter().collect(),
                ))
                .unwrap(),
            ),
        ]
    }

    fn documents() -> Vec<(&'static str, Value)> {
        let frame = sample::frame();
        let bare = Frame { cluster: None, ..sample::frame() };
        let mut failed = Error::new(Kind::Denied, "no").because("x").permission("iam:GetRole").next("wait");
        failed.plan = Some(Box::new(sample::blocked()));
        let plan = |plan| ("plan", serde_json::to_value(plan_document(&frame, plan)).unwrap());
        let receipt = |document| ("receipt", serde_json::to_value(document).unwrap());
        let error = |document| ("error", serde_json::to_value(document).unwrap());
        let mut without = sample::receipt();
        without.volume = None;
        let mut all = vec![
            plan(&sample::plan()),
            plan(&sample::settled()),
            plan(&sample::blocked()),
            plan(&sample::hostile()),
            receipt(receipt_document(&frame, &sample::receipt())),
            receipt(receipt_document(&frame, &without)),
            error(error_document(&frame, &failed)),
            error(error_document(&bare, &Error::usage("no"))),
        ];
        all.extend(lists(&bare));
        all
    }

    #[test]
    fn every_document_is_as_its_schema_says() {
        for (kind, document) in documents() {
            let schema = schema(kind).unwrap();
            assert_eq!(faults(&schema, &schema, &document, ""), Vec::<String>::new());
        }
    }

    #[test]
    fn a_document_with_anything_wrong_is_not() {
        let (kind, document) = documents().swap_remove(0);
        let schema = schema(kind).unwrap();
        type Row = (&'static str, fn(&mut Value));
        let wrong: [Row; 6] = [
            ("missing", |document| _ = document.as_object_mut().unwrap().shift_remove("exitCode")),
            ("type", |document| document["durationMs"] = "1s".into()),
            ("const", |document| document["apiVersion"] = "v1".into()),
            ("kind", |document| document["kind"] = "Receipt".into()),
            ("enum", |document| document["items"][0]["decision"] = "maybe".into()),
            ("unknown", |document| document["items"][0]["changes"][0]["surprise"] = 1.into()),
        ];
        for (name, make_wrong) in wrong {
            let mut document = document.clone();
            make_wrong(&mut document);
            assert!(!faults(&schema, &schema, &document, "").is_empty(), "{name}");
        }
    }

    #[test]
    fn the_committed_schemas_are_these() {
        let committed = [
            ("plan", include_str!("../../docs/reference/plan.schema.json")),
            ("receipt", include_str!("../../docs/reference/receipt.schema.json")),
            ("error", include_str!("../../docs/reference/error.schema.json")),
            ("event", include_str!("../../docs/reference/event.schema.json")),
            ("images", include_str!("../../docs/reference/images.schema.json")),
            ("driverversions", include_str!("../../docs/reference/driverversions.schema.json")),
            ("permissions", include_str!("../../docs/reference/permissions.schema.json")),
            ("status", include_str!("../../docs/reference/status.schema.json")),
            ("verify", include_str!("../../docs/reference/verify.schema.json")),
            ("doctor", include_str!("../../docs/reference/doctor.schema.json")),
            ("checks", include_str!("../../docs/reference/checks.schema.json")),
            ("explanation", include_str!("../../docs/reference/explanation.schema.json")),
        ];
        assert_eq!(committed.map(|(word, _)| word), SCHEMAS);
        for (word, text) in committed {
            let fresh = crate::report::to_json(&schema(word).unwrap()).unwrap();
            assert_eq!(fresh, text, "write `fsxctl schema {word}` there again");
        }
    }

    #[test]
    fn every_line_of_the_log_is_as_its_schema_says() {
        let schema = schema("event").unwrap();
        let frame = sample::frame();
        let wait = |expected_ms, reason| EventLine::Waiting {
            what: "claim".to_owned(),
            elapsed_ms: 1,
            expected_ms,
            reason,
        };
        let resource = || crate::steps::Resource::new("Role", "fsx");
        let verb = crate::steps::Verb::Create;
        let outcome = crate::report::FileOutcome::Overwritten;
        let error = Box::new(error_document(&frame, &Error::usage("no").next("wait")));
        let lines = [
            EventLine::Looking { what: "cluster".to_owned() },
            EventLine::Started { verb, resource: resource() },
            EventLine::Done { verb, resource: resource(), made: None },
            EventLine::Done { verb, resource: resource(), made: Some("arn".to_owned()) },
            EventLine::Found { resource: resource() },
            EventLine::Settling { resource: resource(), reason: "not yet".to_owned() },
            wait(None, None),
            wait(Some(600_000), Some("creating".to_owned())),
            EventLine::Stopping { resources: vec![resource()] },
            EventLine::Unexplained { what: "events".to_owned(), reason: "denied".to_owned() },
            EventLine::Arrived { what: "claim".to_owned(), elapsed_ms: 5 },
            EventLine::File { path: "a.yaml".to_owned(), outcome },
            EventLine::Call {
                service: "ec2".to_owned(),
                operation: "DescribeSubnets".to_owned(),
                request_id: None,
                status: Some(200),
                ms: 5,
                attempt: None,
            },
            EventLine::Failed { error },
        ];
        let kinds = schema["oneOf"].as_array().unwrap().len();
        let mut seen = std::collections::BTreeSet::new();
        for line in lines {
            let mut value: Value = serde_json::from_str(&line.json("2026-01-02T03:04:05Z")).unwrap();
            assert_eq!(faults(&schema, &schema, &value, ""), Vec::<String>::new(), "{value}");
            seen.insert(value["event"].as_str().unwrap().to_owned());
            value["surprise"] = 1.into();
            assert!(!faults(&schema, &schema, &value, "").is_empty(), "{value}");
            value.as_object_mut().unwrap().remove("surprise");
            value.as_object_mut().unwrap().remove("at");
            assert!(!faults(&schema, &schema, &value, "").is_empty(), "{value}");
        }
        assert_eq!(seen.len(), kinds, "{seen:?}");
    }

    #[test]
    fn a_schema_is_found_by_its_word() {
        for word in SCHEMAS {
            assert!(schema(word).unwrap()["title"].as_str().unwrap().ends_with(" of fsxctl"), "{word}");
        }
        let error = schema("plans").unwrap_err();
        assert_eq!(
            (error.kind, error.details),
            (Kind::Usage, vec![format!("schemas: {}", SCHEMAS.join(", "))])
        );
    }
}
