//! `clear`: an empty screen.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    if call.host.shell().get("TERM").is_none() {
        call.err("TERM environment variable not set.\n");
        return 1;
    }
    call.out("\u{1b}[H\u{1b}[2J\u{1b}[3J");
    0
}
