//! Tells an open page that something has changed, by server-sent events: the page then asks for itself again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::console::House;

/// How often is looked for a change: a number is read.
const GLANCE: Duration = Duration::from_millis(100);
/// Rounds between two looks at the learner's folder.
const LESSON_EVERY: u32 = 3;
/// How often a silent line says that it is alive.
const ALIVE: Duration = Duration::from_secs(15);

struct Ear {
    house: Arc<House>,
    heard: String,
    rounds: u32,
    glances: Interval,
}

/// The stream of events; `seen` is the stamp of the page that listens.
pub(super) fn stream(house: Arc<House>, seen: &str) -> Response {
    let mut glances = interval(GLANCE);
    glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ear = Ear {
        house,
        heard: seen.to_owned(),
        rounds: 0,
        glances,
    };
    let events = unfold(ear, |mut ear| async move {
        loop {
            ear.glances.tick().await;
            ear.rounds = ear.rounds.wrapping_add(1);
            if ear.rounds.is_multiple_of(LESSON_EVERY) {
                hear_the_coach(&ear.house).await;
            }
            let stamp = ear.house.stamp();
            if stamp != ear.heard {
                let event = Event::default().event("changed").data(&stamp);
                ear.heard = stamp;
                return Some((Ok::<_, Infallible>(event), ear));
            }
        }
    });
    Sse::new(events)
        .keep_alive(KeepAlive::new().interval(ALIVE))
        .into_response()
}

/// Lets the coach look, where it may read the disk.
async fn hear_the_coach(house: &Arc<House>) {
    if house.lesson.is_none() {
        return;
    }
    let house = Arc::clone(house);
    let look = move || {
        if let Some(lesson) = &house.lesson {
            lesson.look();
        }
    };
    let _ = tokio::task::spawn_blocking(look).await;
}
