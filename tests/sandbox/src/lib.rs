//! A simulated AWS account and Kubernetes cluster that behaves: state machines, refusals and
//! lifecycles, served over the real wire protocols.
//!
//! ```text
//! world file ─▶ world ─▶ State ◀── aws::call ◀── server ◀── wire (protocols)
//!                          ▲  ◀── kube  ◀─────── server
//!                          └── advance (lifecycles, controllers)
//! ```
//!
//! Nothing in here may depend on `fsxctl`: the rules of FSx are written down twice on purpose.

pub mod aws;
pub mod call;
pub mod cli;
pub mod helm;
mod https;
pub mod kube;
pub mod real;
pub mod server;
pub mod state;
pub mod wire;
pub mod world;

pub use call::{Answer, AwsError, Call, Client, Principal};
pub use server::{Entry, Error, Kubernetes, Options, Sandbox, Source};
pub use state::{Durations, State};
