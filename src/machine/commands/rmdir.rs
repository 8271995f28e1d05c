//! `rmdir`: empty folders away.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    if call.given().is_empty() {
        return call.usage("missing operand");
    }
    let (who, now) = (call.who(), call.now());
    let mut status = 0;
    for name in call.given() {
        let path = call.path(name);
        if let Err(fault) = call.disk().remove_dir(&who, &path, now) {
            status = call.fail(format!("failed to remove '{name}': {fault}"));
        }
    }
    status
}
