//! Which stage a lab has: the best one that works here, or the one that was asked for.

#![expect(
    clippy::disallowed_methods,
    reason = "asks which home folder is the learner's, and whether AppArmor is in the way"
)]

use std::ffi::OsStr;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::Ipv4Net;
use tokio::runtime::Handle;

use super::Stage;
use super::shim::Shim;
use crate::lab::server::ssh::Server;
use crate::lab::workspace::Layout;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The best one that works here.
    #[default]
    Auto,
    /// A network of the lab's own.
    Netns,
    /// Links before the real programs.
    Shim,
}

/// The netns stage cannot be had here.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The keeper.
    #[error("the process that keeps the lab's network could not be started ({0})")]
    Start(#[source] io::Error),
    /// Something that the keeper must do.
    #[error("this system refuses {step} ({source})")]
    Step {
        /// What.
        step: String,
        /// What the system said.
        source: io::Error,
    },
    /// The files of the namespace.
    #[error("{} could not be written ({source})", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The learner's aws.
    #[error("your aws is a snap, which does not start in a namespace")]
    SnapAws,
    /// No Linux.
    #[error("this system has no namespaces")]
    NoNamespaces,
}

/// A stage, and why it is not the better one.
pub struct Chosen {
    /// The stage.
    pub stage: Box<dyn Stage>,
    /// Why a network of the lab's own could not be had.
    pub why_not_netns: Option<Refused>,
}

/// What a stage is made from.
pub struct Ground<'a> {
    /// This program's own file.
    pub program: &'a Path,
    /// The lab.
    pub layout: &'a Layout,
    /// The value of `PATH`.
    pub path: Option<&'a OsStr>,
    /// The value of `HOME`.
    pub home: Option<PathBuf>,
    /// `real`, `fast` or `instant`.
    pub pace: &'a str,
    /// What an instance sees of the learner.
    pub my_address: Ipv4Addr,
    /// Where instances' addresses are from.
    pub instances: Ipv4Net,
}

/// The stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The one that was asked for is refused.
    #[error("{0}")]
    Netns(#[from] Refused),
    /// The other one.
    #[error("the shim stage cannot be set up: {0}")]
    Shim(#[source] io::Error),
}

impl Choice {
    /// Sets the stage up. `tried` is called for each attempt to connect that only the stage sees.
    pub fn set_up(
        self,
        ground: &Ground<'_>,
        server: &Arc<Server>,
        runtime: &Handle,
        tried: impl Fn(Ipv4Addr, u16) + Send + Sync + 'static,
    ) -> Result<Chosen, ChoiceError> {
        let why_not_netns = match self {
            Self::Shim => None,
            Self::Auto if is_a_snap("aws", ground.path) => Some(Refused::SnapAws),
            Self::Auto | Self::Netns => match netns(ground, server, runtime, tried) {
                Ok(stage) => {
                    return Ok(Chosen {
                        stage,
                        why_not_netns: None,
                    });
                }
                Err(why) if self == Self::Netns => return Err(why.into()),
                Err(why) => Some(why),
            },
        };
        let shim = Shim::install(ground.layout, ground.program, ground.path, ground.pace)
            .map_err(ChoiceError::Shim)?;
        Ok(Chosen {
            stage: Box::new(shim),
            why_not_netns,
        })
    }
}

#[cfg(target_os = "linux")]
fn netns(
    ground: &Ground<'_>,
    server: &Arc<Server>,
    runtime: &Handle,
    tried: impl Fn(Ipv4Addr, u16) + Send + Sync + 'static,
) -> Result<Box<dyn Stage>, Refused> {
    use super::netns::Netns;

    let (server, runtime) = (Arc::clone(server), runtime.clone());
    let stage = Netns::start(&netns_ground(ground), server, runtime, tried)?;
    super::shim::remove(ground.layout).map_err(|source| Refused::File {
        path: ground.layout.bin(),
        source,
    })?;
    Ok(Box::new(stage))
}

#[cfg(not(target_os = "linux"))]
fn netns(
    _: &Ground<'_>,
    _: &Arc<Server>,
    _: &Handle,
    _: impl Fn(Ipv4Addr, u16) + Send + 'static,
) -> Result<Box<dyn Stage>, Refused> {
    Err(Refused::NoNamespaces)
}

/// A network of the lab's own, made for a try in `ground`'s folder; it is gone when this is dropped.
#[derive(Debug)]
pub struct Probe {
    /// What it would lack, in words.
    pub notes: Vec<String>,
    #[cfg(target_os = "linux")]
    _trial: super::netns::Trial,
}

impl Probe {
    /// Tries, as [`Choice::Auto`] does.
    pub fn make(ground: &Ground<'_>) -> Result<Self, Refused> {
        if is_a_snap("aws", ground.path) {
            return Err(Refused::SnapAws);
        }
        #[cfg(target_os = "linux")]
        {
            let trial = super::netns::Netns::probe(&netns_ground(ground))?;
            Ok(Self {
                notes: trial.notes().to_vec(),
                _trial: trial,
            })
        }
        #[cfg(not(target_os = "linux"))]
        Err(Refused::NoNamespaces)
    }
}

#[cfg(target_os = "linux")]
fn netns_ground<'a>(ground: &Ground<'a>) -> super::netns::Ground<'a> {
    // ssh takes the home folder from the list of users, whatever HOME says.
    let listed = nix::unistd::User::from_uid(nix::unistd::Uid::current());
    let listed = listed.ok().flatten().map(|user| user.dir);
    let mut homes: Vec<PathBuf> = listed
        .into_iter()
        .chain(ground.home.clone())
        .filter_map(|home| std::fs::canonicalize(home).ok())
        .collect();
    homes.dedup();
    super::netns::Ground {
        program: ground.program,
        layout: ground.layout,
        homes,
        my_address: ground.my_address,
        instances: ground.instances,
        instant: ground.pace == "instant",
    }
}

