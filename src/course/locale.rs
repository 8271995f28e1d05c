//! Locales: which language somebody reads, as an environment or an option names it.

use std::fmt;
use std::str::FromStr;

/// A language, perhaps of a region: `de`, `pt-br`. Small letters; it stands in files' names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale(String);

/// This names no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no language: write en, de, pt-br or the like")]
pub struct LocaleError(String);

impl Locale {
    /// Its name, as files carry it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// From what a learner's environment says, `de_AT.UTF-8`. None for `C`, and where the terminal's letters are not UTF-8:
    /// what it could not show is better read in English.
    pub fn of_environment(value: &str) -> Option<Self> {
        let value = value.split('@').next().unwrap_or_default();
        let (name, letters) = value.split_once('.').unwrap_or((value, "utf-8"));
        let is_utf8 = ["utf-8", "utf8"].contains(&letters.to_ascii_lowercase().as_str());
        is_utf8.then(|| name.parse().ok())?
    }

    /// This one after the one without a region, if it has one: what is more exact comes later.
    pub fn from_the_widest(&self) -> Vec<Self> {
        let language = self.0.split('-').next().unwrap_or_default();
        let mut all = vec![Self(language.to_owned())];
        if language != self.0 {
            all.push(self.clone());
        }
        all
    }
}

impl FromStr for Locale {
    type Err = LocaleError;

    fn from_str(text: &str) -> Result<Self, LocaleError> {
        let name = text.to_ascii_lowercase().replace('_', "-");
        let mut parts = name.split('-');
        let language = parts.next().unwrap_or_default();
        let is_language =
            (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
        let is_part = |part: &str| {
            (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if is_language && parts.all(is_part) {
            Ok(Self(name))
        } else {
            Err(LocaleError(text.to_owned()))
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_environment_says_is_read() {
        let read = |text| Locale::of_environment(text).map(|locale| locale.0);
        assert_eq!(read("de_AT.UTF-8").as_deref(), Some("de-at"));
        assert_eq!(read("de").as_deref(), Some("de"));
        assert_eq!(read("pt_BR.utf8").as_deref(), Some("pt-br"));
        assert_eq!(read("de_DE.UTF-8@euro").as_deref(), Some("de-de"));
        for other in [
            "",
            "C",
            "C.UTF-8",
            "POSIX",
            "de_DE.ISO-8859-1",
            "../x",
            "de-",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn a_region_comes_after_its_language() {
        let locale: Locale = "de_AT".parse().unwrap();
        let all: Vec<String> = locale
            .from_the_widest()
            .iter()
            .map(Locale::to_string)
            .collect();
        assert_eq!(all, ["de", "de-at"]);
        assert_eq!(
            "german".parse::<Locale>(),
            Err(LocaleError("german".into()))
        );
    }
}
