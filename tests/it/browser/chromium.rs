//! A browser for one test at a time: ChromeDriver and Chromium, with a profile and a folder for downloads that go with it.
//!
//! Starting one takes seconds of a processor: a test that ends well leaves it to the next, without a cookie and without a file.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// Everything that is started here is one process group, which ends when this shell's input does, and its folder with it: with
/// the test, however that ends. The umask is the usual one, whatever the tests' is.
const START: &str = "umask 022
setsid sh -c 'chromedriver --port=0; echo \"it ended: $?\"' &
read -r _
kill -s KILL -- -$!
wait
rm -rf -- \"$HOME\"";

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

/// Those that no test has now.
static IDLE: Mutex<Vec<Running>> = Mutex::new(Vec::new());

/// The browser, as long as a test has it.
pub(crate) struct Chromium {
    running: Option<Running>,
    /// How often something was clicked.
    pub(super) clicks: std::cell::Cell<usize>,
}

impl Chromium {
    /// Takes one that is idle, or starts one.
    #[track_caller]
    pub(crate) fn open(scripts: Scripts) -> Self {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.iter().position(|one| one.scripts == scripts);
        let found = place.map(|place| idle.swap_remove(place));
        drop(idle);
        Self {
            running: Some(found.unwrap_or_else(|| Running::start(scripts))),
            clicks: std::cell::Cell::default(),
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Where it saves files.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.running().downloads()
    }

    /// A folder that goes with it.
    pub(crate) fn folder(&self) -> &Path {
        self.running().folder.path()
    }

    /// Does something with it.
    pub(crate) fn with<T>(&self, work: impl AsyncFnOnce(&Client) -> T) -> T {
        self.running().with(work)
    }

    /// A command of Chromium's own protocol.
    #[track_caller]
    pub(crate) fn command(&self, name: &str, arguments: &Value) -> Value {
        self.running().command(name, arguments).unwrap()
    }

    /// What the browser wrote into its console since it was asked last.
    pub(crate) fn log(&self) -> Value {
        self.running().log().unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        if !std::thread::panicking() && running.forget().is_ok() {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(running);
        }
    }
}

/// The processes, the profile and the session.
struct Running {
    scripts: Scripts,
    driver: Option<Client>,
    runtime: Runtime,
    process: Child,
    folder: tempfile::TempDir,
}

impl Running {
    #[track_caller]
    fn start(scripts: Scripts) -> Self {
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
        let mut running = Self {
            scripts,
            driver: None,
            runtime,
            process,
            folder,
        };
        let port = port(said);
        running.driver = Some(running.session(port, scripts));
        running
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
            let mut connector = hyper_util::client::legacy::connect::HttpConnector::new();
            connector.set_nodelay(true);
            let mut builder = ClientBuilder::new(connector);
            builder.capabilities(wanted).connect(&address).await
        });
        begun.unwrap_or_else(|error| panic!("Chromium does not start: {error}"))
    }

    fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    fn with<T>(&self, work: impl AsyncFnOnce(&Client) -> T) -> T {
        let driver = self.driver.as_ref().unwrap();
        self.runtime.block_on(work(driver))
    }

    fn command(&self, name: &str, arguments: &Value) -> Result<Value, Box<CmdError>> {
        let body = json!({ "cmd": name, "params": arguments });
        self.own_way(OwnWay {
            path: "goog/cdp/execute",
            body,
        })
    }

    fn log(&self) -> Result<Value, Box<CmdError>> {
        let body = json!({ "type": "browser" });
        self.own_way(OwnWay {
            path: "se/log",
            body,
        })
    }

    fn own_way(&self, command: OwnWay) -> Result<Value, Box<CmdError>> {
        let answer = self.with(async |driver| driver.issue_cmd(command).await);
        answer.map_err(Box::new)
    }

    /// Is again as it was when it was started.
    fn forget(&self) -> Result<(), Box<dyn std::error::Error>> {
        self.with(async |driver| driver.goto("about:blank").await)?;
        for (name, arguments) in [
            ("Network.clearBrowserCookies", json!({})),
            ("Network.clearBrowserCache", json!({})),
            ("Emulation.clearDeviceMetricsOverride", json!({})),
            (
                "Emulation.setEmulatedMedia",
                json!({ "media": "", "features": [] }),
            ),
        ] {
            self.command(name, &arguments)?;
        }
        self.log()?;
        for entry in std::fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            if path.is_file() {
                std::fs::remove_file(path)?;
            }
        }
        std::fs::remove_dir_all(self.downloads())?;
        std::fs::create_dir(self.downloads())?;
        Ok(())
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

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            // It writes its profile, and ends. What does not is killed.
            drop(self.runtime.block_on(driver.close()));
        }
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}
