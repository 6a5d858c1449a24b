//! Resource quantities in objects: the API server writes each in one way, however it came.

use serde_json::{Value, json};

use super::Node;
use crate::kube::quantity;

/// Writes every quantity of an object in its canonical form; numbers become texts. Answers what the decoder says of the
/// first that is none.
pub fn write(node: Node<'_>, value: &mut Value) -> Option<String> {
    if node.refers_to("Quantity") {
        let text = match &*value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let Some(canonical) = quantity::canonical(&text) else {
            return Some(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    .to_owned(),
            );
        };
        *value = json!(canonical);
        return None;
    }
    match value {
        Value::Object(map) => map.iter_mut().find_map(|(key, member)| write(node.field(key), member)),
        Value::Array(list) => list.iter_mut().find_map(|item| write(node.items(), item)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kinds;
    use crate::kube::schema::{Custom, Root};

    #[test]
    fn claims_and_containers() {
        let root = |plural: &str| {
            let kind = kinds::built_in().iter().find(|k| k.plural == plural).expect("kind");
            Root::of(kind, &Custom::default())
        };
        let mut claim = json!({"spec": {"resources": {"requests": {"storage": 1_288_490_188_800_u64}}}});
        assert_eq!(write(root("persistentvolumeclaims").node(), &mut claim), None);
        assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "1288490188800");
        let mut pod = json!({"spec": {"containers": [{"resources": {"limits": {"memory": "1024Mi"}}}]}});
        assert_eq!(write(root("pods").node(), &mut pod), None);
        assert_eq!(pod["spec"]["containers"][0]["resources"]["limits"]["memory"], "1Gi");
        let mut wrong = json!({"spec": {"resources": {"requests": {"storage": "much"}}}});
        assert!(write(root("persistentvolumeclaims").node(), &mut wrong).is_some());
    }
}
