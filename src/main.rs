//! The `tiquo-auth` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tiquo_auth::cli::main()
}
