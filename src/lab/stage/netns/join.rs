//! How a program gets into a lab's namespaces: by itself, before it becomes what it is to be, and without any capability there.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::thread::{
    CapabilitySet, CapabilitySets, LinkNameSpaceType, clear_ambient_capability_set,
    move_into_link_name_space, remove_capability_from_bounding_set, set_capabilities,
};

/// Moves this process, which has one thread, into the namespaces of a keeper, and gives up every capability for good: root
/// in the lab's shell is an ordinary user. The working folder stays what it was.
pub fn join(keeper: &str) -> io::Result<()> {
    let here = rustix::process::getcwd(Vec::new())?;
    let open = |kind: &str| -> io::Result<OwnedFd> {
        let path = format!("/proc/{keeper}/ns/{kind}");
        Ok(openat(
            CWD,
            path.as_str(),
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )?)
    };
    // All are opened before the first is entered: inside, the computer's own processes cannot be looked at.
    let user = open("user")?;
    let network = open("net")?;
    let mounts = open("mnt")?;
    move_into_link_name_space(user.as_fd(), Some(LinkNameSpaceType::User))?;
    move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
    move_into_link_name_space(mounts.as_fd(), Some(LinkNameSpaceType::Mount))?;
    // Entering the mounts moved it to their root.
    rustix::process::chdir(here.as_c_str())?;
    give_up_capabilities()
}

fn give_up_capabilities() -> io::Result<()> {
    for number in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        match remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // The first number that this kernel has no capability for.
            Err(rustix::io::Errno::INVAL) => break,
            Err(why) => return Err(why.into()),
        }
    }
    // Kernels before 4.3 have none to clear.
    let _ = clear_ambient_capability_set();
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    Ok(set_capabilities(None, none)?)
}
