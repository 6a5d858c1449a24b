//! A stand-in for the `helm` program: called under that name, this program does to the cluster what `helm` 4 does with
//! the driver's chart, through the kubeconfig that it is given, and with helm's own words when it refuses.
//!
//! It knows one chart, holds its versions itself and asks no repository. It never sees the world: only the API server.

mod args;
mod chart;
mod client;
mod release;
mod verbs;

use std::io::Write as _;
use std::process::ExitCode;

use args::Args;
use client::Client;

/// The version that it says it is.
const VERSION: &str = "v4.2.4";
/// A file to which every call's arguments are written, one JSON line a call.
const RECORD: &str = "HELM_SANDBOX_RECORD";

/// Runs one command line; `arguments` are those after the program's name.
pub fn main(arguments: Vec<String>) -> ExitCode {
    match run(&arguments) {
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "Error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String, String> {
    let args = Args::parse(arguments)?;
    record(arguments, &args);
    let verb = args.words.first().map(String::as_str).unwrap_or_default();
    if verb == "version" {
        return Ok(verbs::version(&args));
    }
    let known = ["upgrade", "install", "uninstall", "rollback", "status", "list", "get"];
    if !known.contains(&verb) {
        return Err(format!("unknown command {verb:?} for \"helm\""));
    }
    let client = Client::open(args.value("kubeconfig"))?;
    match verb {
        "upgrade" | "install" => verbs::upgrade(&client, &args),
        "uninstall" => verbs::uninstall(&client, &args),
        "rollback" => verbs::rollback(&client, &args),
        "status" => verbs::status(&client, &args),
        "list" => verbs::list(&client, &args),
        _ => verbs::get_values(&client, &args),
    }
}

/// What a test may want to know about a call: its words, and how the kubeconfig was kept.
fn record(arguments: &[String], args: &Args) {
    let Some(file) = std::env::var_os(RECORD) else { return };
    let kubeconfig = args
        .value("kubeconfig")
        .map(str::to_owned)
        .or_else(|| std::env::var("KUBECONFIG").ok())
        .filter(|path| !path.is_empty());
    let mode = |path: &std::path::Path| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(path).ok().map(|meta| format!("{:o}", meta.permissions().mode() & 0o7777))
    };
    let path = kubeconfig.as_deref().map(std::path::Path::new);
    let values: Vec<Option<String>> =
        args.values("values").map(|path| std::fs::read_to_string(path).ok()).collect();
    let mut names: Vec<String> =
        std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.sort();
    let line = serde_json::json!({
        "arguments": arguments, "environment": names, "kubeconfig": kubeconfig,
        "kubeconfigMode": path.and_then(mode),
        "directoryMode": path.and_then(std::path::Path::parent).and_then(mode),
        "values": values,
    });
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
    if let Ok(mut file) = opened {
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}
