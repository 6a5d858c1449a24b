//! Images of workloads that run.

/// A container of the driver and its image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageInUse {
    /// The image, as the pod template names it.
    pub image: String,
    /// The container's name.
    pub container: String,
    /// `Deployment kube-system/fsx-csi-controller`.
    pub workload: String,
}
