//! The gate: may this user come in with this key?

use super::{Identity, Machine};

/// The answer to a key that was proven (not only offered).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Gate {
    /// Come in.
    Welcome,
    /// The right key for `root`: the server prints this text on stdout, waits ten seconds and exits with 142.
    RootHint(String),
    /// `Permission denied`.
    Refused,
}

/// Judges a login. `key` is the type and the base64 of the public half, without a comment.
pub fn gate(_machine: &Machine, id: &Identity, user: &str, key: &str) -> Gate {
    let launched = id.public_key.as_deref().unwrap_or_default();
    let fits = launched
        .split_whitespace()
        .take(2)
        .eq(key.split_whitespace());
    if key.is_empty() || !fits {
        return Gate::Refused;
    }
    let login = id.family.login_user();
    if user == login {
        Gate::Welcome
    } else if user == "root" {
        Gate::RootHint(format!(
            "Please login as the user \"{login}\" rather than the user \"root\".\n\n"
        ))
    } else {
        Gate::Refused
    }
}
