//! The command line, as far as helm's is served here.

/// Flags that take a value, and their short forms.
const VALUED: [(&str, &str); 16] = [
    ("kubeconfig", ""),
    ("namespace", "n"),
    ("values", "f"),
    ("repo", ""),
    ("version", ""),
    ("timeout", ""),
    ("labels", "l"),
    ("output", "o"),
    ("selector", ""),
    ("template", ""),
    ("description", ""),
    ("filter", ""),
    ("history-max", ""),
    ("kube-context", ""),
    ("revision", ""),
    ("registry-config", ""),
];
/// Flags without one.
const SWITCHES: [&str; 12] = [
    "install",
    "create-namespace",
    "take-ownership",
    "reuse-values",
    "reset-values",
    "reset-then-reuse-values",
    "ignore-not-found",
    "short",
    "all",
    "all-namespaces",
    "debug",
    "no-hooks",
];

/// What was typed.
#[derive(Debug, Default)]
pub struct Args {
    /// The command and what stands without a flag.
    pub words: Vec<String>,
    given: Vec<(String, String)>,
}

impl Args {
    /// Reads a command line.
    ///
    /// # Errors
    /// A flag that is not known here, in helm's words.
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut all = Self::default();
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
                all.words.push(word.clone());
                continue;
            };
            let (name, inline) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            };
            let valued =
                VALUED.iter().find(|(long, short)| *long == name || (!short.is_empty() && *short == name));
            if let Some((long, _)) = valued {
                let value = inline.or_else(|| rest.next().cloned());
                let value = value.ok_or_else(|| format!("flag needs an argument: {word}"))?;
                all.given.push(((*long).to_owned(), value));
            } else if SWITCHES.contains(&name) {
                all.given.push((name.to_owned(), inline.unwrap_or_else(|| "true".to_owned())));
            } else {
                return Err(format!("unknown flag: {word}"));
            }
        }
        Ok(all)
    }

    /// The last value of a flag.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// All values of a flag.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.given.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Whether a switch was given.
    pub fn has(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }

    /// `--namespace`, else HELM_NAMESPACE, else `default`.
    pub fn namespace(&self) -> String {
        let named = self.value("namespace").map(str::to_owned);
        let from_env = || std::env::var("HELM_NAMESPACE").ok().filter(|name| !name.is_empty());
        named.or_else(from_env).unwrap_or_else(|| "default".to_owned())
    }

    /// `--labels k=v,k=v`.
    ///
    /// # Errors
    /// A part without `=`, or a label that is helm's own.
    pub fn labels(&self) -> Result<Vec<(String, String)>, String> {
        let mut labels = Vec::new();
        for part in self.values("labels").flat_map(|text| text.split(',')) {
            let (key, value) =
                part.split_once('=').ok_or_else(|| format!("{part} must be formatted as key=value"))?;
            if ["name", "owner", "status", "version", "createdAt", "modifiedAt"].contains(&key) {
                return Err(format!(
                    "user supplied labels contains system reserved label name. System labels: [name owner status version createdAt modifiedAt]: {key}"
                ));
            }
            labels.push((key.to_owned(), value.to_owned()));
        }
        Ok(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Result<Args, String> {
        Args::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn words_and_flags_are_told_apart() {
        let args = args("upgrade r chart --install -n kube-system --labels a=b,c=d -f x --values=y").unwrap();
        assert_eq!(args.words, ["upgrade", "r", "chart"]);
        assert!(args.has("install") && !args.has("take-ownership"));
        assert_eq!(args.namespace(), "kube-system");
        assert_eq!(args.values("values").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(args.labels().unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert_eq!(args("list --wonder").unwrap_err(), "unknown flag: --wonder");
        assert!(args("install --labels owner=me").unwrap().labels().is_err());
    }
}
