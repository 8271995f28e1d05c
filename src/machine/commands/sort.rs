//! `sort`: lines in order.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options(
        "rnufk:t:",
        &[("reverse", 'r'), ("numeric-sort", 'n'), ("unique", 'u')],
    ) {
        Ok(options) => options,
        Err(status) => return status,
    };
    if let Some((letter, _)) = options
        .flags
        .iter()
        .find(|(letter, _)| "kt".contains(*letter))
    {
        call.fail(format!("-{letter}: not simulated on this machine"));
        return 2;
    }
    let (contents, well) = call.contents(&options.operands);
    let text: Vec<String> = contents
        .iter()
        .map(|(_, content)| String::from_utf8_lossy(content).into_owned())
        .collect();
    let mut lines: Vec<&str> = text.iter().flat_map(|text| text.lines()).collect();
    let number = |line: &str| {
        let line = line.trim_start();
        let end = line
            .find(|c: char| !c.is_ascii_digit() && c != '-')
            .unwrap_or(line.len());
        line.get(..end)
            .and_then(|digits| digits.parse::<i64>().ok())
            .unwrap_or(0)
    };
    lines.sort_by(|a, b| {
        if options.has('n') {
            number(a).cmp(&number(b)).then_with(|| a.cmp(b))
        } else if options.has('f') {
            a.to_lowercase().cmp(&b.to_lowercase())
        } else {
            a.cmp(b)
        }
    });
    if options.has('r') {
        lines.reverse();
    }
    if options.has('u') {
        lines.dedup();
    }
    let text: String = lines.into_iter().map(|line| format!("{line}\n")).collect();
    call.out(text);
    if well { 0 } else { 2 }
}
