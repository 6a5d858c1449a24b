//! What each command does, in the order in which helm does it (its pkg/action): look, refuse, write the release down as
//! pending, make the objects, write it down as deployed.

use serde_json::{Value, json};

use super::args::Args;
use super::chart::{self, Chart};
use super::client::{Client, Refusal};
use super::release::{self, Release};

const APPLY: &str = "application/apply-patch+yaml";

/// `helm version`.
pub fn version(args: &Args) -> String {
    match args.value("template") {
        Some("{{.Version}}") => super::VERSION.to_owned(),
        _ if args.has("short") => format!("{}+g0000000\n", super::VERSION),
        _ => format!("version.BuildInfo{{Version:\"{}\", KubeClientVersion:\"v1.36\"}}\n", super::VERSION),
    }
}

fn words(refusal: Refusal) -> String {
    refusal.message
}

fn release_name(args: &Args) -> Result<&str, String> {
    args.words.get(1).map(String::as_str).ok_or_else(|| "release name is invalid: ".to_owned())
}

/// `helm upgrade [--install]` and `helm install`.
///
/// # Errors
/// helm's words.
pub fn upgrade(client: &Client, args: &Args) -> Result<String, String> {
    let (name, namespace) = (release_name(args)?, args.namespace());
    let is_install = args.words.first().is_some_and(|verb| verb == "install");
    let history = release::history(client, &namespace, Some(name))?;
    let Some(last) = history.last().cloned() else {
        if !is_install && !args.has("install") {
            return Err(format!("UPGRADE FAILED: {name:?} has no deployed releases"));
        }
        return install(client, args, (name, &namespace));
    };
    if is_install {
        return Err("INSTALLATION FAILED: cannot reuse a name that is still in use".to_owned());
    }
    let chart = chart::find(args)?;
    let failed = |why: String| format!("UPGRADE FAILED: {why}");
    if last.status().starts_with("pending-") {
        return Err(failed("another operation (install/upgrade/rollback) is in progress".to_owned()));
    }
    let deployed = history.iter().rev().find(|release| release.status() == "deployed");
    let current = match deployed {
        Some(deployed) => deployed.clone(),
        None if ["failed", "superseded"].contains(&last.status()) => last.clone(),
        None => return Err(failed(format!("{name:?} has no deployed releases"))),
    };
    let mut config = values(args)?;
    if args.has("reuse-values") || args.has("reset-then-reuse-values") {
        let mut merged = current.document["config"].clone();
        merge(&mut merged, &config);
        config = merged;
    }
    let objects = rendered(client, (name, &namespace), &chart, &config)?;
    let mut new = Release::new((name, &namespace, last.revision() + 1), &chart, &config, &objects);
    new.labels = labels(&last, args)?;
    let old: Vec<String> = current.objects().iter().map(chart::path).collect();
    let fresh: Vec<Value> =
        objects.iter().filter(|object| !old.contains(&chart::path(object))).cloned().collect();
    owned(client, args, (name, &namespace), &fresh)
        .map_err(|why| failed(format!("unable to continue with update: {why}")))?;
    new.set("pending-upgrade", "Preparing upgrade");
    new.create(client).map_err(|refusal| failed(words(refusal)))?;
    let kept: Vec<String> = objects.iter().map(chart::path).collect();
    let applied = apply(client, &objects).and_then(|()| {
        let gone = current.objects();
        gone.iter()
            .filter(|object| !kept.contains(&chart::path(object)))
            .try_for_each(|object| delete(client, object))
    });
    if let Err(refusal) = applied {
        new.set("failed", &format!("Upgrade {name:?} failed: {}", refusal.message));
        let _ = new.update(client);
        return Err(failed(words(refusal)));
    }
    let mut before = current;
    before.set("superseded", before.text("/info/description").to_owned().as_str());
    before.update(client).map_err(words)?;
    new.set("deployed", "Upgrade complete");
    new.update(client).map_err(words)?;
    Ok(format!("Release {name:?} has been upgraded. Happy Helming!\n"))
}

/// The labels of the revision before, and over them those that were given.
fn labels(last: &Release, args: &Args) -> Result<Vec<(String, String)>, String> {
    let given = args.labels()?;
    let mut all = last.labels.clone();
    all.retain(|(there, _)| given.iter().all(|(key, _)| key != there));
    all.extend(given);
    Ok(all)
}

