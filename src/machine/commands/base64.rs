//! `base64`: to and from base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("dw:", &[("decode", 'd'), ("wrap", 'w')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let (contents, well) = call.contents(&options.operands);
    for (_, content) in contents {
        if options.has('d') {
            let text: Vec<u8> = content
                .into_iter()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            match STANDARD.decode(text) {
                Ok(bytes) => call.out(bytes),
                Err(_) => return call.fail("invalid input"),
            }
            continue;
        }
        let text = STANDARD.encode(content);
        let width = options
            .value('w')
            .and_then(|width| width.parse().ok())
            .unwrap_or(76_usize);
        if width == 0 {
            call.out(text);
            continue;
        }
        for line in text.as_bytes().chunks(width) {
            call.out(line);
            call.out("\n");
        }
    }
    u32::from(!well)
}
