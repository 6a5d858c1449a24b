//! After a mount that nobody answered: do the security groups let it through?

use crate::domain::names;
use crate::engine::{BindLook, Eyes, HelmLook, Look, Needs, observe};
use crate::facts::{Seen, VerifyFacts};
use crate::steps::bind;

/// What security groups keep nodes and file system apart. None: it cannot be told, and nothing depends on it.
pub async fn closed_ways(eyes: &Eyes, facts: &VerifyFacts) -> Option<Vec<String>> {
    let Seen::Found(system) = facts.file_system() else { return None };
    let cluster = facts.cluster.name.clone();
    let look = Look {
        role: names::role_name(&cluster, &facts.region),
        cluster,
        hyperpod: None,
        service_account: ("kube-system".to_owned(), "fsx-csi-controller-sa".to_owned()),
        class: String::new(),
        claim: facts.claim.found()?.name.clone(),
        namespace: Some(facts.namespace.clone()),
        needs: Needs::default(),
        build: None,
        account_asked: false,
        helm: HelmLook::default(),
        bind: Some(BindLook {
            fs_id: Some(system.id.clone()),
            namespaces: vec![facts.namespace.clone()],
            selector: None,
            installs: false,
            removes: false,
        }),
    };
    let (seen, _) = Box::pin(observe(eyes, &look)).await.ok()?;
    let systems = seen.file_systems.found()?;
    bind::closed_ways(&seen, systems.iter().find(|found| found.id == system.id)?)
}
