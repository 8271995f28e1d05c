//! `seq`: numbers in a row.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut numbers = Vec::new();
    for word in call.given() {
        match word.parse::<i64>() {
            Ok(number) => numbers.push(number),
            Err(_) => return call.usage(format!("invalid floating point argument: '{word}'")),
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        [] => return call.usage("missing operand"),
        _ => return call.usage("extra operand"),
    };
    let mut at = first;
    for _ in 0..100_000 {
        if (step > 0 && at > last) || (step < 0 && at < last) {
            break;
        }
        call.out(format!("{at}\n"));
        let Some(next) = at.checked_add(step) else {
            break;
        };
        at = next;
    }
    0
}
