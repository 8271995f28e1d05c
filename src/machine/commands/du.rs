//! `du`: what takes the room.

use super::Call;
use crate::machine::hardware;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("hsak", &[("human-readable", 'h'), ("summarize", 's')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let files = if options.operands.is_empty() {
        vec![".".to_owned()]
    } else {
        options.operands.clone()
    };
    let who = call.who();
    let mut status = 0;
    for file in files {
        let path = call.path(&file);
        let place = match call.disk().resolve(&who, &path, false) {
            Ok((place, _)) => place,
            Err(fault) => {
                status = call.fail(format!("cannot access '{file}': {fault}"));
                continue;
            }
        };
        let mut all = call.disk().tree(&place);
        all.reverse();
        for at in all {
            let is_dir = call
                .disk()
                .at(&at)
                .is_some_and(super::super::node::Node::is_dir);
            if at != place && (options.has('s') || !(is_dir || options.has('a'))) {
                continue;
            }
            let blocks: usize = call
                .disk()
                .tree(&at)
                .iter()
                .filter_map(|path| {
                    call.disk()
                        .at(path)
                        .map(|node| node.size().div_ceil(4096) * 4)
                })
                .sum();
            let blocks = u64::try_from(blocks).unwrap_or(0);
            let size = if options.has('h') {
                hardware::human(blocks)
            } else {
                blocks.to_string()
            };
            let shown = format!(
                "{}{}",
                file.trim_end_matches('/'),
                at.strip_prefix(place.trim_end_matches('/'))
                    .unwrap_or_default()
            );
            call.out(format!("{size}\t{shown}\n"));
        }
    }
    status
}
