//! `export`, `declare`, `local`, `readonly`, `let`, `printenv`: variables.

use super::Call;

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Sets each `name=value`; what is done to each name afterwards is `then`.
fn each(call: &mut Call<'_>, then: impl Fn(&mut crate::machine::shell::Shell, &str)) -> u32 {
    let mut status = 0;
    for word in call.given().iter().filter(|word| !word.starts_with('-')) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        if !is_name(name) {
            status = call.complain(format!("`{word}': not a valid identifier"));
            continue;
        }
        let shell = call.host.shell();
        if let Some(value) = value
            && !shell.set(name, value.to_owned())
        {
            let prefix = shell.prefix.clone();
            call.err(format!("{prefix}{name}: readonly variable\n"));
            status = 1;
            continue;
        }
        then(call.host.shell(), name);
    }
    status
}

fn list(call: &mut Call<'_>, front: &str) {
    let lines: String = call
        .host
        .shell()
        .environment()
        .map(|(name, value)| {
            format!(
                "{front}{name}=\"{}\"\n",
                value.replace('\\', "\\\\").replace('"', "\\\"")
            )
        })
        .collect();
    call.out(lines);
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options: Vec<&str> = call
        .given()
        .iter()
        .map(String::as_str)
        .filter(|word| word.starts_with('-'))
        .collect();
    if call.given().len() == options.len() {
        list(call, "declare -x ");
        return 0;
    }
    let exported = !options.contains(&"-n");
    each(call, |shell, name| {
        if shell.get(name).is_none() {
            shell.set(name, String::new());
        }
        if let Some(variable) = shell.variables.get_mut(name) {
            variable.exported = exported;
        }
    })
}

pub(super) fn declare(call: &mut Call<'_>) -> u32 {
    let options: String = call
        .given()
        .iter()
        .filter(|word| word.starts_with('-'))
        .cloned()
        .collect();
    if options.contains(['a', 'A']) {
        return call.complain("arrays are not simulated on this machine");
    }
    if call.given().iter().all(|word| word.starts_with('-')) {
        list(call, "declare -x ");
        return 0;
    }
    each(call, |shell, name| {
        if shell.get(name).is_none() {
            shell.set(name, String::new());
        }
        if let Some(variable) = shell.variables.get_mut(name) {
            variable.exported |= options.contains('x');
            variable.read_only |= options.contains('r');
        }
    })
}

/// In a function. Here it is not undone at the function's end; that is the one thing missing.
pub(super) fn local(call: &mut Call<'_>) -> u32 {
    each(call, |shell, name| {
        if shell.get(name).is_none() {
            shell.set(name, String::new());
        }
    })
}

pub(super) fn readonly(call: &mut Call<'_>) -> u32 {
    each(call, |shell, name| {
        if shell.get(name).is_none() {
            shell.set(name, String::new());
        }
        if let Some(variable) = shell.variables.get_mut(name) {
            variable.read_only = true;
        }
    })
}

pub(super) fn calculate(call: &mut Call<'_>) -> u32 {
    let mut last = 0;
    for text in call.given() {
        match crate::machine::shell::evaluate(call.host.shell(), text) {
            Ok(value) => last = value,
            Err(message) => return call.complain(message),
        }
    }
    u32::from(last == 0)
}

pub(super) fn printenv(call: &mut Call<'_>) -> u32 {
    if call.given().is_empty() {
        let lines: String = call
            .host
            .shell()
            .environment()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        call.out(lines);
        return 0;
    }
    let mut status = 0;
    for name in call.given() {
        let value = call
            .host
            .shell()
            .environment()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.to_owned());
        match value {
            Some(value) => call.out(format!("{value}\n")),
            None => status = 1,
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn only_what_is_exported_is_seen_by_others() {
        assert_eq!(
            run("a=1; export b=2; bash -c 'echo [$a] [$b]'"),
            "[] [2]\n0"
        );
        assert_eq!(
            run("export 1a=2"),
            "bash: line 1: export: `1a=2': not a valid identifier\n1"
        );
        assert_eq!(
            run("readonly x=1; x=2; echo never"),
            "bash: line 1: x: readonly variable\n1"
        );
        assert_eq!(run("X=5 printenv X; printenv X"), "5\n1");
    }
}
