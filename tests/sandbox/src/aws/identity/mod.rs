//! Which AWS identity somebody ends up with: web identities (IRSA), Pod Identity, node roles.
//!
//! Texts are AWS's own, from the issues of the driver and of eksctl. What an identity may then do is `access`'s.

pub mod admission;
pub mod node;
pub mod pod;
pub mod sdk;
pub mod trust;
pub mod web;

pub use admission::admit_pod;
pub use node::instance_id;
pub use pod::of_pod;
pub use trust::{Asker, trusts, visible_role};
pub use web::{Claims, claims_of, judge_web_identity, provider_arn, web_identity_refused};

#[cfg(test)]
mod tests;
