//! The `groundschool` command: one call.

fn main() -> std::process::ExitCode {
    groundschool::cli::main()
}
