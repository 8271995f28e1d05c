//! The coach in a second terminal: what `groundschool watch` is told, and what it may say.
//!
//! The shell and the watch both speak, in the same words, each everything once. A prompt that fell silent because a window
//! elsewhere is open would look broken to whoever types there, and the window may be hidden; and nobody reads both at once.
//! What only the watch can do is to speak between two prompts: while an ssh is open, or in a shell that has no hook. Then a
//! passed step is told at once, and a mistake when it has stood for a while; the shell's next prompt still tells its own.
//!
//! The engine looks four times a second for as long as somebody watches, and judges only when something has changed: a
//! few system calls each time. The other end of the line sleeps.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::MissedTickBehavior;

use crate::course::evidence::KeyFile;
use crate::lab::coach::Ear;
use crate::lab::front::Front;
use crate::lab::server::control::Line;
use crate::lab::voice::Voice;

/// How often is looked for something new.
const GLANCE: Duration = Duration::from_millis(250);
/// Bytes of a line that somebody types.
const LONGEST_LINE: u64 = 1024;

/// The first words.
const WELCOME: &str = "\
Ground School, the coach beside your lab. Work in the lab's own terminal: what you do there is answered here too, \
also while you are signed in to an instance.
Type `help`, `hint`, `check`, `steps` or `quit` here.
 ";

/// What can be typed.
const USAGE: &str = "\
Type here, and Enter:
`task`   shows the task again
`hint`   helps, three times, each time more plainly
`check`  looks now and says everything
`answer` answers a question, for example `answer b`
`skip`   goes on without this step
`steps`  shows where you stand
`console` opens the account in your browser
`reset`  starts the lesson again
`about`  says what is real in the lab
`quit`   closes this window's coach; the lab stays open";

/// What makes a look worthwhile when it differs from the last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Stamp {
    events: u64,
    changes: u64,
    turns: (u64, usize),
    files: Vec<KeyFile>,
}

/// One who watches beside the shell: for as long as its line is open, or the console page's server.
pub struct Watch {
    front: Arc<Front>,
    ear: Ear,
    stamp: Stamp,
    /// Something waits to be said.
    waits: bool,
}

/// Speaks on the line until whoever watches has left, or the lab ends.
pub(super) async fn attend(front: Arc<Front>, voice: Voice, line: Line) {
    let (reader, mut writer) = tokio::io::split(line);
    let Some(mut watch) = Watch::new(front, voice) else {
        let text = voice.say("Too many coaches watch this lab already: close one of them.");
        drop(writer.write_all(text.as_bytes()).await);
        return;
    };
    let (coach, ear) = (watch.front.coach(), watch.ear);
    let welcome = coach.say(ear, WELCOME) + &coach.task(ear);
    if writer.write_all(welcome.as_bytes()).await.is_err() {
        return;
    }
    let mut words = BufReader::new(reader);
    let mut typed = Vec::new();
    let mut glances = tokio::time::interval(GLANCE);
    glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let work = tokio::select! {
            // Cancelled by the other branch, it keeps what it has read in `typed`.
            more = read_line(&mut words, &mut typed) => {
                if !more {
                    return;
                }
                Work::Answer(std::mem::take(&mut typed))
            }
            _ = glances.tick() => Work::Glance,
        };
        // The disk is read, and written.
        let done = tokio::task::spawn_blocking(move || {
            let text = match work {
                Work::Answer(line) => watch.answer(&String::from_utf8_lossy(&line)),
                Work::Glance => watch.glance(),
            };
            (watch, text)
        });
        let Ok((same, text)) = done.await else { return };
        watch = same;
        if !text.is_empty() && writer.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

enum Work {
    Answer(Vec<u8>),
    Glance,
}

/// One more line; false when there will be none, or it is too long for any word.
async fn read_line(words: &mut BufReader<impl AsyncRead + Unpin>, typed: &mut Vec<u8>) -> bool {
    let left = LONGEST_LINE.saturating_sub(typed.len() as u64);
    let read = words.take(left).read_until(b'\n', typed).await;
    read.is_ok() && typed.ends_with(b"\n")
}

impl Watch {
    /// One more; none when there are too many.
    pub fn new(front: Arc<Front>, voice: Voice) -> Option<Self> {
        let ear = front.coach().attend(voice)?;
        Some(Self {
            front,
            ear,
            stamp: Stamp::default(),
            waits: false,
        })
    }

    /// The lab.
    pub fn front(&self) -> &Front {
        &self.front
    }

    /// What one of the lab's words is answered.
    pub fn answer(&self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            return String::new();
        }
        // `lab hint` is what the coach's own sentences say.
        let words = words.strip_prefix(&["lab"]).unwrap_or(&words);
        self.front.answer(self.ear, words, USAGE).text
    }

    /// What is new, if anything is. Reads the folder, and the disk when something is; writes when something was passed.
    pub fn glance(&mut self) -> String {
        let coach = self.front.coach();
        let stamp = Stamp {
            events: self.front.simulation().journal().last(),
            changes: self.front.simulation().changes(),
            turns: coach.turns(),
            files: coach.key_files(),
        };
        if stamp == self.stamp && !self.waits {
            return String::new();
        }
        self.stamp = stamp;
        let (text, waits) = coach.beside(self.ear);
        self.waits = waits;
        self.front.follow();
        coach.save();
        text
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.front.coach().leave(self.ear);
    }
}
