//! The kinds of EC2 resources that the sandbox lists: where their rows are, how an unknown or malformed
//! id is refused, and which filters they know. Filter names are those of the EC2 API reference.

use super::filters::FilterTable;
pub use super::kinds_table::KINDS;

/// How one kind of resource is described.
#[derive(Debug)]
pub struct Kind {
    /// The operation, for instance `DescribeSubnets`.
    pub operation: &'static str,
    /// The table of the world, also the output member after `ec2.` unless `output` says otherwise.
    pub collection: &'static str,
    /// The output member.
    pub output: &'static str,
    /// The row's id member.
    pub id: &'static str,
    /// The input member with ids.
    pub ids: &'static str,
    /// What ids begin with, the dash included; empty for kinds whose names are free.
    pub prefix: &'static str,
    /// The type's name in `TagSpecifications` and DescribeTags.
    pub tag_type: &'static str,
    /// Code and message for an unknown id; `{}` becomes the id.
    pub not_found: (&'static str, &'static str),
    /// Code for an id that cannot be one.
    pub malformed: &'static str,
    /// Filter names and the paths they look at.
    pub filters: FilterTable,
}

/// The kind that an operation describes.
pub fn of_operation(operation: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.operation == operation)
}

/// The kind of a resource id.
pub fn of_id(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| !kind.prefix.is_empty() && id.starts_with(kind.prefix))
}

/// The kind of a table.
pub fn of_collection(collection: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.collection == collection)
}
