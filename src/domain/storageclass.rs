//! The parameters that the CSI driver reads from a StorageClass.
//!
//! All values are strings. The driver ignores keys it does not know, so a typo changes what is made without a
//! word. Source: the driver's `pkg/driver/controller.go`, v1.9.0.

mod compare;
mod read;
mod table;
mod write;

pub use compare::{Difference, differences, unknown_keys};
pub use read::{Placement, placement_from, wish_from};
pub use table::{Kind, PARAMETERS, Parameter, parameter};
pub use write::{check_extra_tags, parameters};

/// The provisioner's name in a StorageClass.
pub const PROVISIONER: &str = "fsx.csi.aws.com";

#[cfg(test)]
mod tests;
