//! Watching a claim and its events: a list, then what changes, without polling; whoever may not watch asks now and then.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::Resource;
use kube::api::{ListParams, WatchEvent, WatchParams};
use serde::de::DeserializeOwned;

use super::KubeReads;
use super::kube::{claim, event};
use super::list::is_expired;
use crate::facts::{Claim, Event};
use crate::gateway::kubernetes::{ATTEMPTS, Link};
use crate::gateway::trouble::{KUBERNETES, Trouble, TroubleKind};
use crate::gateway::wait::Backoff;

/// The server ends a watch after this long; the client gives it a little more before it believes it dead.
const SERVER_SECONDS: u32 = 240;

/// How often somebody who may not watch asks.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How long a watch that had been open keeps trying to come back: a wait of many minutes outlives a short outage. One
/// that was never open gets as many attempts as any other call.
const OUTAGE: Duration = Duration::from_secs(60);
/// A watch that lasted so long without a word was open all the same.
const QUIET: Duration = Duration::from_secs(30);

impl KubeReads {
    /// The claim as it is and every time it changes. It need not be there yet. Ends with a
    /// [`TroubleKind::NotFound`] when it was there and is deleted, and with any trouble that does not pass.
    pub fn watch_claim(&self, namespace: &str, name: &str) -> BoxStream<'static, Result<Claim, Trouble>> {
        let api: Api<core::PersistentVolumeClaim> = Api::namespaced(self.api(), namespace);
        let resource = format!("persistentvolumeclaims in {namespace}");
        let fields = format!("metadata.name={name}");
        watch(Watch::new(&self.link, api, (resource, fields), Some(name.to_owned())), claim)
    }

    /// Events of the object with this uid: those that are there, then new and changed ones.
    pub fn watch_events(&self, namespace: &str, uid: &str) -> BoxStream<'static, Result<Event, Trouble>> {
        let api: Api<core::Event> = Api::namespaced(self.api(), namespace);
        let of = (format!("events in {namespace}"), format!("involvedObject.uid={uid}"));
        watch(Watch::new(&self.link, api, of, None), event)
    }
}

pub(super) struct Watch<K> {
    link: Link,
    api: Api<K>,
    /// `events in default`.
    resource: String,
    fields: String,
    /// A label selector; this and the fields select everything when they are empty.
    labels: String,
    /// The name of the one object, whose deletion ends the watch.
    single: Option<String>,
    /// Versions that were handed out, by uid; kept only while there is no watch.
    told: BTreeMap<String, String>,
    ready: VecDeque<Result<K, Trouble>>,
    phase: Phase<K>,
    backoff: Backoff,
    failures: u32,
    /// Since when it fails, in a row.
    failing: Option<Instant>,
    /// Whether it was open once.
    was_open: bool,
    was_there: bool,
}

enum Phase<K> {
    List,
    Start(String),
    /// Without the permission to watch.
    Ask,
    Follow {
        events: BoxStream<'static, kube::Result<WatchEvent<K>>>,
        version: String,
        began: Instant,
    },
    Over,
}

pub(super) fn watch<K, T>(watch: Watch<K>, into: fn(K) -> T) -> BoxStream<'static, Result<T, Trouble>>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    T: Send + 'static,
{
    stream::unfold(watch, move |mut watch| async move {
        let item = watch.next().await?;
        Some((item.map(into), watch))
    })
    .boxed()
}

