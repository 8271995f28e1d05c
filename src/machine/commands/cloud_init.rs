//! `cloud-init`: how the boot went.

use super::Call;
use crate::machine::boot::RESULT;
use crate::machine::disk::Who;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut long = false;
    let mut words = call.given().iter().map(String::as_str);
    match words.next() {
        Some("status") => (),
        Some("--version" | "-v") => {
            call.out("/usr/bin/cloud-init 22.2.2\n");
            return 0;
        }
        Some(
            "query" | "schema" | "clean" | "init" | "modules" | "single" | "analyze"
            | "collect-logs",
        ) => {
            call.err("cloud-init: on this simulated machine only `cloud-init status' answers.\n");
            return 1;
        }
        Some(_) | None => {
            call.err("usage: cloud-init status [--wait] [--long]\n");
            return 2;
        }
    }
    for word in words {
        match word {
            "--long" | "-l" => long = true,
            // It is done before anybody can ask.
            "--wait" | "-w" => (),
            other => {
                call.err(format!(
                    "cloud-init: error: unrecognized arguments: {other}\n"
                ));
                return 2;
            }
        }
    }
    let text = call.disk().read(&Who::root(), RESULT).unwrap_or_default();
    let result: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let errors: Vec<String> = result
        .pointer("/v1/errors")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|error| error.as_str().map(str::to_owned))
        .collect();
    let word = if errors.is_empty() { "done" } else { "error" };
    call.out(format!("status: {word}\n"));
    if long {
        let detail = if errors.is_empty() {
            "DataSourceEc2".to_owned()
        } else {
            errors.join("\n")
        };
        call.out(format!("detail:\n{detail}\n"));
    }
    u32::from(!errors.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn a_machine_without_user_data_is_done() {
        assert_eq!(run("cloud-init status --wait"), "status: done\n0");
        assert_eq!(
            run("cloud-init fly"),
            "usage: cloud-init status [--wait] [--long]\n2"
        );
    }
}
