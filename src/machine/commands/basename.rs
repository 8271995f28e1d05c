//! `basename`: the last name of a path.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let (Some(path), suffix) = (call.given().first(), call.given().get(1)) else {
        return call.usage("missing operand");
    };
    let trimmed = path.trim_end_matches('/');
    let name = if trimmed.is_empty() {
        path.get(..1).unwrap_or_default()
    } else {
        trimmed.rsplit('/').next().unwrap_or_default()
    };
    let name = match suffix.and_then(|suffix| name.strip_suffix(suffix.as_str())) {
        Some(short) if !short.is_empty() => short,
        Some(_) | None => name,
    };
    call.out(format!("{name}\n"));
    0
}
