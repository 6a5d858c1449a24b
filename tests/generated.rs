//! Files that are made from the program are as the program is. `UPDATE=1` writes them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use fsxctl::error::Kind;
use fsxctl::intent::SETTINGS;
use fsxctl_sandbox::{Options, Sandbox};
use serde_json::Value;

/// Compares a committed file with what it should be, or writes it.
fn fresh(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(&file, wanted).expect("the file is written");
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = || {
        found
            .lines()
            .zip(wanted.lines())
            .position(|(a, b)| a != b)
            .unwrap_or_else(|| found.lines().count().min(wanted.lines().count()))
    };
    assert!(
        found == wanted,
        "{path} is stale from line {}; UPDATE=1 cargo test --workspace --test generated writes it",
        differs() + 1
    );
}

/// What the built program prints.
fn program(arguments: &[&str]) -> String {
    let answer =
        Command::new(env!("CARGO_BIN_EXE_fsxctl")).args(arguments).env_clear().output().expect("fsxctl runs");
    assert!(answer.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).expect("text")
}

/// One section for each command: its help, global options only once.
fn reference(command: &mut clap::Command, name: &str, level: usize, page: &mut String) {
    let whole = command.clone().term_width(100).render_long_help().to_string();
    let cut = if level == 2 { None } else { whole.find("\nGlobal options:\n") };
    let help = cut.map_or(whole.as_str(), |at| &whole[..at]);
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    write!(page, "\n{} {name}\n\n```text\n{}\n```\n", "#".repeat(level), help.trim_end()).expect("text");
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    for inner in names {
        let inner_name = format!("{name} {inner}");
        let inner = command.find_subcommand_mut(&inner).expect("a subcommand");
        reference(inner, &inner_name, 3, page);
    }
}

#[test]
fn completions_are_those_of_the_program() {
    for (shell, path) in [
        ("bash", "completions/fsxctl.bash"),
        ("zsh", "completions/_fsxctl"),
        ("fish", "completions/fsxctl.fish"),
        ("powershell", "completions/_fsxctl.ps1"),
        ("elvish", "completions/fsxctl.elv"),
    ] {
        fresh(path, &program(&["completions", shell]));
    }
}

#[test]
fn schemas_are_those_of_the_program() {
    for kind in program(&["schema"]).lines() {
        fresh(&format!("docs/reference/{kind}.schema.json"), &program(&["schema", kind]));
    }
}

#[test]
fn the_command_reference_is_the_help() {
    let mut command = fsxctl::commands::command().bin_name("fsxctl");
    command.build();
    let mut page = String::from(
        "# Every command and flag\n\nGenerated from the program's help. The global options of `fsxctl` are taken by every command.\n",
    );
    reference(&mut command, "fsxctl", 2, &mut page);
    for name in ["## fsxctl\n", "### fsxctl setup dynamic\n", "### fsxctl env\n", "--trace-calls"] {
        assert!(page.contains(name), "{name}");
    }
    fresh("docs/reference/cli.md", &page);
}

/// Every flag that takes a value says which one it has without the flag; lists begin empty, or say what they have.
#[test]
fn the_help_of_every_flag_says_its_default() {
    fn judge(command: &clap::Command, name: &str, silent: &mut Vec<String>) {
        for flag in command.get_arguments().filter(|flag| flag.get_long().is_some()) {
            let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
            let says = help.contains("[default: ") || help.contains("(repeatable)");
            if flag.get_action().takes_values() && !flag.is_required_set() && !says {
                silent.push(format!("{name} --{}", flag.get_long().unwrap_or_default()));
            }
        }
        for inner in command.get_subcommands() {
            judge(inner, &format!("{name} {}", inner.get_name()), silent);
        }
    }
    let mut silent = Vec::new();
    judge(&fsxctl::commands::command(), "fsxctl", &mut silent);
    // Which parts, and which cluster: without the flag all of them, and none.
    silent.retain(|flag| {
        !["fsxctl setup dynamic --only", "fsxctl setup dynamic --skip"].contains(&flag.as_str())
    });
    assert_eq!(silent, ["fsxctl images --cluster"]);
}

#[test]
fn the_list_of_exit_codes_is_the_list_of_kinds() {
    let schema = schemars::schema_for!(Kind).to_value();
    let words = schema["oneOf"].as_array().expect("one entry a kind");
    let mut page = String::from(
        "# Exit codes\n\nGenerated from the program. [What each means for you](../exit-codes.md).\n\n| code | kind | meaning |\n|---|---|---|\n| 0 | | done, or nothing to do |\n",
    );
    for kind in Kind::ALL {
        let name = serde_json::to_value(kind).expect("a name");
        let word = words.iter().find(|word| word["const"] == name).expect("a kind has a word");
        let (code, meaning) =
            word["description"].as_str().and_then(|text| text.split_once(": ")).expect("code and meaning");
        assert_eq!(code, kind.code().to_string(), "the doc of {name} names another code");
        writeln!(page, "| {code} | `{}` | {} |", name.as_str().expect("text"), meaning.trim_end_matches('.'))
            .expect("text");
    }
    fresh("docs/reference/exit-codes.md", &page);
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md"))
        .expect("docs/exit-codes.md");
    for kind in Kind::ALL {
        assert!(
            guide.contains(&format!("\n## {} ", kind.code())),
            "docs/exit-codes.md has no section for {}",
            kind.code()
        );
    }
}

