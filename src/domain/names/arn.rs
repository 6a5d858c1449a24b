//! ARNs and partitions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A closed world of AWS Regions with its own ARN prefix and DNS suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Partition {
    /// The commercial Regions.
    #[serde(rename = "aws")]
    Aws,
    /// China.
    #[serde(rename = "aws-cn")]
    China,
    /// GovCloud (US).
    #[serde(rename = "aws-us-gov")]
    Gov,
    /// The European Sovereign Cloud.
    #[serde(rename = "aws-eusc")]
    EuropeanSovereign,
    /// US ISO.
    #[serde(rename = "aws-iso")]
    Iso,
    /// US ISOB.
    #[serde(rename = "aws-iso-b")]
    IsoB,
    /// EU ISOE.
    #[serde(rename = "aws-iso-e")]
    IsoE,
    /// US ISOF.
    #[serde(rename = "aws-iso-f")]
    IsoF,
}

impl Partition {
    /// Every partition.
    pub const ALL: [Self; 8] = [
        Self::Aws,
        Self::China,
        Self::Gov,
        Self::EuropeanSovereign,
        Self::Iso,
        Self::IsoB,
        Self::IsoE,
        Self::IsoF,
    ];

    /// The partition of a Region, by the Region's first letters; commercial if nothing else fits.
    pub fn of_region(region: &str) -> Self {
        let prefixes = [
            ("cn-", Self::China),
            ("us-gov-", Self::Gov),
            ("eusc-", Self::EuropeanSovereign),
            ("us-iso-", Self::Iso),
            ("us-isob-", Self::IsoB),
            ("eu-isoe-", Self::IsoE),
            ("us-isof-", Self::IsoF),
        ];
        prefixes.into_iter().find(|(prefix, _)| region.starts_with(prefix)).map_or(Self::Aws, |it| it.1)
    }

    /// The second part of an ARN, such as `aws-cn`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::Gov => "aws-us-gov",
            Self::EuropeanSovereign => "aws-eusc",
            Self::Iso => "aws-iso",
            Self::IsoB => "aws-iso-b",
            Self::IsoE => "aws-iso-e",
            Self::IsoF => "aws-iso-f",
        }
    }

    /// The beginning of an ARN, such as `arn:aws-cn`.
    pub fn arn_prefix(self) -> String {
        format!("arn:{}", self.as_str())
    }

    /// What endpoints and DNS names of the partition end in.
    pub const fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::Gov => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
            Self::EuropeanSovereign => "amazonaws.eu",
            Self::Iso => "c2s.ic.gov",
            Self::IsoB => "sc2s.sgov.gov",
            Self::IsoE => "cloud.adc-e.uk",
            Self::IsoF => "csp.hci.ic.gov",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Partition {
    type Err = NoArn;

    fn from_str(text: &str) -> Result<Self, NoArn> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| NoArn { given: text.to_owned(), reason: "the partition is not known" })
    }
}

/// The parts of an ARN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arn {
    /// Partition.
    pub partition: Partition,
    /// Service, such as `eks`.
    pub service: String,
    /// Region; empty for global services.
    pub region: String,
    /// Account; `aws` for managed policies, empty for S3 buckets.
    pub account: String,
    /// Everything after the fifth colon, such as `cluster/demo`.
    pub resource: String,
}

/// A text that is no ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoArn {
    /// The text that was given.
    pub given: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for NoArn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no ARN: {}", super::short(&self.given), self.reason)
    }
}

impl std::error::Error for NoArn {}

impl FromStr for Arn {
    type Err = NoArn;

    fn from_str(text: &str) -> Result<Self, NoArn> {
        let fail = |reason| NoArn { given: text.to_owned(), reason };
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or_else(|| fail("it has fewer than six parts"));
        if next()? != "arn" {
            return Err(fail("it does not begin with arn:"));
        }
        let partition = next()?.parse().map_err(|error: NoArn| fail(error.reason))?;
        let (service, region, account, resource) = (next()?, next()?, next()?, next()?);
        if service.is_empty() || resource.is_empty() {
            return Err(fail("its service or its resource is empty"));
        }
        Ok(Self {
            partition,
            service: service.into(),
            region: region.into(),
            account: account.into(),
            resource: resource.into(),
        })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(out, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The IAM principal behind a caller's ARN: the role of a session, without its path, which a session does not name.
pub fn principal_arn(caller: &str) -> String {
    let Ok(arn) = caller.parse::<Arn>() else { return caller.to_owned() };
    match arn.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next()) {
        Some(role) => role_arn(arn.partition, &arn.account, "/", role),
        None => caller.to_owned(),
    }
}

/// The cluster's name in an EKS cluster ARN; `None` if it is the ARN of something else.
pub fn eks_cluster_name(arn: &Arn) -> Option<&str> {
    if arn.service != "eks" {
        return None;
    }
    arn.resource.strip_prefix("cluster/").filter(|name| !name.is_empty() && !name.contains('/'))
}

/// The IAM OIDC provider of an issuer URL, `https://` left away.
pub fn provider_arn(partition: Partition, account: &str, issuer: &str) -> String {
    format!("arn:{partition}:iam::{account}:oidc-provider/{}", issuer_host_path(issuer))
}

/// The issuer without `https://`, as provider ARNs and condition keys name it.
pub(crate) fn issuer_host_path(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/')
}

/// The ARN of a role; `path` begins and ends with `/`.
pub fn role_arn(partition: Partition, account: &str, path: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:role{path}{name}")
}

/// The ARN of an AWS managed policy such as `AmazonFSxFullAccess`.
pub fn managed_policy_arn(partition: Partition, name: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/{name}")
}

/// The ARN of a key that was given as ARN or as key id; `None` for an alias, whose key is not in its name.
pub fn kms_key_arn(partition: Partition, region: &str, account: &str, key: &str) -> Option<String> {
    if let Ok(arn) = key.parse::<Arn>() {
        return (arn.service == "kms" && arn.resource.starts_with("key/")).then(|| key.to_owned());
    }
    let is_id = !key.is_empty() && key.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
    is_id.then(|| format!("arn:{partition}:kms:{region}:{account}:key/{key}"))
}
