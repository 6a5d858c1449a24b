//! The pods that a verification makes: Jobs with fsxctl's own labels, and nothing else.

use futures::StreamExt as _;
use k8s_openapi::api::batch::v1::Job;
use kube::Api;
use kube::api::{DeleteParams, PostParams, Preconditions, PropagationPolicy};
use serde_json::Value;

use super::kube::MANAGER;
use crate::facts::ProbeJob;
use crate::gateway::kubernetes::{Kubernetes, Link, Repeat};
use crate::gateway::trouble::{KUBERNETES, Trouble, TroubleKind};

/// Labels of every Job and pod that a verification makes, as a selector.
pub const PROBE_SELECTOR: &str = "app.kubernetes.io/managed-by=fsxctl,fsxctl.io/job=verify";
/// The label that names the run.
pub const RUN_LABEL: &str = "fsxctl.io/run";

/// May make and remove Jobs that carry the labels of a verification; whoever holds it can change nothing else. Made only
/// by `fsxctl verify`, after consent.
#[derive(Debug, Clone)]
pub struct Probes {
    link: Link,
}

impl Probes {
    /// Through a way to the cluster.
    pub fn new(kubernetes: &Kubernetes) -> Self {
        Self { link: kubernetes.link().clone() }
    }

    /// Makes a Job. It has a name, so that asking again when the answer was lost cannot make it twice.
    ///
    /// # Errors
    /// Refused when the Job is not labelled as a verification's; what the API server said no with, where a no of
    /// admission (quota, policies) is a conflict and one of RBAC is denied.
    pub async fn create(&self, namespace: &str, job: &Value) -> Result<(), Trouble> {
        let permission = format!("create jobs.batch in {namespace}");
        let refused = |why: &str| Trouble::new(TroubleKind::Refused, KUBERNETES, &permission, why);
        let job: Job = serde_json::from_value(job.clone()).map_err(|error| refused(&error.to_string()))?;
        let of_pods = job.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref()?.labels.clone());
        let are_ours = [job.metadata.labels.clone(), of_pods].into_iter().all(|labels| {
            let labels = labels.unwrap_or_default();
            labels.contains_key(RUN_LABEL)
                && PROBE_SELECTOR
                    .split(',')
                    .filter_map(|pair| pair.split_once('='))
                    .all(|(key, value)| labels.get(key).is_some_and(|found| found == value))
        });
        if !are_ours {
            return Err(refused("the Job is not labelled as one of a verification"));
        }
        let api: Api<Job> = Api::namespaced(self.link.client.clone(), namespace);
        let params = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        match self.link.call(&permission, Repeat::Safe, || api.create(&params, &job)).await {
            Ok(_) => Ok(()),
            // Its name has the run's own random number: it is the one whose answer was lost.
            Err(trouble) if trouble.what == TroubleKind::Exists => Ok(()),
            Err(trouble) => Err(of_admission(trouble)),
        }
    }

    /// Removes a Job that was seen with a verification's labels, if it is still the same one; its pods go with it, with
    /// the time to clean up that they have. True when it is gone or going.
    ///
    /// # Errors
    /// What the API server said no with.
    pub async fn delete(&self, job: &ProbeJob) -> Result<bool, Trouble> {
        let permission = format!("delete jobs.batch in {}", job.namespace);
        let api: Api<Job> = Api::namespaced(self.link.client.clone(), &job.namespace);
        let params = DeleteParams {
            preconditions: Some(Preconditions {
                resource_version: Some(job.resource_version.clone()),
                uid: Some(job.uid.clone()),
            }),
            propagation_policy: Some(PropagationPolicy::Background),
            ..DeleteParams::default()
        };
        match self.link.call(&permission, Repeat::Safe, || api.delete(&job.name, &params)).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.what == TroubleKind::NotFound => Ok(true),
            // It changed since it was seen: it has to be looked at again.
            Err(trouble) if trouble.what == TroubleKind::Conflict => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    /// Makes several, at most so many at once; what became of each, in their order.
    pub async fn create_all(&self, namespace: &str, jobs: &[&Value]) -> Vec<Result<(), Trouble>> {
        let calls = jobs.iter().map(|job| self.create(namespace, job));
        futures::stream::iter(calls).buffered(AT_ONCE).collect().await
    }
}

/// Calls under way at once. The API server queues what is more (flow control), and a cluster may have a thousand nodes.
const AT_ONCE: usize = 32;

/// Quotas, policies and webhooks answer Forbidden as RBAC does, but no permission would help. RBAC's own words are
/// `… cannot create resource "jobs" in API group "batch" …` (Kubernetes, apiserver/pkg/endpoints/handlers/responsewriters).
fn of_admission(trouble: Trouble) -> Trouble {
    if trouble.what == TroubleKind::Denied && !trouble.message.contains(" cannot create resource ") {
        return Trouble { what: TroubleKind::Conflict, ..trouble };
    }
    trouble
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_of_admission_is_no_missing_permission() {
        let of = |words: &str| {
            of_admission(Trouble::new(TroubleKind::Denied, KUBERNETES, "create jobs.batch in a", words)).what
        };
        let rbac = r#"jobs.batch is forbidden: User "a" cannot create resource "jobs" in API group "batch" in the namespace "a""#;
        assert_eq!(of(rbac), TroubleKind::Denied);
        assert_eq!(of(r#"jobs.batch "j" is forbidden: exceeded quota: q"#), TroubleKind::Conflict);
        assert_eq!(of(r#"admission webhook "x" denied the request: no"#), TroubleKind::Conflict);
    }
}
