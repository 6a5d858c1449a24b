//! `doctor` and `explain`: looks, judges, tells. Writes nothing.

use std::collections::BTreeMap;

use super::speak::{Answer, Speak};
use super::way;
use crate::cli::{DoctorArgs, ExplainArgs, FailOn, GlobalArgs};
use crate::doctor::{
    self, Choice, Exam, Explanation, Finding, Focus, OFFLINE, State, Summary, Written, checkup_of, examine,
    picks_nothing, verdict_of,
};
use crate::engine::{Event, Eyes, HelmLook, Look, Stop, checkup};
use crate::error::{Error, Kind, Result};
use crate::facts::{Checkup, Seen};
use crate::gateway::Manifests;
use crate::intent::{About, DoctorWish, doctor_intent, plain_intent};
use crate::report::{
    DoctorBody, Header, checks_document, checks_page, doctor_document, doctor_page, explanation_document,
    explanation_page, terms_page,
};
use crate::term;

/// Diagnoses a cluster.
///
/// # Errors
/// No such cluster, no credentials, AWS out of reach; what is asked about is not there.
pub(super) async fn run(
    args: &DoctorArgs,
    global: &GlobalArgs,
    env: &BTreeMap<String, String>,
    speak: &Speak,
) -> Result<u8> {
    if args.command.is_some() {
        return list(speak);
    }
    for (flag, patterns) in [("only", &args.only), ("skip", &args.skip)] {
        if let Some((pattern, near)) = picks_nothing(patterns) {
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(Error::usage(format!("--{flag}: {pattern:?} picks no check{near}"))
                .next("fsxctl doctor list"));
        }
    }
    if !args.manifest.is_empty() {
        return review(args, speak);
    }
    let wish = doctor_intent(args, global, env)?;
    let stop = Stop::by_signals();
    tokio::select! {
        code = Box::pin(diagnose(&wish, env, speak)) => code,
        error = stop.wait() => Err(error),
    }
}

async fn diagnose(wish: &DoctorWish, env: &BTreeMap<String, String>, speak: &Speak) -> Result<u8> {
    let session = way::open(env, &wish.target, wish.how.request_timeout).await?;
    let cluster = way::cluster_name(&session, &wish.target, env).await?;
    way::check_account(&session, wish.target.account.as_ref()).await?;
    let kube = way::kube_wish(env, &wish.target, &wish.how);
    let look = way::look(&wish.plain, &wish.target, &session, cluster);
    // No release is looked for that no object names.
    let look = Look { helm: HelmLook::default(), ..look };
    let eyes = Eyes { session, kube };
    speak.reporter().borrow_mut().on(&Event::Looking { what: format!("cluster {}", look.cluster) });
    let (seen, shut) = Box::pin(checkup(&eyes, &look, None, Some(wish.since))).await?;
    let exam = Exam::new(&seen, &wish.plain);
    let focus = wish.about.as_ref().map(|about| focus(&exam, about)).transpose()?.flatten();
    let choice = Choice { only: wish.only.clone(), skip: wish.skip.clone(), focus, among: None };
    tell(wish, speak, &seen, (examine(&exam, &choice), shut))
}

/// Judges manifests. What only a cluster tells is no concern.
fn review(args: &DoctorArgs, speak: &Speak) -> Result<u8> {
    let mut manifests = Manifests::default();
    for path in &args.manifest {
        for input in term::read(path)? {
            manifests.add(&input.name, &input.text)?;
        }
    }
    let Manifests { classes, volumes, claims, pods, objects } = manifests;
    if classes.is_empty() && volumes.is_empty() && claims.is_empty() && pods.is_empty() {
        return Err(Error::usage(format!(
            "nothing to review: of {objects} objects none is a StorageClass, a volume of FSx for Lustre, a claim or a pod \
             with a claim"
        )));
    }
    let written = Written { classes, volumes, claims, pods };
    let seen = checkup_of(written, jiff::Timestamp::now().as_second());
    let plain = plain_intent()?;
    let (only, skip) = (args.only.clone(), args.skip.clone());
    let choice = Choice { only, skip, focus: None, among: Some(&OFFLINE) };
    let mut items = examine(&Exam::new(&seen, &plain), &choice);
    items.retain(|item| item.state != State::Error);
    // Commands are for what a cluster has; here the files are to be corrected.
    for fix in items.iter_mut().filter_map(|item| item.fix.as_mut()) {
        fix.commands.clear();
    }
    let summary = Summary::of(&items);
    let code = code_of(&summary, args.fail_on.unwrap_or_default());
    shown(&mut items, args.show_passed);
    let body = DoctorBody { verdict: verdict_of(&summary), summary, items };
    let document = doctor_document(&speak.frame(None, code), body);
    speak.give(&Answer { page: doctor_page(None, &document.body, speak.term.view()), document: &document })
}

