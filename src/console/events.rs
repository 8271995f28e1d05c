//! Tells an open page that something has changed, by server-sent events: the page then asks for itself again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::lab::simulation::Simulation;

/// How often is looked for a change: a number is read.
const GLANCE: Duration = Duration::from_millis(100);
/// How often a silent line says that it is alive.
const ALIVE: Duration = Duration::from_secs(15);

/// Knows whether something has changed.
pub(super) struct Bell {
    simulation: Arc<Simulation>,
}

impl Bell {
    pub(super) fn new(simulation: Arc<Simulation>) -> Self {
        Self { simulation }
    }

    /// Another number than before when something has changed.
    pub(super) fn stamp(&self) -> u64 {
        self.simulation.changes()
    }
}

struct Ear {
    house: Arc<super::House>,
    heard: u64,
    glances: Interval,
}

/// The stream of events; `seen` is the stamp of the page that listens.
pub(super) fn stream(house: Arc<super::House>, seen: u64) -> Response {
    let mut glances = interval(GLANCE);
    glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ear = Ear {
        house,
        heard: seen,
        glances,
    };
    let events = unfold(ear, |mut ear| async move {
        loop {
            ear.glances.tick().await;
            let stamp = ear.house.bell.stamp();
            if stamp != ear.heard {
                ear.heard = stamp;
                let event = Event::default().event("changed").data(stamp.to_string());
                return Some((Ok::<_, Infallible>(event), ear));
            }
        }
    });
    Sse::new(events)
        .keep_alive(KeepAlive::new().interval(ALIVE))
        .into_response()
}
