//! Exec plugins of kubeconfigs that only mint EKS tokens (`aws eks get-token`, `aws-iam-authenticator token`): what
//! they would do is done here, without starting them.

use std::collections::BTreeMap;

use kube::config::{AuthInfo, ExecConfig};

/// What the plugin's command line and environment ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plugin {
    /// The cluster's name or id.
    pub(super) cluster: String,
    /// A role to assume first.
    pub(super) role_arn: Option<String>,
    /// A profile.
    pub(super) profile: Option<String>,
    /// The Region whose STS is asked.
    pub(super) region: Option<String>,
    /// Variables that the kubeconfig sets for the plugin.
    pub(super) env: BTreeMap<String, String>,
}

impl Plugin {
    /// The plugin of a user, if it is one whose every argument is known here.
    pub(super) fn of(user: &AuthInfo) -> Option<Self> {
        let has_other_credentials = user.token.is_some()
            || user.token_file.is_some()
            || user.auth_provider.is_some()
            || user.password.is_some();
        if has_other_credentials { None } else { Self::parse(user.exec.as_ref()?) }
    }

    /// From an exec section.
    pub(super) fn parse(exec: &ExecConfig) -> Option<Self> {
        let command = exec.command.as_deref()?;
        let program = command.rsplit(['/', '\\']).next().unwrap_or(command).trim_end_matches(".exe");
        let mut plugin = Self { env: variables(exec), ..Self::default() };
        let mut words = Vec::new();
        let mut args = exec.args.iter().flatten().map(String::as_str);
        while let Some(arg) = args.next() {
            if !arg.starts_with('-') {
                words.push(arg);
                continue;
            }
            let (flag, value) = match arg.split_once('=') {
                Some((flag, value)) => (flag, value),
                None => (arg, args.next()?),
            };
            match (program, flag) {
                ("aws", "--cluster-name" | "--cluster-id")
                | ("aws-iam-authenticator", "-i" | "--cluster-id") => {
                    value.clone_into(&mut plugin.cluster);
                }
                // What the AWS CLI itself writes into kubeconfigs is the shortened flag.
                ("aws", "--role-arn" | "--role") | ("aws-iam-authenticator", "-r" | "--role") => {
                    plugin.role_arn = Some(value.to_owned());
                }
                ("aws", "--profile") => plugin.profile = Some(value.to_owned()),
                (_, "--region") => plugin.region = Some(value.to_owned()),
                ("aws", "--output") => {}
                _ => return None,
            }
        }
        let is_known = match program {
            "aws" => words == ["eks", "get-token"],
            "aws-iam-authenticator" => words == ["token"],
            _ => false,
        };
        (is_known && !plugin.cluster.is_empty()).then_some(plugin)
    }
}

fn variables(exec: &ExecConfig) -> BTreeMap<String, String> {
    let pairs = exec.env.iter().flatten();
    pairs.filter_map(|pair| Some((pair.get("name")?.clone(), pair.get("value")?.clone()))).collect()
}
