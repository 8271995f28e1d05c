//! The one proof of every entry.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::entry::{Cure, Entry};
use super::lab::{Lab, Stage};

/// Lines that the coach may take, and columns beside its bar.
const LINES: usize = 6;
const WIDTH: usize = 76;

/// The good login, as the lesson teaches it.
const SIGN_IN: &str =
    "ssh -o StrictHostKeyChecking=accept-new -i testkeypair.pem ec2-user@$address whoami";

/// Labs that one test has open at once: most of a proof is waiting, for packets that are dropped and for prompts.
const AT_ONCE: usize = 3;

/// Proves these entries on every one of their stages.
pub(super) fn prove(entries: &[&Entry]) {
    let pairs: Vec<_> = entries
        .iter()
        .flat_map(|entry| entry.stages.iter().map(move |stage| (*entry, *stage)))
        .collect();
    assert!(!pairs.is_empty());
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((entry, stage)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // One that gives up is a fault like another, and the others go on.
                    let proof = catch_unwind(|| prove_one(entry, *stage)).unwrap_or_else(|why| {
                        let why = why.downcast_ref::<String>().cloned();
                        let (met_by, stage) = (entry.met_by, stage.name());
                        Err(format!("{met_by} ({stage}): {}", why.unwrap_or_default()))
                    });
                    faults.lock().unwrap().extend(proof.err());
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

fn prove_one(entry: &Entry, stage: Stage) -> Result<(), String> {
    let mut lab = Lab::open(stage, entry.real_pace);
    lab.source(&Lab::before_step(entry.at));
    // The coach has seen what is there: a busy computer may be slower than a script.
    lab.terminal.line("lab check");
    let mut trace = lab.trace();
    let variables = lab.source(entry.before);
    trace += &lab.trace();
    let fault = |what: String| {
        let (met_by, stage) = (entry.met_by, stage.name());
        Err(format!("{met_by} ({stage}): {what}\nbefore:\n{trace}"))
    };
    let line = filled(entry.types, &variables);
    let known = is_debian_12();
    let answers = entry.answers.iter().map(|(question, answer)| {
        let question = filled(question, &variables);
        let last = question.rsplit('\n').next().unwrap_or_default().to_owned();
        (
            if known { question } else { last },
            filled(answer, &variables),
        )
    });
    let answers: Vec<_> = answers.collect();
    // Each of the two says it in the same words; the lab's own is quicker where only its answer matters.
    let real_aws = stage == Stage::Netns && line.contains("aws ");
    if real_aws {
        lab.use_real_aws(true);
    }
    let said = lab.types(&line, &answers);

    // 254 by version 2 of the AWS CLI and by the stand-in, 255 by version 1.
    let by_version_1 = real_aws && entry.status == 254 && said.status == 255;
    if said.status != i64::from(entry.status) && !by_version_1 {
        return fault(format!("$ {line}\nstatus {said:?}"));
    }
    let texts: Vec<String> = entry
        .clients
        .iter()
        .map(|text| filled(text, &variables))
        .collect();
    let (first, others) = texts.split_first().map_or(("", &[][..]), |(a, b)| (a, b));
    let met =
        is(&said.stderr, first) || (!known && others.iter().any(|text| is(&said.stderr, text)));
    if !met {
        return fault(format!(
            "$ {line}\nsaid   {:?}\nwanted {first:?}\n{}",
            said.stderr, said.shown
        ));
    }
    if !is(&said.stdout, &filled(entry.prints, &variables)) {
        return fault(format!("$ {line}\nprinted {:?}", said.stdout));
    }

    let wanted: Vec<String> = entry
        .says
        .iter()
        .map(|part| filled(part, &variables))
        .collect();
    let verdict = lab.verdict();
    if real_aws {
        lab.use_real_aws(false);
    }
    if verdict.mistake.as_deref() != entry.mistake {
        return fault(format!(
            "$ {line}\nwanted {:?}, got {verdict:#?}\n{said:#?}",
            entry.mistake
        ));
    }
    let says = verdict.says();
    if let Some(missing) = wanted.iter().find(|part| !says.contains(part.as_str())) {
        return fault(format!("{missing:?} is not in: {says}"));
    }
    if entry.mistake.is_some() {
        let too_wide = |text: &String| !text.starts_with("    ") && text.len() > WIDTH;
        if verdict.lines.len() > LINES || verdict.lines.iter().any(too_wide) {
            return fault(format!("too long: {verdict:#?}"));
        }
    }

    cure(entry, &mut lab, &verdict.cure().join("\n"));
    if !lab.has_passed("sign-in") {
        let report = lab.report();
        let last = lab.verdict();
        return Err(format!(
            "{}: after the cure the login is not passed\n{verdict:#?}\n{last:#?}\n{report:#}\n{}",
            entry.met_by,
            lab.trace()
        ));
    }
    // The step may have been passed before: this login itself must have come through, last of all.
    let printed = lab.trace();
    let came_in = printed.lines().rev().find(|line| !line.starts_with("set "));
    if !matches!(entry.cure, Cure::ShownThenSteps | Cure::TypedThenSteps(_))
        && came_in != Some("ec2-user")
    {
        return Err(format!(
            "{}: no login after the cure\n{printed}",
            entry.met_by
        ));
    }
    let after = lab.verdict();
    if after.mistake.is_some() {
        return Err(format!("{}: after the cure {after:#?}", entry.met_by));
    }
    Ok(())
}

/// Types the cure, and signs in.
fn cure(entry: &Entry, lab: &mut Lab, shown: &str) {
    if let Cure::ShownAnswers(answers) = entry.cure {
        let answers = answers
            .iter()
            .map(|(q, a)| ((*q).to_owned(), (*a).to_owned()));
        let answers: Vec<_> = answers.collect();
        for line in shown.lines() {
            let asks = line.starts_with("ssh-keygen");
            let said = lab.types(line, if asks { &answers } else { &[] });
            assert_eq!(said.status, 0, "{line}: {said:?}");
        }
    }
    let (cure, steps, sign_in) = match entry.cure {
        Cure::ShownAnswers(_) => ("", false, true),
        Cure::Shown => (shown, false, true),
        Cure::ShownSignsIn => (shown, false, false),
        Cure::Typed(lines) => (lines, false, true),
        Cure::ShownThenSteps => (shown, true, false),
        Cure::TypedThenSteps(lines) => (lines, true, false),
    };
    let cure = match entry.cure {
        // Without a terminal it could not be left again.
        Cure::ShownSignsIn => format!("{cure} whoami"),
        Cure::Shown
        | Cure::ShownAnswers(_)
        | Cure::Typed(_)
        | Cure::ShownThenSteps
        | Cure::TypedThenSteps(_) => cure.to_owned(),
    };
    let mut script = format!("{cure}\n{}\n", entry.then);
    if steps {
        script += &Lab::steps_from(entry.at);
    }
    if sign_in {
        script += SIGN_IN;
    }
    lab.source(&script);
}

/// A text with the shell's variables in its braces.
fn filled(text: &str, variables: &BTreeMap<String, String>) -> String {
    variables
        .iter()
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
}

/// Byte for byte, but for the rests of lines that differ each time.
fn is(said: &str, wanted: &str) -> bool {
    let (said, wanted): (Vec<&str>, Vec<&str>) =
        (said.split('\n').collect(), wanted.split('\n').collect());
    said.len() == wanted.len()
        && said.iter().zip(wanted).all(|(said, wanted)| {
            match wanted.trim_end_matches('\r').split_once('~') {
                Some((before, after)) => {
                    let said = said.trim_end_matches('\r');
                    said.starts_with(before) && said.ends_with(after)
                }
                None => *said == wanted,
            }
        })
}

/// Whether the clients are those whose words were measured.
fn is_debian_12() -> bool {
    let version = Command::new("ssh").arg("-V").output().unwrap();
    String::from_utf8_lossy(&version.stderr).starts_with("OpenSSH_9.2p1 Debian")
}
