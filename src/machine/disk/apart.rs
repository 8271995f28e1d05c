//! Long contents kept apart from the disk's written form, so that a small change does not write them again.

use std::sync::Arc;

use super::super::node::Kind;
use super::{Disk, cost};

impl Disk {
    /// Takes every changed content of at least so many bytes out of the disk, which is then only good for being written
    /// down. `keep` answers the name under which a content can be found again.
    pub(crate) fn set_apart<E>(
        &mut self,
        least: usize,
        mut keep: impl FnMut(&Arc<Vec<u8>>) -> Result<String, E>,
    ) -> Result<(), E> {
        if !self
            .changes
            .values()
            .flatten()
            .any(|node| node.size() >= least)
        {
            return Ok(());
        }
        for (path, node) in Arc::make_mut(&mut self.changes) {
            if let Some(node) = node
                && let Kind::File(content) = &mut node.kind
                && content.len() >= least
            {
                self.apart.insert(path.clone(), keep(content)?);
                *content = Arc::default();
            }
        }
        Ok(())
    }

    /// Brings back what was set apart; `find` answers the content of a name.
    pub(crate) fn bring_back<E>(
        &mut self,
        mut find: impl FnMut(&str) -> Result<Arc<Vec<u8>>, E>,
    ) -> Result<(), E> {
        for (path, name) in std::mem::take(&mut self.apart) {
            if let Some(Some(node)) = Arc::make_mut(&mut self.changes).get_mut(&path)
                && let Kind::File(content) = &mut node.kind
            {
                *content = find(&name)?;
            }
        }
        let entries = self.changes.iter();
        self.used = entries.map(|(path, node)| cost(path, node.as_ref())).sum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::super::super::Family;
    use super::super::Who;
    use super::*;

    #[test]
    fn what_was_set_apart_comes_back_whole() {
        let mut disk = Disk::new(Family::Al2023);
        for (path, length) in [("/small", 9), ("/large", 10), ("/larger", 11)] {
            let place = disk.open(&Who::root(), path, false, 0o022, 1).unwrap();
            disk.append(&place, &vec![0xff; length], 1).unwrap();
        }
        let mut kept = HashMap::new();
        let mut light = disk.clone();
        let done = light.set_apart(10, |content| {
            let name = kept.len().to_string();
            kept.insert(name.clone(), Arc::clone(content));
            Ok::<_, Infallible>(name)
        });
        done.unwrap();
        assert_eq!(kept.len(), 2);
        let text = serde_json::to_string(&light).unwrap();
        let mut again: Disk = serde_json::from_str(&text).unwrap();
        let found = again.bring_back(|name| kept.get(name).cloned().ok_or(()));
        assert_eq!(found, Ok(()));
        assert_eq!(again, disk);
    }
}
