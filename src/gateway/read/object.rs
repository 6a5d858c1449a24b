//! Any object as it is, for comparing.

use kube::api::DynamicObject;
use serde_json::Value;

use super::{Answer, KubeReads};
use crate::facts::Seen;
use crate::gateway::kubernetes::Repeat;
use crate::gateway::trouble::{KUBERNETES, Trouble, TroubleKind};
use crate::gateway::write::Place;

impl KubeReads {
    /// The object at a place.
    ///
    /// # Errors
    /// Trouble other than denied and not found.
    pub async fn object(&self, at: &Place) -> Answer<Value> {
        let api: kube::Api<DynamicObject> = at.api(&self.link);
        let permission = at.permission("get");
        match self.link.call(&permission, Repeat::Safe, || api.get(&at.name)).await {
            Ok(found) => serde_json::to_value(found)
                .map(Seen::Found)
                .map_err(|error| Trouble::new(TroubleKind::Odd, KUBERNETES, &permission, &error.to_string())),
            Err(trouble) => trouble.seen(),
        }
    }
}
