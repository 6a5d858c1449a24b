//! The container images of the CSI driver as its project publishes them.
//!
//! Source: chart `aws-fsx-csi-driver` 1.17.0, `values.yaml` and `Chart.yaml`
//! (<https://github.com/kubernetes-sigs/aws-fsx-csi-driver>, tag v1.9.0).

/// The driver's version that the images are of.
pub const DRIVER: &str = "v1.9.0";
/// The chart's version that names them.
pub const CHART: &str = "1.17.0";

/// One image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// Registry, repository and tag.
    pub image: &'static str,
    /// The containers that run it, as the chart calls them.
    pub containers: &'static [&'static str],
    /// The workloads that have those containers.
    pub workloads: &'static [&'static str],
}

const CONTROLLER: &str = "Deployment fsx-csi-controller";
const NODE: &str = "DaemonSet fsx-csi-node";

/// Every image of the chart.
///
/// The EKS add-on pulls builds of EKS's own from a registry of EKS in the Region. Which account and repositories those
/// are is UNCONFIRMED for a Region, so none is named here.
pub const IMAGES: [Image; 5] = [
    Image {
        image: "public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.9.0",
        containers: &["fsx-plugin"],
        workloads: &[CONTROLLER, NODE],
    },
    Image {
        image: "public.ecr.aws/csi-components/csi-provisioner:v6.2.0-eksbuild.2",
        containers: &["csi-provisioner"],
        workloads: &[CONTROLLER],
    },
    Image {
        image: "public.ecr.aws/csi-components/csi-resizer:v2.1.0-eksbuild.3",
        containers: &["csi-resizer"],
        workloads: &[CONTROLLER],
    },
    Image {
        image: "public.ecr.aws/csi-components/csi-node-driver-registrar:v2.16.0-eksbuild.3",
        containers: &["node-driver-registrar"],
        workloads: &[NODE],
    },
    Image {
        image: "public.ecr.aws/csi-components/livenessprobe:v2.18.0-eksbuild.3",
        containers: &["liveness-probe"],
        workloads: &[CONTROLLER, NODE],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_whole_and_the_drivers_own_is_of_its_version() {
        for image in IMAGES {
            let (repository, tag) = image.image.rsplit_once(':').unwrap();
            assert!(repository.starts_with("public.ecr.aws/") && tag.starts_with('v'), "{}", image.image);
            assert!(!image.containers.is_empty() && !image.workloads.is_empty());
        }
        assert!(IMAGES[0].image.ends_with(DRIVER));
    }
}