/// A snap's programs are links to `snap`, which needs rights that nobody has in a namespace.
fn is_a_snap(name: &str, path: Option<&OsStr>) -> bool {
    let Some(program) = path
        .into_iter()
        .flat_map(std::env::split_paths)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
    else {
        return false;
    };
    let real = std::fs::canonicalize(&program).unwrap_or_default();
    [&program, &real]
        .iter()
        .any(|path| path.starts_with("/snap") || path.starts_with("/var/lib/snapd"))
        || real.file_name() == Some(OsStr::new("snap"))
}

/// AppArmor's switch, on in Ubuntu since 23.10.
const RESTRICTED: &str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

/// What an administrator can do once, so that a namespace is no longer refused to `program`; none where we know of nothing.
///
/// The profile is of the kind that Ubuntu ships for browsers and sandboxes; not tried on Ubuntu itself.
pub fn cure(program: &Path) -> Option<String> {
    let on = std::fs::read_to_string(RESTRICTED).is_ok_and(|text| text.trim() == "1");
    on.then(|| profile(program))
}

fn profile(program: &Path) -> String {
    let program = program.display();
    format!(
        "AppArmor refuses it. Who may use sudo here can allow it to this program, once:\n\
         \n  sudo tee /etc/apparmor.d/groundschool >/dev/null <<'END'\n  \
         abi <abi/4.0>,\n  include <tunables/global>\n  \
         profile groundschool \"{program}\" flags=(unconfined) {{\n    userns,\n  }}\n  END\n  \
         sudo apparmor_parser -r /etc/apparmor.d/groundschool\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_a_snap_is_known_by_where_it_leads() {
        let dir = tempfile::tempdir().unwrap();
        let (snap, bin) = (dir.path().join("usr/snap"), dir.path().join("bin"));
        std::fs::create_dir_all(snap.parent().unwrap()).unwrap();
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::write(&snap, "").unwrap();
        std::os::unix::fs::symlink(&snap, bin.join("aws")).unwrap();
        std::fs::write(bin.join("ssh"), "").unwrap();
        let path = Some(bin.as_os_str());
        assert!(is_a_snap("aws", path));
        assert!(!is_a_snap("ssh", path));
        assert!(!is_a_snap("plink", path));
    }

    #[test]
    fn the_cure_names_this_program_and_asks_for_nothing_else() {
        let text = profile(Path::new("/opt/my tools/groundschool"));
        assert!(
            text.contains(
                "profile groundschool \"/opt/my tools/groundschool\" flags=(unconfined) {\n    userns,\n  }\n"
            ),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }
}
