//! `solution.sh` and `mistakes/*.sh`.

use crate::course::lesson::{MistakeScript, Section, Step};
use crate::course::mistake::Mistake;
use crate::course::shape::{Reader, unknown_mistake};

impl Reader<'_> {
    /// `solution.sh`: a preamble, then `# step: <id>` for every step, in order.
    pub(super) fn solution(&mut self, steps: &[Step]) -> (String, Vec<Section>) {
        const FILE: &str = "solution.sh";
        let mut preamble = String::new();
        let mut sections: Vec<Section> = Vec::new();
        for (number, line) in self.text(FILE).unwrap_or_default().lines().enumerate() {
            if let Some(id) = line.strip_prefix("# step:").map(str::trim) {
                let place = |id: &str| steps.iter().position(|step| step.id == id);
                let last = sections.last().map(|section| section.step.as_str());
                let says = match (place(id), last.and_then(place)) {
                    (None, _) => Some(format!("there is no step `{id}`")),
                    _ if sections.iter().any(|section| section.step == id) => {
                        Some(format!("`{id}` was solved before"))
                    }
                    (Some(here), Some(before)) if here < before => Some(format!(
                        "the steps are out of order: `{id}` comes before `{}`",
                        last.unwrap_or_default()
                    )),
                    (Some(_), _) => None,
                };
                if let Some(says) = says {
                    self.fault(FILE, number + 1, says);
                }
                sections.push(Section {
                    step: id.to_owned(),
                    line: number + 1,
                    script: String::new(),
                });
            }
            let script = sections
                .last_mut()
                .map_or(&mut preamble, |section| &mut section.script);
            script.push_str(line);
            script.push('\n');
        }
        // Of a file that is missing or empty, that is said already.
        let expected = if sections.is_empty() && preamble.trim().is_empty() {
            &[]
        } else {
            steps
        };
        for step in expected {
            let section = sections.iter().find(|section| section.step == step.id);
            if section.is_none_or(|section| commands(&section.script).is_empty()) {
                let id = &step.id;
                let says = match step.questions.first() {
                    Some(question) => format!(
                        "step `{id}` asks, and the solution answers too: add `# step: {id}` and below it `lab answer {}`",
                        question.answer
                    ),
                    None => format!("step `{id}` has no commands: add them below `# step: {id}`"),
                };
                self.fault(FILE, 0, says);
            }
        }
        (preamble, sections)
    }

    pub(super) fn mistakes(&mut self, steps: &[Step]) -> Vec<MistakeScript> {
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
}

/// A script without comments and empty lines.
fn commands(script: &str) -> Vec<&str> {
    script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}
