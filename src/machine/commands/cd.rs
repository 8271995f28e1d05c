//! `cd`: into another folder.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let given: Vec<&String> = call
        .given()
        .iter()
        .filter(|word| !["--", "-P", "-L"].contains(&word.as_str()))
        .collect();
    if given.len() > 1 {
        return call.complain("too many arguments");
    }
    let shell = call.host.shell();
    let mut say = false;
    let target = match given.first().map(|word| word.as_str()) {
        None => match shell.get("HOME") {
            Some(home) => home.to_owned(),
            None => return call.complain("HOME not set"),
        },
        Some("-") => match shell.get("OLDPWD").map(str::to_owned) {
            Some(old) => {
                say = true;
                old
            }
            None => return call.complain("OLDPWD not set"),
        },
        Some("") => return 0,
        Some(target) => target.to_owned(),
    };
    let (path, who) = (shell.path(&target), shell.who.clone());
    let place = match call.disk().resolve(&who, &path, true) {
        Ok((_, node)) if !node.is_dir() => {
            return call.complain(format!("{target}: Not a directory"));
        }
        Ok((_, node)) if !who.may(node, 1) => {
            return call.complain(format!("{target}: Permission denied"));
        }
        Ok((place, _)) => place,
        Err(fault) => return call.complain(format!("{target}: {fault}")),
    };
    let shell = call.host.shell();
    let old = std::mem::replace(&mut shell.cwd, place.clone());
    shell.export("OLDPWD", &old);
    shell.export("PWD", &place);
    if say {
        call.out(format!("{place}\n"));
    }
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn it_goes_home_back_and_up_and_says_what_it_cannot() {
        assert_eq!(
            run("cd /etc; pwd; cd; pwd; cd -; cd ..; pwd"),
            "/etc\n/home/ec2-user\n/etc\n/\n0"
        );
        assert_eq!(
            run("cd nowhere"),
            "bash: line 1: cd: nowhere: No such file or directory\n1"
        );
        assert_eq!(
            run("cd /etc/passwd"),
            "bash: line 1: cd: /etc/passwd: Not a directory\n1"
        );
        assert_eq!(
            run("cd /root"),
            "bash: line 1: cd: /root: Permission denied\n1"
        );
    }
}
