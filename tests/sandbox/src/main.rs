//! The `fsxctl-sandbox` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fsxctl_sandbox::cli::main()
}
