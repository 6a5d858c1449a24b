//! Request paths and queries.

use http::Method;

/// The query parameters.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// From the part after `?`.
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// Whether a boolean parameter is set.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| matches!(v, "true" | "1" | ""))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}

/// An object, a collection or a subresource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// API group, empty for core.
    pub group: String,
    /// Version.
    pub version: String,
    /// Resource.
    pub plural: String,
    /// Namespace, empty for none or all.
    pub namespace: String,
    /// Name, empty for a collection.
    pub name: String,
    /// Subresource, empty for none.
    pub subresource: String,
    /// A watch.
    pub watch: bool,
}

/// Discovery documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// `/`.
    Root,
    /// `/api`.
    Core,
    /// `/apis`.
    Groups,
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1` or `/apis/GROUP/VERSION`.
    Resources(String, String),
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// An object, a collection or a subresource.
    Object(Target),
    /// Discovery.
    Discovery(Discovery),
    /// `/openapi/…`.
    OpenApi(String),
    /// `/version`.
    Version,
    /// `/healthz`, `/livez`, `/readyz`.
    Health,
    /// `/openid/v1/jwks`.
    Jwks,
    /// `/.well-known/openid-configuration`.
    OpenIdConfiguration,
    /// Nothing.
    Unknown,
}

impl Route {
    /// The verb as RBAC names it.
    pub fn verb(&self, method: &Method) -> &'static str {
        let Self::Object(target) = self else {
            return match *method {
                Method::POST => "post",
                Method::PUT => "put",
                Method::PATCH => "patch",
                Method::DELETE => "delete",
                _ => "get",
            };
        };
        match (method.as_str(), target.name.is_empty()) {
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", true) => "deletecollection",
            ("DELETE", false) => "delete",
            _ if target.watch => "watch",
            (_, true) => "list",
            (_, false) => "get",
        }
    }

    /// `resource.group/subresource` for the log.
    pub fn resource(&self) -> String {
        let Self::Object(t) = self else { return String::new() };
        let mut text = t.plural.clone();
        if !t.group.is_empty() {
            text = format!("{text}.{}", t.group);
        }
        if !t.subresource.is_empty() {
            text = format!("{text}/{}", t.subresource);
        }
        text
    }
}

/// Reads a path.
pub fn route(method: &Method, path: &str, query: &Query) -> Route {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let parts: Vec<&str> = decoded.split('/').filter(|p| !p.is_empty()).collect();
    match parts.as_slice() {
        [] => Route::Discovery(Discovery::Root),
        ["api"] => Route::Discovery(Discovery::Core),
        ["apis"] => Route::Discovery(Discovery::Groups),
        ["apis", group] => Route::Discovery(Discovery::Group((*group).into())),
        ["api", version] => Route::Discovery(Discovery::Resources(String::new(), (*version).into())),
        ["apis", group, version] => {
            Route::Discovery(Discovery::Resources((*group).into(), (*version).into()))
        }
        ["api", version, rest @ ..] => object(method, ("", version), rest, query),
        ["apis", group, version, rest @ ..] => object(method, (group, version), rest, query),
        ["openapi", rest @ ..] => Route::OpenApi(rest.join("/")),
        ["version"] => Route::Version,
        ["healthz" | "livez" | "readyz", ..] => Route::Health,
        ["openid", "v1", "jwks"] => Route::Jwks,
        [".well-known", "openid-configuration"] => Route::OpenIdConfiguration,
        _ => Route::Unknown,
    }
}

fn object(method: &Method, version: (&str, &str), rest: &[&str], query: &Query) -> Route {
    let (rest, old_watch) = match rest {
        ["watch", rest @ ..] if !rest.is_empty() => (rest, true),
        rest => (rest, false),
    };
    let (namespace, rest) = match rest {
        // `namespaces/NAME/status` and `/finalize` are the namespace itself.
        ["namespaces", _, "status" | "finalize"] => ("", rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (*plural, "", ""),
        [plural, name] => (*plural, *name, ""),
        [plural, name, subresource] => (*plural, *name, *subresource),
        _ => return Route::Unknown,
    };
    let reading = matches!(*method, Method::GET | Method::HEAD);
    Route::Object(Target {
        group: version.0.into(),
        version: version.1.into(),
        plural: plural.into(),
        namespace: namespace.into(),
        name: name.into(),
        subresource: subresource.into(),
        // One object alone is got, whatever the query says.
        watch: reading && (old_watch || (name.is_empty() && query.flag("watch"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_verbs() {
        for (method, path, verb, resource, namespace, name) in [
            ("GET", "/api/v1/namespaces", "list", "namespaces", "", ""),
            ("GET", "/api/v1/namespaces/x", "get", "namespaces", "", "x"),
            ("PUT", "/api/v1/namespaces/x/finalize", "update", "namespaces/finalize", "", "x"),
            ("GET", "/api/v1/namespaces/x/pods?watch=true", "watch", "pods", "x", ""),
            ("GET", "/api/v1/watch/namespaces/x/pods/p", "watch", "pods", "x", "p"),
            (
                "DELETE",
                "/apis/apps/v1/namespaces/x/deployments",
                "deletecollection",
                "deployments.apps",
                "x",
                "",
            ),
            (
                "PATCH",
                "/apis/apps/v1/namespaces/x/deployments/d/scale",
                "patch",
                "deployments.apps/scale",
                "x",
                "d",
            ),
            (
                "PATCH",
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
                "patch",
                "clusterroles.rbac.authorization.k8s.io",
                "",
                "system:node",
            ),
        ] {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let method: Method = method.parse().expect("method");
            let found = route(&method, path, &Query::parse(query));
            assert_eq!((found.verb(&method), found.resource().as_str()), (verb, resource), "{path}");
            let Route::Object(target) = found else { panic!("{path}") };
            assert_eq!((target.namespace.as_str(), target.name.as_str()), (namespace, name), "{path}");
        }
    }
}
