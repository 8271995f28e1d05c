//! One file, folder, link or device on a disk.

use std::sync::Arc;

use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What a name on the disk stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) owner: u32,
    pub(crate) group: u32,
    /// Permission bits with set-id and sticky.
    pub(crate) mode: u16,
    /// Last change of the content, Unix milliseconds.
    pub(crate) mtime: i64,
}

/// The kinds that are simulated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Dir,
    File(#[serde(with = "written")] Arc<Vec<u8>>),
    Link(String),
    /// `/dev/null` and its kin: reads as empty, swallows what is written.
    Device,
}

impl Node {
    pub(crate) fn dir(mode: u16, mtime: i64) -> Self {
        Self {
            kind: Kind::Dir,
            owner: 0,
            group: 0,
            mode,
            mtime,
        }
    }

    pub(crate) fn file(content: Vec<u8>, mode: u16, mtime: i64) -> Self {
        Self {
            kind: Kind::File(Arc::new(content)),
            owner: 0,
            group: 0,
            mode,
            mtime,
        }
    }

    pub(crate) fn link(target: &str, mtime: i64) -> Self {
        Self {
            kind: Kind::Link(target.to_owned()),
            owner: 0,
            group: 0,
            mode: 0o777,
            mtime,
        }
    }

    pub(crate) fn device(mode: u16, mtime: i64) -> Self {
        Self {
            kind: Kind::Device,
            owner: 0,
            group: 0,
            mode,
            mtime,
        }
    }

    pub(crate) fn owned_by(mut self, owner: u32, group: u32) -> Self {
        (self.owner, self.group) = (owner, group);
        self
    }

    pub(crate) fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Dir)
    }

    /// Bytes of content.
    pub(crate) fn size(&self) -> usize {
        match &self.kind {
            Kind::File(content) => content.len(),
            Kind::Link(target) => target.len(),
            Kind::Dir | Kind::Device => 0,
        }
    }

    /// The size that `ls -l` shows. Folders are a guess in the manner of XFS: names and their keeping.
    pub(crate) fn shown_size(&self, names: &[String]) -> usize {
        match &self.kind {
            Kind::Dir => 6 + names.iter().map(|name| name.len() + 8).sum::<usize>(),
            Kind::File(_) | Kind::Link(_) | Kind::Device => self.size(),
        }
    }

    /// `drwxr-xr-x`
    pub(crate) fn mode_text(&self) -> String {
        let kind = match self.kind {
            Kind::Dir => 'd',
            Kind::File(_) => '-',
            Kind::Link(_) => 'l',
            Kind::Device => 'c',
        };
        let mut text = String::from(kind);
        for (shift, special, set) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
            let bits = self.mode >> shift;
            text.push(if bits & 4 != 0 { 'r' } else { '-' });
            text.push(if bits & 2 != 0 { 'w' } else { '-' });
            text.push(match (self.mode & special != 0, bits & 1 != 0) {
                (true, true) => set,
                (true, false) => set.to_ascii_uppercase(),
                (false, true) => 'x',
                (false, false) => '-',
            });
        }
        text
    }
}

/// File content in a written form: text where it is text.
mod written {
    use base64::Engine as _;

    use super::{Arc, Deserialize, STANDARD, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Content {
        Text(String),
        Base64(String),
    }

    pub(super) fn serialize<S: serde::Serializer>(
        bytes: &Arc<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Content::Text(text.to_owned()),
            Err(_) => Content::Base64(STANDARD.encode(bytes.as_slice())),
        }
        .serialize(to)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<Vec<u8>>, D::Error> {
        let bytes = match Content::deserialize(from)? {
            Content::Text(text) => text.into_bytes(),
            Content::Base64(text) => STANDARD.decode(text).map_err(serde::de::Error::custom)?,
        };
        Ok(Arc::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_written_as_base64() {
        for content in [b"plain".to_vec(), vec![0, 255, 10]] {
            let node = Node::file(content, 0o644, 1);
            let text = serde_json::to_string(&node).unwrap();
            assert_eq!(serde_json::from_str::<Node>(&text).unwrap(), node);
        }
    }

    #[test]
    fn a_mode_reads_as_ls_prints_it() {
        assert_eq!(Node::dir(0o1777, 0).mode_text(), "drwxrwxrwt");
        assert_eq!(Node::file(Vec::new(), 0o4744, 0).mode_text(), "-rwsr--r--");
    }
}
