//! A browser of one test's own: ChromeDriver and Chromium, with a profile and a folder for downloads that go with it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper::Method;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// Everything that is started here is one process group, which ends when this shell is told to end, or when its input does:
/// with the test, however that ends. The umask is the usual one, whatever the tests' is.
const START: &str =
    "umask 022; { chromedriver --port=0; echo \"it ended: $?\"; } & read -r _; kill -KILL 0";

/// What ChromeDriver prints before the number of its port.
const READY: &str = "started successfully on port ";

/// The names that the browser can reach: this computer's own, and another page's that was pointed here.
const NAMES: &str =
    "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";

const ARGUMENTS: &[&str] = &[
    "--headless",
    // Root is refused with it, and a plain user in a container has no namespaces for it. The browser sees our own pages only.
    "--no-sandbox",
    // Containers have a small /dev/shm, and the browser dies when it is full.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    NAMES,
];

/// Whether the pages' scripts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

/// The browser.
pub(crate) struct Chromium {
    driver: Option<Client>,
    /// How often something was clicked.
    pub(super) clicks: std::cell::Cell<usize>,
    runtime: Runtime,
    process: Child,
    folder: tempfile::TempDir,
}

impl Chromium {
    /// Starts it.
    #[track_caller]
    pub(crate) fn open(scripts: Scripts) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("downloads")).unwrap();
        let mut process = Command::new("/bin/sh")
            .args(["-c", START])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", folder.path())
            .env("LANG", "C.UTF-8")
            .current_dir(folder.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut chromium = Self {
            driver: None,
            clicks: std::cell::Cell::default(),
            runtime,
            process,
            folder,
        };
        let port = port(said);
        chromium.driver = Some(chromium.session(port, scripts));
        chromium
    }

    fn session(&self, port: u16, scripts: Scripts) -> Client {
        let profile = self.folder.path().join("profile");
        let profile = format!("--user-data-dir={}", profile.display());
        let arguments = ARGUMENTS.iter().copied().chain([profile.as_str()]);
        let may_run = match scripts {
            Scripts::On => 1,
            Scripts::Off => 2,
        };
        let wanted = json!({
            "goog:chromeOptions": {
                "args": arguments.collect::<Vec<_>>(),
                "prefs": {
                    "download.default_directory": self.downloads(),
                    "download.prompt_for_download": false,
                    "profile.managed_default_content_settings.javascript": may_run,
                },
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(wanted) = wanted else {
            unreachable!("it is written so");
        };
        let address = format!("http://127.0.0.1:{port}");
        let begun = self.runtime.block_on(async {
            let mut builder =
                ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(wanted).connect(&address).await
        });
        begun.unwrap_or_else(|error| panic!("Chromium does not start: {error}"))
    }

    /// Where it saves files.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// A folder that goes with it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Does something with it.
    pub(crate) fn with<T>(&self, work: impl AsyncFnOnce(&Client) -> T) -> T {
        let driver = self.driver.as_ref().unwrap();
        self.runtime.block_on(work(driver))
    }

    /// A command of Chromium's own protocol.
    #[track_caller]
    pub(crate) fn command(&self, name: &str, arguments: &Value) -> Value {
        let body = json!({ "cmd": name, "params": arguments });
        self.own_way(OwnWay {
            path: "goog/cdp/execute",
            body,
        })
    }

    /// What the browser wrote into its console since it was asked last.
    pub(crate) fn log(&self) -> Value {
        let body = json!({ "type": "browser" });
        self.own_way(OwnWay {
            path: "se/log",
            body,
        })
    }

    #[track_caller]
    fn own_way(&self, command: OwnWay) -> Value {
        let about = format!("{command:?}");
        let answer = self.with(async |driver| driver.issue_cmd(command).await);
        answer.unwrap_or_else(|error| panic!("{about}: {error}"))
    }
}

/// A command that is ChromeDriver's own.
#[derive(Debug)]
struct OwnWay {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for OwnWay {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// The port on which ChromeDriver listens.
fn port(said: impl BufRead) -> u16 {
    let mut heard = String::new();
    for line in said.lines() {
        let line = line.unwrap();
        if let Some((_, port)) = line.split_once(READY) {
            return port.trim_end_matches('.').parse().unwrap();
        }
        heard.extend([line.as_str(), "\n"]);
        if line.starts_with("it ended") {
            break;
        }
    }
    panic!("chromedriver does not start here: run tests/run, which installs it\n{heard}")
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            // It writes its profile, and ends. What does not is killed.
            drop(self.runtime.block_on(driver.close()));
        }
        let group = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        drop(self.process.wait());
    }
}
