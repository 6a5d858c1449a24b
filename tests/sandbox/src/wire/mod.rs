//! The AWS protocols, driven by botocore's service models: bytes to [`Call`](crate::call::Call), and
//! [`Answer`](crate::call::Answer) to bytes. Nothing in here knows what an operation does.

pub mod model;
