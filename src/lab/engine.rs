//! An open lab: the learner's folder, a running simulation and its servers, the stage and the coach, in one process.
//!
//! The learner's shell is a child of this process. When it ends, however it ends, the servers are gone with it; what the
//! lab knows is on the disk by then.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the environment that the lab's shell starts from"
)]

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::cloud::Pace;
use crate::course::lesson::{self, Lesson};
use crate::course::progress::{Progress, ProgressError};
use crate::lab::beginning::{self, BeginError, Beginning};
use crate::lab::coach::Coach;
use crate::lab::files::read_if_there;
use crate::lab::front::Front;
use crate::lab::journal::{Journal, JournalError, now};
use crate::lab::key_pool::KeyPool;
use crate::lab::machines::SSH;
use crate::lab::multicall;
use crate::lab::open::{Open, OpenFile};
use crate::lab::records::{Records, RecordsError};
use crate::lab::server::control::{self, Control, ControlError};
use crate::lab::server::ec2::{Endpoint, EndpointError};
use crate::lab::server::network::OwnNetwork;
use crate::lab::server::reception::Reception;
use crate::lab::server::script::Script;
use crate::lab::server::ssh;
use crate::lab::shelf;
use crate::lab::shell::environment::{LabEnvironment, environment};
use crate::lab::simulation::{LAB_ADDRESSES, Settings, Simulation, Tenancy};
use crate::lab::stage::{Choice, ChoiceError, Chosen, Ground, Refused, Stage};
use crate::lab::step_faults::{StepFaultError, StepFaults};
use crate::lab::store::StoreError;
use crate::lab::voice::Voice;
use crate::lab::workspace::{Workspace, WorkspaceError};
use crate::lab::world::Simulator;

/// The region of a new lab.
pub const REGION: &str = "us-east-1";
/// What an instance sees as the learner's address: from RFC 5737's TEST-NET-2, as a home's public address.
pub const MY_ADDRESS: IpAddr = IpAddr::V4(MY_IPV4);
/// The same.
pub const MY_IPV4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
/// The account id of a lab: AWS's own documentation uses this one.
const ACCOUNT: &str = "123456789012";
/// How often time is let pass without a request.
const TICK: Duration = Duration::from_millis(100);

/// How to open a lab.
pub struct Options {
    /// Its folder.
    pub root: PathBuf,
    /// The learner's home, for `~/Downloads`.
    pub home: Option<PathBuf>,
    /// The lesson.
    pub lesson: Lesson,
    /// How long AWS's changes of state take.
    pub pace: Pace,
    /// How the lesson speaks.
    pub voice: Voice,
    /// Ready RSA keys, which several labs may share.
    pub keys: Arc<KeyPool>,
    /// Put the stand-in for the AWS CLI on the lab's PATH.
    pub stand_in: bool,
    /// How the instances' addresses are made real.
    pub stage: Choice,
    /// What a lesson draws is drawn with this; by chance without it.
    pub seed: Option<u64>,
}

