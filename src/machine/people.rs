//! Making and removing users: the lines in `/etc`, the home folder, the keys.

use std::sync::Arc;

use super::disk::{Disk, Fault, Who, join, parent};
use super::node::{Kind, Node};
use super::seed;
use super::users::{self, User};
use crate::cloud::resources::boot::Authorized;

/// The first number of an ordinary user.
const FIRST: u32 = 1000;

/// A user to make.
#[derive(Debug, Default)]
pub(crate) struct NewUser<'a> {
    pub(crate) name: &'a str,
    pub(crate) gecos: &'a str,
    pub(crate) uid: Option<u32>,
    pub(crate) home: Option<&'a str>,
    pub(crate) shell: Option<&'a str>,
    pub(crate) no_home: bool,
}

/// Whether a name can be a user's or group's, as `useradd` sees it.
pub(crate) fn is_name(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.len() <= 32
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&c))
}

/// Makes a user with a group of its own and a home folder as the image's user has it.
pub(crate) fn add(disk: &mut Disk, new: &NewUser<'_>, now: i64) -> Result<User, Fault> {
    let uid = new.uid.unwrap_or_else(|| free(disk, "/etc/passwd"));
    let gid = match users::group_id(disk, new.name) {
        Some(gid) => gid,
        None => add_group(disk, new.name, Some(uid), now)?,
    };
    let home = new
        .home
        .map_or_else(|| format!("/home/{}", new.name), str::to_owned);
    let shell = new.shell.unwrap_or("/bin/bash").to_owned();
    let line = format!("{}:x:{uid}:{gid}:{}:{home}:{shell}\n", new.name, new.gecos);
    append(disk, "/etc/passwd", &line, now)?;
    let days = now.div_euclid(86_400_000);
    append(
        disk,
        "/etc/shadow",
        &format!("{}:!:{days}:0:99999:7:::\n", new.name),
        now,
    )?;
    let user = User {
        name: new.name.to_owned(),
        uid,
        gid,
        home,
        shell,
    };
    if !new.no_home && disk.at(&user.home).is_none() {
        make_home(disk, &user, now)?;
    }
    Ok(user)
}

/// Makes a group; answers its number.
pub(crate) fn add_group(
    disk: &mut Disk,
    name: &str,
    gid: Option<u32>,
    now: i64,
) -> Result<u32, Fault> {
    let taken = |gid: u32| users::group_name(disk, gid) != gid.to_string();
    let gid = gid
        .filter(|gid| !taken(*gid))
        .unwrap_or_else(|| free(disk, "/etc/group"));
    append(disk, "/etc/group", &format!("{name}:x:{gid}:\n"), now)?;
    Ok(gid)
}

/// Puts a user into a group, which is there.
pub(crate) fn join_group(disk: &mut Disk, group: &str, user: &str, now: i64) -> Result<(), Fault> {
    rewrite(disk, "/etc/group", now, |line| {
        let (front, members) = line.rsplit_once(':')?;
        if line.split(':').next() != Some(group) {
            return Some(line.to_owned());
        }
        let mut members: Vec<&str> = members.split(',').filter(|name| !name.is_empty()).collect();
        if !members.contains(&user) {
            members.push(user);
        }
        Some(format!("{front}:{}", members.join(",")))
    })
}

/// Removes a user, its memberships and its home folder.
pub(crate) fn remove(disk: &mut Disk, user: &User, now: i64) -> Result<(), Fault> {
    let name = &user.name;
    for file in ["/etc/passwd", "/etc/shadow", "/etc/group"] {
        rewrite(disk, file, now, |line| {
            let is_own = line.split(':').next() == Some(name);
            if is_own {
                return None;
            }
            let Some((front, members)) = line.rsplit_once(':').filter(|_| file == "/etc/group")
            else {
                return Some(line.to_owned());
            };
            let members: Vec<&str> = members.split(',').filter(|member| member != name).collect();
            Some(format!("{front}:{}", members.join(",")))
        })?;
    }
    for path in disk.tree(&user.home).into_iter().rev() {
        let is_dir = disk.at(&path).is_some_and(Node::is_dir);
        if is_dir {
            disk.remove_dir(&Who::root(), &path, now)?;
        } else {
            disk.remove(&Who::root(), &path, now)?;
        }
    }
    Ok(())
}

