//! The trimmed service models, parsed once.
//!
//! They are botocore's own files cut down by `models/trim.py`; the protocols, validation, paging and the
//! list of served operations all read them and nothing else.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The services, as botocore names them.
pub const SERVICES: &[&str] = &["ec2", "eks", "fsx", "iam", "sagemaker", "sts"];

/// One service.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// The version of botocore that it was cut from.
    pub botocore: String,
    /// Protocol, API version, target prefix.
    pub metadata: Metadata,
    /// By name.
    pub operations: BTreeMap<String, Operation>,
    /// Token and limit members, by operation.
    pub paginators: BTreeMap<String, Paginator>,
    /// By name.
    pub shapes: BTreeMap<String, Shape>,
}

/// What a service says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// For instance `2018-03-01`.
    pub api_version: String,
    /// `json`, `query`, `ec2` or `rest-json`.
    pub protocol: Protocol,
    /// `1.0` or `1.1`, of the JSON protocols.
    pub json_version: Option<String>,
    /// Before the operation in `X-Amz-Target`.
    pub target_prefix: Option<String>,
    /// Of the XML protocols.
    pub xml_namespace: Option<String>,
}

/// The wire protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// awsJson1.0 and awsJson1.1.
    Json,
    /// awsQuery.
    Query,
    /// ec2Query.
    Ec2,
    /// restJson1.
    RestJson,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// Method and path.
    pub http: Http,
    /// The input's shape; none for an operation without input.
    pub input: Option<Ref>,
    /// The output's shape.
    pub output: Option<Ref>,
    /// The errors that it declares.
    #[serde(default)]
    pub errors: Vec<Ref>,
}

/// The HTTP binding of an operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Http {
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// A template such as `/clusters/{name}/addons`.
    pub request_uri: String,
    /// Of a successful answer; 200 when absent.
    pub response_code: Option<u16>,
}

/// Members that page a list.
#[derive(Debug, Deserialize)]
pub struct Paginator {
    /// The member of the input that continues.
    pub input_token: OneOrMore,
    /// The member of the output that says there is more.
    pub output_token: OneOrMore,
    /// The member of the input that limits a page.
    pub limit_key: Option<String>,
    /// The member of the output that says whether there is more (IAM's `IsTruncated`).
    pub more_results: Option<String>,
    /// The lists of the output.
    pub result_key: OneOrMore,
}

/// botocore writes a string where there is one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One name.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl OneOrMore {
    /// The first name.
    pub fn first(&self) -> &str {
        match self {
            Self::One(name) => name,
            Self::More(names) => names.first().map_or("", String::as_str),
        }
    }
}

/// A reference to a shape, with what the place adds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ref {
    /// The shape's name.
    pub shape: String,
    /// The name on the wire.
    pub location_name: Option<String>,
    /// `uri`, `querystring`, `header`; in the body when absent.
    pub location: Option<String>,
    /// The name in an ec2Query request.
    pub query_name: Option<String>,
    /// The element around an awsQuery answer.
    pub result_wrapper: Option<String>,
    /// The form of a timestamp.
    pub timestamp_format: Option<String>,
    /// Filled in by the client library.
    #[serde(default)]
    pub idempotency_token: bool,
}

/// One shape.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Of a structure.
    #[serde(default)]
    pub members: BTreeMap<String, Ref>,
    /// Of a structure.
    #[serde(default)]
    pub required: Vec<String>,
    /// Of a list.
    pub member: Option<Ref>,
    /// Of a map.
    pub key: Option<Ref>,
    /// Of a map.
    pub value: Option<Ref>,
    /// Of a list without an element around it.
    #[serde(default)]
    pub flattened: bool,
    /// Length, count or value.
    pub min: Option<f64>,
    /// Length, count or value.
    pub max: Option<f64>,
    /// Of a string.
    pub pattern: Option<String>,
    /// Of a string.
    #[serde(rename = "enum", default)]
    pub values: Vec<String>,
    /// The member that is the whole body.
    pub payload: Option<String>,
    /// Of an error.
    pub error: Option<ErrorTrait>,
}

/// What the wire says instead of an error shape's name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorTrait {
    /// For instance `NoSuchEntity` for `NoSuchEntityException`.
    pub code: Option<String>,
    /// For instance 404.
    pub http_status_code: Option<u16>,
}

/// The types of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Members by name.
    Structure,
    /// Values in order.
    List,
    /// Values by key.
    Map,
    /// Text.
    String,
    /// 32 bits.
    Integer,
    /// 64 bits.
    Long,
    /// A floating number.
    Float,
    /// A floating number.
    Double,
    /// `true` or `false`.
    Boolean,
    /// A moment; RFC 3339 inside the sandbox.
    Timestamp,
    /// Bytes; base64 inside the sandbox.
    Blob,
}

impl Model {
    /// The shape that a reference names.
    pub fn shape(&self, reference: &Ref) -> Option<&Shape> {
        self.shapes.get(&reference.shape)
    }

    /// Wire code and HTTP status of an error, named either by its shape or by its wire code.
    pub fn error(&self, code: &str) -> (String, Option<u16>, Option<&Shape>) {
        let by_code = |shape: &&Shape| shape.error.as_ref().is_some_and(|e| e.code.as_deref() == Some(code));
        let Some(shape) = self.shapes.get(code).or_else(|| self.shapes.values().find(by_code)) else {
            return (code.to_owned(), None, None);
        };
        let error = shape.error.as_ref();
        let code = error.and_then(|e| e.code.clone()).unwrap_or_else(|| code.to_owned());
        (code, error.and_then(|e| e.http_status_code), Some(shape))
    }
}

static MODELS: LazyLock<BTreeMap<&'static str, Model>> = LazyLock::new(|| {
    let texts = [
        ("ec2", include_str!("../../models/ec2.json")),
        ("eks", include_str!("../../models/eks.json")),
        ("fsx", include_str!("../../models/fsx.json")),
        ("iam", include_str!("../../models/iam.json")),
        ("sagemaker", include_str!("../../models/sagemaker.json")),
        ("sts", include_str!("../../models/sts.json")),
    ];
    let parse = |text| serde_json::from_str(text).expect("a committed model parses; a test reads them all");
    texts.into_iter().map(|(name, text)| (name, parse(text))).collect()
});

/// The model of a service, if the sandbox has it.
pub fn model(service: &str) -> Option<&'static Model> {
    MODELS.get(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_read_and_every_reference_leads_to_a_shape() {
        for service in SERVICES {
            let model = model(service).unwrap();
            assert!(!model.operations.is_empty(), "{service}");
            let refs = model.shapes.values().flat_map(|shape| {
                shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value)
            });
            let ends = model.operations.values().flat_map(|o| o.input.iter().chain(&o.output));
            for reference in refs.chain(ends) {
                assert!(model.shape(reference).is_some(), "{service}: {}", reference.shape);
            }
        }
    }

    #[test]
    fn error_names_become_wire_codes() {
        let table = [
            ("iam", "NoSuchEntityException", "NoSuchEntity", Some(404)),
            ("iam", "NoSuchEntity", "NoSuchEntity", Some(404)),
            ("fsx", "FileSystemNotFound", "FileSystemNotFound", None),
            ("eks", "ResourceNotFoundException", "ResourceNotFoundException", Some(404)),
            ("ec2", "InvalidGroup.NotFound", "InvalidGroup.NotFound", None),
        ];
        for (service, given, code, status) in table {
            let (found, found_status, _) = model(service).unwrap().error(given);
            assert_eq!((found.as_str(), found_status), (code, status), "{service} {given}");
        }
    }
}
