//! `set`, `shift`, `shopt`: how the shell behaves.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    if call.given().is_empty() {
        let lines: String = call
            .host
            .shell()
            .variables
            .iter()
            .map(|(name, variable)| format!("{name}={}\n", variable.value))
            .collect();
        call.out(lines);
        return 0;
    }
    let mut words = call.given().iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--" => {
                call.host.shell().arguments = words.cloned().collect();
                return 0;
            }
            "-e" => call.host.shell().exit_on_error = true,
            "+e" => call.host.shell().exit_on_error = false,
            // Accepted so that common scripts run; they change nothing here.
            // Tracing is among them: what it would print is not simulated.
            "-u" | "+u" | "-o" | "+o" | "pipefail" | "errexit" | "nounset" | "-eu" | "-euo"
            | "-f" | "+f" | "history" | "-x" | "+x" | "-ex" | "-xe" | "-eux" | "-euxo"
            | "xtrace" => {
                call.host.shell().exit_on_error |=
                    word.starts_with("-e") || word == "-xe" || word == "errexit";
            }
            option if option.starts_with(['-', '+']) => {
                call.complain(format!("{option}: not simulated on this machine"));
                return 2;
            }
            _ => {
                let mut all = vec![word.clone()];
                all.extend(words.cloned());
                call.host.shell().arguments = all;
                return 0;
            }
        }
    }
    0
}

pub(super) fn shift(call: &mut Call<'_>) -> u32 {
    let count = call
        .given()
        .first()
        .map_or(Ok(1), |word| word.parse::<usize>());
    let arguments = &mut call.host.shell().arguments;
    match count {
        Ok(count) if count <= arguments.len() => {
            arguments.drain(..count);
            0
        }
        Ok(_) => 1,
        Err(_) => call.complain("numeric argument required"),
    }
}

/// Accepted so that start-up files run; nothing changes.
pub(super) fn shopt(_: &mut Call<'_>) -> u32 {
    0
}
