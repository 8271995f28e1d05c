//! Filters, once for all actions: names OR their values, filters AND, `*` and `?` wildcards, unknown names refused.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// One filter.
    pub struct Filter {
        /// The filter's name.
        name: String = "Name",
        /// Accepted values; one that fits is enough.
        values: Vec<String> = "Value",
    }
}

/// Values of all filters of one request together. The number and the text are from memory, unverified.
const MOST_VALUES: usize = 200;

/// Filters of one request whose names are all known to the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters(Vec<Ready>);

/// A filter made ready to be applied many times: two hundred plain values cost no more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ready {
    name: String,
    plain: BTreeSet<String>,
    patterns: Vec<String>,
}

impl From<Filter> for Ready {
    fn from(filter: Filter) -> Self {
        let is_plain = |value: &String| !value.contains(['*', '?', '\\']);
        let (plain, patterns) = filter.values.into_iter().partition::<Vec<_>, _>(is_plain);
        Self {
            name: filter.name,
            plain: plain.into_iter().collect(),
            patterns,
        }
    }
}

impl Ready {
    fn fits(&self, has: &str) -> bool {
        self.plain.contains(has) || self.patterns.iter().any(|wanted| fits(wanted, has))
    }
}

impl Filters {
    /// Refuses names that are not among `known`. `tag:` there admits `tag:KEY` for every key.
    pub fn check(filters: Vec<Filter>, known: &[&str]) -> Result<Self, ApiError> {
        for filter in &filters {
            let listed = known.contains(&filter.name.as_str());
            let tag =
                filter.name.len() > 4 && filter.name.starts_with("tag:") && known.contains(&"tag:");
            if !(listed || tag) {
                return Err(ApiError::invalid_filter(&filter.name));
            }
        }
        if filters
            .iter()
            .map(|filter| filter.values.len())
            .sum::<usize>()
            > MOST_VALUES
        {
            let text = format!(
                "The maximum number of filter values specified on a single call is {MOST_VALUES}"
            );
            return Err(ApiError::new("FilterLimitExceeded", text));
        }
        Ok(Self(filters.into_iter().map(Ready::from).collect()))
    }

    /// Whether there is nothing to filter by.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object fits: `values_of` gives its values under a filter's name (none when it has nothing there).
    pub fn fit<'a, I>(&self, mut values_of: impl FnMut(&str) -> I) -> bool
    where
        I: IntoIterator<Item = Cow<'a, str>>,
    {
        self.0.iter().all(|filter| {
            values_of(&filter.name)
                .into_iter()
                .any(|has| filter.fits(&has))
        })
    }
}

/// Whether a value fits a pattern: `*` is any run of characters, `?` is one, a backslash makes the next one literal.
pub fn fits(pattern: &str, value: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let value: Vec<char> = value.chars().collect();
    let (mut p, mut v, mut star) = (0, 0, None);
    loop {
        let (wanted, width) = match (pattern.get(p), pattern.get(p + 1)) {
            (Some('\\'), Some(next)) => (Some((*next, false)), 2),
            (Some(c), _) => (Some((*c, matches!(c, '*' | '?'))), 1),
            (None, _) => (None, 0),
        };
        match (wanted, value.get(v)) {
            (Some(('*', true)), _) => {
                star = Some((p + 1, v));
                p += 1;
            }
            (Some(('?', true)), Some(_)) => (p, v) = (p + width, v + 1),
            (Some((literal, _)), Some(has)) if literal == *has => (p, v) = (p + width, v + 1),
            (None, None) => return true,
            _ => match star {
                Some((after, from)) if from < value.len() => {
                    star = Some((after, from + 1));
                    (p, v) = (after, from + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_the_api_reference() {
        assert!(fits("*Dave*", "key-of-Dave-1"));
        assert!(fits("a?c", "abc"));
        assert!(!fits("a?c", "ac"));
        assert!(fits("\\*a", "*a"));
        assert!(!fits("\\*a", "ba"));
        assert!(fits("*", ""));
        assert!(!fits("key", "Key"));
        assert!(fits("a*b*c", "a-b-b-c"));
    }

    #[test]
    fn an_unknown_filter_is_refused_by_name() {
        let filter = Filter {
            name: "state".into(),
            values: vec![],
        };
        let refused = Filters::check(vec![filter], &["instance-state-name"]).unwrap_err();
        assert_eq!(refused.message, "The filter 'state' is invalid");
    }

    #[test]
    fn plain_values_and_patterns_of_one_filter_are_alternatives() {
        let filter = Filter {
            name: "tag:Name".into(),
            values: ["web", "db-?", "a\\*b"].map(str::to_owned).to_vec(),
        };
        let filters = Filters::check(vec![filter], &["tag:"]).unwrap();
        let fit = |has: &'static str| filters.fit(|_| [Cow::Borrowed(has)]);
        for (has, fits) in [
            ("web", true),
            ("db-1", true),
            ("a*b", true),
            ("Web", false),
            ("db-10", false),
            ("acb", false),
        ] {
            assert_eq!(fit(has), fits, "{has}");
        }
    }

    #[test]
    fn two_hundred_values_are_the_most() {
        let filter = |count| Filter {
            name: "key-name".into(),
            values: vec!["a".into(); count],
        };
        let check = |filters| Filters::check(filters, &["key-name"]).map_err(|error| error.code);
        assert!(check(vec![filter(120), filter(80)]).is_ok());
        assert_eq!(
            check(vec![filter(120), filter(81)]),
            Err("FilterLimitExceeded".into())
        );
    }
}
