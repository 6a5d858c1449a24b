//! Do: the only code that runs plans. Looks once, applies without choices, waits, looks once more.

mod apply;
mod event;
mod observe;
mod receipt;
mod stop;
mod verify;
mod wait;

pub use apply::{Hands, apply, with_ids};
pub use event::{Event, Reporter};
pub use observe::{BindLook, Eyes, HelmLook, Look, Needs, Sight, checkup, observe, survey};
pub use receipt::{Made, Receipt, VolumeMade};
pub use stop::Stop;
pub use verify::{
    Attempt, Remains, Tried, VerifyLook, closed_ways, look_for_verify, reach, remove_probes, run_id,
};
pub use wait::{Vigil, ended_badly};