fn install(client: &Client, args: &Args, place: (&str, &str)) -> Result<String, String> {
    let (name, namespace) = place;
    let chart = chart::find(args)?;
    client.call("GET", "/version", None).map_err(words)?;
    let config = values(args)?;
    let objects = rendered(client, place, &chart, &config)?;
    owned(client, args, place, &objects).map_err(|why| format!("unable to continue with install: {why}"))?;
    if args.has("create-namespace") {
        let new = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"name": namespace}}});
        match client.call("POST", "/api/v1/namespaces", Some(("application/json", &new))) {
            Err(refusal) if refusal.status != 409 => return Err(words(refusal)),
            _ => {}
        }
    }
    let mut new = Release::new((name, namespace, 1), &chart, &config, &objects);
    new.labels = args.labels()?;
    new.set("pending-install", "Initial install underway");
    new.create(client).map_err(|refusal| format!("create: failed to create: {}", refusal.message))?;
    if let Err(refusal) = apply(client, &objects) {
        new.set("failed", &format!("Release {name:?} failed: {}", refusal.message));
        let _ = new.update(client);
        return Err(words(refusal));
    }
    new.set("deployed", "Install complete");
    new.update(client).map_err(words)?;
    Ok(format!(
        "Release {name:?} does not exist. Installing it now.\nNAME: {name}\nNAMESPACE: {namespace}\nSTATUS: deployed\nREVISION: 1\n"
    ))
}

/// The chart's objects, and the chart's own refusal when a service account that it leaves to others is not there.
fn rendered(
    client: &Client,
    place: (&str, &str),
    chart: &Chart,
    values: &Value,
) -> Result<Vec<Value>, String> {
    let (name, namespace) = place;
    for (part, default) in [("controller", "fsx-csi-controller-sa"), ("node", "fsx-csi-node-sa")] {
        let account = &values[part]["serviceAccount"];
        if account["create"] != false {
            continue;
        }
        let account = account["name"].as_str().unwrap_or(default);
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}");
        if client.get(&path).map_err(words)?.is_none() {
            return Err(format!(
                "execution error at ({}/templates/{part}-serviceaccount.yaml:15:8): create serviceaccount {namespace}/{account} or set .{part}.serviceaccount.create true",
                chart.name
            ));
        }
    }
    Ok(chart::render(chart, name, namespace, values))
}

/// `-f FILE`s over each other.
fn values(args: &Args) -> Result<Value, String> {
    let mut all = json!({});
    for file in args.values("values") {
        let text = std::fs::read_to_string(file).map_err(|why| format!("open {file}: {why}"))?;
        let one: Value =
            serde_yaml::from_str(&text).map_err(|why| format!("failed to parse {file}: {why}"))?;
        merge(&mut all, &one);
    }
    Ok(all)
}