/// What is right is shown on demand.
fn shown(items: &mut Vec<Finding>, all: bool) {
    if !all {
        items.retain(|item| matches!(item.state, State::Failed | State::Blocked | State::Error));
    }
}

/// What hangs together with what is asked about; none when that could not be looked at, and then everything is told.
fn focus(exam: &Exam<'_>, about: &About) -> Result<Option<Focus>> {
    let survey = exam.survey();
    let (found, hidden, what, next) = match about {
        About::Claim(namespace, name) => (
            Focus::claim(exam, namespace, name),
            survey.claims.hidden().is_some(),
            format!("claim {namespace}/{name}"),
            format!("kubectl get pvc -n {namespace}"),
        ),
        About::Pod(namespace, name) => (
            Focus::pod(exam, namespace, name),
            survey.pods.hidden().is_some(),
            format!("pod {namespace}/{name} that uses a claim and has not ended"),
            format!("kubectl get pods -n {namespace}"),
        ),
        About::FileSystem(id) => (
            Focus::file_system(exam, id),
            survey.facts.file_systems.hidden().is_some(),
            format!("Lustre file system {id} in {}", survey.facts.region),
            "aws fsx describe-file-systems --query FileSystems[].FileSystemId".to_owned(),
        ),
    };
    if let Some(why) = strange(exam, about) {
        return Err(Error::usage(why));
    }
    match found {
        None if !hidden => Err(Error::usage(format!("there is no {what}")).next(next)),
        found => Ok(found),
    }
}

/// Why there is nothing to say of what is asked about: it has nothing to do with the driver, or names what is not there.
fn strange(exam: &Exam<'_>, about: &About) -> Option<String> {
    let all = exam.survey().claims.found()?;
    match about {
        About::Claim(namespace, name) => {
            let is_it = |namespace_of: &str, name_of: &str| namespace_of == namespace && name_of == name;
            let claim = all.iter().find(|claim| is_it(&claim.namespace, &claim.name))?;
            let ours = exam.claims().iter().any(|claim| is_it(&claim.namespace, &claim.name));
            // What its class or its volume is may not be told.
            let unseen =
                exam.survey().classes.hidden().is_some() || exam.facts().storage.volumes.hidden().is_some();
            let class = claim
                .class
                .as_deref()
                .map_or_else(|| "no class".to_owned(), |class| format!("class {class}"));
            // One that names a class or a volume which is not there is told as a finding.
            let of_others = claim.phase == "Bound"
                || exam.seen.all_classes.found().is_some_and(|all| {
                    all.iter().any(|row| claim.class.as_deref() == Some(row.name.as_str()))
                });
            (!ours && !unseen && of_others)
                .then(|| format!("claim {namespace}/{name} ({class}) is none of FSx for Lustre's"))
        }
        About::Pod(namespace, name) => {
            let pods = exam.survey().pods.found()?;
            let pod = pods.iter().find(|pod| pod.namespace == *namespace && pod.name == *name)?;
            let is_missing =
                |claim: &&String| !all.iter().any(|it| it.namespace == *namespace && it.name == **claim);
            // One of that name in another namespace is told as a finding.
            let elsewhere = |claim: &str| exam.claims().iter().any(|it| it.name == claim);
            let missing = pod.claims.iter().find(is_missing).filter(|claim| !elsewhere(claim))?;
            Some(format!("pod {namespace}/{name} names claim {missing}, which is not there"))
        }
        About::FileSystem(_) => None,
    }
}

