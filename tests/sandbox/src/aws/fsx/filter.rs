//! The filters of FSx's Describe operations. Names come from the model's enum, so unknown ones never get
//! here; a name that does not fit the table keeps everything.

use serde_json::Value;

use crate::aws::ec2::value::{list, text, texts};

/// The rows that match every filter; `member` says where a filter's name looks.
pub fn keep(
    rows: Vec<Value>,
    filters: &[Value],
    look: impl Fn(&Value, &str) -> Option<String>,
) -> Vec<Value> {
    let fits = |row: &Value| {
        filters.iter().all(|filter| {
            let value = look(row, text(filter, "Name"));
            value.is_none_or(|value| texts(filter, "Values").contains(&value.as_str()))
        })
    };
    rows.into_iter().filter(fits).collect()
}

/// The `Filters` of an input.
pub fn of(input: &Value) -> &[Value] {
    list(input, "Filters")
}
