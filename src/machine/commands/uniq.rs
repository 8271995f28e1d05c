//! `uniq`: lines that repeat, once.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("cdu", &[("count", 'c')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let (contents, well) = call.contents(&options.operands);
    let mut runs: Vec<(String, usize)> = Vec::new();
    for (_, content) in contents {
        for line in String::from_utf8_lossy(&content).lines() {
            match runs.last_mut() {
                Some((last, count)) if last == line => *count += 1,
                Some(_) | None => runs.push((line.to_owned(), 1)),
            }
        }
    }
    for (line, count) in runs {
        if (options.has('d') && count == 1) || (options.has('u') && count > 1) {
            continue;
        }
        call.out(if options.has('c') {
            format!("{count:7} {line}\n")
        } else {
            format!("{line}\n")
        });
    }
    u32::from(!well)
}