fn tell(
    wish: &DoctorWish,
    speak: &Speak,
    seen: &Checkup,
    (mut items, shut): (Vec<Finding>, Option<Error>),
) -> Result<u8> {
    let summary = Summary::of(&items);
    let code = match &shut {
        Some(error) => error.kind.code(),
        None if is_blind(seen) => Kind::Denied.code(),
        None => code_of(&summary, wish.fail_on),
    };
    shown(&mut items, wish.show_passed);
    let known = seen.survey.veiled.is_none();
    let cluster = known.then(|| way::cluster_id(&seen.survey.facts.cluster));
    if let Some(error) = &shut {
        speak.remark(error, cluster.clone());
    }
    let body = DoctorBody { verdict: verdict_of(&summary), summary, items };
    let header = Header {
        cluster: way::cluster_id(&seen.survey.facts.cluster),
        access: seen.survey.facts.reached.clone(),
    };
    let document = doctor_document(&speak.frame(cluster, code), body);
    speak.give(&Answer {
        page: doctor_page(Some(&header), &document.body, speak.term.view()),
        document: &document,
    })
}

/// Whether Kubernetes let nothing at all be seen.
const fn is_blind(seen: &Checkup) -> bool {
    const fn hidden<T>(seen: &Seen<T>) -> bool {
        matches!(seen, Seen::Hidden(_))
    }
    let survey = &seen.survey;
    hidden(&survey.facts.nodes)
        && hidden(&survey.facts.storage.volumes)
        && hidden(&survey.classes)
        && hidden(&survey.claims)
        && hidden(&survey.pods)
        && hidden(&seen.workloads)
        && hidden(&seen.csi_nodes)
        && hidden(&seen.events)
}

/// What the findings alone come to.
const fn code_of(summary: &Summary, fail_on: FailOn) -> u8 {
    if matches!(fail_on, FailOn::Never) {
        return 0;
    }
    if summary.errors > 0 {
        return Kind::Findings.code();
    }
    let lesser = match fail_on {
        FailOn::Error | FailOn::Never => false,
        FailOn::Warning => summary.warnings > 0,
        FailOn::Info => summary.warnings + summary.infos > 0,
        FailOn::Unknown => summary.unknown > 0,
    };
    if lesser { LESSER } else { 0 }
}

/// The doctor found less than errors, at or above what it was to fail on.
const LESSER: u8 = 4;

/// All checks.
fn list(speak: &Speak) -> Result<u8> {
    let document = checks_document(&speak.frame(None, 0), doctor::all());
    speak.give(&Answer { page: checks_page(&document.body, speak.term.view()), document: &document })
}

/// What a word means.
///
/// # Errors
/// Usage: no such word, with the nearest.
pub(super) fn explain(args: &ExplainArgs, speak: &Speak) -> Result<u8> {
    let view = speak.term.view();
    let Some(term) = &args.term else {
        let terms = doctor::terms();
        let line = |(what, term, title): &(&str, String, String)| Explanation {
            term: term.clone(),
            what: (*what).to_owned(),
            title: title.clone(),
            sections: Vec::new(),
        };
        let items = terms.iter().map(line).collect();
        let document = explanation_document(&speak.frame(None, 0), items);
        return speak.give(&Answer { page: terms_page(&terms, view), document: &document });
    };
    let item = doctor::explain(term).map_err(|near| {
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Error::usage(format!("there is no page on {term:?}{near}")).next("fsxctl explain")
    })?;
    let page = explanation_page(&item, view);
    let document = explanation_document(&speak.frame(None, 0), vec![item]);
    speak.give(&Answer { page, document: &document })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_findings_decide_the_code() {
        let of = |errors, warnings, infos, unknown| Summary { errors, warnings, infos, unknown, passed: 9 };
        let all = [FailOn::Error, FailOn::Warning, FailOn::Info, FailOn::Unknown, FailOn::Never];
        let rows = [
            (of(0, 0, 0, 0), [0, 0, 0, 0, 0]),
            (of(0, 0, 1, 0), [0, 0, 4, 0, 0]),
            (of(0, 1, 0, 0), [0, 4, 4, 0, 0]),
            (of(0, 0, 0, 1), [0, 0, 0, 4, 0]),
            (of(0, 1, 1, 1), [0, 4, 4, 4, 0]),
            (of(1, 0, 0, 0), [3, 3, 3, 3, 0]),
            (of(2, 1, 1, 1), [3, 3, 3, 3, 0]),
        ];
        for (summary, codes) in rows {
            assert_eq!(all.map(|fail_on| code_of(&summary, fail_on)), codes, "{summary:?}");
        }
    }
}
