//! The living world: what the AWS account and the cluster hold right now.
//!
//! AWS resources are JSON values in AWS's own shapes, one ordered table per collection of the world
//! file (`fsx.FileSystems`, `ec2.SecurityGroups`, `eks.addons`, …). Members that start with `$` are the
//! sandbox's own: they are saved, reloaded and never sent.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::kube::KubeStore;

/// How long things take in a world, before `speed` divides it.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    /// FSx CREATING → AVAILABLE.
    pub create_file_system: Duration,
    /// EKS add-on CREATING → ACTIVE.
    pub addon_active: Duration,
    /// Pod created → Ready.
    pub pod_ready: Duration,
    /// New IAM objects are not yet seen by other services.
    pub iam_consistency: Duration,
    /// New security-group rules are not yet seen by FSx.
    pub rule_consistency: Duration,
    /// One file of a data repository task.
    pub task_per_file: Duration,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            create_file_system: Duration::from_secs(600),
            addon_active: Duration::from_secs(40),
            pod_ready: Duration::from_secs(5),
            iam_consistency: Duration::from_secs(8),
            rule_consistency: Duration::from_secs(1),
            task_per_file: Duration::from_millis(10),
        }
    }
}

/// The living world.
#[derive(Debug)]
pub struct State {
    /// Twelve digits.
    pub account: String,
    /// The world's Region.
    pub region: String,
    /// ARN of who runs COMMAND.
    pub caller: String,
    /// When COMMAND's credentials end.
    pub caller_expires: Timestamp,
    /// Whether anything on the AWS side moves by itself.
    pub lifecycles: bool,
    /// Durations before `speed`.
    pub durations: Durations,
    /// Durations are divided by this.
    pub speed: f64,
    /// The time of the request or tick in progress.
    pub now: Timestamp,
    /// AWS collections by `service.Collection`.
    pub aws: BTreeMap<String, Vec<Value>>,
    /// The Kubernetes objects.
    pub kube: KubeStore,
    /// `denied` patterns of the world, for COMMAND.
    pub denied: Vec<String>,
    /// `faults` of the world, in order; as in the world file, with own counters under `$used`.
    pub faults: Vec<Value>,
    /// Everything else of the world file that only some modules read (`logs`, `podOutcomes`,
    /// `controllers`, `synthetic`), by its key.
    pub other: BTreeMap<String, Value>,
    /// The real control plane, when the Kubernetes side is not the sandbox's own; `kube` is then a copy of it.
    pub real: Option<std::sync::Arc<crate::real::Cluster>>,
    /// Numbers ids; random at start so that two sandboxes never share ids.
    pub serial: u64,
}

impl State {
    /// An empty world.
    pub fn new(account: &str, region: &str) -> Self {
        let now = Timestamp::now();
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            caller: format!("arn:aws:iam::{account}:role/admin"),
            caller_expires: now + jiff::SignedDuration::from_hours(12),
            lifecycles: true,
            durations: Durations::default(),
            speed: 600.0,
            now,
            aws: BTreeMap::new(),
            kube: KubeStore::default(),
            denied: Vec::new(),
            faults: Vec::new(),
            other: BTreeMap::new(),
            real: None,
            serial: 0,
        }
    }

    /// `aws`, `aws-cn` or `aws-us-gov`, from the Region.
    pub fn partition(&self) -> &'static str {
        match self.region.as_str() {
            r if r.starts_with("cn-") => "aws-cn",
            r if r.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The rows of a collection, for instance `rows("fsx.FileSystems")`.
    pub fn rows(&self, collection: &str) -> &[Value] {
        self.aws.get(collection).map_or(&[], Vec::as_slice)
    }

    /// The rows of a collection, to change; made when absent.
    pub fn rows_mut(&mut self, collection: &str) -> &mut Vec<Value> {
        self.aws.entry(collection.to_owned()).or_default()
    }

    /// The first row whose `member` is the string `value`.
    pub fn find(&self, collection: &str, member: &str, value: &str) -> Option<&Value> {
        self.rows(collection).iter().find(|row| row.get(member).and_then(Value::as_str) == Some(value))
    }

    /// The same, to change.
    pub fn find_mut(&mut self, collection: &str, member: &str, value: &str) -> Option<&mut Value> {
        self.rows_mut(collection)
            .iter_mut()
            .find(|row| row.get(member).and_then(Value::as_str) == Some(value))
    }

    /// A duration of the world on the sandbox's own clock.
    pub fn scaled(&self, duration: Duration) -> Duration {
        duration.div_f64(self.speed.max(0.000_001))
    }

    /// When something that takes `duration` and starts now is over.
    pub fn after(&self, duration: Duration) -> Timestamp {
        self.now + jiff::SignedDuration::try_from(self.scaled(duration)).unwrap_or_default()
    }

    /// A fresh id such as `sg-0f3a…` (17 hexadecimal digits after the prefix).
    pub fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}-{}", self.hex(17))
    }

    /// Fresh random lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        self.serial += 1;
        let mut bytes = vec![0_u8; digits.div_ceil(2)];
        getrandom::fill(&mut bytes).expect("the machine has randomness");
        let mut text = hex::encode(bytes);
        text.truncate(digits);
        text
    }

    /// Moves everything that is due: AWS lifecycles, then the Kubernetes controllers. Called before
    /// every request and by a ticker. Returns when something will be due next, if anything.
    pub fn advance(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.now = now;
        let aws = if self.lifecycles { crate::aws::advance(self) } else { None };
        let kube = crate::kube::advance(self);
        [aws, kube].into_iter().flatten().min()
    }
}
