//! Judge: what a survey comes to, which parts are fine, which are broken, and which cannot be told. Changes nothing and
//! plans nothing; where a set-up has a judgement of its own (who the controller is), that one is asked.
//!
//! What cannot be proved is not claimed: a part that nobody could look at is null and stands in `unseen`.

mod around;
mod data;
mod driver;
mod identity;
mod storage;
#[cfg(test)]
mod tests;
mod unseen;

pub use data::{
    CallerState, ClaimState, ClassState, DriverState, FileSystemState, GroupState, Health, HyperPodState,
    IdentityState, ItemKind, KubernetesState, MadeBy, NetworkState, NodeGroupState, NodesState, Owner,
    PodState, PodsOf, PortState, PortsState, ReadyPods, Status, StorageItem, Summary, Unseen, VolumeState,
    Way, ZoneState,
};

use crate::facts::Survey;
use crate::intent::Intent;
use crate::steps::network::passage::Passages;

/// The state of everything. `intent` is a wish that asks for nothing in particular.
pub fn judge(survey: &Survey, intent: &Intent) -> Status {
    let facts = &survey.facts;
    let mut passages = Passages::new(facts);
    let storage = storage::Storage::new(survey, &mut passages).judged();
    Status {
        kubernetes: around::kubernetes(survey),
        nodes: facts.nodes.found().map(|nodes| around::nodes(nodes)),
        hyperpod: facts.hyperpod.hidden().is_none().then(|| around::hyperpods(facts)),
        caller: facts
            .caller
            .found()
            .map(|caller| CallerState { arn: caller.arn.clone(), account: caller.account.clone() }),
        identity: identity::judged(intent, facts),
        driver: driver::judged(facts),
        network: around::network(facts, &passages),
        classes: storage.classes,
        summary: storage.summary,
        items: storage.items,
        unseen: unseen::of(survey),
    }
}
