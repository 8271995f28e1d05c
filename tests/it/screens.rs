//! What a learner sees, from the first screen to the last, as one snapshot: ids, addresses and dates by reference.

use std::process::Command;

use crate::readme::only_these_tools;

#[test]
fn the_lesson_as_its_solution_meets_it() {
    let tools = only_these_tools();
    let out = Command::new("bash")
        .arg("-c")
        .arg(format!(
            "{} demo --pace instant 2>&1",
            env!("CARGO_BIN_EXE_groundschool")
        ))
        .env("PATH", tools.path())
        .output()
        .unwrap();
    let mut settings = insta::Settings::clone_current();
    for (pattern, name) in [
        (r"\b(i|sg|sgr|key|r|vpc|subnet)-0[0-9a-f]{16}\b", "$1-ID"),
        (r"203\.0\.113\.\d+", "PUBLIC"),
        (r"ip-172-31-\d+-\d+", "ip-PRIVATE"),
        (
            r"(?m)^-rw-r--r-- 1 .* testkeypair\.pem$",
            "-rw-r--r-- 1 ... testkeypair.pem",
        ),
        // How a sentence is wrapped depends on the length of an address.
        (r"\n\| ([a-z0-9(`])", " $1"),
    ] {
        settings.add_filter(pattern, name);
    }
    settings.bind(|| insta::assert_snapshot!(String::from_utf8_lossy(&out.stdout)));
}
