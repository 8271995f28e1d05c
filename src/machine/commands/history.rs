//! `history`: the lines that were typed.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let given = call.given();
    let shell = call.host.shell();
    let lines = match given.first().map(String::as_str) {
        Some("-c") => {
            shell.history.clear();
            return 0;
        }
        Some("-w" | "-a") => return 0,
        Some(word) => match word.parse::<usize>() {
            Ok(count) => count,
            Err(_) => return call.complain(format!("{word}: numeric argument required")),
        },
        None => usize::MAX,
    };
    let skip = shell.history.len().saturating_sub(lines);
    let text: String = shell
        .history
        .iter()
        .enumerate()
        .skip(skip)
        .map(|(number, line)| format!("{:5}  {line}\n", number + 1))
        .collect();
    call.out(text);
    0
}