fn merge(into: &mut Value, from: &Value) {
    match (into.as_object_mut(), from.as_object()) {
        (Some(members), Some(more)) => {
            for (key, value) in more {
                merge(members.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        _ => into.clone_from(from),
    }
}

/// Refuses objects that are there and not of this release (helm's pkg/action/validate.go).
fn owned(client: &Client, args: &Args, place: (&str, &str), objects: &[Value]) -> Result<(), String> {
    let (name, namespace) = place;
    for object in objects {
        let Some(live) = client.get(&chart::path(object)).map_err(words)? else { continue };
        if args.has("take-ownership") {
            continue;
        }
        let mut faults = Vec::new();
        for (what, kind, key, wanted) in [
            ("label", "labels", "app.kubernetes.io/managed-by", "Helm"),
            ("annotation", "annotations", "meta.helm.sh/release-name", name),
            ("annotation", "annotations", "meta.helm.sh/release-namespace", namespace),
        ] {
            match live["metadata"][kind][key].as_str() {
                Some(there) if there == wanted => {}
                Some(there) => faults.push(format!(
                    "{what} validation error: key {key:?} must equal {wanted:?}: current value is {there:?}"
                )),
                None => faults
                    .push(format!("{what} validation error: missing key {key:?}: must be set to {wanted:?}")),
            }
        }
        if !faults.is_empty() {
            let metadata = &object["metadata"];
            return Err(format!(
                "{} {:?} in namespace {:?} exists and cannot be imported into the current release: invalid ownership metadata; {}",
                object["kind"].as_str().unwrap_or_default(),
                metadata["name"].as_str().unwrap_or_default(),
                metadata["namespace"].as_str().unwrap_or_default(),
                faults.join("; ")
            ));
        }
    }
    Ok(())
}

/// Server-side apply as field manager `helm`, which is helm 4's way.
fn apply(client: &Client, objects: &[Value]) -> Result<(), Refusal> {
    for object in objects {
        let path = format!("{}?fieldManager=helm&force=false", chart::path(object));
        client.call("PATCH", &path, Some((APPLY, object)))?;
    }
    Ok(())
}

fn delete(client: &Client, object: &Value) -> Result<(), Refusal> {
    let how = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
    match client.call("DELETE", &chart::path(object), Some(("application/json", &how))) {
        Err(refusal) if refusal.status != 404 => Err(refusal),
        _ => Ok(()),
    }
}

/// `helm uninstall`: whatever state the release is in.
///
/// # Errors
/// helm's words.
pub fn uninstall(client: &Client, args: &Args) -> Result<String, String> {
    let (name, namespace) = (release_name(args)?, args.namespace());
    let history = release::history(client, &namespace, Some(name))?;
    let Some(mut last) = history.last().cloned() else {
        if args.has("ignore-not-found") {
            return Ok(String::new());
        }
        return Err(format!("uninstall: Release not loaded: {name}: release: not found"));
    };
    last.set("uninstalling", "Deletion in progress (or silently failed)");
    last.update(client).map_err(words)?;
    for object in last.objects().iter().rev() {
        delete(client, object)
            .map_err(|refusal| format!("failed to delete release: {name}: {}", refusal.message))?;
    }
    for revision in &history {
        revision
            .forget(client)
            .map_err(|refusal| format!("uninstall: Failed to purge the release: {}", refusal.message))?;
    }
    Ok(format!("release {name:?} uninstalled\n"))
}

/// `helm rollback`: to the revision before the last one, also when that is pending.
///
/// # Errors
/// helm's words.
pub fn rollback(client: &Client, args: &Args) -> Result<String, String> {
    let (name, namespace) = (release_name(args)?, args.namespace());
    let history = release::history(client, &namespace, Some(name))?;
    let last = history.last().ok_or_else(|| "release: not found".to_owned())?;
    let asked = args.words.get(2).and_then(|text| text.parse::<u64>().ok());
    let target = asked.unwrap_or_else(|| last.revision().saturating_sub(1));
    let target = history.iter().find(|release| release.revision() == target);
    let target =
        target.ok_or_else(|| format!("release has no {} version", last.revision().saturating_sub(1)))?;
    let mut new = target.clone();
    new.document["version"] = json!(last.revision() + 1);
    new.set("pending-rollback", &format!("Rollback to {}", target.revision()));
    new.create(client).map_err(words)?;
    apply(client, &new.objects()).map_err(words)?;
    for old in history.iter().filter(|release| release.status() == "deployed") {
        let mut old = old.clone();
        old.set("superseded", "");
        old.update(client).map_err(words)?;
    }
    new.set("deployed", &format!("Rollback to {}", target.revision()));
    new.update(client).map_err(words)?;
    Ok("Rollback was a success! Happy Helming!\n".to_owned())
}

fn told(release: &Release) -> Value {
    json!({
        "name": release.text("/name"), "namespace": release.text("/namespace"),
        "revision": release.revision().to_string(), "updated": release.text("/info/last_deployed"),
        "status": release.status(),
        "chart": format!("{}-{}", release.text("/chart/metadata/name"), release.text("/chart/metadata/version")),
        "app_version": release.text("/chart/metadata/appVersion"),
    })
}

/// `helm list`.
///
/// # Errors
/// helm's words.
pub fn list(client: &Client, args: &Args) -> Result<String, String> {
    let all = release::history(client, &args.namespace(), None)?;
    let mut last: Vec<Release> = Vec::new();
    for release in all {
        last.retain(|other| other.text("/name") != release.text("/name"));
        last.push(release);
    }
    last.retain(|release| args.has("all") || release.status() == "deployed" || release.status() == "failed");
    let rows: Vec<Value> = last.iter().map(told).collect();
    if args.value("output") == Some("json") {
        return Ok(format!("{}\n", Value::Array(rows)));
    }
    let mut text = "NAME\tNAMESPACE\tREVISION\tUPDATED\tSTATUS\tCHART\tAPP VERSION\n".to_owned();
    for row in &rows {
        let cells: Vec<&str> =
            row.as_object().into_iter().flatten().filter_map(|(_, cell)| cell.as_str()).collect();
        text.push_str(&format!("{}\n", cells.join("\t")));
    }
    Ok(text)
}

fn last(client: &Client, args: &Args, name: Option<&String>) -> Result<Release, String> {
    let name = name.map(String::as_str).unwrap_or_default();
    let history = release::history(client, &args.namespace(), Some(name))?;
    history.last().cloned().ok_or_else(|| "release: not found".to_owned())
}

/// `helm status`.
///
/// # Errors
/// helm's words.
pub fn status(client: &Client, args: &Args) -> Result<String, String> {
    let release = last(client, args, args.words.get(1))?;
    if args.value("output") == Some("json") {
        return Ok(format!("{}\n", release.document));
    }
    Ok(format!(
        "NAME: {}\nNAMESPACE: {}\nSTATUS: {}\nREVISION: {}\n",
        release.text("/name"),
        release.text("/namespace"),
        release.status(),
        release.revision()
    ))
}

/// `helm get values`.
///
/// # Errors
/// helm's words.
pub fn get_values(client: &Client, args: &Args) -> Result<String, String> {
    if args.words.get(1).map(String::as_str) != Some("values") {
        return Err("only `helm get values` is served here".to_owned());
    }
    let release = last(client, args, args.words.get(2))?;
    Ok(format!("{}\n", release.document["config"]))
}
