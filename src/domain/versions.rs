//! Which Lustre version goes with which type, and how driver versions compare.
//!
//! Source: [Managing the Lustre version](https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-lustre-version.html)
//! and the change log of the [CSI driver](https://github.com/kubernetes-sigs/aws-fsx-csi-driver).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::lustre::{DeploymentType, LustreVersion, StorageType};

/// The versions a type takes, ascending.
///
/// That Intelligent-Tiering takes 2.15 only is concluded from its metadata configuration, which does.
pub const fn legal(
    deployment: DeploymentType,
    storage: StorageType,
    has_metadata: bool,
    efa: bool,
) -> &'static [LustreVersion] {
    let newest_only = has_metadata || efa || matches!(storage, StorageType::IntelligentTiering);
    match deployment {
        DeploymentType::Persistent2 if newest_only => &[LustreVersion::V2_15],
        DeploymentType::Persistent2 => &[LustreVersion::V2_12, LustreVersion::V2_15],
        DeploymentType::Scratch1 | DeploymentType::Scratch2 | DeploymentType::Persistent1 => {
            &[LustreVersion::V2_10, LustreVersion::V2_12, LustreVersion::V2_15]
        }
    }
}

/// The version FSx gives when none is sent; the reason why fsxctl always sends one.
pub const fn default_of(deployment: DeploymentType, has_metadata: bool) -> LustreVersion {
    match deployment {
        DeploymentType::Persistent2 if has_metadata => LustreVersion::V2_15,
        DeploymentType::Persistent2 => LustreVersion::V2_12,
        DeploymentType::Scratch1 | DeploymentType::Scratch2 | DeploymentType::Persistent1 => {
            LustreVersion::V2_10
        }
    }
}

/// Whether UpdateFileSystem can take a file system from one version to another: 2.12 and 2.15, newer only.
pub fn can_upgrade(from: LustreVersion, to: LustreVersion) -> bool {
    to > from
}

/// The first driver with AWS SDK v2: Pod Identity works from here on.
pub const POD_IDENTITY_SINCE: (u32, u32, u32) = (1, 3, 0);
/// The first driver that reads the metadata and EFA parameters.
pub const EFA_AND_METADATA_SINCE: (u32, u32, u32) = (1, 3, 0);
/// The first driver with pod drain on node shutdown.
pub const DRAIN_SINCE: (u32, u32, u32) = (1, 5, 0);
/// The first driver whose provisioner timeout can be set.
pub const TIMEOUT_SINCE: (u32, u32, u32) = (1, 6, 0);

/// A version of the CSI driver or of its add-on, such as `v1.9.0` or `v1.9.0-eksbuild.1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DriverVersion {
    /// Major, minor and patch.
    pub numbers: (u32, u32, u32),
    /// What follows the first `-`, such as `eksbuild.1`; empty for a plain release.
    pub suffix: String,
}

impl DriverVersion {
    /// Whether this release or a later one; the suffix does not matter.
    pub fn at_least(&self, numbers: (u32, u32, u32)) -> bool {
        self.numbers >= numbers
    }

    /// The build of the EKS add-on, 0 without one.
    pub fn eks_build(&self) -> u32 {
        self.suffix.strip_prefix("eksbuild.").and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    /// The version in an image reference, such as `public.ecr.aws/…/aws-fsx-csi-driver:v1.9.0`.
    pub fn of_image(image: &str) -> Option<Self> {
        let name = image.split('@').next()?;
        let (_, tag) = name.rsplit_once(':')?;
        tag.parse().ok()
    }
}

/// A text that is no driver version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoDriverVersion(pub String);

impl fmt::Display for NoDriverVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no driver version (expected such as v1.9.0 or v1.9.0-eksbuild.1)", self.0)
    }
}

impl std::error::Error for NoDriverVersion {}

impl FromStr for DriverVersion {
    type Err = NoDriverVersion;

