//! The driver's chart: which versions there are, and which objects its values make.

use std::path::Path;

use serde_json::{Value, json};

use super::args::Args;
use crate::aws::eks::objects::{self, Chart as Labels, Plan};

const NAME: &str = "aws-fsx-csi-driver";
/// Chart and driver versions, newest first (the driver's releases, charts/aws-fsx-csi-driver/CHANGELOG.md).
const VERSIONS: [(&str, &str); 4] =
    [("1.17.0", "1.9.0"), ("1.16.0", "1.8.0"), ("1.15.0", "1.8.0"), ("1.14.0", "1.7.0")];
/// helm's order of kinds at installation; what it does not know comes last.
const ORDER: [&str; 6] =
    ["PodDisruptionBudget", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "DaemonSet", "Deployment"];

/// A chart that was found.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The driver's version.
    pub app_version: String,
}

/// Finds the chart that the command names: in a directory, or by its versions.
///
/// # Errors
/// No such chart or version, in helm's words.
pub fn find(args: &Args) -> Result<Chart, String> {
    let reference = args.words.get(2).map(String::as_str).unwrap_or_default();
    if reference.is_empty() {
        return Err(format!("\"helm {}\" requires 2 arguments", args.words.join(" ")));
    }
    let directory = Path::new(reference);
    if directory.exists() {
        return of_directory(directory);
    }
    if directory.is_absolute() || reference.starts_with('.') {
        return Err(format!("path {reference:?} not found"));
    }
    let asked = args.value("version");
    let last = reference.rsplit('/').next().unwrap_or_default();
    let (is_known, place) = match (args.value("repo"), reference.starts_with("oci://")) {
        (Some(repo), false) => (reference == NAME, format!("{repo} repository")),
        (None, true) => (last == NAME, reference.to_owned()),
        _ => {
            let repo = reference.split('/').next().unwrap_or_default();
            return Err(format!("repo {repo} not found"));
        }
    };
    let found = VERSIONS.iter().find(|(version, _)| is_known && asked.is_none_or(|asked| asked == *version));
    match (found, asked) {
        (Some((version, app)), _) => Ok(Chart {
            name: NAME.to_owned(),
            version: (*version).to_owned(),
            app_version: (*app).to_owned(),
        }),
        (None, Some(version)) => Err(format!("chart {reference:?} version {version:?} not found in {place}")),
        (None, None) => Err(format!("chart {reference:?} not found in {place}")),
    }
}

fn of_directory(directory: &Path) -> Result<Chart, String> {
    let text = std::fs::read_to_string(directory.join("Chart.yaml"))
        .map_err(|_| "Chart.yaml file is missing".to_owned())?;
    let chart: Value = serde_yaml::from_str(&text).map_err(|why| format!("cannot load Chart.yaml: {why}"))?;
    let text = |member: &str| chart[member].as_str().unwrap_or_default().to_owned();
    Ok(Chart { name: text("name"), version: text("version"), app_version: text("appVersion") })
}

/// The chart's objects in helm's order, with the marks that helm puts on them.
pub fn render(chart: &Chart, release: &str, namespace: &str, values: &Value) -> Vec<Value> {
    let labels = Labels {
        release: release.to_owned(),
        version: chart.version.clone(),
        app_version: chart.app_version.clone(),
    };
    let mut all = objects::manifests(&Plan::of_chart(labels, namespace, values.clone()));
    for object in &mut all {
        let metadata = &mut object["metadata"];
        if !metadata["annotations"].is_object() {
            metadata["annotations"] = json!({});
        }
        metadata["annotations"]["meta.helm.sh/release-name"] = json!(release);
        metadata["annotations"]["meta.helm.sh/release-namespace"] = json!(namespace);
    }
    let place = |object: &Value| {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len())
    };
    all.sort_by_key(place);
    all
}

/// The path of an object in the API.
pub fn path(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let kind = object["kind"].as_str().unwrap_or_default();
    let plural = format!("{}s", kind.to_ascii_lowercase());
    let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str().unwrap_or_default();
    match metadata["namespace"].as_str() {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}/{name}"),
        None => format!("{root}/{plural}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Args {
        Args::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn versions_are_found_and_what_is_not_there_is_named() {
        let found = |text: &str| find(&args(text)).map(|chart| chart.version);
        let repo = "--repo https://example.org";
        assert_eq!(found(&format!("upgrade r aws-fsx-csi-driver {repo}")), Ok("1.17.0".to_owned()));
        assert_eq!(
            found(&format!("upgrade r aws-fsx-csi-driver {repo} --version 1.14.0")),
            Ok("1.14.0".to_owned())
        );
        let why = found(&format!("upgrade r aws-fsx-csi-driver {repo} --version 9.9.9")).unwrap_err();
        assert_eq!(
            why,
            "chart \"aws-fsx-csi-driver\" version \"9.9.9\" not found in https://example.org repository"
        );
        assert_eq!(found("upgrade r ./nowhere").unwrap_err(), "path \"./nowhere\" not found");
        assert_eq!(found("upgrade r some/chart").unwrap_err(), "repo some not found");
    }

    #[test]
    fn values_reach_the_objects() {
        let chart = find(&args("install r aws-fsx-csi-driver --repo x")).unwrap();
        let values = json!({
            "image": {"tag": "v9"}, "node": {"region": "eu-west-1"},
            "controller": {"region": "eu-west-1", "replicaCount": 1, "timeout": "9m",
                "nodeSelector": {"a": "b"}, "tolerations": [], "serviceAccount": {"create": false}},
        });
        let all = render(&chart, "r", "ns", &values);
        let of = |kind: &str| all.iter().filter(|object| object["kind"] == kind).collect::<Vec<_>>();
        assert_eq!(of("ServiceAccount").len(), 1, "the controller's is somebody else's");
        let deployment = of("Deployment")[0];
        let text = deployment.to_string();
        for part in
            ["aws-fsx-csi-driver:v9\"", "--timeout=9m", "\"eu-west-1\"", "\"a\":\"b\"", "\"replicas\":1"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(deployment["metadata"]["labels"]["helm.sh/chart"], "aws-fsx-csi-driver-1.17.0");
        assert_eq!(deployment["metadata"]["annotations"]["meta.helm.sh/release-namespace"], "ns");
        assert_eq!(path(deployment), "/apis/apps/v1/namespaces/ns/deployments/fsx-csi-controller");
    }
}
