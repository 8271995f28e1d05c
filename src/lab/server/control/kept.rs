//! What the control socket remembers about each shell: news not yet seen, and the number of its last history entry.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::news::News;
use super::request::Told;

/// Bytes of unseen news that are kept for one shell; older news give way.
const MOST_NEWS: usize = 4096;
/// Shells remembered; the lowest process number gives way.
const MOST_SHELLS: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<BTreeMap<u32, Shell>>);

#[derive(Debug, Default)]
struct Shell {
    unseen: News,
    last_entry: Option<u64>,
}

impl Kept {
    /// Keeps news for the shell's next prompt.
    pub(super) fn keep(&self, shell: u32, news: News) {
        if news.is_empty() {
            return;
        }
        let mut shells = self.shells();
        let unseen = &mut shells.entry(shell).or_default().unseen;
        *unseen = std::mem::take(unseen).then(news);
        if unseen.text().len() > MOST_NEWS {
            unseen.lasting.clear();
        }
    }

    /// What was kept for the shell, once.
    pub(super) fn take(&self, shell: u32) -> News {
        self.shells()
            .get_mut(&shell)
            .map(|shell| std::mem::take(&mut shell.unseen))
            .unwrap_or_default()
    }

    /// The command's text, if the shell told one that is new: bash tells its newest history entry at every prompt, and an
    /// entry with the number of the last one (Enter alone, or a line that its HISTCONTROL left out) is an old command.
    pub(super) fn command(&self, shell: u32, told: Told) -> Option<String> {
        match told {
            Told::Nothing => None,
            Told::Command(text) => Some(text),
            Told::HistoryEntry { number, text } => {
                let mut shells = self.shells();
                if shells.len() >= MOST_SHELLS && !shells.contains_key(&shell) {
                    shells.pop_first();
                }
                let before = shells.entry(shell).or_default().last_entry.replace(number);
                before
                    .is_some_and(|before| before != number)
                    .then_some(text)
            }
        }
    }

    fn shells(&self) -> MutexGuard<'_, BTreeMap<u32, Shell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(lasting: &str) -> News {
        News {
            lasting: lasting.to_owned(),
            ..News::default()
        }
    }

    #[test]
    fn news_are_kept_for_their_own_shell_and_given_once() {
        let kept = Kept::default();
        kept.keep(7, news("| one\n"));
        kept.keep(7, news("| two\n"));
        assert!(kept.take(8).is_empty());
        assert_eq!(kept.take(7).text(), "| one\n| two\n");
        assert!(kept.take(7).is_empty());
    }

    #[test]
    fn an_unchanged_history_number_is_no_command() {
        let kept = Kept::default();
        let entry = |number| Told::HistoryEntry {
            number,
            text: "ls".to_owned(),
        };
        assert_eq!(
            kept.command(7, entry(12)),
            None,
            "the entry of an earlier session"
        );
        assert_eq!(kept.command(7, entry(13)), Some("ls".to_owned()));
        assert_eq!(kept.command(7, entry(13)), None, "only Enter");
    }

    #[test]
    fn unseen_news_do_not_grow_without_end() {
        let kept = Kept::default();
        for _ in 0..100 {
            kept.keep(7, news(&"x".repeat(1000)));
        }
        assert!(kept.take(7).text().len() <= MOST_NEWS);
    }
}
