//! What a prompt is told, in two parts, because one that comes late meets the news of the next command.

/// News for a shell; ready to be printed, each part ends in a line end unless it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct News {
    /// What was passed, and trouble: told whatever comes after it.
    pub lasting: String,
    /// Where the learner stands now: only the newest is true.
    pub standing: String,
    /// `standing` explains a mistake, or names the next step: it is not to be lost to a mere "not yet".
    pub matters: bool,
    /// `lasting` tells that the learner is at another step than before.
    pub has_moved: bool,
}

impl News {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lasting.is_empty() && self.standing.is_empty()
    }

    /// As it is printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.lasting, self.standing)
    }

    /// These, not seen yet, and newer ones.
    #[must_use]
    pub fn then(self, newer: Self) -> Self {
        let stays = newer.standing.is_empty() || self.matters && !newer.matters;
        let (standing, matters) = if stays {
            (self.standing, self.matters)
        } else {
            (newer.standing, newer.matters)
        };
        Self {
            lasting: self.lasting + &newer.lasting,
            standing,
            matters,
            has_moved: self.has_moved || newer.has_moved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(lasting: &str, standing: &str, matters: bool) -> News {
        News {
            lasting: lasting.to_owned(),
            standing: standing.to_owned(),
            matters,
            has_moved: false,
        }
    }

    #[test]
    fn late_news_are_not_told_as_the_next_commands() {
        let root = news("| done 1\n", "| root is turned away\n", true);
        let port = news("| done 2\n", "| port 2222\n", true);
        let both = root.clone().then(port);
        assert_eq!(both.text(), "| done 1\n| done 2\n| port 2222\n");
        let enter = root.clone().then(News::default());
        assert_eq!(enter, root);
    }

    #[test]
    fn a_late_explanation_is_not_lost_to_a_mere_not_yet() {
        let root = news("", "| root is turned away\n", true);
        assert_eq!(root.clone().then(news("", "| not yet\n", false)), root);
        let plain = news("", "| not yet\n", false);
        let newer = news("", "| still not yet\n", false);
        assert_eq!(plain.then(newer.clone()), newer);
    }
}
