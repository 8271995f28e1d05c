//! Asides: what a lesson's text says in one world only. Pure.
//!
//! A paragraph, or a line between lines, that begins with `{aws} ` or `{simulator} ` is for that world; the rest is for both.

use crate::course::lesson::World;

/// The marks, as they stand at the beginning of a line.
const MARKS: [(&str, World); 2] = [("{aws}", World::Aws), ("{simulator}", World::Simulator)];

/// The text as it is read in one world. An aside lasts to the next empty line, or to the next mark.
pub fn for_world(text: &str, world: World) -> String {
    let mut aside = None;
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            aside = None;
        }
        let marked = MARKS
            .iter()
            .find_map(|(mark, of)| Some((line.strip_prefix(mark)?.trim_start(), *of)));
        let line = match marked {
            Some((rest, of)) => {
                aside = Some(of);
                rest
            }
            None => line,
        };
        if aside.is_none_or(|of| of == world) {
            // A paragraph that was for the other world leaves no second empty line.
            let doubled = line.is_empty() && kept.last().is_some_and(|last| last.is_empty());
            if !doubled {
                kept.push(line);
            }
        }
    }
    let mut text = kept.join("\n");
    text.push('\n');
    text
}

/// A line as it is shown, without the mark of an aside.
pub fn unmarked(line: &str) -> &str {
    let marked = MARKS.iter().find_map(|(mark, _)| line.strip_prefix(mark));
    marked.map_or(line, str::trim_start)
}

/// A line that looks like a mark and is none, such as `{asw} `: the author meant something.
pub fn misspelt(text: &str) -> Option<(usize, &str)> {
    text.lines().enumerate().find_map(|(number, line)| {
        let (word, _) = line.strip_prefix('{')?.split_once('}')?;
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let known = MARKS.iter().any(|(mark, _)| line.starts_with(mark));
        (is_word && !known).then_some((number + 1, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Both.\n\n{aws} Yours:\nit costs.\n\n{simulator} Ours.\n\nThe end.\n";

    #[test]
    fn each_world_reads_its_own_paragraphs() {
        let aws = "Both.\n\nYours:\nit costs.\n\nThe end.\n";
        assert_eq!(for_world(TEXT, World::Aws), aws);
        assert_eq!(
            for_world(TEXT, World::Simulator),
            "Both.\n\nOurs.\n\nThe end.\n"
        );
    }

    #[test]
    fn two_lines_may_stand_for_one_another() {
        let text = "One\n{aws} two\n{simulator} three\n";
        assert_eq!(for_world(text, World::Aws), "One\ntwo\n");
        assert_eq!(for_world(text, World::Simulator), "One\nthree\n");
    }

    #[test]
    fn a_text_without_asides_stays_as_it_is() {
        let text = "One {aws} two.\n\n    code {\n";
        assert_eq!(for_world(text, World::Aws), text);
        assert_eq!(misspelt(text), None);
    }

    #[test]
    fn a_misspelt_mark_is_found_with_its_line() {
        assert_eq!(misspelt("One\n{asw} two\n"), Some((2, "asw")));
        assert_eq!(misspelt(TEXT), None);
    }
}
