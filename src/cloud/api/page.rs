//! Pages: `MaxResults` and `NextToken`, once for all actions that AWS pages.
//!
//! A token holds the key of the last item that was sent, and the next page begins with the first key after it. So a page
//! neither repeats nor skips what stayed, whatever was made or deleted in between.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cloud::api::error::ApiError;

/// What most describe actions accept as `MaxResults`.
pub const USUAL: RangeInclusive<i64> = 5..=1000;

const MARK: &str = "after:";

/// The page of `items` that a request asks for, and the token of the next page if there is one.
///
/// The items must come in the order of their keys, and no two may have the same key. Without `max_results` all that is
/// left is one page.
pub fn paginate<T, K: AsRef<str>>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
    max_results: Option<i64>,
    next_token: Option<&str>,
    range: RangeInclusive<i64>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let limit = max_results.map(|max| checked(max, &range)).transpose()?;
    let after = next_token.map(read).transpose()?;
    let mut left = items.into_iter().skip_while(|item| {
        after
            .as_ref()
            .is_some_and(|after| key(item).as_ref() <= after.as_str())
    });
    let page: Vec<T> = match limit {
        Some(limit) => left.by_ref().take(limit).collect(),
        None => left.by_ref().collect(),
    };
    let more = left.next().is_some();
    let token = page
        .last()
        .filter(|_| more)
        .map(|last| STANDARD.encode(format!("{MARK}{}", key(last).as_ref())));
    Ok((page, token))
}

fn checked(max: i64, range: &RangeInclusive<i64>) -> Result<usize, ApiError> {
    // "greater than 5" for a minimum of 5 is AWS's own slip (quoted for DescribeInstances); the upper text is unverified.
    let expecting = if max < *range.start() {
        format!("greater than {}", range.start())
    } else if max > *range.end() {
        format!("less than or equal to {}", range.end())
    } else {
        return Ok(usize::try_from(max).unwrap_or(usize::MAX));
    };
    Err(ApiError::invalid_value(format!(
        "Value ( {max} ) for parameter maxResults is invalid. Expecting a value {expecting}."
    )))
}

fn read(token: &str) -> Result<String, ApiError> {
    STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(MARK).map(str::to_owned))
        .ok_or_else(|| {
            // The code is AWS's, the text is unverified.
            let text = format!("The token '{token}' is invalid");
            ApiError::new("InvalidNextToken", text)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(
        items: &[&'static str],
        max: Option<i64>,
        token: Option<&str>,
    ) -> Result<(Vec<&'static str>, Option<String>), ApiError> {
        paginate(items.iter().copied(), |item| *item, max, token, 2..=3)
    }

    #[test]
    fn following_the_tokens_visits_everything_once() {
        let items = ["a", "b", "c", "d", "e"];
        let (first, token) = page(&items, Some(2), None).unwrap();
        let (second, next) = page(&items, Some(2), token.as_deref()).unwrap();
        let (third, end) = page(&items, Some(2), next.as_deref()).unwrap();
        assert_eq!([first, second, third].concat(), items);
        assert_eq!(end, None);
    }

    #[test]
    fn a_token_stays_good_when_the_item_it_ended_with_is_gone() {
        let (_, token) = page(&["a", "b", "c", "d"], Some(2), None).unwrap();
        let (second, _) = page(&["a", "aa", "c", "d"], Some(2), token.as_deref()).unwrap();
        assert_eq!(second, ["c", "d"]);
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        assert_eq!(page(&["a", "b"], Some(2), None).unwrap().1, None);
    }

    #[test]
    fn sizes_outside_the_range_are_refused() {
        let refused = page(&["a"], Some(1), None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "InvalidParameterValue: Value ( 1 ) for parameter maxResults is invalid. \
             Expecting a value greater than 2."
        );
        let refused = page(&["a"], Some(4), None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "InvalidParameterValue: Value ( 4 ) for parameter maxResults is invalid. \
             Expecting a value less than or equal to 3."
        );
    }

    #[test]
    fn a_token_that_was_never_handed_out_is_refused() {
        for bad in ["", "zzz", "YWZ0ZXI=", "////"] {
            let refused = page(&["a"], None, Some(bad)).unwrap_err();
            assert_eq!(refused.code, "InvalidNextToken", "{bad}");
        }
    }
}
