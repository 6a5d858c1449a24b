//! World files: reading and layering them, filling in what is not given, writing and comparing them.
//!
//! Nothing here moves a world; that is `State::advance`.

mod build;
mod derive;
mod diff;
pub mod file;
mod layer;
mod save;
mod synthetic;
pub mod time;

use serde_json::{Value, json};

use crate::server::Source;
use crate::state::State;

pub use diff::diff;
pub use layer::merge;
pub use save::save;

/// A world that cannot be read; the message names file, line and column where they are known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct WorldError {
    /// File, line and column, as far as known.
    pub place: String,
    /// What is wrong.
    pub why: String,
}

/// A built-in world: its own file, after the files that it is laid over.
macro_rules! layers {
    ($first:literal $(, $more:literal)*) => {
        concat!(
            include_str!(concat!("../../../worlds/", $first)),
            $("---\n", include_str!(concat!("../../../worlds/", $more)),)*
        )
    };
}

/// Names and texts of the built-in worlds. One that builds on another is several documents: layers.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("bare", layers!("bare.yaml")),
    ("ready", layers!("bare.yaml", "ready.yaml")),
    ("done", layers!("bare.yaml", "ready.yaml", "done.yaml")),
    ("existing", layers!("bare.yaml", "ready.yaml", "existing.yaml")),
    ("quick-setup", layers!("bare.yaml", "quick-setup.yaml")),
    ("scale", layers!("bare.yaml", "ready.yaml", "scale.yaml")),
];

/// The text of a built-in world.
pub fn builtin(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Reads, lays over one another and fills in the layers; none means `bare`.
///
/// # Errors
/// Whatever [`WorldError`] says.
pub fn load(sources: &[Source], speed: f64) -> Result<State, WorldError> {
    let fallback = [Source::BuiltIn("bare".to_owned())];
    let sources = if sources.is_empty() { &fallback[..] } else { sources };
    let mut world = file::Document::default();
    for source in sources {
        let (name, text) = text_of(source)?;
        for document in file::read(&name, &text)? {
            layer::lay(&mut world, document, &name)?;
        }
    }
    build::state(world, speed)
}

/// Whether a file is a valid world, or a valid layer over some other world.
///
/// # Errors
/// The first thing that is wrong, with its place as far as known.
pub fn check(path: &std::path::Path) -> Result<(), WorldError> {
    let (name, text) = text_of(&Source::File(path.to_owned()))?;
    let mut world = file::Document::default();
    for mut document in file::read(&name, &text)? {
        // What a layer removes is in the world below it, which is not known here.
        let kept = |row: &Value| row["$absent"] != true;
        document.aws.0.values_mut().for_each(|rows| rows.retain(kept));
        document.kubernetes.objects.retain(kept);
        document.kubernetes.logs.retain(kept);
        layer::lay(&mut world, document, &name)?;
    }
    build::state(world, 600.0)
        .map(drop)
        .map_err(|error| WorldError { place: format!("{name}: {}", error.place), why: error.why })
}

fn text_of(source: &Source) -> Result<(String, String), WorldError> {
    match source {
        Source::Text { name, text } => Ok((name.clone(), text.clone())),
        Source::BuiltIn(name) => match builtin(name) {
            Some(text) => Ok((name.clone(), text.to_owned())),
            None => {
                Err(WorldError { place: name.clone(), why: "there is no such built-in world".to_owned() })
            }
        },
        Source::File(path) => {
            let place = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| {
                let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                let why = format!("{error} (built-in worlds: {})", known.join(", "));
                WorldError { place: place.clone(), why }
            })?;
            Ok((place, text))
        }
    }
}

/// How the cluster of the `kubernetes` section is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The cluster's ARN.
    pub arn: String,
    /// What DescribeCluster and the kubeconfig both name.
    pub endpoint: String,
    /// Base64 of the authority's PEM.
    pub ca: String,
}

/// Own member of a cluster's row: the members that belong to this run and are not saved.
pub(crate) const SERVED: &str = "$served";