/// A lab cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The folder.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// What was kept of the account.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The endpoint's port.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The stage.
    #[error(transparent)]
    Stage(#[from] ChoiceError),
    /// The control socket.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The progress file.
    #[error("{}: {source}", path.display())]
    Progress {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ProgressError,
    },
    /// What the lesson begins with.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// What a hand-in will need.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// A scripted fault of the lesson that cannot be.
    #[error(transparent)]
    Fault(#[from] StepFaultError),
    /// Anything else that the system refused.
    #[error("{what}: {source}")]
    System {
        /// What was being done.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// An open lab.
pub struct Engine {
    workspace: Arc<Workspace>,
    simulation: Arc<Simulation>,
    coach: Arc<Coach>,
    endpoint: Endpoint,
    _control: Control,
    stage: Arc<Mutex<Box<dyn Stage>>>,
    script: Arc<Script>,
    front: Arc<Front>,
    about: About,
    // Last: the servers above run on it.
    runtime: Runtime,
}

/// What is known of the stage from its start on.
struct About {
    name: &'static str,
    environment: Vec<(OsString, OsString)>,
    keeper: Option<u32>,
    why_not_netns: Option<Refused>,
    _open_file: OpenFile,
}

impl Engine {
    /// Opens the lab and starts everything.
    pub fn open(options: Options) -> Result<Self, EngineError> {
        let workspace = Arc::new(Workspace::open(&options.root, options.home.as_deref())?);
        let layout = workspace.layout();
        let system = |what: &str| {
            let what = what.to_owned();
            move |source| EngineError::System { what, source }
        };
        let program = std::env::current_exe().map_err(system("this program cannot find itself"))?;
        multicall::link(layout, &program).map_err(system("the lab's links cannot be made"))?;
        let stand_in = layout.bin().join("aws");
        if options.stand_in {
            multicall::link_as(&program, &stand_in)
                .map_err(system("the stand-in cannot be linked"))?;
        } else {
            let _ = std::fs::remove_file(&stand_in);
        }

        let script = Arc::new(Script::default());
        let faults = StepFaults::of(&options.lesson, Arc::clone(&script))?;
        let moved = shelf::bring(layout, &options.lesson.slug)
            .map_err(system("the lesson's account cannot be fetched"))?;
        if moved {
            // Two lessons' instances may have had the same address.
            workspace.forget_hosts();
        }
        let journal = Journal::open(&layout.journal())?;
        let simulation = Simulation::start(
            Settings {
                pace: options.pace,
                tenancy: Tenancy::One {
                    account: ACCOUNT.to_owned(),
                    key: Some(workspace.access_key()?),
                },
                addresses: LAB_ADDRESSES,
                eventually: options.lesson.eventually,
                keys: options.keys,
                folder: Some(layout.private()),
            },
            journal,
        )?;
        let simulation = Arc::new(simulation);
        let slug = &options.lesson.slug;
        let records = Records::open(layout, slug, lesson::World::Simulator, now())?;
        let beginning = Beginning::new(
            options.lesson.start.clone(),
            options.seed.or(records.drawn_by()),
            Arc::clone(&workspace),
        );
        let begun = beginning.find_or_make(&simulation)?;
        let progress = read_progress(&layout.progress(&options.lesson.slug), &options.lesson.slug)?;
        let world = Simulator::new(Arc::clone(&simulation), REGION, MY_ADDRESS);
        let home = options.home.clone().unwrap_or_default();
        let keep = layout.progress(&options.lesson.slug);
        let post_quantum = options.lesson.machines.post_quantum;
        let coach = Coach::new(
            options.lesson,
            progress,
            Arc::new(world),
            Arc::clone(&workspace),
            options.voice,
            &home,
            Some(keep),
        )
        .begun(begun)
        .with_records(records);
        let coach = Arc::new(coach);

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(system("the lab's threads cannot be started"))?;
        let settings = ssh::Settings {
            post_quantum,
            ..ssh::Settings::at(options.pace)
        };
        let server = ssh::Server::new(Arc::clone(&simulation) as _, settings);
        let server = Arc::new(server);
        let Chosen {
            stage,
            why_not_netns,
        } = {
            let path = std::env::var_os("PATH");
            let ground = Ground {
                program: &program,
                layout,
                path: path.as_deref(),
                home: std::env::var_os("HOME").map(PathBuf::from),
                pace: options.pace.name(),
                my_address: MY_IPV4,
                instances: LAB_ADDRESSES,
            };
            let tried = write_down_attempts(&simulation);
            options
                .stage
                .set_up(&ground, &server, runtime.handle(), tried)?
        };
        let (name, network, keeper) = (stage.name(), stage.network(), stage.keeper());
        let environment = stage.environment();
        if let Some(attempts) = stage.attempts() {
            simulation.on_read(attempts);
        }
        let stage = Arc::new(Mutex::new(stage));
        follow(&simulation, &server, &stage);
        simulation.tell_stage();
        let front = Front::new(
            Arc::clone(&simulation),
            Arc::clone(&coach),
            server,
            MY_ADDRESS,
            name,
            faults,
            beginning,
        );
        let front = Arc::new(front);
        let (endpoint, control) = runtime.block_on(async {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let ground = network.clone().unwrap_or_else(|| Arc::new(OwnNetwork));
            let reception =
                Reception::with_script(Arc::clone(&simulation) as _, Arc::clone(&script));
            let endpoint = Endpoint::start_in(ground, address, reception).await?;
            let desk = Arc::clone(&front) as _;
            let control = control::serve_also(&layout.run(), desk, network.as_deref()).await?;
            tokio::spawn(let_time_pass(Arc::clone(&simulation)));
            Ok::<_, EngineError>((endpoint, control))
        })?;
        let open = Open {
            endpoint: endpoint.url(),
            stage: name.to_owned(),
            keeper,
            pace: options.pace.name().to_owned(),
        };
        let open_file = OpenFile::write(layout.open_file(), &open).map_err(system(
            "the lab's file for a second shell cannot be written",
        ))?;
        Ok(Self {
            workspace,
            simulation,
            coach,
            endpoint,
            _control: control,
            stage,
            script,
            front,
            about: About {
                name,
                environment,
                keeper,
                why_not_netns,
                _open_file: open_file,
            },
            runtime,
        })
    }

    /// The coach.
    pub fn coach(&self) -> &Coach {
        &self.coach
    }

    /// The world, as the coach sees it.
    pub fn world(&self) -> Simulator {
        Simulator::new(Arc::clone(&self.simulation), REGION, MY_ADDRESS)
    }

    /// The simulation.
    pub fn simulation(&self) -> &Arc<Simulation> {
        &self.simulation
    }

    /// The lab's desk.
    pub fn front(&self) -> &Arc<Front> {
        &self.front
    }

    /// The faults that calls meet.
    pub fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// The folder.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What the servers run on.
    pub fn runtime(&self) -> &tokio::runtime::Handle {
        self.runtime.handle()
    }

    /// The stage's name.
    pub fn stage(&self) -> &'static str {
        self.about.name
    }

    /// Why the lab has no network of its own, where it could have had one.
    pub fn why_not_netns(&self) -> Option<&Refused> {
        self.about.why_not_netns.as_ref()
    }

    /// What the stage could not have and does not need, in words.
    pub fn stage_notes(&self) -> Vec<String> {
        self.stage
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .notes()
    }

    /// The process whose namespaces the lab's shell joins, if there is one.
    pub fn keeper(&self) -> Option<u32> {
        self.about.keeper
    }

    /// The endpoint's URL.
    pub fn url(&self) -> String {
        self.endpoint.url()
    }

    /// The environment for the lab's shell, made of this process's own.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let lab = LabEnvironment {
            layout: self.workspace.layout(),
            endpoint: &self.endpoint.url(),
            region: REGION,
            stage: &self.about.environment,
            proxy: None,
        };
        environment(std::env::vars_os(), &lab)
    }
}

