//! `groundschool serve`: the simulated cloud alone, for other tools and CI.

#![expect(clippy::disallowed_methods, reason = "reads the file of --seed")]

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::arguments::Serve;
use crate::cli::error::CliError;
use crate::cloud::api::fault::Fault;
use crate::cloud::seed::{Notation, Seed, SeedError};
use crate::console::{self, Console};
use crate::lab::console_link;
use crate::lab::engine::{REGION, let_time_pass};
use crate::lab::journal::Journal;
use crate::lab::key_pool::KeyPool;
use crate::lab::server::hyper::{Endpoint, Limits};
use crate::lab::server::lanes::Lanes;
use crate::lab::server::reception::Reception;
use crate::lab::server::script::Script;
use crate::lab::server::ssh;
use crate::lab::serving::Serving;
use crate::lab::simulation::{Settings, Simulation, Tenancy};
use crate::lab::stage::{LoopbackStage, Stage};

/// Keys kept ready: enough for a class that starts at once.
const READY_KEYS: usize = 128;
/// How long answers that are on their way may take at the end.
const LAST_ANSWERS: std::time::Duration = std::time::Duration::from_secs(5);
/// Where every client comes from, as an instance sees it.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Serves until the process is asked to end.
pub fn run(options: &Serve) -> Result<ExitCode, CliError> {
    for address in std::iter::once(options.ec2).chain(options.console) {
        if !address.ip().is_loopback() {
            return Err(
                CliError::usage(format!("{} is not a loopback address", address.ip()))
                    .because("what is served here has no password: only this computer may reach it")
                    .hint("use an address such as 127.0.0.1:4566"),
            );
        }
    }
    let (seed, faults) = (seed(options)?, faults(options)?);
    crate::lab::quiet::quiet_panics(None);
    crate::lab::limits::allow_many_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, |n| n.get().max(2)))
        .enable_all()
        .build()
        .map_err(|error| {
            CliError::surroundings("the server's threads cannot be started").because(error)
        })?;
    runtime.block_on(serve(options, seed, faults))
}

/// The faults of `--fault` and `--deny`.
fn faults(options: &Serve) -> Result<Vec<Fault>, CliError> {
    let denied = options.deny.iter().map(|action| {
        Fault::new("UnauthorizedOperation", action, None)
            .map_err(|error| CliError::usage(format!("--deny {action}: {error}")))
    });
    let mut all: Vec<Fault> = denied.collect::<Result<_, _>>()?;
    all.extend(options.fault.iter().cloned());
    Ok(all)
}

/// The accounts of `--seed`.
fn seed(options: &Serve) -> Result<Seed, CliError> {
    let Some(path) = &options.seed else {
        return Ok(Seed::default());
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::usage(format!("{} cannot be read", path.display())).because(error)
    })?;
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let notation = if is_json {
        Notation::Json
    } else {
        Notation::Toml
    };
    Seed::read(&text, notation).map_err(|error| seed_error(options, &error))
}

fn seed_error(options: &Serve, error: &SeedError) -> CliError {
    let path = options.seed.clone().unwrap_or_default();
    CliError::usage(format!("{} cannot be used", path.display())).because(error)
}

async fn serve(options: &Serve, seed: Seed, faults: Vec<Fault>) -> Result<ExitCode, CliError> {
    let settings = Settings {
        pace: options.pace.into(),
        tenancy: Tenancy::PerAccessKey,
        addresses: crate::lab::simulation::LOOPBACK_ADDRESSES,
        eventually: std::time::Duration::from_millis(options.eventually),
        keys: Arc::new(KeyPool::new(
            READY_KEYS,
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        )),
        folder: None,
    };
    let simulation = Simulation::start(settings, Journal::in_memory())
        .map_err(|error| CliError::bug(error.to_string()))?;
    let simulation = Arc::new(simulation);
    let server = Arc::new(ssh::Server::new(
        Arc::clone(&simulation) as _,
        ssh::Settings::at(options.pace.into()),
    ));
    let lanes = Lanes::start().map_err(|error| {
        CliError::surroundings("the server's threads cannot be started").because(error)
    })?;
    let lanes = Arc::new(lanes);
    let stage = LoopbackStage::new(
        server.clone(),
        options.ssh_port,
        CLIENT,
        tokio::runtime::Handle::current(),
    )
    .map_err(|error| {
        CliError::surroundings("the instances cannot listen for SSH").because(error)
    })?;
    let stage = stage.with_lanes(Arc::clone(&lanes));
    let ssh_port = stage.port();
    follow(&simulation, server, stage);
    let script = Arc::new(Script::default());
    let page = console_link::Page::default();
    let serving = Serving::new(
        Arc::clone(&simulation),
        seed,
        faults,
        Arc::clone(&script),
        Arc::clone(&page),
    );
    let serving = serving.map_err(|error| seed_error(options, &error))?;
    let console = console(options, &simulation, &script, ssh_port)?;
    let reception = Reception::with_script(Arc::new(serving), script);
    let endpoint = Endpoint::start(options.ec2, reception, Limits::default(), lanes);
    let endpoint = endpoint.map_err(|error| {
        CliError::surroundings(error.to_string())
            .hint("port 0 takes any free port: --ec2 127.0.0.1:0")
    })?;
    tokio::spawn(let_time_pass(Arc::clone(&simulation)));
    let mut ready = serde_json::json!({ "ec2": endpoint.url(), "region": REGION, "pid": std::process::id(), "ssh_port": ssh_port });
    if let (Some(console), Some(ready)) = (&console, ready.as_object_mut()) {
        ready.insert("console".to_owned(), console.link().into());
        let _ = page.set(console.links());
    }
    let mut out = std::io::stdout();
    if writeln!(out, "{ready}").and_then(|()| out.flush()).is_err() {
        return Err(CliError::surroundings("nobody reads the ready line"));
    }
    wait_for_the_end().await;
    endpoint.shut_down(LAST_ANSWERS).await;
    Ok(ExitCode::SUCCESS)
}

/// The console page, if one is wanted.
fn console(
    options: &Serve,
    simulation: &Arc<Simulation>,
    script: &Arc<Script>,
    ssh_port: u16,
) -> Result<Option<Console>, CliError> {
    let Some(address) = options.console else {
        return Ok(None);
    };
    let settings = console::Settings {
        simulation: Arc::clone(simulation),
        script: Arc::clone(script),
        whose: console::Whose::Anybodys,
        region: REGION.to_owned(),
        my_address: CLIENT,
        ssh_port,
        lab: None,
    };
    let started = Console::start(address, settings, console::Limits::default());
    started.map(Some).map_err(|error| {
        CliError::surroundings(format!("the console page cannot listen on {address}"))
            .because(error)
            .hint("port 0 takes any free port: --console 127.0.0.1:0")
    })
}

/// Keeps the instances' addresses in line with the accounts: after each change, before the answer is sent.
fn follow(simulation: &Arc<Simulation>, server: Arc<ssh::Server>, stage: LoopbackStage) {
    let stage = Mutex::new(stage);
    simulation.on_change(Arc::new(move |simulation| {
        server.hang_up(|target| !simulation.is_running(target));
        // Asked for under the stage's lock, so that an older state never comes after a newer one.
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = stage.apply(&simulation.places(CLIENT)) {
            anstream::eprintln!("groundschool: {error}");
        }
    }));
}

/// Until SIGINT or SIGTERM.
async fn wait_for_the_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
