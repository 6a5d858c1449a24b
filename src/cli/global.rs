//! Flags that every command takes.

use std::path::PathBuf;

use clap::Args;

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// AWS Region, for instance us-west-2 [default: the kube context's, else the profile's]
    #[arg(long, short = 'r', global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile [default: AWS_PROFILE, else default]
    #[arg(long, short = 'p', global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Kubeconfig to use instead of the cluster's own endpoint [default: none is needed]
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig to use [default: the current one]
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Kubernetes user to impersonate [default: nobody]
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Output format: human, json, yaml, jsonpath=EXPR; for lists also wide and name, for reports junit and markdown
    /// [default: human]
    #[arg(long, short = 'o', global = true, value_name = "FORMAT")]
    pub output: Option<String>,
    /// Write the answer to a file as well (repeatable)
    #[arg(long, global = true, value_name = "FORMAT=PATH")]
    pub output_file: Vec<String>,
    /// When to use colour: auto, always or never [default: auto]
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<String>,
    /// Never ask
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Print the answer and errors only
    #[arg(long, short = 'q', global = true)]
    pub quiet: bool,
    /// Say more: -v reasons and permissions, -vv every call
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Form of everything on stderr: text, or json for one object a line [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Write one JSON line for every AWS and Kubernetes call into this file [default: no file]
    #[arg(long, global = true, value_name = "FILE")]
    pub trace_calls: Option<PathBuf>,
    /// How long to wait for the result, for instance 45m or 1h30m [default: 30m]
    #[arg(long, global = true, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// How long one call may take, for instance 20s [default: 30s]
    #[arg(long, global = true, value_name = "DURATION")]
    pub request_timeout: Option<String>,
}

impl GlobalArgs {
    /// The same flags as words again, for a command line that does the same.
    pub fn words(&self) -> Vec<String> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let mut words = Vec::new();
        let valued = [
            ("--region", self.region.clone()),
            ("--profile", self.profile.clone()),
            ("--kubeconfig", path(&self.kubeconfig)),
            ("--context", self.context.clone()),
            ("--as", self.as_user.clone()),
            ("--output", self.output.clone()),
            ("--color", self.color.clone()),
            ("--log-format", self.log_format.clone()),
            ("--trace-calls", path(&self.trace_calls)),
            ("--timeout", self.timeout.clone()),
            ("--request-timeout", self.request_timeout.clone()),
        ];
        let files = self.output_file.iter().map(|file| ("--output-file", Some(file.clone())));
        for (flag, value) in valued.into_iter().chain(files) {
            words.extend(value.into_iter().flat_map(|value| flag_words(flag, value)));
        }
        for (flag, is_given) in [("--no-input", self.no_input), ("--quiet", self.quiet)] {
            words.extend(is_given.then(|| flag.to_owned()));
        }
        words.extend((self.verbose > 0).then(|| format!("-{}", "v".repeat(self.verbose.into()))));
        words
    }
}

/// A flag and its value, as one word when the value would be read as a flag of its own.
pub fn flag_words(flag: &str, value: String) -> Vec<String> {
    if value.starts_with('-') { vec![format!("{flag}={value}")] } else { vec![flag.to_owned(), value] }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    #[test]
    fn flags_become_the_words_that_they_were() {
        let flags: Vec<String> = <Cli as clap::CommandFactory>::command()
            .get_arguments()
            .filter(|flag| flag.is_global_set() && flag.get_id() != "verbose")
            .map(|flag| {
                let name = flag.get_long().unwrap_or_default();
                if flag.get_action().takes_values() { format!("--{name}=-1") } else { format!("--{name}") }
            })
            .collect();
        assert!(flags.len() > 12, "{flags:?}");
        let line = |words: &[String]| {
            let words = ["fsxctl", "version"].into_iter().map(str::to_owned).chain(words.iter().cloned());
            Cli::try_parse_from(words).unwrap().global
        };
        let typed: Vec<String> = flags.into_iter().chain(["-vv".to_owned()]).collect();
        let first = line(&typed);
        assert_eq!(format!("{:?}", line(&first.words())), format!("{first:?}"));
        let mut sorted = [first.words(), typed];
        sorted.iter_mut().for_each(|words| words.sort());
        assert_eq!(sorted[0], sorted[1]);
        let spaced = line(&["-r".to_owned(), "us-west-2".to_owned()]);
        assert_eq!(spaced.words(), ["--region", "us-west-2"]);
    }
}
