//! What this process may use of the computer: open files, and processor time beside others.

/// Lets this process open as many files as the system allows it: every connection is one.
pub fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    // Refused (macOS refuses a limit without end): the limit stays as it is, and the endpoint's watch is there.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
}

/// Lets every other thread go first: for work that is made ahead.
pub fn give_way() {
    // On Linux no process id is the calling thread; elsewhere it would be the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 19);
}
