//! The options of a request that stand in its query: what is legal, in the API server's words.

use super::path::Query;
use crate::kube::error::{FieldError, KubeError};

/// Judges the query of a write. `kind` is `CreateOptions`, `UpdateOptions`, `PatchOptions` or `DeleteOptions`.
///
/// # Errors
/// 422 for the first option that cannot be.
pub fn write(query: &Query, kind: &str, apply: bool) -> Result<(), KubeError> {
    let refuse = |error: &FieldError| Err(KubeError::options(kind, error));
    if let Some(given) = query.get("dryRun").filter(|given| !matches!(*given, "" | "All")) {
        return refuse(&FieldError {
            field: "dryRun".into(),
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: [{given:?}]: supported values: \"All\""),
        });
    }
    if let Some(given) = query.get("propagationPolicy")
        && kind == "DeleteOptions"
        && !matches!(given, "" | "Foreground" | "Background" | "Orphan")
    {
        let all = &["Foreground", "Background", "Orphan", "nil"];
        return refuse(&FieldError::unsupported("propagationPolicy", given, all));
    }
    if let Some(given) = query.get("fieldValidation")
        && kind != "DeleteOptions"
        && !matches!(given, "" | "Ignore" | "Strict" | "Warn")
    {
        return refuse(&FieldError::unsupported("fieldValidation", given, &["", "Ignore", "Strict", "Warn"]));
    }
    if kind == "PatchOptions" && apply && query.get("fieldManager").is_none_or(str::is_empty) {
        return refuse(&FieldError::required("fieldManager", "is required for apply patch"));
    }
    if kind == "PatchOptions" && !apply && query.get("force").is_some() {
        return refuse(&FieldError::forbidden("force", "may not be specified for non-apply patch"));
    }
    Ok(())
}

/// Judges the query of a list or a watch.
///
/// # Errors
/// 400 for what is no number, 422 for what does not go together.
pub fn list(query: &Query, watch: bool) -> Result<(), KubeError> {
    for name in ["limit", "timeoutSeconds"] {
        if let Some(given) = query.get(name).filter(|given| given.parse::<i64>().is_err()) {
            let text = format!("strconv.ParseInt: parsing {given:?}: invalid syntax");
            return Err(KubeError::bad_request(text));
        }
    }
    let refuse = |why: &str| {
        Err(KubeError::options("ListOptions", &FieldError::forbidden("resourceVersionMatch", why)))
    };
    let version = query.get("resourceVersion").unwrap_or_default();
    let streaming = query.flag("sendInitialEvents");
    let matching = query.get("resourceVersionMatch").unwrap_or_default();
    if watch && streaming && matching != "NotOlderThan" {
        return refuse("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    if !matching.is_empty() && version.is_empty() && !streaming {
        return refuse("resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if query.get("continue").is_some_and(|token| !token.is_empty()) && !matches!(version, "" | "0") {
        let text = "specifying resource version is not allowed when using continue";
        return Err(KubeError::bad_request(text));
    }
    if !version.is_empty() && version.parse::<u64>().is_err() {
        let text = format!(
            "resourceVersion: Invalid value: {version:?}: strconv.ParseUint: parsing {version:?}: invalid syntax"
        );
        return Err(if watch {
            KubeError::internal(text)
        } else {
            KubeError::bad_request(format!("invalid resource version: {text}"))
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_be() {
        for (query, kind, refused) in [
            ("dryRun=All", "CreateOptions", None),
            (
                "dryRun=Some",
                "PatchOptions",
                Some(
                    "PatchOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"",
                ),
            ),
            (
                "propagationPolicy=Some",
                "DeleteOptions",
                Some(
                    "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Some\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
                ),
            ),
            (
                "force=true",
                "PatchOptions",
                Some(
                    "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
                ),
            ),
        ] {
            let found = write(&Query::parse(query), kind, false).err().map(|e| e.message);
            assert_eq!(found.as_deref(), refused, "{query}");
        }
        for (query, watch, code) in [
            ("limit=5&resourceVersion=7", false, None),
            ("limit=many", false, Some(400)),
            ("resourceVersionMatch=Exact", false, Some(422)),
            ("continue=x&resourceVersion=7", false, Some(400)),
            ("resourceVersion=new", false, Some(400)),
            ("resourceVersion=new", true, Some(500)),
            ("sendInitialEvents=true", true, Some(422)),
        ] {
            assert_eq!(list(&Query::parse(query), watch).err().map(|e| e.code), code, "{query}");
        }
    }
}
