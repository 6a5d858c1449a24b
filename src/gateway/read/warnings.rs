//! Warning events about storage and the driver. A busy cluster holds hundreds of thousands of them: what is not wanted
//! goes with its page, and what is kept is bounded.

use std::collections::HashMap;

use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::ListParams;

use super::kube::count;
use super::survey::placed;
use super::{Answer, KubeReads};
use crate::facts::ObjectEvent;
use crate::gateway::scrub::scrub;

/// So many are kept at most.
const KEPT: usize = 20_000;
/// So many more may come together before the surplus goes.
const SURPLUS: usize = 2_000;
/// So many characters of a message are kept: those of the driver end with a request id long before.
const WORDS: usize = 2_000;
/// Begins the names of the driver's workloads and of their pods.
const DRIVER: &str = "fsx-csi-";

impl KubeReads {
    /// Warning events of a namespace or of all of them: about claims, volumes, what pods wait for before they run on
    /// their volumes, and whatever befalls the driver. Those that were last seen before `since`, in seconds since 1970,
    /// are left out. Events of volumes, which have no namespace, are in `default`.
    ///
    /// # Errors
    /// Trouble other than denied and not found.
    pub async fn warnings(&self, namespace: Option<&str>, since: Option<i64>) -> Answer<Vec<ObjectEvent>> {
        let api: Api<core::Event> = self.in_place(namespace);
        let params = ListParams::default().fields("type=Warning");
        let add = |kept: &mut Kept, found: core::Event| {
            if let Some(event) = told(found).filter(|event| is_recent(event, since)) {
                kept.add(event);
            }
        };
        let kept = self.gather(&placed("list events", namespace), &api, params, add).await?;
        Ok(kept.map(|kept: Kept| kept.cut(KEPT)))
    }
}

#[derive(Debug, Default)]
struct Kept(Vec<ObjectEvent>);

impl Kept {
    fn add(&mut self, event: ObjectEvent) {
        self.0.push(event);
        if self.0.len() > KEPT + SURPLUS {
            *self = Self(std::mem::take(self).cut(KEPT));
        }
    }

    /// The newest of every object, then the second of every object, and so on, as long as there is room.
    fn cut(self, room: usize) -> Vec<ObjectEvent> {
        let mut all = self.0;
        all.sort_by_key(|event| std::cmp::Reverse(event.last));
        if all.len() <= room {
            return all;
        }
        let mut ranks: HashMap<(String, String, String), u32> = HashMap::new();
        let mut ranked: Vec<(u32, ObjectEvent)> = Vec::with_capacity(all.len());
        for event in all {
            let object = (event.kind.clone(), event.namespace.clone(), event.name.clone());
            let rank = ranks.entry(object).or_default();
            ranked.push((*rank, event));
            *rank += 1;
        }
        ranked.sort_by_key(|(rank, event)| (*rank, std::cmp::Reverse(event.last)));
        ranked.truncate(room);
        let mut kept: Vec<ObjectEvent> = ranked.into_iter().map(|(_, event)| event).collect();
        kept.sort_by_key(|event| std::cmp::Reverse(event.last));
        kept
    }
}

/// An event that does not say when counts: nothing proves that it is old.
fn is_recent(event: &ObjectEvent, since: Option<i64>) -> bool {
    match (event.last, since) {
        (Some(last), Some(since)) => last >= since,
        _ => true,
    }
}

fn is_wanted(kind: &str, name: &str, reason: &str) -> bool {
    match kind {
        "PersistentVolumeClaim" | "PersistentVolume" => true,
        "Pod" => name.starts_with(DRIVER) || keeps_pods(reason),
        "Deployment" | "ReplicaSet" | "DaemonSet" => name.starts_with(DRIVER),
        _ => false,
    }
}

/// `FailedMount`, `FailedAttachVolume`, `FailedMapVolume`, `VolumePermissionChangeInProgress` and their like (kubernetes,
/// pkg/kubelet/events/event.go), and why a pod has no node.
fn keeps_pods(reason: &str) -> bool {
    reason == "FailedScheduling" || reason.contains("Mount") || reason.contains("Volume")
}

fn told(found: core::Event) -> Option<ObjectEvent> {
    let (about, reason) = (found.involved_object, found.reason.unwrap_or_default());
    let (kind, name) = (about.kind.unwrap_or_default(), about.name.unwrap_or_default());
    if !is_wanted(&kind, &name, &reason) {
        return None;
    }
    let source = found.source.unwrap_or_default();
    // Reporters of the newer API leave `source` empty, and the kubelet's instance is its node.
    let by_kubelet = found.reporting_component.as_deref() == Some("kubelet");
    let instance = found.reporting_instance.filter(|_| by_kubelet);
    let series = found.series.unwrap_or_default();
    let last = series.last_observed_time.map(|at| at.0.as_second());
    let last = last.or_else(|| Some(found.last_timestamp?.0.as_second()));
    let last = last.or_else(|| Some(found.event_time?.0.as_second()));
    Some(ObjectEvent {
        kind,
        namespace: about.namespace.unwrap_or_default(),
        name,
        uid: about.uid.filter(|uid| !uid.is_empty()),
        reason,
        message: cut(scrub(&found.message.unwrap_or_default())),
        count: count(series.count.or(found.count)).max(1),
        last,
        host: source.host.or(instance).filter(|host| !host.is_empty()),
    })
}

