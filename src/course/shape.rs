//! Shape: reads a lesson's folder, and says what is wrong with it, all of it, with file and line.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use crate::course::checks::Expect;
use crate::course::lesson::{Files, Lesson, MistakeScript, Section, Step, World};
use crate::course::mistake::Mistake;

/// The format of `lesson.toml` that this program reads.
pub const FORMAT: u32 = 1;

/// One fault of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// `lessons/<slug>/lesson.toml` and so on.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, for the author.
    pub says: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.says),
            line => write!(f, "{}:{line}: {}", self.file, self.says),
        }
    }
}

/// A lesson that cannot be used, with every fault that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lesson {slug} cannot be used:\n{}", .faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LessonError {
    /// The lesson's folder.
    pub slug: String,
    /// At least one, sorted by file and line.
    pub faults: Vec<Fault>,
}

/// `lesson.toml`, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    title: Spanned<String>,
    worlds: Spanned<Vec<World>>,
    steps: Vec<Spanned<WrittenStep>>,
}

/// One `[[steps]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    id: Spanned<String>,
    goal: Spanned<String>,
    points: Spanned<u32>,
    #[serde(default)]
    checks: Vec<WrittenCheck>,
    #[serde(default)]
    hints: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    mistakes: BTreeMap<Spanned<String>, String>,
}

/// One `[[steps.checks]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    expect: Expect,
}

/// Only the format, read before all else: a newer lesson may have fields that this program does not know.
#[derive(Deserialize)]
struct Format {
    format: Option<u32>,
}

/// Reads a lesson's folder; every fault is listed.
///
/// # Errors
/// [`LessonError`] when anything is missing, misspelt, or of a newer format.
pub fn read(slug: &str, files: &Files) -> Result<Lesson, LessonError> {
    let mut reader = Reader {
        slug,
        files,
        faults: Vec::new(),
        used: vec!["lesson.toml", "solution.sh"],
    };
    let lesson = reader.lesson();
    let mut faults = reader.faults;
    faults.sort();
    faults.dedup();
    match lesson {
        Some(lesson) if faults.is_empty() => Ok(lesson),
        _ => Err(LessonError {
            slug: slug.to_owned(),
            faults,
        }),
    }
}