/// A coach for a lab that may be open in another process: it judges what is on the disk, and keeps nothing.
pub fn look(
    root: &std::path::Path,
    home: Option<PathBuf>,
    lesson: Lesson,
) -> Result<Option<Coach>, EngineError> {
    let Some(workspace) = Workspace::look(root, home.as_deref()) else {
        return Ok(None);
    };
    let layout = workspace.layout();
    let settings = Settings {
        pace: Pace::Instant,
        tenancy: Tenancy::One {
            account: ACCOUNT.to_owned(),
            key: None,
        },
        addresses: LAB_ADDRESSES,
        eventually: Duration::ZERO,
        keys: Arc::new(KeyPool::new(1, 1)),
        folder: Some(layout.private()),
    };
    let simulation = Simulation::look(settings, Journal::look(&layout.journal())?)?;
    let world = Simulator::new(Arc::new(simulation), REGION, MY_ADDRESS);
    let progress = read_progress(&layout.progress(&lesson.slug), &lesson.slug)?;
    let begun = beginning::look(layout)?.unwrap_or_default();
    let home = home.unwrap_or_default();
    Ok(Some(
        Coach::new(
            lesson,
            progress,
            Arc::new(world),
            Arc::new(workspace),
            Voice::new(false),
            &home,
            None,
        )
        .begun(begun),
    ))
}

pub(super) fn read_progress(path: &std::path::Path, lesson: &str) -> Result<Progress, EngineError> {
    let unreadable = |source| EngineError::System {
        what: format!("{} cannot be read", path.display()),
        source,
    };
    let Some(bytes) = read_if_there(path).map_err(unreadable)? else {
        return Ok(Progress::new(lesson));
    };
    Progress::from_json(&String::from_utf8_lossy(&bytes)).map_err(|source| EngineError::Progress {
        path: path.to_owned(),
        source,
    })
}

/// After each change, before the answer is sent: a machine that stops or is terminated takes its connections with it, and the addresses and
/// names on the stage are those of the account.
fn follow(
    simulation: &Arc<Simulation>,
    server: &Arc<ssh::Server>,
    stage: &Arc<Mutex<Box<dyn Stage>>>,
) {
    // The server has the simulation, and the simulation has this.
    let (server, stage) = (Arc::downgrade(server), Arc::downgrade(stage));
    simulation.on_change(Arc::new(move |simulation| {
        let (Some(server), Some(stage)) = (server.upgrade(), stage.upgrade()) else {
            return;
        };
        server.hang_up(|target| !simulation.is_running(target));
        // Asked for under the stage's lock, so that an older state never comes after a newer one.
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        let named = stage.set_names(simulation.names());
        let placed = stage.apply(&simulation.places(MY_ADDRESS));
        if let Err(why) = named {
            simulation.tell_trouble(format!("The instances' names could not be set: {why}"));
        }
        if let Err(why) = placed {
            simulation.tell_trouble(format!("An instance cannot be reached: {why}"));
        }
    }));
}

/// What is called for each attempt to connect that the stage sees: the journal has those that nobody answers.
fn write_down_attempts(
    simulation: &Arc<Simulation>,
) -> impl Fn(Ipv4Addr, u16) + Send + Sync + 'static {
    let simulation = Arc::downgrade(simulation);
    move |address, port| {
        // What the learner's other tools try on the internet is no try of the lesson's.
        let is_meant = port == SSH || LAB_ADDRESSES.contains(&address) || address.is_private();
        let simulation = simulation.upgrade().filter(|_| is_meant);
        if let Some(simulation) = simulation {
            simulation.attempt(&address.to_string(), port, MY_ADDRESS);
        }
    }
}

/// Lets time pass in a simulation, for as long as the runtime lives.
pub async fn let_time_pass(simulation: Arc<Simulation>) {
    let mut ticks = tokio::time::interval(TICK);
    // A computer that slept has nothing to catch up with.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !simulation.is_due() {
            continue;
        }
        let simulation = Arc::clone(&simulation);
        // A change is written to the disk, which may take a while.
        let _ = tokio::task::spawn_blocking(move || simulation.tick()).await;
    }
}
