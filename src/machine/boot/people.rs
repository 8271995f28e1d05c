//! Users and groups of a configuration.

use super::Boot;
use super::config::{Person, Wanted};
use crate::machine::people::{
    NewUser, add, add_group, authorize, is_name, join_group, remove, write,
};
use crate::machine::users;

impl Boot<'_> {
    pub(super) fn make_groups(&mut self, groups: &[(String, Vec<String>)]) {
        let now = self.clock;
        for (name, members) in groups {
            if !is_name(name) {
                self.own(&format!("groups: '{name}' is not a name"));
                continue;
            }
            if users::group_id(self.disk(), name).is_none() {
                let made = add_group(self.disk(), name, None, now).map(drop);
                self.check("groups", made);
            }
            for member in members {
                let joined = join_group(self.disk(), name, member, now);
                self.check("groups", joined);
            }
        }
    }

    /// Makes the users of the list. Without one there is the image's own user; a list without it removes that user, who
    /// would not have been made.
    pub(super) fn people(&mut self, list: Option<&[Person]>) {
        let own = self.machine.family().login_user();
        let Some(list) = list else { return };
        let now = self.clock;
        let keeps = list.iter().any(|person| match person {
            Person::Default => true,
            Person::Named(wanted) => wanted.name == own,
        });
        if self.first
            && !keeps
            && let Some(user) = users::by_name(self.disk(), own)
        {
            let gone = remove(self.disk(), &user, now);
            self.check("users", gone);
            let root = crate::machine::disk::Who::root();
            // Its line in sudoers goes with it; there may be none.
            self.disk()
                .remove(&root, "/etc/sudoers.d/90-cloud-init-users", now)
                .ok();
        }
        for person in list {
            let name = match person {
                Person::Default => own,
                Person::Named(wanted) => wanted.name.as_str(),
            };
            if let Person::Named(wanted) = person {
                self.person(wanted);
            }
            if !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_owned());
            }
        }
    }

    fn person(&mut self, wanted: &Wanted) {
        let now = self.clock;
        if !is_name(&wanted.name) {
            self.own(&format!("users: '{}' is not a name", wanted.name));
            self.errors.push("users".into());
            return;
        }
        let known = users::by_name(self.disk(), &wanted.name);
        // One that is there keeps what it has; its keys are added (cloud-init's `create_user`).
        let user = match known {
            Some(user) => user,
            None => {
                let new = NewUser {
                    name: &wanted.name,
                    gecos: &wanted.gecos,
                    uid: wanted.uid,
                    home: wanted.home.as_deref(),
                    // cloud-init leaves it to useradd, whose default is bash on Amazon Linux and sh on Ubuntu.
                    shell: wanted.shell.as_deref(),
                    no_home: wanted.no_home,
                };
                match add(self.disk(), &new, now) {
                    Ok(user) => user,
                    Err(fault) => return self.check("users", Err(fault)),
                }
            }
        };
        for group in &wanted.groups {
            if users::group_id(self.disk(), group).is_none() && is_name(group) {
                let made = add_group(self.disk(), group, None, now).map(drop);
                self.check("groups", made);
            }
            let joined = join_group(self.disk(), group, &user.name, now);
            self.check("groups", joined);
        }
        if !wanted.sudo.is_empty() {
            let path = "/etc/sudoers.d/90-cloud-init-users";
            let root = crate::machine::disk::Who::root();
            let before = self.disk().read(&root, path).unwrap_or_default();
            let mut text = String::from_utf8_lossy(&before).into_owned();
            text.push_str(&format!("\n# User rules for {}\n", user.name));
            for rule in &wanted.sudo {
                text.push_str(&format!("{} {rule}\n", user.name));
            }
            let written = write(self.disk(), path, text.into_bytes(), 0o440, now);
            self.check("sudo", written);
        }
        if !wanted.keys.is_empty() {
            let done = authorize(self.disk(), &user, &wanted.keys, "", now);
            self.check("ssh_authorized_keys", done);
        }
    }
}
