//! The runs of fsxctl whose exchanges are judged here: one of every road, on worlds of their own.

use std::path::Path;
use std::process::Command;

use fsxctl_sandbox::{Options, Sandbox, Source};

use super::python::told;

/// One sandbox and what is run against it, one after the other.
pub struct Run {
    /// Built-in worlds and layers' texts, first to last.
    worlds: &'static [&'static str],
    /// The exit code and the words after `fsxctl`.
    commands: &'static [(i32, &'static str)],
}

const AGENT: &str = "aws: {eks: {addons: [{clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}]}}";
const DENIED: &str = "denied: ['ec2:DescribeSecurityGroups', 'iam:GetRole', 'eks:DescribeAddon', 'fsx:DescribeFileSystems', 'sagemaker:ListClusters']";
const EXPIRED: &str = "callerExpires: now-1m";

/// All of them.
pub const RUNS: &[Run] = &[
    Run {
        worlds: &["bare"],
        commands: &[
            (0, "setup dynamic --cluster hp-eks --yes --verify"),
            (0, "setup dynamic --cluster hp-eks --yes"),
            (0, "status --cluster hp-eks"),
        ],
    },
    Run {
        worlds: &["bare", AGENT],
        commands: &[
            (0, "setup dynamic --cluster hp-eks --yes --identity pod-identity --policy managed --tag team=a"),
            (0, "migrate identity --to irsa --yes"),
        ],
    },
    Run {
        worlds: &["bare"],
        commands: &[
            (
                0,
                "setup dynamic --cluster hp-eks --yes --driver helm --identity irsa --security-group create --size 2400Gi",
            ),
            (0, "migrate driver --to addon --yes"),
        ],
    },
    Run {
        worlds: &["existing"],
        commands: &[
            (0, "byo --fs-id fs-0e10000000000000e --cluster hp-eks --yes --open-ports --verify"),
            (0, "share --fs-id fs-0e10000000000000e --cluster hp-eks --namespaces kube-public --yes"),
            (0, "setup driver --list-versions"),
        ],
    },
    Run {
        worlds: &["bare"],
        commands: &[
            (2, "setup dynamic --cluster hp-eks --yes --size 1300Gi"),
            (2, "setup dynamic --cluster nobody --yes"),
            (2, "setup dynamic --cluster hp-eks --yes --subnet subnet-0123456789abcdef0"),
            (2, "setup dynamic --cluster hp-eks --yes --security-group sg-0123456789abcdef0"),
            (0, "permissions setup dynamic"),
        ],
    },
    Run { worlds: &["quick-setup"], commands: &[(0, "status --cluster hp-eks -o json")] },
    Run { worlds: &["scale"], commands: &[(0, "status --cluster hp-eks -o json")] },
    Run { worlds: &["bare", DENIED], commands: &[(5, "setup dynamic --cluster hp-eks --yes")] },
    Run { worlds: &["bare", EXPIRED], commands: &[(5, "status --cluster hp-eks")] },
];

/// A `helm` that is the sandbox's stand-in.
pub fn programs(folder: &Path) -> Result<(), String> {
    let built = Path::new(env!("CARGO_BIN_EXE_fsxctl")).with_file_name("fsxctl-sandbox");
    if !built.is_file() {
        return Err(format!("{} is not built: cargo build --workspace --all-targets", built.display()));
    }
    std::os::unix::fs::symlink(&built, folder.join("helm")).map_err(|why| format!("link helm: {why}"))
}

/// A sandbox of these layers, whose exchanges go to a directory of their own.
pub fn sandbox(worlds: Vec<Source>, exchanges: &Path) -> Result<Sandbox, String> {
    let exchanges = Some(exchanges.to_owned());
    Sandbox::start(Options { worlds, speed: 6000.0, exchanges, ..Options::default() })
        .map_err(|why| why.to_string())
}

/// A program with nothing of the caller's environment but PATH, and the sandbox's own.
pub fn against(sandbox: &Sandbox, programs: &Path, program: &Path) -> Command {
    let built = Path::new(env!("CARGO_BIN_EXE_fsxctl")).with_file_name("");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [programs.to_owned(), built].into_iter().chain(std::env::split_paths(&path));
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::join_paths(path).unwrap_or_default()).envs(sandbox.env());
    command
}

impl Run {
    /// Runs it to its end; every command must end as it should, or it did not do what it is here for.
    pub fn go(&self, programs: &Path, exchanges: &Path, home: &Path) -> Result<(), String> {
        let world = |layer: &&str| match layer.contains(':') {
            true => Source::text(format!("apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n{layer}\n")),
            false => Source::BuiltIn((*layer).to_owned()),
        };
        let sandbox = sandbox(self.worlds.iter().map(world).collect(), exchanges)?;
        for (code, words) in self.commands {
            let mut fsxctl = against(&sandbox, programs, Path::new(env!("CARGO_BIN_EXE_fsxctl")));
            let done = fsxctl.args(words.split_whitespace()).env("HOME", home).current_dir(home).output();
            let done = done.map_err(|why| why.to_string())?;
            if done.status.code() != Some(*code) {
                return Err(format!("fsxctl {words}: not {code} but {}", told(&done)));
            }
        }
        Ok(())
    }
}
