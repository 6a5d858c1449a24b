//! The main job without an AWS account: `fsxctl setup dynamic` on a simulated bare cluster, what came of it, and a
//! second run that has nothing to do. Run it with `cargo demo`.
//!
//! The sandbox runs in this process; fsxctl is called in this process too, with endpoint, Region, keys and kubeconfig
//! handed over. Nothing of the caller's own AWS or Kubernetes settings is read.

use std::collections::BTreeMap;
use std::process::ExitCode;

use fsxctl_sandbox::{Options, Sandbox, State};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("demo: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    println!(
        "A simulated AWS account with a bare HyperPod cluster on EKS: no driver, no identity, no file system.\n"
    );
    let sandbox = Sandbox::start(Options::default()).map_err(|error| error.to_string())?;
    set_up(&sandbox)?;
    println!("\nWhat is there now:\n");
    sandbox.with_state(|state| show(state))?;
    println!("\nThe same command again:\n");
    let before = writes(&sandbox);
    set_up(&sandbox)?;
    match writes(&sandbox) - before {
        0 => println!("\nThe second run wrote nothing."),
        more => return Err(format!("the second run made {more} writes")),
    }
    Ok(())
}

/// Runs `fsxctl setup dynamic --yes` as its binary does.
fn set_up(sandbox: &Sandbox) -> Result<(), String> {
    println!("$ fsxctl setup dynamic --yes");
    let mut env: BTreeMap<String, String> = sandbox.env().into_iter().collect();
    for name in ["TERM", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "CI"] {
        env.extend(std::env::var(name).ok().map(|value| (name.to_owned(), value)));
    }
    let arguments = ["fsxctl", "setup", "dynamic", "--yes"].map(str::to_owned).to_vec();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    match runtime.block_on(fsxctl::commands::run(arguments, env)) {
        0 => Ok(()),
        code => Err(format!("fsxctl ended with {code}")),
    }
}

/// Writes of fsxctl so far.
fn writes(sandbox: &Sandbox) -> usize {
    sandbox
        .log()
        .iter()
        .filter(|entry| entry.write && entry.client == fsxctl_sandbox::Client::Command)
        .count()
}

/// The claim, its volume and its file system; an error when the claim is not Bound.
fn show(state: &State) -> Result<(), String> {
    let mut bound = false;
    for claim in state.kube.list("v1", "PersistentVolumeClaim") {
        let phase = claim["status"]["phase"].as_str().unwrap_or_default();
        bound |= phase == "Bound";
        println!(
            "claim        {}/{}  {phase}  {}",
            text(&claim["metadata"]["namespace"]),
            text(&claim["metadata"]["name"]),
            text(&claim["spec"]["resources"]["requests"]["storage"]),
        );
    }
    for volume in state.kube.list("v1", "PersistentVolume") {
        println!(
            "volume       {}  {}",
            text(&volume["metadata"]["name"]),
            text(&volume["spec"]["csi"]["volumeHandle"])
        );
    }
    for system in state.rows("fsx.FileSystems") {
        println!(
            "file system  {}  {}  {} GiB  {}",
            text(&system["FileSystemId"]),
            text(&system["Lifecycle"]),
            system["StorageCapacity"],
            text(&system["LustreConfiguration"]["DeploymentType"]),
        );
    }
    if bound { Ok(()) } else { Err("the claim is not Bound".to_owned()) }
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("-")
}
