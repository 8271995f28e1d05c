//! `[start]`: whether what a lesson begins with can be made.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use crate::course::shape::Reader;
use crate::course::start::Start;

impl Reader<'_> {
    /// Names that lead nowhere, names given twice, paths that leave the learner's folder.
    pub(super) fn start(&mut self, start: &Start) {
        let mut says = Vec::new();
        let pairs: Vec<&str> = start.key_pairs.iter().map(|one| &*one.name).collect();
        let groups: Vec<&str> = start.security_groups.iter().map(|one| &*one.name).collect();
        let instances: Vec<&str> = start.instances.iter().map(|one| &*one.name).collect();
        for (list, names) in [
            ("key_pairs", &pairs),
            ("security_groups", &groups),
            ("instances", &instances),
        ] {
            let distinct: BTreeSet<&&str> = names.iter().collect();
            if distinct.len() < names.len() {
                says.push(format!("start.{list}: a name is given twice"));
            }
        }
        for one in &start.instances {
            let key = one.key_pair.iter().filter(|key| !pairs.contains(&&***key));
            says.extend(key.map(|key| format!("start.instances: there is no key pair `{key}`")));
            let group = one
                .security_groups
                .iter()
                .filter(|group| !groups.contains(&&***group));
            says.extend(group.map(|group| format!("start.instances: there is no group `{group}`")));
        }
        for one in &start.addresses {
            let gone = one
                .instance
                .iter()
                .filter(|name| !instances.contains(&&***name));
            says.extend(gone.map(|name| format!("start.addresses: there is no instance `{name}`")));
        }
        let rules = start
            .security_groups
            .iter()
            .flat_map(|group| &group.inbound);
        says.extend(
            rules
                .filter(|rule| rule.from != "me" && rule.from.parse::<Ipv4Net>().is_err())
                .map(|rule| {
                    format!(
                        "start.security_groups: `{}` is no range and not `me`",
                        rule.from
                    )
                }),
        );
        let files = start.files.iter().map(|file| &*file.path);
        let keys = start
            .key_pairs
            .iter()
            .filter_map(|pair| pair.file.as_deref());
        let all = files
            .chain(keys)
            .chain(start.folders.iter().map(String::as_str));
        says.extend(
            all.filter(|path| !stays_inside(path))
                .map(|path| format!("start: `{path}` is no path inside the learner's folder")),
        );
        if let Some(riddles) = &start.riddles {
            if riddles.names.len() != riddles.pools.len() || riddles.names.is_empty() {
                says.push("start.riddles: as many pools as names are wanted".to_owned());
            }
            // Whatever is drawn from the others, one must be left.
            let small = |pool: &&Vec<_>| pool.iter().collect::<BTreeSet<_>>().len() < 2;
            if riddles.pools.iter().any(|pool| small(&pool)) {
                says.push(
                    "start.riddles: a pool of one fault is the same for everybody".to_owned(),
                );
            }
        }
        for fault in says {
            self.fault("lesson.toml", 0, fault);
        }
    }
}

fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != ".." && part != ".")
}
