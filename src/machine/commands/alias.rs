//! `alias`, `unalias`: other names for commands.

use super::Call;

pub(super) fn set(call: &mut Call<'_>) -> u32 {
    let mut status = 0;
    if call.given().is_empty() {
        let all = call.host.shell().aliases.clone();
        for (name, text) in all {
            call.out(format!("alias {name}='{text}'\n"));
        }
    }
    for word in call.given() {
        if let Some((name, text)) = word.split_once('=') {
            let shell = call.host.shell();
            if shell.aliases.len() < 200 {
                shell.aliases.insert(name.to_owned(), text.to_owned());
            }
        } else if let Some(text) = call.host.shell().aliases.get(word).cloned() {
            call.out(format!("alias {word}='{text}'\n"));
        } else {
            status = call.complain(format!("{word}: not found"));
        }
    }
    status
}

pub(super) fn unset(call: &mut Call<'_>) -> u32 {
    let mut status = 0;
    for word in call.given() {
        if word == "-a" {
            call.host.shell().aliases.clear();
        } else if call.host.shell().aliases.remove(word).is_none() {
            status = call.complain(format!("{word}: not found"));
        }
    }
    status
}
