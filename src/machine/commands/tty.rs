//! `tty`: the terminal's name.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    if call.host.size.is_none() {
        call.out("not a tty\n");
        return 1;
    }
    call.out("/dev/pts/0\n");
    0
}
