//! Threads that share a server's connections. Each has a runtime of its own, so that a request is read, answered and written
//! by one thread.
//!
//! A runtime of several threads wakes a second one to look for work whenever the first has some. That is dearer than an answer
//! that takes 20 µs: on a virtual machine, whose processors are put to sleep, several times as dear.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// What one connection needs done, to its end.
type Work = Box<dyn FnOnce() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Threads that take connections. They end when this is dropped and their last connection is over.
#[derive(Debug)]
pub struct Lanes {
    lanes: Vec<Lane>,
}

#[derive(Debug)]
struct Lane {
    work: mpsc::UnboundedSender<Work>,
    /// Connections that it has.
    load: Arc<AtomicUsize>,
}

impl Lanes {
    /// Starts one for each processor, at least two: one that waits for the disk does not hold up the others.
    pub fn start() -> io::Result<Self> {
        let many = std::thread::available_parallelism().map_or(2, |many| many.get().max(2));
        let lanes = (0..many)
            .map(|_| Lane::start())
            .collect::<io::Result<_>>()?;
        Ok(Self { lanes })
    }

    /// Has a connection served by the thread that has the fewest. `serve` is called there, inside that thread's runtime.
    pub fn run<F>(&self, serve: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(lane) = self
            .lanes
            .iter()
            .min_by_key(|lane| lane.load.load(Ordering::Relaxed))
        else {
            return;
        };
        lane.load.fetch_add(1, Ordering::Relaxed);
        // A lane hears until this is dropped.
        let _ = lane.work.send(Box::new(|| Box::pin(serve())));
    }
}

impl Lane {
    fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (work, mut wanted) = mpsc::unbounded_channel::<Work>();
        let load = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&load);
        std::thread::Builder::new()
            .name("lane".into())
            .spawn(move || {
                runtime.block_on(async {
                    let mut connections = JoinSet::new();
                    loop {
                        tokio::select! {
                            next = wanted.recv() => match next {
                                Some(work) => drop(connections.spawn(work())),
                                None => break,
                            },
                            // One that panicked is over as well.
                            Some(_) = connections.join_next() => {
                                done.fetch_sub(1, Ordering::Relaxed);
                            }
                        }
                    }
                    while connections.join_next().await.is_some() {}
                });
            })?;
        Ok(Self { work, load })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn connections_are_shared_evenly_and_one_that_panics_ends_alone() {
        let lanes = Lanes::start().unwrap();
        let many = lanes.lanes.len();
        let (ended, end) = tokio::sync::watch::channel(false);
        let (here, threads) = channel();
        for _ in 0..2 * many {
            let (here, mut end) = (here.clone(), end.clone());
            lanes.run(move || async move {
                here.send(std::thread::current().id()).unwrap();
                let _ = end.changed().await;
                panic!("one connection's trouble");
            });
        }
        let threads: HashSet<_> = (0..2 * many)
            .map(|_| threads.recv_timeout(PATIENCE).unwrap())
            .collect();
        assert_eq!(threads.len(), many);
        ended.send(true).unwrap();
        let (again, served) = channel();
        for _ in 0..many {
            let again = again.clone();
            lanes.run(move || async move { again.send(()).unwrap() });
        }
        for _ in 0..many {
            served.recv_timeout(PATIENCE).unwrap();
        }
    }

    #[test]
    fn what_is_under_way_is_finished_after_the_last_owner_has_gone() {
        let lanes = Lanes::start().unwrap();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let (done, finished) = channel();
        lanes.run(move || async move {
            let _ = wait.await;
            done.send(()).unwrap();
        });
        drop(lanes);
        go.send(()).unwrap();
        finished.recv_timeout(PATIENCE).unwrap();
    }
}
