//! Subnet and security group: what is meant without a flag first, then what is there and would work.

use super::{Choice, Form, Question, Sheet};
use crate::domain::network::SecurityGroup;
use crate::facts::{Facts, Subnet};
use crate::intent::{GroupWish, SubnetWish};
use crate::steps::network::{self, SubnetSight};
use crate::steps::{Decision, Goal, Ref, StepId};

pub(super) fn subnet(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    // The class that is there names its subnet, and cannot change.
    if !facts.storage.class.is_missing() {
        return None;
    }
    let intent = sheet.wish(&[])?;
    let meant = network::plan(Goal::Present, &intent, facts);
    let name = match &intent.network.subnet.value {
        SubnetWish::Auto => "auto".to_owned(),
        SubnetWish::OneOf(_) => intent.network.subnet.from.to_string(),
    };
    let first = match &meant.subnet {
        Some(subnet) => format!("{name}: {}", about(facts, subnet)),
        None => format!("{name}: stops here, {}", meant.item.because),
    };
    let mut sights: Vec<(SubnetSight, &Subnet)> = facts
        .network
        .subnets
        .found()?
        .iter()
        .filter(|subnet| meant.subnet.as_ref().is_none_or(|meant| meant.id != subnet.id))
        .filter(|subnet| {
            let item = sheet.step(facts, StepId::Network, &["--subnet", &subnet.id]);
            item.is_some_and(|item| item.decision != Decision::Blocked)
        })
        .map(|subnet| (network::subnet_sight(facts, subnet), subnet))
        .collect();
    sights.sort_by_key(|(sight, subnet)| {
        (!sight.is_private, std::cmp::Reverse((sight.nodes, subnet.free_addresses)), &subnet.id)
    });
    let others =
        sights.into_iter().map(|(_, subnet)| Choice::new(&["--subnet", &subnet.id], about(facts, subnet)));
    let options = std::iter::once(Choice::new(&[], first)).chain(others).collect();
    Some(Question {
        name: "subnet",
        title: "Subnet of the file system".to_owned(),
        help: vec![
            "It has one; nodes in other zones can mount it, and traffic between zones is billed".to_owned(),
        ],
        form: Form::Choice { options, preselected: 0 },
    })
}

pub(super) fn security_group(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    if !facts.storage.class.is_missing() {
        return None;
    }
    let intent = sheet.wish(&[])?;
    let meant = network::plan(Goal::Present, &intent, facts);
    let groups = facts.network.groups.found()?;
    let name = match &intent.network.security_group.value {
        GroupWish::Auto | GroupWish::Create => "auto".to_owned(),
        GroupWish::Id(_) => intent.network.security_group.from.to_string(),
    };
    let first = match &meant.group {
        Some(Ref::Known(id)) => {
            let group = groups.iter().find(|group| group.id == *id);
            format!("{name}: {}", group.map_or_else(|| id.clone(), named))
        }
        Some(Ref::Made(_)) => format!("{name}: a new one"),
        None => format!("{name}: stops here, {}", meant.item.because),
    };
    let works = |words: &[&str]| {
        let item = sheet.step(facts, StepId::Network, words);
        item.is_some_and(|item| item.decision != Decision::Blocked)
    };
    let mut options = vec![Choice::new(&[], first)];
    if works(&["--security-group", "create"]) {
        options.push(Choice::new(&["--security-group", "create"], "create: one of fsxctl's own"));
    }
    let is_meant = |group: &&SecurityGroup| meant.group == Some(Ref::Known(group.id.clone()));
    let mut there: Vec<&SecurityGroup> = groups.iter().filter(|group| !is_meant(group)).collect();
    there.sort_by_key(|group| (&group.name, &group.id));
    options.extend(there.into_iter().filter_map(|group| {
        let adopted = format!("SecurityGroup/{}", group.id);
        let words = ["--security-group", &group.id, "--adopt", &adopted];
        if works(&words[..2]) {
            return Some(Choice::new(&words[..2], named(group)));
        }
        let label = format!("{}: fsxctl adds rules to it, although it is not its own", named(group));
        works(&words).then(|| Choice::new(&words, label))
    }));
    Some(Question {
        name: "security-group",
        title: "Security group of the file system".to_owned(),
        help: vec!["Lustre needs tcp 988 and 1018-1023; the plan shows which rules are missing".to_owned()],
        form: Form::Choice { options, preselected: 0 },
    })
}

fn named(group: &SecurityGroup) -> String {
    format!("{} ({})", group.id, group.name)
}

/// A subnet in one line: where it is, what room it has, who is near.
fn about(facts: &Facts, subnet: &Subnet) -> String {
    let sight = network::subnet_sight(facts, subnet);
    let nodes = match sight.of {
        Some(of) => format!("{} of {of} nodes in its zone", sight.nodes),
        None => "nodes cannot be seen".to_owned(),
    };
    let public = if sight.is_private { "" } else { ", PUBLIC: it routes to the internet" };
    format!("{} ({}): {} free addresses, {nodes}{public}", subnet.id, subnet.zone, subnet.free_addresses)
}
