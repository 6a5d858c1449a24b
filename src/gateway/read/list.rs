//! Kubernetes lists, page by page: each page becomes what is kept of it before the next is asked for.

use kube::Api;
use kube::api::ListParams;
use serde::de::DeserializeOwned;

use super::{Answer, KubeReads};
use crate::facts::Seen;
use crate::gateway::kubernetes::Repeat;
use crate::gateway::trouble::{Trouble, TroubleKind};

/// Objects a page.
const PAGE: u32 = 500;

impl KubeReads {
    /// A whole list, page by page.
    pub(super) async fn list<K, T>(
        &self,
        permission: &str,
        api: &Api<K>,
        params: ListParams,
        into: impl Fn(K) -> Option<T>,
    ) -> Answer<Vec<T>>
    where
        K: Clone + DeserializeOwned + std::fmt::Debug,
    {
        self.gather(permission, api, params, |all: &mut Vec<T>, found| all.extend(into(found))).await
    }

    /// A whole list, page by page, into whatever keeps of it what is wanted. When the server forgot where a page
    /// continues, once more from the start.
    pub(super) async fn gather<K, A: Default>(
        &self,
        permission: &str,
        api: &Api<K>,
        params: ListParams,
        add: impl Fn(&mut A, K),
    ) -> Answer<A>
    where
        K: Clone + DeserializeOwned + std::fmt::Debug,
    {
        let mut has_restarted = false;
        let mut all = A::default();
        let mut params = params.limit(PAGE);
        loop {
            match self.link.call(permission, Repeat::Safe, || api.list(&params)).await {
                Ok(page) => {
                    let next = page.metadata.continue_.filter(|next| !next.is_empty());
                    page.items.into_iter().for_each(|found| add(&mut all, found));
                    match next {
                        Some(next) => params.continue_token = Some(next),
                        None => return Ok(Seen::Found(all)),
                    }
                }
                Err(trouble) if is_expired(&trouble) && !has_restarted && params.continue_token.is_some() => {
                    has_restarted = true;
                    all = A::default();
                    params.continue_token = None;
                }
                Err(trouble) => return trouble.seen(),
            }
        }
    }
}

/// Whether the server no longer knows a version or page.
pub(super) fn is_expired(trouble: &Trouble) -> bool {
    trouble.what == TroubleKind::Conflict
        && matches!(trouble.code.as_deref(), Some("Expired" | "Gone" | "410"))
}
