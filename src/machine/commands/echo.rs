//! `echo`: what was given, on one line.

use super::Call;
use crate::machine::shell::escapes;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let (mut line_feed, mut reads_escapes) = (true, false);
    let mut rest = call.given();
    while let Some(word) = rest
        .first()
        .filter(|word| word.len() > 1 && word.starts_with('-'))
    {
        if !word.chars().skip(1).all(|c| "neE".contains(c)) {
            break;
        }
        for c in word.chars().skip(1) {
            match c {
                'n' => line_feed = false,
                letter => reads_escapes = letter == 'e',
            }
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    let mut text = rest.join(" ");
    if reads_escapes {
        let (read, ended) = escapes(&text);
        text = read;
        line_feed &= !ended;
    }
    if line_feed {
        text.push('\n');
    }
    call.out(text);
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn it_prints_with_and_without_escapes() {
        assert_eq!(run("echo a  b 'c  d'"), "a b c  d\n0");
        assert_eq!(run("echo -n a; echo -e 'x\\ty'; echo -x"), "ax\ty\n-x\n0");
    }
}
