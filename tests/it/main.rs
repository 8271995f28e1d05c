//! Integration tests: one binary that drives the real tools.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests touch the computer, and fail by panicking"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests start processes, wait with deadlines, and give up loudly"
)]

mod aws;
mod boot;
mod browser;
mod caller;
mod catalogue;
mod classroom;
mod console;
mod console_pages;
mod contract;
mod course;
mod desk;
mod every_stage;
mod faults;
mod first_lesson;
mod hostile;
mod kill;
mod lab;
mod layers;
mod learner;
#[cfg(target_os = "linux")]
mod netns;
mod on_aws;
mod open_lab;
mod own_lesson;
mod readme;
mod recorder;
mod screens;
mod serve;
#[expect(dead_code, reason = "the benchmarks use more of it")]
#[path = "../common/served.rs"]
mod served;
mod shell;
mod shim;
mod ssh;
mod stages;
mod terminal;
mod watch;
