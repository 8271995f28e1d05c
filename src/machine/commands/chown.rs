//! `chown`, `chgrp`: whose it is.

use super::Call;
use crate::machine::users;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    owner(call, false)
}

pub(super) fn group(call: &mut Call<'_>) -> u32 {
    owner(call, true)
}

fn owner(call: &mut Call<'_>, only_group: bool) -> u32 {
    let options = match call.options("RvhcfH", &[("recursive", 'R')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let Some((spec, files)) = options.operands.split_first() else {
        return call.usage("missing operand");
    };
    if files.is_empty() {
        return call.usage(format!("missing operand after '{spec}'"));
    }
    let (user, group) = if only_group {
        ("", Some(spec.as_str()))
    } else {
        match spec.split_once([':', '.']) {
            Some((user, group)) => (user, Some(group)),
            None => (spec.as_str(), None),
        }
    };
    let uid = if user.is_empty() {
        None
    } else {
        users::user_id(call.disk(), user)
    };
    if !user.is_empty() && uid.is_none() {
        return call.fail(format!("invalid user: '{spec}'"));
    }
    let gid = match group {
        Some("") => users::by_name(call.disk(), user).map(|user| user.gid),
        Some(group) => match users::group_id(call.disk(), group) {
            Some(gid) => Some(gid),
            None => return call.fail(format!("invalid group: '{spec}'")),
        },
        None => None,
    };
    let who = call.who();
    let mut status = 0;
    for file in files {
        let path = call.path(file);
        let (place, node) = match call.disk().resolve(&who, &path, true) {
            Ok((place, node)) => (place, node.clone()),
            Err(fault) => {
                status = call.fail(format!("cannot access '{file}': {fault}"));
                continue;
            }
        };
        let gives_away = uid.is_some_and(|uid| uid != node.owner)
            || gid.is_some_and(|gid| !who.groups.contains(&gid))
            || who.uid != node.owner;
        if who.uid != 0 && gives_away {
            let what = if uid.is_some() { "ownership" } else { "group" };
            status = call.fail(format!(
                "changing {what} of '{file}': Operation not permitted"
            ));
            continue;
        }
        let all = if options.has('R') {
            call.disk().tree(&place)
        } else {
            vec![place]
        };
        for at in all {
            let done = call.disk().change(&who, &at, false, |node| {
                node.owner = uid.unwrap_or(node.owner);
                node.group = gid.unwrap_or(node.group);
            });
            if let Err(fault) = done {
                status = call.fail(format!("changing ownership of '{at}': {fault}"));
            }
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn only_root_gives_files_away() {
        assert_eq!(
            run("touch f; chown root f"),
            "chown: changing ownership of 'f': Operation not permitted\n1"
        );
        assert_eq!(
            run("touch f; sudo chown root:root f; stat -c %U:%G f"),
            "root:root\n0"
        );
        assert_eq!(
            run("touch f; chown nosuch f"),
            "chown: invalid user: 'nosuch'\n1"
        );
    }
}
