//! A lab with a control socket and a desk that answers from a table, for the tests of shells and shims.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use groundschool::lab::server::control::{
    self, Answer, Control, Desk, Line, News, PromptReport, Reach, WordReport,
};
use groundschool::lab::shell::environment::{LabEnvironment, environment};
use groundschool::lab::stage::Stage;
use groundschool::lab::stage::shim::Shim;
use groundschool::lab::workspace::Workspace;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// The program under test.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_groundschool"))
}

/// Waits for a condition.
pub(crate) fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Answers `| saw STATUS` to a failed command, and to every connection with one line.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) reports: Mutex<Vec<PromptReport>>,
    pub(crate) dialled: Mutex<Vec<(String, u16)>>,
    pub(crate) slow: AtomicBool,
    pub(crate) quiet: AtomicBool,
}

impl Desk for Table {
    fn prompt(&self, report: PromptReport) -> News {
        if self.slow.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(500));
        }
        let mut news = News::default();
        if report.status != 0 && !self.quiet.load(Ordering::SeqCst) {
            news.lasting = format!("| saw {}\n", report.status);
        }
        self.reports.lock().unwrap().push(report);
        news
    }

    fn word(&self, report: WordReport) -> Answer {
        Answer {
            status: 1,
            text: format!(
                "| words {:?} in {}\n",
                report.words,
                report.directory.display()
            ),
        }
    }

    fn watch(self: Arc<Self>, colour: bool, mut line: Line) {
        tokio::spawn(async move {
            let said = format!("| colour {colour}\n");
            line.write_all(said.as_bytes()).await.unwrap();
        });
    }

    fn reach(&self, address: &str, port: u16) -> Reach {
        self.dialled
            .lock()
            .unwrap()
            .push((address.to_owned(), port));
        match (address, port) {
            ("203.0.113.25", 22) => Reach::Open,
            ("203.0.113.25", _) => Reach::Refused,
            _ => Reach::Silent,
        }
    }

    fn connect(&self, _address: &str, _port: u16, mut line: Line) {
        tokio::spawn(async move {
            // Not SSH: enough to see that the line carries both ways, and that ssh got it.
            let mut first = [0; 4];
            line.read_exact(&mut first).await.unwrap();
            line.write_all(b"SSH-2.0-first four: ").await.unwrap();
            line.write_all(&first).await.unwrap();
            line.write_all(b"\r\n").await.unwrap();
        });
    }
}

/// A lab, its folders in a temporary place, and the learner's home folder beside it.
pub(crate) struct Lab {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) workspace: Workspace,
    pub(crate) desk: Arc<Table>,
    pub(crate) control: Option<Control>,
    pub(crate) runtime: Runtime,
    pub(crate) variables: Vec<(OsString, OsString)>,
}

impl Lab {
    /// Opens it, with `more` in the environment that the learner came with.
    pub(crate) fn open(more: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        std::fs::create_dir_all(home.join(".ssh")).unwrap();
        let workspace = Workspace::open(&dir.path().join("lab"), Some(&home)).unwrap();
        let runtime = Runtime::new().unwrap();
        let desk = Arc::new(Table::default());
        let control = runtime
            .block_on(control::serve(
                &workspace.layout().run(),
                Arc::<Table>::clone(&desk),
            ))
            .unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let mut inherited = vec![
            ("PATH".into(), path.clone()),
            ("HOME".into(), home.into_os_string()),
            ("TERM".into(), "xterm".into()),
            ("LANG".into(), "C.UTF-8".into()),
        ];
        inherited.extend(
            more.iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value))),
        );
        let stage = Shim::install(workspace.layout(), program(), Some(&path), "instant").unwrap();
        let variables = environment(
            inherited,
            &LabEnvironment {
                layout: workspace.layout(),
                endpoint: "http://127.0.0.1:4566",
                region: "us-east-1",
                stage: &stage.environment(),
                proxy: None,
            },
        );
        Self {
            dir,
            workspace,
            desk,
            control: Some(control),
            runtime,
            variables,
        }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Puts a file into the learner's home folder.
    pub(crate) fn at_home(&self, name: &str, text: &str) {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The last report that satisfies the condition.
    pub(crate) fn report(
        &self,
        what: &str,
        wanted: impl Fn(&PromptReport) -> bool,
    ) -> PromptReport {
        until(what, || {
            self.desk
                .reports
                .lock()
                .unwrap()
                .iter()
                .rev()
                .find(|report| wanted(report))
                .cloned()
        })
    }
}
