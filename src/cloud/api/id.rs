//! Ids in requests: well-formed, or refused with the two texts that AWS has for malformed ones.

use crate::cloud::api::error::ApiError;

/// Refuses an id that cannot be one with this prefix. `code` is the resource's own, such as `InvalidGroupId.Malformed`.
///
/// Ids have 17 hex digits; the old ones with 8 are still well-formed (`facts/ec2-api.md` section 3).
pub fn well_formed(id: &str, prefix: &str, code: &'static str) -> Result<(), ApiError> {
    let Some(digits) = id
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'))
    else {
        let text = format!("Invalid id: \"{id}\" (expecting \"{prefix}-...\")");
        return Err(ApiError::new(code, text));
    };
    let hex = digits
        .bytes()
        .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if hex && matches!(digits.len(), 8 | 17) {
        Ok(())
    } else {
        Err(ApiError::new(code, format!("Invalid id: \"{id}\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(id: &str) -> String {
        well_formed(id, "sg", "InvalidGroupId.Malformed")
            .unwrap_err()
            .message
    }

    #[test]
    fn a_wrong_prefix_and_a_bad_rest_are_told_apart() {
        assert_eq!(
            refusal("i-0d95"),
            r#"Invalid id: "i-0d95" (expecting "sg-...")"#
        );
        assert_eq!(
            refusal("sg-0224e66eafc2asdfs"),
            r#"Invalid id: "sg-0224e66eafc2asdfs""#
        );
        assert_eq!(refusal("sg-"), r#"Invalid id: "sg-""#);
        assert_eq!(
            refusal("sg-0123456789ABCDEF0"),
            r#"Invalid id: "sg-0123456789ABCDEF0""#
        );
    }

    #[test]
    fn ids_with_17_and_with_8_digits_are_well_formed() {
        for id in ["sg-0123456789abcdef0", "sg-01234567"] {
            assert_eq!(well_formed(id, "sg", "InvalidGroupId.Malformed"), Ok(()));
        }
    }
}
