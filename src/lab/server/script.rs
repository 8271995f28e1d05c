//! The scripted faults that are still to be met, counted down as calls meet them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cloud::api;
use crate::cloud::api::fault::Fault;

/// The faults of one endpoint. Empty unless a lesson or `serve --fault` says otherwise.
#[derive(Debug, Default)]
pub struct Script {
    left: Mutex<Vec<Fault>>,
    /// Most endpoints have no fault, and then no request is read twice.
    any: AtomicBool,
}

impl Script {
    /// A script of these faults.
    pub fn new(faults: Vec<Fault>) -> Self {
        let script = Self::default();
        script.set(faults);
        script
    }

    /// Replaces all that is left.
    pub fn set(&self, faults: Vec<Fault>) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        self.any.store(!faults.is_empty(), Ordering::Relaxed);
        *left = faults;
    }

    /// Whether a request such as this would meet a fault.
    pub fn waits(&self, request: &api::Request<'_>) -> bool {
        let action = api::action_of(request);
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        action.is_some_and(|action| left.iter().any(|fault| fault.action == action))
    }

    /// The fault that this request meets: the first one declared for its action that is left.
    pub fn meet(&self, request: &api::Request<'_>) -> Option<Fault> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        self.meet_at(&api::action_of(request)?)
    }

    /// The fault that a call of this action meets.
    pub fn meet_at(&self, action: &str) -> Option<Fault> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let place = left.iter().position(|fault| fault.action == action)?;
        let fault = left.get_mut(place)?;
        let met = fault.clone();
        match &mut fault.times {
            None => {}
            Some(1) => {
                left.remove(place);
                self.any.store(!left.is_empty(), Ordering::Relaxed);
            }
            Some(times) => *times -= 1,
        }
        Some(met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(script: &Script, action: &str) -> Option<String> {
        let body = format!("Action={action}&Version=2016-11-15");
        let request = api::Request {
            body: body.as_bytes(),
            ..api::Request::default()
        };
        script
            .meet(&request)
            .map(|fault| format!("{:?}", fault.kind))
    }

    #[test]
    fn faults_are_met_in_their_order_and_as_often_as_they_say() {
        let faults = [
            "RequestLimitExceeded:RunInstances:2",
            "InternalError:RunInstances:1",
            "UnauthorizedOperation:CreateKeyPair",
        ];
        let script = Script::new(faults.map(|word| word.parse().unwrap()).into());
        let met: Vec<_> = (0..4).map(|_| meet(&script, "RunInstances")).collect();
        assert_eq!(
            met,
            [
                Some("Throttled".to_owned()),
                Some("Throttled".to_owned()),
                Some("InternalError".to_owned()),
                None
            ]
        );
        assert_eq!(meet(&script, "DescribeInstances"), None);
        for _ in 0..9 {
            assert_eq!(meet(&script, "CreateKeyPair").as_deref(), Some("Denied"));
        }
    }
}