/// Adds keys to the user's `authorized_keys`, as cloud-init does: what is there stays, a key that is there is not added
/// again. `options` stands before each.
pub(crate) fn authorize(
    disk: &mut Disk,
    user: &User,
    keys: &[String],
    options: &str,
    now: i64,
) -> Result<(), Fault> {
    let folder = join(&user.home, ".ssh");
    if disk.at(&folder).is_none() {
        disk.put(
            folder.clone(),
            Node::dir(0o700, now).owned_by(user.uid, user.gid),
        )?;
    }
    let path = join(&folder, "authorized_keys");
    let mut lines = authorized(disk, &path);
    let body = |line: &str| {
        let (_, key) = Authorized::split_options(line.trim());
        let words: Vec<String> = key.split_whitespace().take(2).map(str::to_owned).collect();
        words
    };
    for key in keys
        .iter()
        .map(|key| key.trim())
        .filter(|key| !key.is_empty())
    {
        let new = if options.is_empty() {
            key.to_owned()
        } else {
            format!("{options} {key}")
        };
        match lines.iter_mut().find(|line| body(line) == body(key)) {
            Some(old) => *old = new,
            None => lines.push(new),
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let node = Node::file(text.into_bytes(), 0o600, now).owned_by(user.uid, user.gid);
    disk.put(path, node)
}

/// The lines of an `authorized_keys` file.
pub(crate) fn authorized(disk: &Disk, path: &str) -> Vec<String> {
    let text = disk.read(&Who::root(), path).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Writes a file as root, its folders too.
pub(crate) fn write(
    disk: &mut Disk,
    path: &str,
    content: Vec<u8>,
    mode: u16,
    now: i64,
) -> Result<(), Fault> {
    make_dirs(disk, parent(path), now)?;
    let path = disk.place(&Who::root(), path, true)?;
    if disk.at(&path).is_some_and(Node::is_dir) {
        return Err(Fault::IsDirectory);
    }
    disk.put(path, Node::file(content, mode, now))
}

/// Makes a folder and those above it that are missing.
pub(crate) fn make_dirs(disk: &mut Disk, path: &str, now: i64) -> Result<(), Fault> {
    let mut here = String::from("/");
    for name in path.split('/').filter(|name| !name.is_empty()) {
        here = join(&here, name);
        match disk.make_dir(&Who::root(), &here, 0o755, now) {
            Ok(()) | Err(Fault::Exists) => (),
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn make_home(disk: &mut Disk, user: &User, now: i64) -> Result<(), Fault> {
    make_dirs(disk, parent(&user.home), now)?;
    let own = format!("/home/{}", disk.family().login_user());
    let mine = seed::base(disk.family());
    let mode = mine.get(&own).map_or(0o700, |node| node.mode);
    let node = Node::dir(mode, now).owned_by(user.uid, user.gid);
    disk.put(user.home.clone(), node)?;
    for (path, node) in mine.range(format!("{own}/")..) {
        let Some(name) = path.strip_prefix(&format!("{own}/")) else {
            break;
        };
        if let Kind::File(content) = &node.kind {
            let mut copy = Node::file(Vec::new(), node.mode, now).owned_by(user.uid, user.gid);
            copy.kind = Kind::File(Arc::clone(content));
            disk.put(join(&user.home, name), copy)?;
        }
    }
    Ok(())
}

/// A number that no ordinary line of the file has.
fn free(disk: &Disk, file: &str) -> u32 {
    let text = disk.read(&Who::root(), file).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| line.split(':').nth(2)?.parse::<u32>().ok())
        .filter(|number| (FIRST..60_000).contains(number))
        .max()
        .map_or(FIRST, |number| number + 1)
}

fn append(disk: &mut Disk, file: &str, line: &str, now: i64) -> Result<(), Fault> {
    let place = disk.open(&Who::root(), file, true, 0o022, now)?;
    disk.append(&place, line.as_bytes(), now)
}

/// Changes or drops each line of a system file; its mode and owner stay.
fn rewrite(
    disk: &mut Disk,
    file: &str,
    now: i64,
    line: impl Fn(&str) -> Option<String>,
) -> Result<(), Fault> {
    let text = disk.read(&Who::root(), file)?;
    let text: String = String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|own| Some(line(own)? + "\n"))
        .collect();
    let place = disk.open(&Who::root(), file, false, 0o022, now)?;
    disk.append(&place, text.as_bytes(), now)
}