struct Reader<'a> {
    slug: &'a str,
    files: &'a Files,
    faults: Vec<Fault>,
    /// Files of the folder that have a meaning.
    used: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    fn fault(&mut self, file: &str, line: usize, says: impl Into<String>) {
        self.faults.push(Fault {
            file: format!("lessons/{}/{file}", self.slug),
            line,
            says: says.into(),
        });
    }

    /// A fault of `lesson.toml` at a byte.
    fn toml_fault(&mut self, byte: usize, says: impl Into<String>) {
        let line = self
            .files
            .get("lesson.toml")
            .map_or(0, |text| line_of(text, byte));
        self.fault("lesson.toml", line, says);
    }

    fn text(&mut self, file: &str) -> Option<&'a str> {
        let text = self.files.get(file).map(String::as_str);
        match text {
            None => self.fault(file, 0, "the file is missing"),
            Some(text) if text.trim().is_empty() => self.fault(file, 0, "the file is empty"),
            Some(_) => {}
        }
        text
    }

    fn lesson(&mut self) -> Option<Lesson> {
        let written = self.toml();
        let steps: Vec<Step> = written
            .as_ref()
            .map(|written| self.steps(written))
            .unwrap_or_default();
        // Scripts and leftovers can only be compared with steps that are known.
        let written = written?;
        let (solution_preamble, solution) = self.solution(&steps);
        let mistakes = self.mistakes(&steps);
        self.leftovers();
        Some(Lesson {
            slug: self.slug.to_owned(),
            title: written.title.into_inner(),
            worlds: written.worlds.into_inner(),
            steps,
            solution_preamble,
            solution,
            mistakes,
        })
    }

    fn toml(&mut self) -> Option<Written> {
        let text = self.text("lesson.toml")?;
        if let Ok(Format {
            format: Some(found),
        }) = toml::from_str::<Format>(text)
            && found > FORMAT
        {
            self.fault(
                "lesson.toml",
                0,
                format!("this lesson has format {found}; this groundschool reads format {FORMAT}: use a newer groundschool"),
            );
            return None;
        }
        match toml::from_str::<Written>(text) {
            Ok(written) => Some(written),
            Err(error) => {
                let span = error.span().unwrap_or_default();
                let word = text
                    .get(span.clone())
                    .map(|word| word.lines().next().unwrap_or_default().trim());
                let near = word
                    .filter(|word| !word.is_empty())
                    .map_or_else(String::new, |word| format!(" (at `{word}`)"));
                self.toml_fault(span.start, format!("{}{near}", error.message().trim()));
                None
            }
        }
    }

    fn steps(&mut self, written: &Written) -> Vec<Step> {
        if written.format != FORMAT {
            self.fault(
                "lesson.toml",
                0,
                format!(
                    "format = {} is unknown; write format = {FORMAT}",
                    written.format
                ),
            );
        }
        if written.title.get_ref().trim().is_empty() {
            self.toml_fault(written.title.span().start, "the title is empty");
        }
        if written.worlds.get_ref().is_empty() {
            self.toml_fault(
                written.worlds.span().start,
                "no world is named: write worlds = [\"simulator\"]",
            );
        }
        if written.steps.is_empty() {
            self.fault("lesson.toml", 0, "the lesson has no steps");
        }
        let mut steps: Vec<Step> = Vec::new();
        for step in &written.steps {
            let step = self.step(step.get_ref(), step.span().start);
            if steps.iter().any(|earlier| earlier.id == step.id) {
                let byte = written
                    .steps
                    .iter()
                    .map(|one| &one.get_ref().id)
                    .rfind(|id| *id.get_ref() == step.id);
                self.toml_fault(
                    byte.map_or(0, |id| id.span().start),
                    format!("two steps have the id `{}`", step.id),
                );
            }
            steps.push(step);
        }
        steps
    }

    fn step(&mut self, written: &WrittenStep, start: usize) -> Step {
        let id = written.id.get_ref();
        let at = written.id.span().start;
        if id.is_empty()
            || !id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            self.toml_fault(
                at,
                format!(
                    "the id `{id}` must be of small letters, digits and dashes: it names a file"
                ),
            );
        }
        if written.goal.get_ref().trim().is_empty() {
            self.toml_fault(
                written.goal.span().start,
                format!("step `{id}` has an empty goal"),
            );
        }
        if *written.points.get_ref() == 0 {
            self.toml_fault(
                written.points.span().start,
                format!("step `{id}` is worth 0 points"),
            );
        }
        if written.checks.is_empty() {
            self.toml_fault(
                start,
                format!("step `{id}` has no check: add [[steps.checks]] with an expect"),
            );
        }
        let file = format!("{id}.md");
        let text = self.text(&file).unwrap_or_default().to_owned();
        if let Some(name) = self
            .files
            .get_key_value(&file)
            .map(|(name, _)| name.as_str())
        {
            self.used.push(name);
        }
        self.markdown(&file, &text);
        Step {
            id: id.clone(),
            goal: written.goal.get_ref().clone(),
            points: *written.points.get_ref(),
            checks: written.checks.iter().map(|check| check.expect).collect(),
            hints: self.hints(written, start),
            mistakes: self.overrides(written),
            text,
        }
    }

    /// What a terminal of 80 columns cannot show.
    fn markdown(&mut self, file: &str, text: &str) {
        for (number, line) in text.lines().enumerate() {
            if let Some(odd) = line.chars().find(|c| !c.is_ascii()) {
                self.fault(file, number + 1, format!("`{odd}` is not ASCII"));
            }
            if line.len() > 76 {
                self.fault(
                    file,
                    number + 1,
                    format!("the line has {} columns; 76 fit", line.len()),
                );
            }
        }
    }

    fn hints(&mut self, written: &WrittenStep, start: usize) -> Vec<String> {
        let id = written.id.get_ref();
        for (name, hint) in &written.hints {
            if !["1", "2", "3"].contains(&name.get_ref().as_str()) {
                self.toml_fault(
                    name.span().start,
                    format!(
                        "step `{id}`: hint `{}` is none of 1, 2 and 3",
                        name.get_ref()
                    ),
                );
            }
            if hint.trim().is_empty() {
                self.toml_fault(
                    name.span().start,
                    format!("step `{id}`: hint {} is empty", name.get_ref()),
                );
            }
        }
        let hints: Vec<Option<String>> = ["1", "2", "3"]
            .iter()
            .map(|wanted| {
                written
                    .hints
                    .iter()
                    .find(|(name, _)| name.get_ref() == wanted)
                    .map(|(_, hint)| hint.clone())
            })
            .collect();
        if hints.iter().all(Option::is_none) {
            self.toml_fault(
                start,
                format!("step `{id}` has no hint: add [steps.hints] with 1 = \"...\""),
            );
        }
        let last = hints.iter().rposition(Option::is_some).unwrap_or(0);
        for (place, hint) in hints.iter().enumerate().take(last) {
            if hint.is_none() {
                self.toml_fault(
                    start,
                    format!(
                        "step `{id}`: hint {} is missing, but a later one is there",
                        place + 1
                    ),
                );
            }
        }
        hints.into_iter().flatten().collect()
    }

    fn overrides(&mut self, written: &WrittenStep) -> BTreeMap<Mistake, String> {
        let mut overrides = BTreeMap::new();
        for (name, text) in &written.mistakes {
            match Mistake::from_name(name.get_ref()) {
                Some(mistake) => {
                    overrides.insert(mistake, text.clone());
                }
                None => self.toml_fault(name.span().start, unknown_mistake(name.get_ref())),
            }
        }
        overrides
    }

    /// `solution.sh`: a preamble, then `# step: <id>` for every step, in order.
    fn solution(&mut self, steps: &[Step]) -> (String, Vec<Section>) {
        const FILE: &str = "solution.sh";
        let mut preamble = String::new();
        let mut sections: Vec<Section> = Vec::new();
        for (number, line) in self.text(FILE).unwrap_or_default().lines().enumerate() {
            if let Some(id) = line.strip_prefix("# step:").map(str::trim) {
                let expected = steps.get(sections.len()).map(|step| step.id.as_str());
                if expected != Some(id) {
                    let says = match expected {
                        _ if !steps.iter().any(|step| step.id == id) => {
                            format!("there is no step `{id}`")
                        }
                        Some(expected) => format!(
                            "the steps are out of order: `{expected}` is due here, not `{id}`"
                        ),
                        None => format!("`{id}` was solved before"),
                    };
                    self.fault(FILE, number + 1, says);
                }
                sections.push(Section {
                    step: id.to_owned(),
                    script: String::new(),
                });
            }
            let script = sections
                .last_mut()
                .map_or(&mut preamble, |section| &mut section.script);
            script.push_str(line);
            script.push('\n');
        }
        for step in steps {
            let section = sections.iter().find(|section| section.step == step.id);
            if section.is_none_or(|section| commands(&section.script).is_empty()) {
                self.fault(
                    FILE,
                    0,
                    format!(
                        "step `{}` has no commands: add them below `# step: {}`",
                        step.id, step.id
                    ),
                );
            }
        }
        (preamble, sections)
    }

    fn mistakes(&mut self, steps: &[Step]) -> Vec<MistakeScript> {
        let mut scripts = Vec::new();
        for (path, text) in self.files {
            let Some(name) = path.strip_prefix("mistakes/") else {
                continue;
            };
            self.used.push(path);
            let Some(name) = name.strip_suffix(".sh") else {
                self.fault(path, 0, "a mistake is a script: its name ends in .sh");
                continue;
            };
            let Some(mistake) = Mistake::from_name(name) else {
                self.fault(path, 0, unknown_mistake(name));
                continue;
            };
            let header = |key: &str| {
                let mut lines = text.lines().enumerate();
                lines.find_map(|(number, line)| Some((number + 1, line.strip_prefix(key)?.trim())))
            };
            let Some((line, at)) = header("# at:") else {
                self.fault(
                    path,
                    1,
                    "the script does not say where it belongs: add `# at: <step id>`",
                );
                continue;
            };
            if !steps.iter().any(|step| step.id == at) {
                self.fault(path, line, format!("there is no step `{at}`"));
            }
            let pace = header("# pace:");
            if let Some((line, other)) = pace.filter(|(_, pace)| *pace != "real") {
                self.fault(
                    path,
                    line,
                    format!("pace `{other}` is unknown: only `real` can be asked for"),
                );
            }
            if commands(text).is_empty() {
                self.fault(path, 0, "the script has no commands");
            }
            scripts.push(MistakeScript {
                mistake,
                at: at.to_owned(),
                real_pace: pace.is_some(),
                script: text.clone(),
            });
        }
        scripts
    }

    fn leftovers(&mut self) {
        let unused: Vec<&str> = self
            .files
            .keys()
            .map(String::as_str)
            .filter(|file| !self.used.contains(file))
            .collect();
        for file in unused {
            self.fault(
                file,
                0,
                "nothing in the lesson refers to this file: a step's text is named <step id>.md",
            );
        }
    }
}

fn unknown_mistake(name: &str) -> String {
    let names: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.name()).collect();
    format!(
        "`{name}` is no mistake that the course knows; it knows {}",
        names.join(", ")
    )
}

/// A script without comments and empty lines.
fn commands(script: &str) -> Vec<&str> {
    script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The line, from 1, of a byte.
fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}