    fn from_str(text: &str) -> Result<Self, NoDriverVersion> {
        let bare = text.strip_prefix('v').unwrap_or(text);
        let (numbers, suffix) = bare.split_once('-').unwrap_or((bare, ""));
        let mut parts = numbers.split('.').map(number);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => {
                Ok(Self { numbers: (major, minor, patch), suffix: suffix.to_owned() })
            }
            _ => Err(NoDriverVersion(text.to_owned())),
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.numbers;
        write!(out, "v{major}.{minor}.{patch}")?;
        if self.suffix.is_empty() { Ok(()) } else { write!(out, "-{}", self.suffix) }
    }
}

impl From<DriverVersion> for String {
    fn from(version: DriverVersion) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for DriverVersion {
    type Error = NoDriverVersion;

    fn try_from(text: String) -> Result<Self, NoDriverVersion> {
        text.parse()
    }
}

impl Ord for DriverVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |it: &Self| (it.numbers, it.eks_build());
        key(self).cmp(&key(other)).then_with(|| self.suffix.cmp(&other.suffix))
    }
}

impl PartialOrd for DriverVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_versions_are_read_and_printed() {
        for text in ["v1.9.0", "v1.9.0-eksbuild.1", "v0.10.1", "v1.6.0-eksbuild.12", "v1.9.0-rc1"] {
            assert_eq!(text.parse::<DriverVersion>().unwrap().to_string(), text);
        }
        assert_eq!("1.9.0".parse::<DriverVersion>().unwrap().to_string(), "v1.9.0");
        for text in ["", "v", "v1.9", "v1.9.0.1", "latest", "v1.+9.0", "v1..0", "vv1.9.0", "v1.9.99999999999"]
        {
            assert_eq!(text.parse::<DriverVersion>(), Err(NoDriverVersion(text.to_owned())));
        }
        let json: DriverVersion = serde_json::from_str("\"v1.9.0-eksbuild.1\"").unwrap();
        assert_eq!(json.eks_build(), 1);
    }

    #[test]
    fn driver_versions_are_ordered_by_number() {
        let ascending = [
            "v0.10.1",
            "v1.2.0",
            "v1.9.0",
            "v1.9.0-eksbuild.1",
            "v1.9.0-eksbuild.2",
            "v1.9.0-eksbuild.10",
            "v1.10.0",
        ];
        let versions: Vec<DriverVersion> = ascending.iter().map(|it| it.parse().unwrap()).collect();
        assert!(versions.is_sorted_by(|one, next| one < next));
        let old: DriverVersion = "v1.2.9-eksbuild.3".parse().unwrap();
        let new: DriverVersion = "v1.3.0-eksbuild.1".parse().unwrap();
        assert!(!old.at_least(POD_IDENTITY_SINCE) && new.at_least(POD_IDENTITY_SINCE));
    }

    #[test]
    fn the_version_is_found_in_an_image() {
        let table = [
            ("public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.9.0", Some("v1.9.0")),
            ("registry:5000/x/aws-fsx-csi-driver:v1.8.0@sha256:abcd", Some("v1.8.0")),
            ("aws-fsx-csi-driver@sha256:abcd", None),
            ("registry:5000/aws-fsx-csi-driver", None),
            ("aws-fsx-csi-driver:latest", None),
            ("", None),
        ];
        for (image, version) in table {
            assert_eq!(
                DriverVersion::of_image(image).map(|it| it.to_string()).as_deref(),
                version,
                "{image}"
            );
        }
    }

    #[test]
    fn fsx_picks_an_old_version_unless_told() {
        use DeploymentType::{Persistent1, Persistent2, Scratch1, Scratch2};
        for deployment in [Scratch1, Scratch2, Persistent1] {
            assert_eq!(default_of(deployment, false), LustreVersion::V2_10);
        }
        assert_eq!(default_of(Persistent2, false), LustreVersion::V2_12);
        assert_eq!(default_of(Persistent2, true), LustreVersion::V2_15);
        assert!(can_upgrade(LustreVersion::V2_10, LustreVersion::V2_12));
        assert!(can_upgrade(LustreVersion::V2_12, LustreVersion::V2_15));
        assert!(!can_upgrade(LustreVersion::V2_15, LustreVersion::V2_15));
        assert!(!can_upgrade(LustreVersion::V2_15, LustreVersion::V2_12));
    }
}
