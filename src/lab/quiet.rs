//! A panic hook that keeps the panics of the endpoint's connections off the screen.
//!
//! wiremock panics when a client hangs up in the middle of a body, sends a bad chunk or an odd URI. Only that connection
//! ends, so that nobody needs to read about it; a lab writes it down.

use std::backtrace::Backtrace;
use std::fs::OpenOptions;
use std::io::Write;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

/// Installs the hook. With a file, every panic is added to it and none is printed: the learner is in the middle of
/// something, and who catches one of the main thread says so. Without one, all are printed but wiremock's own.
pub fn quiet_panics(file: Option<PathBuf>) {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(file) = &file {
            // There is nobody to tell if the disk is full.
            let _ = write_down(file, panic);
        }
        if file.is_none() && !is_wiremocks(panic) {
            print(panic);
        }
    }));
}

/// Whether it happened in wiremock's own code.
fn is_wiremocks(panic: &PanicHookInfo<'_>) -> bool {
    panic
        .location()
        .is_some_and(|location| is_in_wiremock(Path::new(location.file())))
}

/// Cargo keeps a crate's source in a folder named for the crate and its version.
fn is_in_wiremock(source: &Path) -> bool {
    source.iter().any(|part| {
        part.to_str()
            .is_some_and(|part| part.starts_with("wiremock-"))
    })
}

fn write_down(file: &Path, panic: &PanicHookInfo<'_>) -> std::io::Result<()> {
    let text = format!(
        "{} {panic}\n{}\n",
        crate::lab::journal::timestamp(),
        Backtrace::capture()
    );
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?
        .write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_source_of_the_wiremock_crate_is_wiremocks() {
        assert!(is_in_wiremock(Path::new(
            "/home/a/.cargo/registry/src/index/wiremock-0.6.5/src/request.rs"
        )));
        assert!(!is_in_wiremock(Path::new("src/lab/server/ec2.rs")));
        assert!(!is_in_wiremock(
            Path::new("/home/wiremock-fan/src/lab/quiet.rs")
                .strip_prefix("/home/wiremock-fan")
                .unwrap()
        ));
    }
}
