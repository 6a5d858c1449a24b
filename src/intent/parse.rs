//! Words with few meanings, and how they are written.

use crate::domain::names;

/// `--identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityMode {
    /// What is there and right, else Pod Identity if it would truly work, else IRSA.
    Auto,
    /// IAM roles for service accounts.
    Irsa,
    /// EKS Pod Identity.
    PodIdentity,
    /// Somebody else sees to it.
    None,
}

/// `--driver`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriverMode {
    /// What is there, else the EKS add-on if it has a build for this Kubernetes, else Helm.
    Auto,
    /// The EKS add-on.
    Addon,
    /// A Helm release of the driver's chart.
    Helm,
    /// Whatever is there; nothing is installed.
    Existing,
}

/// `--policy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyWish {
    /// The inline policy `fsxctl-fsx-csi`.
    Minimal,
    /// AmazonFSxFullAccess.
    Managed,
    /// A policy by ARN.
    Arn(String),
}

/// `--security-group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupWish {
    /// Ours, else what is in use, else a new one.
    Auto,
    /// One of fsxctl's own.
    Create,
    /// This one.
    Id(String),
}

/// `--subnet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubnetWish {
    /// In the zone where most nodes are.
    Auto,
    /// One of these (several from `PRIVATE_SUBNET_IDS`).
    OneOf(Vec<String>),
}

/// Picks one of a few words, or says which there are and which is nearest.
fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    if let Some((_, value)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim())) {
        return Ok(*value);
    }
    let legal: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let hint = nearest(text, &legal).map(|word| format!("; did you mean {word}?")).unwrap_or_default();
    Err(format!("{:?} is none of {}{hint}", names::short(text), legal.join(", ")))
}

/// The word that is nearest by edit distance, when one is near at all.
pub(super) fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    words
        .iter()
        .map(|word| {
            (strsim::damerau_levenshtein(&text.to_ascii_lowercase(), &word.to_ascii_lowercase()), *word)
        })
        .filter(|(distance, word)| *distance <= 2.max(word.len() / 3))
        .min()
        .map(|(_, word)| word)
}

/// The words of `--identity`, the default first.
pub const IDENTITY_WORDS: &[(&str, IdentityMode)] = &[
    ("auto", IdentityMode::Auto),
    ("irsa", IdentityMode::Irsa),
    ("pod-identity", IdentityMode::PodIdentity),
    ("none", IdentityMode::None),
];

/// The words of `--driver`, the default first.
pub const DRIVER_WORDS: &[(&str, DriverMode)] = &[
    ("auto", DriverMode::Auto),
    ("addon", DriverMode::Addon),
    ("helm", DriverMode::Helm),
    ("existing", DriverMode::Existing),
];

/// Parses `--identity`.
pub(super) fn identity_mode(text: &str) -> Result<IdentityMode, String> {
    word(text, IDENTITY_WORDS)
}

/// Parses `--driver`.
pub(super) fn driver_mode(text: &str) -> Result<DriverMode, String> {
    word(text, DRIVER_WORDS)
}

/// Parses `--chart`: a directory or archive, an `oci://` reference, or a repository's `REPO/CHART`. It becomes an
/// argument of helm, so it must not look like one of its flags.
pub(super) fn chart(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('-') || text.chars().any(char::is_control) {
        return Err(format!("{text:?} is neither a path nor an oci:// reference of a chart"));
    }
    Ok(text.to_owned())
}

/// Parses `--helm-value controller.timeout=15m`: JSON where it is JSON, else a text.
pub(super) fn helm_value(text: &str) -> Result<(Vec<String>, serde_json::Value), String> {
    let Some((path, value)) = text.split_once('=') else {
        return Err(format!("{text:?} is not KEY=VALUE, for instance controller.timeout=15m"));
    };
    let names: Vec<String> = path.split('.').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(format!("{path:?} has an empty part"));
    }
    if names.iter().take(2).map(String::as_str).eq(["controller", "serviceAccount"]) {
        return Err("the controller's service account is fsxctl's to set; see --service-account".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.to_owned()));
    Ok((names, value))
}

/// Parses `--driver-version`: a build of the add-on or a version of the chart, as EKS and helm write them.
pub(super) fn driver_version(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_version = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
    if text.is_empty() || text.starts_with('-') || !is_version {
        return Err(format!(
            "{text:?} is no version, for instance v1.9.0-eksbuild.1 or, of the chart, 1.17.0"
        ));
    }
    Ok(text.to_owned())
}

