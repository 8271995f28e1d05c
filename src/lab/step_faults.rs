//! A lesson's scripted faults: what goes wrong at AWS's end while a step lasts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::cloud::api::fault::{Fault, FaultError};
use crate::course::lesson::{Lesson, ScriptedFault, Trouble};
use crate::lab::server::script::Script;

/// The faults of a lesson's steps, and the script that the endpoint plays.
pub struct StepFaults {
    steps: Vec<Vec<Fault>>,
    script: Arc<Script>,
    /// The step whose faults were set last.
    at: Mutex<Option<usize>>,
}

/// A fault that a lesson declares and that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("step `{step}` of {lesson}: {why}")]
pub struct StepFaultError {
    /// The lesson's folder.
    pub lesson: String,
    /// The step.
    pub step: String,
    /// Why.
    #[source]
    pub why: FaultError,
}

impl StepFaults {
    /// Reads them all, so that an action with a slip in its name is known before the first step.
    pub fn of(lesson: &Lesson, script: Arc<Script>) -> Result<Self, StepFaultError> {
        let steps = lesson.steps.iter().map(|step| {
            let faults: Result<_, FaultError> = step.faults.iter().map(fault).collect();
            faults.map_err(|why| StepFaultError {
                lesson: lesson.slug.clone(),
                step: step.id.clone(),
                why,
            })
        });
        Ok(Self {
            steps: steps.collect::<Result<_, _>>()?,
            script,
            at: Mutex::default(),
        })
    }

    /// The learner is at that step now. Its faults begin when it is reached, and end with it.
    pub fn follow(&self, step: Option<usize>) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        if *at == step {
            return;
        }
        *at = step;
        let faults = step.and_then(|step| self.steps.get(step)).cloned();
        self.script.set(faults.unwrap_or_default());
    }
}

/// The fault that a lesson declares.
pub fn fault(written: &ScriptedFault) -> Result<Fault, FaultError> {
    let (action, times) = (&*written.action, written.times);
    match (written.meets, written.meets.code()) {
        (_, Some(code)) => Fault::new(code, action, times),
        (Trouble::Slow { seconds }, None) => {
            Fault::slow(Duration::from_secs(seconds.into()), action, times)
        }
        (other, None) => Err(FaultError::Code(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(action: &str, meets: Trouble) -> Result<StepFaults, StepFaultError> {
        let mut lesson = crate::course::catalogue::lessons().unwrap().remove(0);
        lesson.steps[1].faults.push(ScriptedFault {
            action: action.to_owned(),
            meets,
            times: None,
        });
        StepFaults::of(&lesson, Arc::default())
    }

    #[test]
    fn every_trouble_that_a_lesson_can_name_is_one_that_a_call_can_meet() {
        for meets in [
            Trouble::RequestLimitExceeded,
            Trouble::InsufficientInstanceCapacity,
            Trouble::InternalError,
            Trouble::InternalFailure,
            Trouble::ServerInternal,
            Trouble::Unavailable,
            Trouble::UnauthorizedOperation,
            Trouble::Slow { seconds: 60 },
        ] {
            assert!(faults("RunInstances", meets).is_ok(), "{meets:?}");
        }
    }

    #[test]
    fn an_action_with_a_slip_is_named_with_lesson_and_step() {
        let refused = faults("RunInstance", Trouble::InternalError).err().unwrap();
        let text = refused.to_string();
        assert!(
            text.starts_with("step `") && text.ends_with("did you mean RunInstances?"),
            "{text}"
        );
    }

    #[test]
    fn a_steps_faults_begin_and_end_with_it() {
        let faults = faults("RunInstances", Trouble::InternalError).unwrap();
        let body = b"Action=RunInstances";
        let meets = || {
            let request = crate::cloud::api::Request {
                body,
                ..Default::default()
            };
            faults.script.meet(&request).is_some()
        };
        faults.follow(Some(0));
        assert!(!meets());
        faults.follow(Some(1));
        assert!(meets() && meets());
        faults.follow(None);
        assert!(!meets());
    }
}
