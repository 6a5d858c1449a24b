//! The list of operations in `docs/sandbox.md` is the one that the models hold.

use std::collections::BTreeMap;

const BEGIN: &str = "<!-- operations: checked by a test -->\n";
const END: &str = "<!-- end of operations -->\n";

fn table() -> String {
    let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in fsxctl_sandbox::wire::served() {
        let (service, operation) = name.split_once(':').unwrap();
        services.entry(service.to_owned()).or_default().push(operation.to_owned());
    }
    let row = |(service, operations): (&String, &Vec<String>)| {
        format!("| `{service}` | {} |\n", operations.join(", "))
    };
    let rows: String = services.iter().map(row).collect();
    format!("\n| service | operations |\n|---|---|\n{rows}\n")
}

/// Set `UPDATE_DOCS=1` to write the list instead.
#[test]
fn the_documented_operations_are_the_served_ones() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sandbox.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
    } else {
        assert_eq!(listed, table(), "run the test with UPDATE_DOCS=1");
    }
}

/// The models say what is documented; this says that each of them has a handler.
#[test]
fn every_documented_operation_has_a_handler() {
    use fsxctl_sandbox::{Call, Client, Principal};
    let mut missing = Vec::new();
    for name in fsxctl_sandbox::wire::served() {
        let (service, operation) = name.split_once(':').unwrap();
        let mut state = fsxctl_sandbox::world::load(&[], 600.0).unwrap();
        let call = Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input: serde_json::json!({}),
            principal: Principal::Service,
            client: Client::Other,
            region: "us-west-2".to_owned(),
        };
        let answer = fsxctl_sandbox::aws::call(&mut state, &call);
        if answer.is_err_and(|error| error.code == "NotImplemented") {
            missing.push(name);
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
