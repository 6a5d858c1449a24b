//! `images`: what is pulled, from the list that the driver's project publishes or from a cluster that runs it.

use std::collections::{BTreeMap, BTreeSet};

use super::speak::{Answer, Speak};
use super::way;
use crate::cli::{ClusterArgs, GlobalArgs, ImagesArgs};
use crate::domain::images::{CHART, DRIVER, IMAGES};
use crate::error::{Error, Kind, Result};
use crate::facts::{ImageInUse, Seen};
use crate::gateway::{Answer as Read, Kubernetes, Reads};
use crate::intent::{self, Env};
use crate::report::{ClusterId, ImageItem, ImagesBody, images_document, images_page};
use crate::steps::{Note, Sign};

/// Lists images. Without `--cluster` nothing is called.
///
/// # Errors
/// Whatever stands between here and the cluster.
pub(super) async fn run(args: &ImagesArgs, global: &GlobalArgs, env: &Env, speak: &Speak) -> Result<u8> {
    let (body, cluster) = match &args.cluster {
        None => (published(), None),
        Some(_) => {
            let (found, id) = Box::pin(in_use(args, global, env)).await?;
            (running(found), Some(id))
        }
    };
    let document = images_document(&speak.frame(cluster, 0), body);
    let page = images_page(&document.body, speak.term.view());
    speak.give(&Answer { page, document: &document })
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// What the project publishes, and what that does not tell.
fn published() -> ImagesBody {
    let source = format!("chart aws-fsx-csi-driver {CHART}, driver {DRIVER}");
    let items = IMAGES.iter().map(|image| ImageItem {
        image: image.image.to_owned(),
        containers: texts(image.containers),
        workloads: texts(image.workloads),
        source: source.clone(),
    });
    let unknown = |text: &str| Note { sign: Sign::Unknown, text: text.to_owned() };
    let notes = vec![
        Note { sign: Sign::Keep, text: format!("images of {source}: what Helm and kustomize install") },
        unknown(
            "the EKS add-on pulls EKS's own builds of these from a registry of EKS in the Region, whose account and \
             repositories are not confirmed here; --cluster NAME reads them from a cluster that runs the add-on",
        ),
    ];
    ImagesBody { items: items.collect(), notes }
}

/// Each image that runs once, with all who run it.
fn running(found: Vec<ImageInUse>) -> ImagesBody {
    let mut by_image: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for image in found {
        let (containers, workloads) = by_image.entry(image.image).or_default();
        containers.insert(image.container);
        workloads.insert(image.workload);
    }
    let items: Vec<ImageItem> = by_image
        .into_iter()
        .map(|(image, (containers, workloads))| ImageItem {
            image,
            containers: containers.into_iter().collect(),
            workloads: workloads.into_iter().collect(),
            source: "the cluster".to_owned(),
        })
        .collect();
    let text = "no FSx CSI driver runs in the cluster; without --cluster, the published images are listed";
    let none = Note { sign: Sign::Warn, text: text.to_owned() };
    let notes = if items.is_empty() { vec![none] } else { Vec::new() };
    ImagesBody { items, notes }
}

/// The images of the driver's workloads.
async fn in_use(args: &ImagesArgs, global: &GlobalArgs, env: &Env) -> Result<(Vec<ImageInUse>, ClusterId)> {
    let words = ClusterArgs { cluster: args.cluster.clone(), hyperpod: None };
    let (target, how) = intent::cluster_intent(&words, global, env)?;
    let session = way::open(env, &target, how.request_timeout).await?;
    let name = way::cluster_name(&session, &target, env).await?;
    let cluster = visible(Reads::new(&session).cluster(&name).await, &format!("EKS cluster {name}"))?
        .ok_or_else(|| Error::usage(format!("there is no EKS cluster {name} in {}", session.region())))?;
    let kubernetes = Kubernetes::connect(&way::kube_wish(env, &target, &how), &session, &cluster).await?;
    let reads = kubernetes.reads();
    let (controller, node) = futures::join!(
        reads.deployment_images("fsx-csi-controller"),
        reads.daemon_set_images("fsx-csi-node")
    );
    let mut found = visible(controller, "the driver's controller")?.unwrap_or_default();
    found.extend(visible(node, "the driver's node plugin")?.unwrap_or_default());
    Ok((found, way::cluster_id(&cluster)))
}

/// What was read; nothing when it is missing.
fn visible<T>(answer: Read<T>, what: &str) -> Result<Option<T>> {
    match answer? {
        Seen::Found(value) => Ok(Some(value)),
        Seen::Missing => Ok(None),
        Seen::Hidden(veil) => Err(Error::new(Kind::Denied, format!("cannot see {what}"))
            .because(veil.cause)
            .permission(veil.permission)),
    }
}
