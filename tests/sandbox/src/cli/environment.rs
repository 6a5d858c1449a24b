//! Which variables of the caller's environment COMMAND must not see.

use super::Environment;

/// Credentials, endpoints and clusters of the caller: always replaced or removed.
const REPLACED: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_*",
    "AWS_ENDPOINT_URL*",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "KUBECONFIG",
    "KUBERNETES_SERVICE_*",
];

/// fsxctl's own settings and those that the set-up guides export.
const CLEARED: &[&str] = &[
    "FSXCTL_*",
    "EKS_CLUSTER_*",
    "CLUSTER_NAME",
    "HP_CLUSTER_NAME",
    "HYPERPOD_NAME",
    "*SUBNET_ID*",
    "SECURITY_GROUP*",
    "FSX_*",
    "FILE_SYSTEM_ID",
];

/// Whether a variable of the caller is kept from COMMAND.
pub fn hidden(name: &str, keep: bool) -> bool {
    let fits = |patterns: &[&str]| patterns.iter().any(|pattern| crate::server::fault::glob(pattern, name));
    fits(REPLACED) || (!keep && fits(CLEARED))
}

impl Environment {
    /// The pairs of `--env`.
    ///
    /// # Errors
    /// One without `=` or without a name.
    pub(super) fn given(&self) -> Result<Vec<(String, String)>, String> {
        let pair = |text: &String| {
            let split = text.split_once('=').filter(|(name, _)| !name.is_empty());
            split
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .ok_or_else(|| format!("--env {text}: not NAME=VALUE"))
        };
        self.pairs.iter().map(pair).collect()
    }

    pub(super) fn keeps(&self) -> bool {
        self.keep_env
    }
}

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn variables_are_hidden_as_the_paper_says() {
        for (name, usually, kept) in [
            ("AWS_PROFILE", true, true),
            ("AWS_ENDPOINT_URL_FSX", true, true),
            ("KUBECONFIG", true, true),
            ("FSXCTL_YES", true, false),
            ("PRIVATE_SUBNET_IDS", true, false),
            ("SUBNET_ID", true, false),
            ("SECURITY_GROUP_ID", true, false),
            ("EKS_CLUSTER_ARN", true, false),
            ("PATH", false, false),
            ("MY_CLUSTER_NAME", false, false),
            ("HTTPS_PROXY", false, false),
        ] {
            assert_eq!((hidden(name, false), hidden(name, true)), (usually, kept), "{name}");
        }
    }
}