/// Lets the first EKS cluster be served at `endpoint`; a given endpoint or authority stays.
pub fn serve_cluster(state: &mut State, endpoint: &str, ca: &str) -> Named {
    let Some(cluster) = state.rows_mut("eks.clusters").first_mut() else {
        return Named { arn: "sandbox".to_owned(), endpoint: endpoint.to_owned(), ca: ca.to_owned() };
    };
    let mut served = Vec::new();
    if !cluster["endpoint"].is_string() {
        cluster["endpoint"] = json!(endpoint);
        served.push("endpoint");
    }
    if !cluster["certificateAuthority"]["data"].is_string() {
        cluster["certificateAuthority"] = json!({"data": ca});
        served.push("certificateAuthority");
    }
    cluster[SERVED] = json!(served);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Named {
        arn: text(&cluster["arn"]),
        endpoint: text(&cluster["endpoint"]),
        ca: text(&cluster["certificateAuthority"]["data"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reloaded(text: &str) -> State {
        load(&[Source::text(text)], 600.0).unwrap()
    }

    #[test]
    fn every_built_in_world_loads_and_reloads_to_an_equal_one() {
        let small = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\nkubernetes: {synthetic: {nodes: 3, persistentVolumes: 4, claims: 2, pods: 5, fileSystems: 2}}";
        // `scale` is the same as these few generated objects, only more of them.
        let built_in = BUILT_IN.iter().filter(|(name, _)| *name != "scale");
        let mut worlds: Vec<Vec<Source>> =
            built_in.map(|(name, _)| vec![Source::BuiltIn((*name).to_owned())]).collect();
        worlds.push(vec![Source::BuiltIn("ready".to_owned()), Source::text(small)]);
        for sources in worlds {
            let state = load(&sources, 600.0).unwrap();
            assert!(!state.rows("eks.clusters").is_empty(), "{sources:?}");
            let again = reloaded(&save(&state));
            assert_eq!(save::document(&state), save::document(&again), "{sources:?}");
        }
    }

    #[test]
    fn an_unknown_policy_is_an_error() {
        let role = |member: &str| {
            let text = format!(
                "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\naws: {{iam: {{Roles: [{{RoleName: r, {member}}}]}}}}"
            );
            load(&[Source::text(text)], 600.0).map(drop).map_err(|error| error.why)
        };
        assert_eq!(role("AttachedPolicies: ['arn:aws:iam::aws:policy/AmazonFSxFullAccess']"), Ok(()));
        for member in [
            "AttachedPolicies: ['arn:aws:iam::aws:policy/AmazonFSxCSIDriverPolicy']",
            "AttachedPolicies: ['arn:aws:iam::111122223333:policy/mine']",
            "PermissionsBoundary: 'arn:aws:iam::aws:policy/Nope'",
        ] {
            assert!(role(member).unwrap_err().contains("neither listed"), "{member}");
        }
    }

    /// Controllers find nothing to do in a built-in world: what its file lists is what is there.
    #[test]
    fn built_in_worlds_are_settled() {
        for (name, _) in BUILT_IN {
            let mut state = load(&[Source::BuiltIn((*name).to_owned())], 600.0).unwrap();
            let pods = |state: &State| -> Vec<String> {
                let mut names: Vec<String> =
                    state.kube.list("v1", "Pod").map(|pod| pod["metadata"]["name"].to_string()).collect();
                names.sort();
                names
            };
            let before = pods(&state);
            for _ in 0..5 {
                state.advance(state.now + jiff::SignedDuration::from_secs(1));
            }
            assert_eq!(before, pods(&state), "{name}");
            let running = |pod: &&Value| pod["status"]["phase"] == "Running";
            assert_eq!(state.kube.list("v1", "Pod").filter(running).count(), before.len(), "{name}");
        }
    }

    #[test]
    fn built_in_worlds_hold_what_their_names_say() {
        let of = |name: &str| load(&[Source::BuiltIn(name.to_owned())], 600.0).unwrap();
        let has = |state: &State, addon: &str| state.find("eks.addons", "addonName", addon).is_some();
        let bare = of("bare");
        assert!(!has(&bare, "aws-fsx-csi-driver") && !has(&bare, "eks-pod-identity-agent"));
        assert!(
            bare.rows("fsx.FileSystems").is_empty() && bare.rows("iam.OpenIDConnectProviders").is_empty()
        );
        assert!(bare.find("iam.Roles", "RoleName", "AWSServiceRoleForAmazonFSx").is_none());
        for (name, claims, file_systems) in
            [("ready", 0, 0), ("done", 1, 1), ("existing", 0, 1), ("quick-setup", 1, 1), ("scale", 2000, 500)]
        {
            let state = of(name);
            assert!(has(&state, "aws-fsx-csi-driver"), "{name}");
            let bound = |claim: &&Value| claim["status"]["phase"] == "Bound";
            let found = state.kube.list("v1", "PersistentVolumeClaim").filter(bound).count();
            assert_eq!((found, state.rows("fsx.FileSystems").len()), (claims, file_systems), "{name}");
        }
    }

    #[test]
    fn progress_is_saved_as_what_is_left() {
        let text = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\naws: {eks: {clusters: [{name: a}], addons: [{addonName: x, status: CREATING, $remaining: 30s, $clientToken: t}]}}";
        let state = reloaded(text);
        let due: jiff::Timestamp = state.rows("eks.addons")[0]["$dueAt"].as_str().unwrap().parse().unwrap();
        assert_eq!(due.duration_since(state.now).as_millis(), 50);
        let again = reloaded(&save(&state));
        assert_eq!(save::document(&state), save::document(&again));
        assert_eq!(again.rows("eks.addons")[0]["$clientToken"], "t");
    }

    #[test]
    fn endpoint_and_authority_of_a_run_are_not_saved_but_given_ones_are() {
        let mut state = load(&[], 600.0).unwrap();
        let named = serve_cluster(&mut state, "https://127.0.0.1:1", "Y2E=");
        assert_eq!(named.endpoint, "https://127.0.0.1:1");
        assert!(!save(&state).contains("127.0.0.1:1") && !save(&state).contains("Y2E="));
        let text = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\naws: {eks: {clusters: [{name: a, endpoint: 'https://127.0.0.1:9'}]}}";
        let mut given = reloaded(text);
        assert_eq!(serve_cluster(&mut given, "https://127.0.0.1:1", "Y2E=").endpoint, "https://127.0.0.1:9");
        assert!(save(&given).contains("https://127.0.0.1:9") && !save(&given).contains("Y2E="));
    }
}