/// Parses `--policy`.
pub(super) fn policy(text: &str) -> Result<PolicyWish, String> {
    match text.trim() {
        "minimal" => Ok(PolicyWish::Minimal),
        "managed" => Ok(PolicyWish::Managed),
        arn if arn.starts_with("arn:") => {
            arn.parse::<names::Arn>().map(|_| PolicyWish::Arn(arn.to_owned())).map_err(|e| e.to_string())
        }
        other => Err(format!("{:?} is none of minimal, managed, or a policy's ARN", names::short(other))),
    }
}

/// Parses `--security-group`.
pub(super) fn group(text: &str) -> Result<GroupWish, String> {
    match text.trim() {
        "auto" => Ok(GroupWish::Auto),
        "create" => Ok(GroupWish::Create),
        id if is_id(id, "sg-") => Ok(GroupWish::Id(id.to_owned())),
        other => Err(format!(
            "{:?} is none of auto, create, or a security group's id such as sg-0123456789abcdef0",
            names::short(other)
        )),
    }
}

/// Parses `--subnet`; several, separated by commas or spaces, leave the choice of the zone open.
pub(super) fn subnet(text: &str) -> Result<SubnetWish, String> {
    let text = text.trim();
    if text == "auto" {
        return Ok(SubnetWish::Auto);
    }
    let ids: Vec<String> = text.split([',', ' ']).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    match ids.iter().find(|id| !is_id(id, "subnet-")) {
        Some(wrong) => {
            let wrong = names::short(wrong);
            Err(format!("{wrong:?} is neither auto nor a subnet's id such as subnet-0123456789abcdef0"))
        }
        None if ids.is_empty() => Err("is empty".to_owned()),
        None => Ok(SubnetWish::OneOf(ids)),
    }
}

/// An EC2 id. Real ones are hexadecimal; worlds and examples use readable ones, so letters, digits and dashes pass.
fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        !rest.is_empty()
            && rest.len() <= 40
            && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    })
}

/// Parses `NAMESPACE/NAME`.
pub(super) fn service_account(text: &str) -> Result<(String, String), String> {
    let Some((namespace, name)) = text.trim().split_once('/') else {
        return Err(format!("{:?} is not NAMESPACE/NAME", names::short(text)));
    };
    names::check_dns_label("namespace", namespace).map_err(|e| e.to_string())?;
    names::check_dns_subdomain("service account name", name).map_err(|e| e.to_string())?;
    Ok((namespace.to_owned(), name.to_owned()))
}

/// Parses `KIND/REF` of `--adopt`.
pub(super) fn adoption(text: &str) -> Result<(String, String), String> {
    match text.trim().split_once('/') {
        Some((kind, reference)) if !kind.is_empty() && !reference.is_empty() => {
            Ok((kind.to_owned(), reference.to_owned()))
        }
        _ => Err(format!(
            "{:?} is not KIND/REF, for instance SecurityGroup/sg-0123456789abcdef0",
            names::short(text)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_and_near_misses_are_named() {
        assert_eq!(identity_mode("IRSA"), Ok(IdentityMode::Irsa));
        assert_eq!(
            identity_mode("pod-identiy").unwrap_err(),
            "\"pod-identiy\" is none of auto, irsa, pod-identity, none; did you mean pod-identity?"
        );
        assert!(!identity_mode("kerberos").unwrap_err().contains("did you mean"));
    }

    #[test]
    fn ids_are_told_from_words() {
        assert_eq!(group("sg-0aa1"), Ok(GroupWish::Id("sg-0aa1".into())));
        assert!(group("sg-").is_err());
        assert!(group("my group").is_err());
        assert_eq!(
            subnet("subnet-a,subnet-b"),
            Ok(SubnetWish::OneOf(vec!["subnet-a".into(), "subnet-b".into()]))
        );
        assert!(subnet("vpc-1").is_err());
    }

    #[test]
    fn adoption_needs_both_halves() {
        assert_eq!(adoption("Role/a/b"), Ok(("Role".into(), "a/b".into())));
        assert!(adoption("Role").is_err());
        assert!(adoption("/x").is_err());
    }
}
