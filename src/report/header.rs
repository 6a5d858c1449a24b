//! The first lines of every page: which cluster, where, and how it is reached.

use serde::Serialize;

use super::{Line, Page, Style};

/// Which cluster a page or document is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ClusterId {
    /// Its name in EKS.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The Region.
    pub region: String,
    /// The account, twelve digits.
    pub account: String,
}

/// What stands above a plan or a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The cluster.
    pub cluster: ClusterId,
    /// How Kubernetes is reached, in one clause: `endpoint and token from eks:DescribeCluster`.
    pub access: String,
}

impl Header {
    /// Puts the header's lines on a page.
    pub(super) fn on(&self, page: &mut Page) {
        let Self { cluster, access } = self;
        let whose = format!("{} in {}, account {}", cluster.name, cluster.region, cluster.account);
        page.push(Line::new().span(Style::Dim, "cluster     ").span(Style::Heading, whose).hanging(12));
        page.push(Line::new().span(Style::Dim, "kubernetes  ").plain(access).hanging(12));
    }
}
