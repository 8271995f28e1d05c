//! A terminal with a program in it: what a learner types and sees.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Everything seen so far.
type Seen = Arc<(Mutex<String>, Condvar)>;

const SIZE: Winsize = Winsize {
    ws_row: 24,
    ws_col: 80,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

pub(crate) struct Terminal {
    master: File,
    seen: Seen,
    mark: usize,
    pub(crate) child: Child,
}

impl Terminal {
    /// Starts the program as the leader of a session whose terminal this is (80x24).
    pub(crate) fn start(
        program: &Path,
        arguments: &[OsString],
        variables: &[(OsString, OsString)],
        folder: &Path,
    ) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, SIZE).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let nocttty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
        let slave = File::options()
            .read(true)
            .write(true)
            .custom_flags(nocttty)
            .open(name.to_str().unwrap())
            .unwrap();
        // Whoever started the tests in the background has left them deaf to Ctrl-C, and their children would be.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=INT,QUIT", "setsid", "--ctty"])
            .arg(program)
            .args(arguments)
            .env_clear();
        command
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder);
        let side = || Stdio::from(OwnedFd::from(slave.try_clone().unwrap()));
        let child = command
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        let master = File::from(master);
        let seen = Seen::default();
        let (mut reader, writer) = (master.try_clone().unwrap(), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count) = reader.read(&mut chunk) {
                if count == 0 {
                    break;
                }
                writer
                    .0
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&chunk[..count]));
                writer.1.notify_all();
            }
        });
        Self {
            master,
            seen,
            mark: 0,
            child,
        }
    }

    pub(crate) fn resize(&self, columns: u16) {
        tcsetwinsize(
            &self.master,
            Winsize {
                ws_col: columns,
                ..SIZE
            },
        )
        .unwrap();
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for a text after what was waited for before, and returns what stood before it.
    #[track_caller]
    pub(crate) fn wait(&mut self, text: &str) -> String {
        self.wait_up_to(Duration::from_secs(20), text)
    }

    /// The same, for what takes longer than a prompt.
    #[track_caller]
    pub(crate) fn wait_up_to(&mut self, patience: Duration, text: &str) -> String {
        self.wait_for(text, patience).unwrap_or_else(|| {
            panic!(
                "waited in vain for {text:?}; since the last match: {:?}",
                &self.seen.0.lock().unwrap()[self.mark..]
            )
        })
    }

    /// Waits for the prompt after Ctrl-C at the prompt. Plain bash 5.2, without any hook, forgets to draw it about once in three
    /// hundred times; then a learner presses Enter, and so does this.
    #[track_caller]
    pub(crate) fn wait_for_the_prompt_after_ctrl_c(&mut self, prompt: &str) {
        if self.wait_for(prompt, Duration::from_secs(3)).is_none() {
            self.press("\r");
            self.wait(prompt);
        }
    }

    /// Waits for a text for so long, and returns what stood before it.
    fn wait_for(&mut self, text: &str, time: Duration) -> Option<String> {
        let deadline = Instant::now() + time;
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            if let Some(place) = seen[self.mark..].find(text) {
                let before = seen[self.mark..self.mark + place].to_owned();
                self.mark += place + text.len();
                return Some(before);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Types a line, and returns what was shown between it and the next prompt.
    #[track_caller]
    pub(crate) fn line(&mut self, line: &str) -> String {
        self.press(line);
        self.press("\r");
        self.wait("READY> ")
    }

    /// Types a line, and Enter until the news are there: on a busy computer they come a prompt later.
    #[track_caller]
    pub(crate) fn line_until(&mut self, line: &str, news: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut shown = self.line(line);
        while !shown.contains(news) && Instant::now() < deadline {
            shown += &self.line("");
        }
        shown
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
