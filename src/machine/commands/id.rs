//! `id`: who the user is, in numbers.

use super::Call;
use crate::machine::users;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("ugGnr", &[("user", 'u'), ("group", 'g'), ("name", 'n')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let who = match options.operands.first() {
        None => call.who(),
        Some(name) => match users::by_name(call.disk(), name) {
            Some(user) => user.who(call.disk()),
            None => return call.fail(format!("'{name}': no such user")),
        },
    };
    let disk = call.disk();
    let (user, group) = (
        users::name_of(disk, who.uid),
        users::group_name(disk, who.gid),
    );
    let named = options.has('n');
    let text = if options.has('u') {
        if named { user } else { who.uid.to_string() }
    } else if options.has('g') {
        if named { group } else { who.gid.to_string() }
    } else if options.has('G') {
        let all = who.groups.iter().map(|gid| {
            if named {
                users::group_name(disk, *gid)
            } else {
                gid.to_string()
            }
        });
        all.collect::<Vec<_>>().join(" ")
    } else {
        let all = who
            .groups
            .iter()
            .map(|gid| format!("{gid}({})", users::group_name(disk, *gid)));
        let all = all.collect::<Vec<_>>().join(",");
        format!(
            "uid={}({user}) gid={}({group}) groups={all}",
            who.uid, who.gid
        )
    };
    call.out(format!("{text}\n"));
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::Family;
    use crate::machine::testing::{exec, run};

    #[test]
    fn the_login_user_has_the_groups_of_its_image() {
        let al = "uid=1000(ec2-user) gid=1000(ec2-user) groups=1000(ec2-user),4(adm),10(wheel),190(systemd-journal)\n";
        assert_eq!(exec(Family::Al2023, "id").0, al);
        let ubuntu = "uid=1000(ubuntu) gid=1000(ubuntu) groups=1000(ubuntu),4(adm),24(cdrom),27(sudo),30(dip),105(lxd)\n";
        assert_eq!(exec(Family::Ubuntu2404, "id").0, ubuntu);
        assert_eq!(
            run("sudo id; id -un; id nosuch"),
            "uid=0(root) gid=0(root) groups=0(root)\nec2-user\nid: 'nosuch': no such user\n1"
        );
    }
}