impl<K> Watch<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    pub(super) fn new(link: &Link, api: Api<K>, of: (String, String), single: Option<String>) -> Self {
        let (resource, fields) = of;
        Self {
            link: link.clone(),
            api,
            resource,
            fields,
            labels: String::new(),
            single,
            told: BTreeMap::new(),
            ready: VecDeque::new(),
            phase: Phase::List,
            backoff: Backoff::quick(),
            failures: 0,
            failing: None,
            was_open: false,
            was_there: false,
        }
    }

    /// The same for objects with these labels alone.
    pub(super) fn labelled(self, labels: &str) -> Self {
        Self { labels: labels.to_owned(), ..self }
    }

    async fn next(&mut self) -> Option<Result<K, Trouble>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Over => return None,
                Phase::List => self.list().await,
                Phase::Start(version) => self.start(version).await,
                Phase::Ask => self.ask().await,
                Phase::Follow { events, version, began } => self.follow(events, version, began).await,
            }
        }
    }

    async fn list(&mut self) {
        let params = self.selected();
        match self.link.once(&self.may("list"), self.api.list(&params)).await {
            Ok(found) => {
                self.failures = 0;
                if self.single.is_some() && self.was_there && found.items.is_empty() {
                    return self.deleted();
                }
                self.was_there |= !found.items.is_empty();
                self.ready.extend(found.items.into_iter().map(Ok));
                self.phase = Phase::Start(found.metadata.resource_version.unwrap_or_default());
            }
            // One object can still be got.
            Err((trouble, _)) if trouble.what == TroubleKind::Denied && self.single.is_some() => {
                self.phase = Phase::Ask;
            }
            Err(failure) => self.failed(failure, Phase::List).await,
        }
    }

    fn selected(&self) -> ListParams {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        ListParams {
            field_selector: some(&self.fields),
            label_selector: some(&self.labels),
            ..ListParams::default()
        }
    }

    /// `watch events in default`.
    fn may(&self, verb: &str) -> String {
        format!("{verb} {}", self.resource)
    }

    /// What is there now, if it is new, and a pause.
    async fn ask(&mut self) {
        let answer = match &self.single {
            Some(name) => {
                let got = self.link.once(&self.may("get"), self.api.get(name)).await;
                got.map(|object| vec![object])
            }
            None => {
                let params = self.selected();
                let list = self.link.once(&self.may("list"), self.api.list(&params)).await;
                list.map(|list| list.items)
            }
        };
        let objects = match answer {
            Ok(objects) => objects,
            Err((trouble, _)) if trouble.what == TroubleKind::NotFound && self.was_there => {
                return self.deleted();
            }
            Err((trouble, _)) if trouble.what == TroubleKind::NotFound => Vec::new(),
            Err(failure) => return self.failed(failure, Phase::Ask).await,
        };
        self.open();
        self.was_there |= !objects.is_empty();
        for object in objects {
            let meta = object.meta();
            let version = meta.resource_version.clone().unwrap_or_default();
            let known = self.told.insert(meta.uid.clone().unwrap_or_default(), version.clone());
            if known.as_ref() != Some(&version) {
                self.ready.push_back(Ok(object));
            }
        }
        if self.ready.is_empty() {
            tokio::time::sleep(ASK_EVERY).await;
        }
        self.phase = Phase::Ask;
    }

    async fn start(&mut self, version: String) {
        let ListParams { field_selector, label_selector, .. } = self.selected();
        let params =
            WatchParams { field_selector, label_selector, ..WatchParams::default() }.timeout(SERVER_SECONDS);
        match self.link.once(&self.may("watch"), self.api.watch(&params, &version)).await {
            Ok(events) => {
                self.phase = Phase::Follow { events: events.boxed(), version, began: Instant::now() }
            }
            Err((trouble, _)) if trouble.what == TroubleKind::Denied => self.phase = Phase::Ask,
            Err((trouble, pause)) => {
                let next = if is_expired(&trouble) { Phase::List } else { Phase::Start(version) };
                self.failed((trouble, pause), next).await;
            }
        }
    }

    async fn follow(
        &mut self,
        mut events: BoxStream<'static, kube::Result<WatchEvent<K>>>,
        mut version: String,
        began: Instant,
    ) {
        let limit = Duration::from_secs(u64::from(SERVER_SECONDS) + 20);
        let next = tokio::time::timeout(limit, events.next()).await;
        if began.elapsed() > QUIET {
            self.open();
        }
        match next {
            Ok(Some(Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)))) => {
                self.arrived(&object, &mut version);
                self.was_there = true;
                self.ready.push_back(Ok(object));
                self.phase = Phase::Follow { events, version, began };
            }
            Ok(Some(Ok(WatchEvent::Deleted(_)))) if self.single.is_some() => self.deleted(),
            Ok(Some(Ok(WatchEvent::Deleted(object)))) => {
                self.arrived(&object, &mut version);
                self.phase = Phase::Follow { events, version, began };
            }
            Ok(Some(Ok(WatchEvent::Bookmark(mark)))) => {
                version = mark.metadata.resource_version;
                self.open();
                self.phase = Phase::Follow { events, version, began };
            }
            Ok(Some(Ok(WatchEvent::Error(status)))) => {
                let trouble = self.link.trouble(&self.may("watch"), &kube::Error::Api(status));
                let next = if is_expired(&trouble) { Phase::List } else { Phase::Start(version) };
                self.failed((trouble, None), next).await;
            }
            Ok(Some(Err(error))) => {
                let trouble = self.link.trouble(&self.may("watch"), &error);
                self.failed((trouble, None), Phase::Start(version)).await;
            }
            // A watch that ends at once, again and again, would be polling.
            Ok(None) if began.elapsed() < Duration::from_secs(1) => {
                let trouble =
                    Trouble::new(TroubleKind::Unreachable, KUBERNETES, &self.may("watch"), "the watch ended");
                self.failed((trouble, None), Phase::Start(version)).await;
            }
            Ok(None) | Err(_) => self.phase = Phase::Start(version),
        }
    }

    fn arrived(&mut self, object: &K, version: &mut String) {
        self.open();
        if let Some(newer) = &object.meta().resource_version {
            newer.clone_into(version);
        }
    }

    fn deleted(&mut self) {
        self.ready.push_back(Err(Trouble::new(
            TroubleKind::NotFound,
            KUBERNETES,
            &self.may("watch"),
            "it was deleted",
        )));
        self.phase = Phase::Over;
    }

    /// It says something: whatever failed before is over.
    fn open(&mut self) {
        self.was_open = true;
        self.failures = 0;
        self.failing = None;
        self.backoff = Backoff::quick();
    }

    /// Goes on with `next` after a pause, unless the trouble stays.
    async fn failed(&mut self, failure: (Trouble, Option<Duration>), next: Phase<K>) {
        let (trouble, asked_pause) = failure;
        let may_pass = match trouble.what {
            TroubleKind::Throttled | TroubleKind::Unreachable | TroubleKind::Odd => true,
            TroubleKind::Conflict => is_expired(&trouble),
            _ => false,
        };
        self.failures += 1;
        let since = *self.failing.get_or_insert_with(Instant::now);
        let is_over = if self.was_open { since.elapsed() > OUTAGE } else { self.failures >= ATTEMPTS };
        if !may_pass || is_over {
            self.ready.push_back(Err(trouble));
            self.phase = Phase::Over;
            return;
        }
        tracing::debug!(resource = self.resource, "watching again after: {}", trouble.message);
        let pause = self.backoff.pause();
        tokio::time::sleep(asked_pause.map_or(pause, |asked| asked.max(pause))).await;
        self.phase = next;
    }
}
