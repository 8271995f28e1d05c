//! `ln`: links. Hard links are not simulated.

use super::Call;
use crate::machine::disk::join;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("sfnv", &[("symbolic", 's'), ("force", 'f')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let Some(target) = options.operands.first() else {
        return call.usage("missing file operand");
    };
    if !options.has('s') {
        return call
            .fail("hard links are not simulated on this machine; `ln -s' makes a symbolic link");
    }
    let name = target
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let shown = options
        .operands
        .get(1)
        .map_or(name, String::as_str)
        .to_owned();
    let (who, now) = (call.who(), call.now());
    let mut path = call.path(&shown);
    if call
        .disk()
        .resolve(&who, &path, true)
        .is_ok_and(|(_, node)| node.is_dir())
    {
        path = join(&path, name);
    }
    if options.has('f') {
        // Nothing to remove is fine.
        call.disk().remove(&who, &path, now).ok();
    }
    match call.disk().make_link(&who, &path, target, now) {
        Ok(()) => 0,
        Err(fault) => call.fail(format!("failed to create symbolic link '{shown}': {fault}")),
    }
}
