//! `dirname`: a path without its last name.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    if call.given().is_empty() {
        return call.usage("missing operand");
    }
    for path in call.given() {
        let dir = match path.trim_end_matches('/').rsplit_once('/') {
            Some((dir, _)) if !dir.trim_end_matches('/').is_empty() => dir.trim_end_matches('/'),
            Some(_) => "/",
            None if path.starts_with('/') => "/",
            None => ".",
        };
        call.out(format!("{dir}\n"));
    }
    0
}
