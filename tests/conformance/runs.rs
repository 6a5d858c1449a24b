//! The runs of fsxctl whose exchanges are judged here: one of every road, on worlds of their own.

use std::path::Path;
use std::process::Command;

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

/// The programs that cargo built, with a `helm` beside them that is the sandbox's stand-in.
pub fn programs(folder: &Path) -> Result<(), String> {
    let built = Path::new(env!("CARGO_BIN_EXE_fsxctl"));
    for (name, program) in
        [("fsxctl", "fsxctl"), ("fsxctl-sandbox", "fsxctl-sandbox"), ("helm", "fsxctl-sandbox")]
    {
        let program = built.with_file_name(program);
        if !program.is_file() {
            return Err(format!("{} is not built: cargo build --workspace --all-targets", program.display()));
        }
        std::os::unix::fs::symlink(&program, folder.join(name))
            .map_err(|why| format!("link {name}: {why}"))?;
    }
    Ok(())
}

/// The sandbox, ready to be given a COMMAND; its exchanges go to a directory of their own.
pub fn sandbox(programs: &Path, exchanges: &Path) -> Command {
    let mut sandbox = Command::new(programs.join("fsxctl-sandbox"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [programs.to_owned()].into_iter().chain(std::env::split_paths(&path));
    sandbox.env("PATH", std::env::join_paths(path).unwrap_or_default());
    sandbox.env("FSXCTL_SANDBOX_EXCHANGES", exchanges);
    sandbox.args(["run", "--speed", "6000"]);
    sandbox
}

impl Run {
    /// Runs it to its end; every command must end as it should, or it did not do what it is here for.
    pub fn go(&self, programs: &Path, exchanges: &Path, home: &Path) -> Result<(), String> {
        let mut sandbox = sandbox(programs, exchanges);
        for (number, world) in self.worlds.iter().enumerate() {
            if !world.contains(':') {
                sandbox.args(["--world", world]);
                continue;
            }
            let file = home.join(format!("layer-{number}.yaml"));
            let text = format!("apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n{world}\n");
            std::fs::write(&file, text).map_err(|why| format!("{}: {why}", file.display()))?;
            sandbox.arg("--world").arg(file);
        }
        let step = |(code, words): &(i32, &str)| {
            format!(
                "fsxctl {words}; got=$?; if [ $got -ne {code} ]; then echo \"fsxctl {words}: $got and not {code}\"; exit 99; fi\n"
            )
        };
        let script: String = self.commands.iter().map(step).collect();
        let done = sandbox.args(["--", "sh", "-c", &script]).env("HOME", home).current_dir(home).output();
        match done {
            Ok(done) if done.status.success() => Ok(()),
            Ok(done) => Err(told(&done)),
            Err(why) => Err(why.to_string()),
        }
    }
}