#[test]
fn the_list_of_variables_is_the_list_of_settings() {
    let mut page = String::from(
        "# Variables\n\nGenerated from the program. A flag wins over the variable, which wins over the others, first to last. [More](../settings.md).\n\n| variable | flag | also accepted | meaning |\n|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let others: Vec<String> = setting.aliases.iter().map(|name| format!("`{name}`")).collect();
        writeln!(
            page,
            "| `{}` | `--{}` | {} | {} |",
            setting.variable,
            setting.flag,
            others.join(", "),
            setting.meaning
        )
        .expect("text");
    }
    fresh("docs/reference/environment.md", &page);
}

/// The template with its blanks filled in, as two objects.
fn template(values: &[(&str, &str)]) -> Vec<Value> {
    let mut text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/dynamic.yaml"))
            .expect("the template");
    for (name, value) in values {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    assert!(!text.contains("${"), "a blank was not filled in");
    text.split("\n---\n").map(|part| serde_yaml::from_str(part).expect("YAML")).collect()
}

/// What a person wrote of an object: without status, marks and what the API server adds.
fn written(object: &Value) -> Value {
    let mut parameters = object["parameters"].clone();
    if let Some(parameters) = parameters.as_object_mut() {
        parameters.remove("extraTags");
        parameters.sort_keys();
    }
    serde_json::json!({
        "kind": object["kind"], "name": object["metadata"]["name"], "parameters": parameters,
        "provisioner": object["provisioner"], "mountOptions": object["mountOptions"], "reclaimPolicy": object["reclaimPolicy"],
        "volumeBindingMode": object["volumeBindingMode"], "allowVolumeExpansion": object["allowVolumeExpansion"],
        "accessModes": object["spec"]["accessModes"], "class": object["spec"]["storageClassName"],
        "size": object["spec"]["resources"]["requests"]["storage"],
    })
}

#[test]
fn the_template_makes_what_setup_makes() {
    let sandbox = Sandbox::start(Options::default()).expect("the sandbox starts");
    let mut fsxctl = Command::new(env!("CARGO_BIN_EXE_fsxctl"));
    fsxctl.args(["setup", "dynamic", "--yes", "--no-wait", "--quiet"]).env_clear().envs(sandbox.env());
    let answer = fsxctl.output().expect("fsxctl runs");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let (class, claim) = sandbox.with_state(|state| {
        let named = |kind: (&str, &str), name: &str| {
            let all = state.kube.list(kind.0, kind.1);
            all.into_iter()
                .find(|object| object["metadata"]["name"] == name)
                .unwrap_or_else(|| panic!("no {name}"))
                .clone()
        };
        (
            named(("storage.k8s.io/v1", "StorageClass"), "fsx-sc"),
            named(("v1", "PersistentVolumeClaim"), "fsx-claim"),
        )
    });
    let blank = |key: &str| class["parameters"][key].as_str().expect("text").to_owned();
    let filled = template(&[
        ("CLASS", "fsx-sc"),
        ("CLAIM", "fsx-claim"),
        ("NAMESPACE", "default"),
        ("SIZE", "1200Gi"),
        ("SUBNET", &blank("subnetId")),
        ("SECURITY_GROUP", &blank("securityGroupIds")),
    ]);
    assert_eq!(filled.iter().map(written).collect::<Vec<_>>(), [written(&class), written(&claim)]);
}

/// Every check has its section, whose anchor is what findings point at.
#[test]
fn the_page_of_checks_is_the_table() {
    let mut page = String::from(
        "# Checks of the doctor\n\nGenerated from the program, which tells the same as `fsxctl explain ID`. [How a diagnosis is read](doctor.md).\n",
    );
    for area in fsxctl::doctor::Area::ALL {
        let mut checks = fsxctl::doctor::all().filter(|check| check.area() == area).peekable();
        if checks.peek().is_none() {
            continue;
        }
        write!(page, "\n## {}: {}\n", area.word(), area.title()).expect("text");
        for check in checks {
            assert_eq!(check.docs(), format!("docs/checks.md#{}", check.id.to_lowercase()));
            write!(page, "\n### {}\n\n**{}** ({})\n\n", check.id, check.title, check.severity).expect("text");
            let explains: Vec<String> =
                check.explains.iter().map(|id| format!("[{id}](#{})", id.to_lowercase())).collect();
            for (name, text) in [
                ("Seen", check.symptom),
                ("Why", check.why),
                ("Decided by", check.decided_by),
                ("Way out", check.remedy),
                ("Explains", &explains.join(", ")),
                ("Source", &format!("<{}>", check.source)),
            ] {
                if !text.is_empty() {
                    writeln!(page, "- {name}: {text}").expect("text");
                }
            }
        }
    }
    fresh("docs/checks.md", &page);
}
