//! `date`: the machine's clock, in UTC.

use super::Call;
use crate::machine::moment;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut format = "%a %b %e %H:%M:%S UTC %Y";
    let now = call.now();
    for word in call.given() {
        match word.as_str() {
            "-u" | "--utc" => (),
            "-I" => format = "%Y-%m-%d",
            "-R" => format = "%a, %d %b %Y %H:%M:%S +0000",
            word if word.starts_with('+') => format = word.get(1..).unwrap_or_default(),
            word if word.starts_with('-') => {
                return call.usage(format!(
                    "invalid option -- '{}'",
                    word.trim_start_matches('-')
                ));
            }
            word => return call.fail(format!("invalid date '{word}'")),
        }
    }
    match moment::format(now, format) {
        Some(text) => call.out(format!("{text}\n")),
        None => {
            return call.fail(format!(
                "the format '{format}' is not simulated on this machine"
            ));
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn the_time_is_the_one_that_was_given() {
        assert_eq!(run("date"), "Tue Nov 24 10:00:00 UTC 2026\n0");
        assert_eq!(
            run("date +%s; date '+%F %T'"),
            "1795514400\n2026-11-24 10:00:00\n0"
        );
        assert_eq!(
            run("date +%"),
            "date: the format '%' is not simulated on this machine\n1"
        );
    }
}
