//! The XML answers of awsQuery and ec2Query.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

use super::model::{Kind, Model, Operation, Protocol, Ref, Shape};
use super::scalar;

/// The answer of an awsQuery operation.
pub fn query(
    model: &Model,
    operation: Option<(&String, &Operation)>,
    output: &Value,
    request_id: &str,
) -> String {
    let Some((name, operation)) = operation else { return String::new() };
    let mut xml = Xml::new();
    xml.within(&format!("{name}Response"), model.metadata.xml_namespace.as_deref(), |xml| {
        if let Some(reference) = &operation.output {
            let result = format!("{name}Result");
            let wrapper = reference.result_wrapper.as_deref().unwrap_or(&result);
            xml.within(wrapper, None, |xml| xml.members(model, reference, output));
        }
        xml.within("ResponseMetadata", None, |xml| xml.leaf("RequestId", request_id));
    });
    xml.text()
}

/// The answer of an ec2Query operation.
pub fn ec2(
    model: &Model,
    operation: Option<(&String, &Operation)>,
    output: &Value,
    request_id: &str,
) -> String {
    let Some((name, operation)) = operation else { return String::new() };
    let mut xml = Xml::new();
    // EC2 ends the namespace of its answers with a slash, which the model lacks: every example of its API reference.
    let namespace =
        model.metadata.xml_namespace.as_deref().map(|uri| format!("{}/", uri.trim_end_matches('/')));
    xml.within(&format!("{name}Response"), namespace.as_deref(), |xml| {
        xml.leaf("requestId", request_id);
        match &operation.output {
            Some(reference) => xml.members(model, reference, output),
            None => xml.leaf("return", "true"),
        }
    });
    xml.text()
}

/// XML under construction. Writing to memory cannot fail, so results are not looked at.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    pub(super) fn new() -> Self {
        let mut writer = Writer::new(Vec::new());
        writer.get_mut().extend_from_slice(br#"<?xml version="1.0" encoding="UTF-8"?>"#);
        Self { writer }
    }

    pub(super) fn text(self) -> String {
        String::from_utf8_lossy(&self.writer.into_inner()).into_owned()
    }

    pub(super) fn within(&mut self, name: &str, namespace: Option<&str>, fill: impl FnOnce(&mut Self)) {
        let mut start = BytesStart::new(name);
        if let Some(namespace) = namespace {
            start.push_attribute(("xmlns", namespace));
        }
        let _ = self.writer.write_event(Event::Start(start));
        fill(self);
        let _ = self.writer.write_event(Event::End(BytesEnd::new(name)));
    }

    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        // Characters that no XML document may hold are replaced, as a service's own writer would.
        let text: String = text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect();
        self.within(name, None, |xml| {
            let _ = xml.writer.write_event(Event::Text(BytesText::new(&text)));
        });
    }

    /// The members of a structure, each in its own element.
    fn members(&mut self, model: &Model, reference: &Ref, value: &Value) {
        let Some(shape) = model.shape(reference) else { return };
        for (name, member) in &shape.members {
            if let Some(inner) = value.get(name).filter(|v| !v.is_null()) {
                self.value(model, member, member.location_name.as_ref().unwrap_or(name), inner);
            }
        }
    }

    fn value(&mut self, model: &Model, reference: &Ref, name: &str, value: &Value) {
        let Some(shape) = model.shape(reference) else { return };
        match shape.kind {
            Kind::Structure => self.within(name, None, |xml| xml.members(model, reference, value)),
            Kind::List => self.list(model, shape, name, value),
            Kind::Map => self.map(model, shape, name, value),
            kind => {
                if let Some(text) = scalar::text(kind, value) {
                    self.leaf(name, &text);
                }
            }
        }
    }

    fn list(&mut self, model: &Model, shape: &Shape, name: &str, value: &Value) {
        let (Some(member), Some(items)) = (&shape.member, value.as_array()) else { return };
        if shape.flattened {
            let name = member.location_name.as_deref().unwrap_or(name);
            items.iter().for_each(|item| self.value(model, member, name, item));
            return;
        }
        let usual = if model.metadata.protocol == Protocol::Ec2 { "item" } else { "member" };
        let item_name = member.location_name.as_deref().unwrap_or(usual);
        self.within(name, None, |xml| {
            items.iter().for_each(|item| xml.value(model, member, item_name, item))
        });
    }

    fn map(&mut self, model: &Model, shape: &Shape, name: &str, value: &Value) {
        let (Some(key), Some(inner), Some(given)) = (&shape.key, &shape.value, value.as_object()) else {
            return;
        };
        let key_name = key.location_name.as_deref().unwrap_or("key");
        let value_name = inner.location_name.as_deref().unwrap_or("value");
        self.within(name, None, |xml| {
            for (key, value) in given {
                xml.within("entry", None, |xml| {
                    xml.leaf(key_name, key);
                    xml.value(model, inner, value_name, value);
                });
            }
        });
    }
}

fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
