//! `fsxctl`: eksctl for FSx for Lustre on SageMaker HyperPod and Amazon EKS.
//!
//! > **cli** hears words → **intent** makes them a complete wish → **facts** are what is →
//! > **steps** decide the difference → **engine** carries it out → **report** tells it.
//! > **domain** knows the rules, **gateway** is the only door to the outside, **term** is the screen.
//!
//! ```text
//! argv ─▶ cli ─▶ intent ─┐
//!                        ├─▶ steps (plan) ─▶ engine (apply) ─▶ report ─▶ term ─▶ the person
//! world ─▶ gateway ─▶ facts┘                       │
//!            ▲                                     │
//!            └────────────── changes ◀─────────────┘
//! ```
//!
//! Left of `steps` nothing is decided; right of it nothing is decided either. `docs/architecture.md` has the
//! table of who may import whom, and `tests/architecture.rs` holds the house to it.

pub mod cli;
pub mod commands;
pub mod doctor;
pub mod domain;
pub mod engine;
pub mod error;
pub mod facts;
pub mod gateway;
pub mod intent;
pub mod report;
pub mod status;
pub mod steps;
pub mod term;
pub mod wizard;
