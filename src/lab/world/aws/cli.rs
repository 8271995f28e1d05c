//! Runs the learner's own `aws` for a [`Call`]: their environment, their profile, their sign-in. No key of theirs is read here.
//!
//! It runs in a session of its own, so that it can ask nothing on the learner's terminal, and whatever it has started ends with
//! it when its time is over. It is asked to try once only: whether to ask again is for [`super::Aws`] to say.

#![expect(clippy::disallowed_methods, reason = "starts aws and takes its time")]

use std::ffi::OsString;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use crate::lab::multicall;
use crate::lab::shell::spawn;
use crate::lab::world::aws::call::Call;
use crate::lab::world::aws::failure::{Failure, classify};
use crate::lab::world::aws::record::Record;

/// How long a call may take: a cold start of `aws` on a slow computer is five seconds.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of an answer that are read.
const LONGEST: u64 = 16 * 1024 * 1024;

/// How `aws` is run.
#[derive(Debug, Clone)]
pub struct Cli {
    /// This program itself, which becomes `aws` in a session of its own.
    pub launcher: PathBuf,
    /// The `aws` on the learner's PATH; none where there is none.
    pub aws: Option<PathBuf>,
    /// The learner's environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The process whose network the endpoint is in, where a rehearsal has one of its own.
    pub keeper: Option<u32>,
    /// Another endpoint than AWS's: a rehearsal.
    pub endpoint: Option<String>,
    /// How long one call may take.
    pub patience: Duration,
    /// Every call is written down here.
    pub record: Arc<Record>,
}

impl Cli {
    /// The answer as JSON.
    pub fn ask(&self, call: &Call, look: u64) -> Result<Value, Failure> {
        let text = self.text(call, look)?;
        serde_json::from_str(&text).map_err(|error| Failure::Unreadable(error.to_string()))
    }

    /// The answer as it is printed. Of a dry run it is none; see [`Self::is_allowed`].
    pub fn text(&self, call: &Call, look: u64) -> Result<String, Failure> {
        let began = Instant::now();
        let words = self.words(call);
        let ended = self.run(&words);
        let result = ended.and_then(|ended| {
            if ended.status.success() {
                Ok(ended.stdout)
            } else {
                Err(classify(call, &ended.stderr))
            }
        });
        let outcome = match &result {
            Ok(_) => "ok".to_owned(),
            Err(Failure::Other(line)) if line.contains("DryRunOperation") => "allowed".to_owned(),
            Err(failure) => format!("{failure:?}"),
        };
        self.record.add(look, &words, began.elapsed(), &outcome);
        result
    }

    /// Whether a dry run says that it would be allowed.
    pub fn is_allowed(&self, call: &Call, look: u64) -> Result<(), Failure> {
        match self.text(call, look) {
            Err(Failure::Other(line)) if line.contains("DryRunOperation") => Ok(()),
            // A stand-in that does not know dry runs would have done it.
            Ok(_) => Err(Failure::Other(
                "the dry run was taken for a real call: this endpoint does not know --dry-run"
                    .to_owned(),
            )),
            Err(failure) => Err(failure),
        }
    }

    fn words(&self, call: &Call) -> Vec<String> {
        let mut words = call.words();
        if call.is_sent() {
            words.extend(["--output", "json"].map(str::to_owned));
            if let Some(endpoint) = &self.endpoint {
                words.extend(["--endpoint-url".to_owned(), endpoint.clone()]);
            }
        }
        words
    }

    fn run(&self, words: &[String]) -> Result<Ended, Failure> {
        let aws = self.aws.as_deref().ok_or(Failure::Missing)?;
        let not_started = |why: std::io::Error| Failure::NotStarted(why.to_string());
        // Files, not pipes: what `aws` leaves running must not hold this program up.
        let mut stdout = tempfile::tempfile().map_err(not_started)?;
        let mut stderr = tempfile::tempfile().map_err(not_started)?;
        let mut command = Command::new(&self.launcher);
        command.arg0(multicall::APART);
        if let Some(keeper) = self.keeper {
            command.arg(spawn::JOIN).arg(keeper.to_string());
        }
        command
            .arg(aws)
            .args(words)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // One call is one request, without a pager and without questions.
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("AWS_RETRY_MODE", "standard")
            .env("AWS_PAGER", "")
            .env("AWS_CLI_AUTO_PROMPT", "off")
            .stdin(Stdio::null())
            .stdout(stdout.try_clone().map_err(not_started)?)
            .stderr(stderr.try_clone().map_err(not_started)?);
        let mut child = command.spawn().map_err(not_started)?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (tell, ended) = mpsc::channel();
        let waits = std::thread::spawn(move || {
            let _ = tell.send(child.wait());
        });
        let status = ended.recv_timeout(self.patience);
        if status.is_err()
            && let Some(pid) = pid
        {
            // The whole session's group, and the child itself if it is not its leader yet.
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = kill_process(pid, Signal::KILL);
        }
        let _ = waits.join();
        let status = status
            .map_err(|_| Failure::Hung {
                seconds: self.patience.as_secs(),
            })?
            .map_err(not_started)?;
        Ok(Ended {
            status,
            stdout: read(&mut stdout).map_err(not_started)?,
            stderr: read(&mut stderr).map_err(not_started)?,
        })
    }
}

struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

fn read(file: &mut std::fs::File) -> std::io::Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