fn cut(message: String) -> String {
    match message.char_indices().nth(WORDS) {
        Some((end, _)) => message[..end].to_owned(),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(kind: &str, name: &str, reason: &str, more: Value) -> Option<ObjectEvent> {
        let mut found = json!({
            "metadata": {"name": "e"}, "reason": reason, "type": "Warning",
            "involvedObject": {"kind": kind, "namespace": "ml", "name": name, "uid": "u"},
        });
        let more = more.as_object().expect("an object").clone();
        found.as_object_mut().expect("an object").extend(more);
        told(serde_json::from_value(found).expect("an event"))
    }

    #[test]
    fn events_about_storage_and_the_driver_are_wanted_and_no_others() {
        for (kind, name, reason, wanted) in [
            ("PersistentVolumeClaim", "data", "ProvisioningFailed", true),
            ("PersistentVolumeClaim", "data", "VolumeResizeFailed", true),
            ("PersistentVolume", "pvc-1", "VolumeFailedDelete", true),
            ("Pod", "train-0", "FailedMount", true),
            ("Pod", "train-0", "FailedAttachVolume", true),
            ("Pod", "train-0", "FailedMapVolume", true),
            ("Pod", "train-0", "FailedScheduling", true),
            ("Pod", "train-0", "VolumePermissionChangeInProgress", true),
            ("Pod", "train-0", "BackOff", false),
            ("Pod", "train-0", "Unhealthy", false),
            ("Pod", "fsx-csi-controller-6d5-x", "BackOff", true),
            ("Pod", "fsx-openzfs-csi-controller-6d5-x", "BackOff", false),
            ("DaemonSet", "fsx-csi-node", "FailedCreate", true),
            ("DaemonSet", "ebs-csi-node", "FailedCreate", false),
            ("ReplicaSet", "fsx-csi-controller-6d5", "FailedCreate", true),
            ("Node", "node-1", "FreeDiskSpaceFailed", false),
        ] {
            assert_eq!(event(kind, name, reason, json!({})).is_some(), wanted, "{kind} {name} {reason}");
        }
    }

    #[test]
    fn when_an_event_was_last_seen_is_where_its_reporter_wrote_it() {
        let at = |second: i64| jiff::Timestamp::from_second(second).expect("a time").to_string();
        let last = |more: Value| event("Pod", "p", "FailedMount", more).expect("it is wanted").last;
        let micro = |second: i64| format!("{}.000000Z", at(second).trim_end_matches('Z'));
        assert_eq!(last(json!({"lastTimestamp": at(100), "eventTime": null})), Some(100));
        assert_eq!(last(json!({"lastTimestamp": null, "eventTime": micro(200)})), Some(200));
        let series = json!({"count": 7, "lastObservedTime": micro(300)});
        assert_eq!(last(json!({"eventTime": micro(200), "series": series})), Some(300));
        assert_eq!(last(json!({})), None);
    }

    #[test]
    fn the_node_is_that_of_the_kubelet_in_either_api() {
        let host = |more: Value| event("Pod", "p", "FailedMount", more).expect("it is wanted").host;
        let old = host(json!({"source": {"component": "kubelet", "host": "node-1"}}));
        assert_eq!(old.as_deref(), Some("node-1"));
        let new = host(json!({"reportingComponent": "kubelet", "reportingInstance": "node-2"}));
        assert_eq!(new.as_deref(), Some("node-2"));
        let other =
            host(json!({"reportingComponent": "default-scheduler", "reportingInstance": "scheduler-7"}));
        assert_eq!(other, None);
    }

    #[test]
    fn messages_are_cut_between_characters() {
        let long = event("Pod", "p", "FailedMount", json!({"message": "ü".repeat(WORDS + 1)}));
        assert_eq!(long.expect("it is wanted").message.chars().count(), WORDS);
        let short = event("Pod", "p", "FailedMount", json!({"message": "Is the MGS running?"}));
        assert_eq!(short.expect("it is wanted").message, "Is the MGS running?");
    }

    #[test]
    fn old_events_are_left_out_and_those_without_a_time_are_not() {
        let of = |last: Option<i64>| ObjectEvent { last, ..ObjectEvent::default() };
        let rows = [(Some(99), Some(100), false), (Some(100), Some(100), true), (None, Some(100), true)];
        for (last, since, wanted) in rows {
            assert_eq!(is_recent(&of(last), since), wanted, "{last:?} {since:?}");
        }
        assert!(is_recent(&of(Some(1)), None));
    }

    #[test]
    fn the_newest_of_every_object_goes_before_the_second_of_any() {
        let of = |name: &str, last: i64| ObjectEvent {
            name: name.to_owned(),
            last: Some(last),
            ..ObjectEvent::default()
        };
        let kept =
            Kept(vec![of("loud", 100), of("loud", 101), of("loud", 102), of("quiet", 1), of("quiet", 2)]);
        let left: Vec<_> = kept.cut(3).into_iter().map(|it| (it.name, it.last.unwrap_or_default())).collect();
        let left: Vec<(&str, i64)> = left.iter().map(|(name, last)| (name.as_str(), *last)).collect();
        assert_eq!(left, [("loud", 102), ("loud", 101), ("quiet", 2)]);
    }

    #[test]
    fn no_more_are_held_than_there_is_room_for() {
        let mut kept = Kept::default();
        for at in 0..(KEPT + 3 * SURPLUS) {
            kept.add(ObjectEvent { last: i64::try_from(at).ok(), ..ObjectEvent::default() });
            assert!(kept.0.len() <= KEPT + SURPLUS);
        }
        assert_eq!(kept.cut(KEPT).len(), KEPT);
    }
}
