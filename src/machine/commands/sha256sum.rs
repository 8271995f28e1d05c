//! `sha256sum`, `md5sum`: a file's sum.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::Call;

pub(super) fn sha256(call: &mut Call<'_>) -> u32 {
    sums(call, |bytes| hex::encode(Sha256::digest(bytes)))
}

pub(super) fn md5(call: &mut Call<'_>) -> u32 {
    sums(call, |bytes| hex::encode(Md5::digest(bytes)))
}

fn sums(call: &mut Call<'_>, sum: fn(&[u8]) -> String) -> u32 {
    let options = match call.options("bt", &[]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let (contents, well) = call.contents(&options.operands);
    for (name, content) in contents {
        call.out(format!("{}  {name}\n", sum(&content)));
    }
    u32::from(!well)
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn the_sums_of_nothing_are_the_known_ones() {
        assert_eq!(
            run("md5sum < /dev/null"),
            "d41d8cd98f00b204e9800998ecf8427e  -\n0"
        );
        assert_eq!(
            run("printf '' | sha256sum"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  -\n0"
        );
    }
}
