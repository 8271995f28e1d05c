//! `chmod`: who may read, write and run.

use super::Call;
use crate::machine::node::Kind;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let (mut words, mut recursive, mut plain) = (Vec::new(), false, false);
    for word in call.given() {
        match word.as_str() {
            "-R" | "--recursive" if !plain => recursive = true,
            "-v" | "-c" | "-f" if !plain => (),
            "--" => plain = true,
            // `-w` and `-x` are modes, not options.
            word if word.starts_with("--") && !plain => {
                return call.usage(format!("unrecognized option '{word}'"));
            }
            word => words.push(word.to_owned()),
        }
    }
    let Some((mode, files)) = words.split_first() else {
        return call.usage("missing operand");
    };
    if files.is_empty() {
        return call.usage(format!("missing operand after '{mode}'"));
    }
    let umask = call.host.shell().umask;
    if change(mode, 0, false, umask).is_none() {
        return call.usage(format!("invalid mode: '{mode}'"));
    }
    let who = call.who();
    let mut status = 0;
    for file in files {
        let path = call.path(file);
        let place = match call.disk().resolve(&who, &path, true) {
            Ok((place, _)) => place,
            Err(fault) => {
                status = call.fail(format!("cannot access '{file}': {fault}"));
                continue;
            }
        };
        let all = if recursive {
            call.disk().tree(&place)
        } else {
            vec![place.clone()]
        };
        for at in all {
            let shown = format!(
                "{file}{}",
                at.strip_prefix(place.as_str()).unwrap_or_default()
            );
            if call
                .disk()
                .at(&at)
                .is_some_and(|node| matches!(node.kind, Kind::Link(_)))
            {
                continue;
            }
            let done = call.disk().change(&who, &at, true, |node| {
                node.mode = change(mode, node.mode, node.is_dir(), umask).unwrap_or(node.mode);
            });
            if let Err(fault) = done {
                status = call.fail(format!("changing permissions of '{shown}': {fault}"));
            }
        }
    }
    status
}

/// The mode after a change such as `400`, `u+x`, `go-rwx,u=rw`; `None` when it cannot be read.
fn change(text: &str, old: u16, dir: bool, umask: u16) -> Option<u16> {
    if text.chars().all(|c| c.is_digit(8)) && !text.is_empty() {
        return u16::from_str_radix(text, 8)
            .ok()
            .filter(|mode| *mode <= 0o7777);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (whom, rest) = clause.split_at(at);
        let mut mask = 0_u16;
        for c in whom.chars() {
            mask |= match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        if whom.is_empty() {
            mask = 0o7777 & !umask;
        }
        let mut op = '+';
        let mut bits = 0;
        let mut pending = false;
        let apply = |mode: &mut u16, op: char, bits: u16| match op {
            '+' => *mode |= bits & mask,
            '-' => *mode &= !(bits & mask),
            _ => *mode = (*mode & !(mask & 0o777)) | (bits & mask),
        };
        for c in rest.chars() {
            match c {
                '+' | '-' | '=' => {
                    if pending {
                        apply(&mut mode, op, bits);
                    }
                    (op, bits, pending) = (c, 0, true);
                }
                'r' => bits |= 0o444,
                'w' => bits |= 0o222,
                'x' => bits |= 0o111,
                'X' => bits |= if dir || mode & 0o111 != 0 { 0o111 } else { 0 },
                's' => bits |= 0o6000,
                't' => bits |= 0o1000,
                'u' => bits |= (mode >> 6 & 7) * 0o111,
                'g' => bits |= (mode >> 3 & 7) * 0o111,
                'o' => bits |= (mode & 7) * 0o111,
                _ => return None,
            }
        }
        apply(&mut mode, op, bits);
    }
    Some(mode)
}

#[cfg(test)]
mod tests {
    use super::change;
    use crate::machine::testing::run;

    #[test]
    fn modes_are_read_as_numbers_and_as_letters() {
        for (text, old, new) in [
            ("400", 0o644, Some(0o400)),
            ("u+x", 0o644, Some(0o744)),
            ("go-rwx", 0o777, Some(0o700)),
            ("u=rw,go=", 0o777, Some(0o600)),
            ("+x", 0o644, Some(0o755)),
            ("g=u", 0o640, Some(0o660)),
            ("a+t", 0o777, Some(0o1777)),
            ("9", 0, None),
            ("u~x", 0, None),
            ("77777", 0, None),
        ] {
            assert_eq!(change(text, old, false, 0o022), new, "{text}");
        }
    }

    #[test]
    fn a_slip_of_the_guide_hits_the_root_folder() {
        let screen = run("touch k.pem; chmod 0400 k.pem // comment");
        assert_eq!(
            screen,
            "chmod: changing permissions of '//': Operation not permitted\nchmod: cannot access 'comment': No such file or directory\n1"
        );
        assert_eq!(run("touch k; chmod 400 k; stat -c %a k"), "400\n0");
        assert_eq!(
            run("chmod 400"),
            "chmod: missing operand after '400'\nTry 'chmod --help' for more information.\n1"
        );
    }
}
