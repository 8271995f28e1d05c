//! `nproc`: how many processors.

use super::Call;
use crate::machine::hardware;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let text = format!("{}\n", hardware::processors(&call.host.id.instance_type));
    call.out(text);
    0
}
