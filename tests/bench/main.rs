//! The benchmarks: `cargo bench`, or `cargo bench -- NAME…` for some. `README.md` beside this file says how to read them.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::large_stack_arrays,
    reason = "benchmarks measure the computer, print, and fail by panicking"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark measures time, starts processes, prints, and gives up loudly when something is wrong"
)]

mod bare_http;
mod bare_ssh;
mod create_key_pair;
mod crowd;
mod describe;
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the integration tests use more of it"
)]
#[path = "../it/desk.rs"]
mod desk;
mod grade;
mod hook;
mod keep;
mod login;
mod many;
#[cfg(target_os = "linux")]
mod netns;
mod numbers;
#[expect(dead_code, reason = "the integration tests use more of it")]
#[path = "../common/served.rs"]
mod served;
mod start;
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the integration tests use more of it"
)]
#[path = "../it/terminal.rs"]
mod terminal;
mod week;

/// Those that run only when they are named.
const LONG: &[(&str, fn())] = &[("week", week::run)];

/// Every benchmark, in the order in which they run.
const ALL: &[(&str, fn())] = &[
    ("start", start::run),
    ("describe", describe::run),
    ("many", many::run),
    ("keep", keep::run),
    ("grade", grade::run),
    ("create_key_pair", create_key_pair::run),
    ("login", login::run),
    ("hook", hook::run),
    #[cfg(target_os = "linux")]
    ("netns", netns::run),
];

fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let unknown: Vec<_> = wanted
        .iter()
        .filter(|word| ALL.iter().chain(LONG).all(|(name, _)| name != word))
        .collect();
    let names: Vec<_> = ALL.iter().chain(LONG).map(|(name, _)| *name).collect();
    assert!(
        unknown.is_empty(),
        "no benchmark is named {unknown:?}; there are {}",
        names.join(", ")
    );
    for (name, run) in ALL.iter().chain(LONG) {
        let is_long = LONG.iter().any(|(long, _)| long == name);
        if (wanted.is_empty() && !is_long) || wanted.iter().any(|word| word == name) {
            println!("\n== {name}");
            run();
        }
    }
}
