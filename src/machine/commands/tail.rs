//! `tail`: the last lines.

use super::Call;
use super::head::counts;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    if call.given().iter().any(|word| word == "-f" || word == "-F") {
        return call.fail("following a file is not simulated on this machine");
    }
    let Some((count, bytes, files)) = counts(call) else {
        return 1;
    };
    let (contents, well) = call.contents(&files);
    let many = contents.len() > 1;
    for (number, (name, content)) in contents.into_iter().enumerate() {
        if many {
            call.out(format!(
                "{}==> {name} <==\n",
                if number > 0 { "\n" } else { "" }
            ));
        }
        let size = usize::try_from(
            count
                .trim_start_matches(['-', '+'])
                .parse::<u64>()
                .unwrap_or(10),
        )
        .unwrap_or(usize::MAX);
        let from_start = count.starts_with('+');
        let skip = |all: usize| {
            if from_start {
                size.saturating_sub(1).min(all)
            } else {
                all.saturating_sub(size)
            }
        };
        if bytes {
            call.out(content.get(skip(content.len())..).unwrap_or_default());
            continue;
        }
        let lines: Vec<&[u8]> = content.split_inclusive(|byte| *byte == b'\n').collect();
        let skip = skip(lines.len());
        for line in lines.into_iter().skip(skip) {
            call.out(line);
        }
    }
    u32::from(!well)
}
