//! `umask`: what new files do not allow.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let Some(word) = call.given().first() else {
        let text = format!("{:04o}\n", call.host.shell().umask);
        call.out(text);
        return 0;
    };
    match u16::from_str_radix(word, 8) {
        Ok(mask) if mask <= 0o777 => {
            call.host.shell().umask = mask;
            0
        }
        Ok(_) | Err(_) => call.complain(format!("{word}: octal number out of range")),
    }
}
