//! `groundschool serve`: the simulated cloud alone, for other tools and CI.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::arguments::Serve;
use crate::cli::error::CliError;
use crate::lab::engine::let_time_pass;
use crate::lab::journal::Journal;
use crate::lab::key_pool::KeyPool;
use crate::lab::server::ec2::Endpoint;
use crate::lab::server::ssh;
use crate::lab::simulation::{Settings, Simulation, Tenancy};
use crate::lab::stage::{LoopbackStage, Stage};

/// Keys kept ready: enough for a class that starts at once.
const READY_KEYS: usize = 128;
/// Where every client comes from, as an instance sees it.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Serves until the process is asked to end.
pub fn run(options: &Serve) -> Result<ExitCode, CliError> {
    if !options.ec2.ip().is_loopback() {
        return Err(
            CliError::usage(format!("{} is not a loopback address", options.ec2.ip()))
                .because("what is served here has no password: only this computer may reach it")
                .hint("use an address such as 127.0.0.1:4566"),
        );
    }
    crate::lab::quiet::quiet_panics(None);
    crate::lab::limits::allow_many_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            CliError::surroundings("the server's threads cannot be started").because(error)
        })?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Serve) -> Result<ExitCode, CliError> {
    let settings = Settings {
        pace: options.pace.into(),
        tenancy: Tenancy::PerAccessKey,
        addresses: crate::lab::simulation::LOOPBACK_ADDRESSES,
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
    let stage = LoopbackStage::new(
        server.clone(),
        options.ssh_port,
        CLIENT,
        tokio::runtime::Handle::current(),
    )
    .map_err(|error| {
        CliError::surroundings("the instances cannot listen for SSH").because(error)
    })?;
    let ssh_port = stage.port();
    follow(&simulation, server, stage);
    let endpoint = Endpoint::start(options.ec2, Arc::clone(&simulation) as _)
        .await
        .map_err(|error| {
            CliError::surroundings(error.to_string())
                .hint("port 0 takes any free port: --ec2 127.0.0.1:0")
        })?;
    tokio::spawn(let_time_pass(Arc::clone(&simulation)));
    let ready = serde_json::json!({ "ec2": endpoint.url(), "region": "us-east-1", "pid": std::process::id(), "ssh_port": ssh_port });
    let mut out = std::io::stdout();
    if writeln!(out, "{ready}").and_then(|()| out.flush()).is_err() {
        return Err(CliError::surroundings("nobody reads the ready line"));
    }
    wait_for_the_end().await;
    Ok(ExitCode::SUCCESS)
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
