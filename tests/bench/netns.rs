//! The netns stage: how long it takes to have a lab's network, and to be rid of it.

use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use groundschool::lab::multicall::KEEPER;
use groundschool::lab::simulation::LAB_ADDRESSES;
use groundschool::lab::stage::{Ground, Probe};
use groundschool::lab::workspace::Workspace;

use crate::desk::program;
use crate::numbers::{Times, print_aim};

const TURNS: usize = 50;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("home");
    std::fs::create_dir_all(home.join(".ssh")).expect("a folder");
    let workspace = Workspace::open(&folder.path().join("lab"), None).expect("a lab");
    let ground = Ground {
        program: program(),
        layout: workspace.layout(),
        path: None,
        home: Some(home),
        pace: "instant",
        my_address: Ipv4Addr::new(198, 51, 100, 7),
        instances: LAB_ADDRESSES,
    };
    let (mut times, mut gone, mut bare) = (Times::default(), Times::default(), Times::default());
    for _ in 0..TURNS {
        bare.time(|| {
            let mut process = Command::new(program());
            process.arg0(KEEPER).stdin(Stdio::null());
            process.status().expect("the program starts")
        });
        let begin = Instant::now();
        let probe = Probe::make(&ground).expect("this system allows user namespaces");
        times.add(begin.elapsed());
        assert!(probe.notes.is_empty(), "{:?}", probe.notes);
        gone.time(|| drop(probe));
    }
    times.print("a lab's own network, made");
    gone.print("  and gone again");
    bare.print("  the same process, told nothing");
    print_aim(
        "20 ms to make it",
        times.median() <= Duration::from_millis(20),
    );
}
