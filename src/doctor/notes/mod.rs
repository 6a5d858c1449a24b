//! Odd, and all right: what is worth knowing and needs no mending.

mod network;
mod storage;

pub(super) use network::CHECKS as NETWORK;
pub(super) use storage::CHECKS as STORAGE;
