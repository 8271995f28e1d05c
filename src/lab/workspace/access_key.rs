//! The access key of a lab: random for each lab, so that no other user of this computer and no web page knows it.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Layout, WorkspaceError};
use crate::cloud::api::signature::AccessKey;
use crate::lab::files::{read_if_there, write_atomically};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    id: String,
    secret: String,
}

/// Makes the key of a lab that has none, and the file that AWS's tools read where that is missing.
pub(super) fn provide(layout: &Layout) -> Result<(), WorkspaceError> {
    let (key, is_new) = match read(layout)? {
        Some(key) => (key, false),
        None => (make(layout)?, true),
    };
    let file = layout.aws_credentials();
    // A lab of an older version has a file with another key.
    if is_new || !file.exists() {
        let text = format!(
            "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key.id, key.secret
        );
        write_atomically(&file, text.as_bytes()).map_err(|why| WorkspaceError::file(&file, why))?;
    }
    Ok(())
}

/// The key, if the lab has one.
pub(super) fn read(layout: &Layout) -> Result<Option<AccessKey>, WorkspaceError> {
    let file = layout.access_key();
    let bytes = read_if_there(&file).map_err(|why| WorkspaceError::file(&file, why))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let written: Written =
        serde_json::from_slice(&bytes).map_err(|error| damaged(layout, &error.to_string()))?;
    Ok(Some(AccessKey {
        id: written.id,
        secret: written.secret,
    }))
}

/// The key's file is not what was written.
pub(super) fn damaged(layout: &Layout, why: &str) -> WorkspaceError {
    let text = format!("{why}; delete it, and the lab gets another key");
    let why = std::io::Error::new(std::io::ErrorKind::InvalidData, text);
    WorkspaceError::file(&layout.access_key(), why)
}

fn make(layout: &Layout) -> Result<AccessKey, WorkspaceError> {
    // AWS writes its ids in the letters A to Z and the digits 2 to 7: with a 0 this is nobody's, in the same shape.
    const ID: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const SECRET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rng = rand::rng();
    let mut text = |alphabet: &[u8], length: usize| -> String {
        let letters = (0..length).filter_map(|_| {
            let place = rng.random_range(0..alphabet.len());
            alphabet.get(place).copied().map(char::from)
        });
        letters.collect()
    };
    let written = Written {
        format: 1,
        id: format!("AKIA0LAB{}", text(ID, 12)),
        secret: text(SECRET, 40),
    };
    let file = layout.access_key();
    let json = serde_json::to_vec(&written).unwrap_or_default();
    write_atomically(&file, &json).map_err(|why| WorkspaceError::file(&file, why))?;
    Ok(AccessKey {
        id: written.id,
        secret: written.secret,
    })
}
