//! What a client of SFTP may ask for, and what it is told: version 3 of the protocol, as values.

use super::super::disk::Fault;

/// An open file or folder.
pub type Handle = u32;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Opens a file.
    Open {
        /// Absolute, or from the user's home.
        path: String,
        /// What for.
        how: How,
        /// Its mode, should it be made.
        mode: Option<u32>,
    },
    /// Gives a handle back.
    Close(Handle),
    /// Reads at most so many bytes.
    Read {
        /// An open file.
        handle: Handle,
        /// From here on, in bytes.
        offset: u64,
        /// At most so many bytes.
        length: u32,
    },
    /// Writes these bytes.
    Write {
        /// An open file.
        handle: Handle,
        /// To here, in bytes; the end where it was opened to append.
        offset: u64,
        /// What.
        data: Vec<u8>,
    },
    /// What is known of a path; a link is followed.
    Stat(String),
    /// What is known of a path; of a link itself.
    LinkStat(String),
    /// What is known of an open file.
    HandleStat(Handle),
    /// Changes what is given; a link is followed.
    SetStat(String, Attributes),
    /// As [`Request::SetStat`], of a link itself.
    SetLinkStat(String, Attributes),
    /// As [`Request::SetStat`], of an open file.
    SetHandleStat(Handle, Attributes),
    /// Opens a folder.
    OpenFolder(String),
    /// The next names in an open folder.
    ReadFolder(Handle),
    /// Removes a file or link.
    Remove(String),
    /// Makes a folder.
    MakeFolder {
        /// Where.
        path: String,
        /// Its mode.
        mode: Option<u32>,
    },
    /// Removes an empty folder.
    RemoveFolder(String),
    /// The canonical path.
    RealPath(String),
    /// As [`Request::RealPath`], but `~` and `~user` stand for a home.
    ExpandPath(String),
    /// Moves; what is there is never replaced.
    Rename(String, String),
    /// Moves as `rename(2)` does: a file that is there is replaced.
    Replace(String, String),
    /// Where a link leads.
    ReadLink(String),
    /// Makes a link.
    Link {
        /// Where it leads.
        target: String,
        /// Where it is.
        path: String,
    },
    /// How full the disk is that a path is on.
    Disk(String),
    /// How full the disk is that an open file is on.
    HandleDisk(Handle),
    /// Has an open file written to the disk, which it always is.
    Sync(Handle),
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of the protocol, each on its own"
)]
pub struct How {
    /// To be read.
    pub read: bool,
    /// To be written.
    pub write: bool,
    /// All that is written goes to the end.
    pub append: bool,
    /// Made when it is missing.
    pub create: bool,
    /// Emptied.
    pub truncate: bool,
    /// With `create`: it must be missing.
    pub exclusive: bool,
}

/// What is known of a file, or what is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Bytes.
    pub size: Option<u64>,
    /// User and group.
    pub owner: Option<(u32, u32)>,
    /// Permission bits; in an answer with the bits of the kind.
    pub mode: Option<u32>,
    /// Last read and last change, Unix seconds.
    pub times: Option<(u32, u32)>,
}

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// A line as `ls -l` prints it, as far as sftp-server does.
    pub long: String,
    /// What is known of it.
    pub attributes: Attributes,
}

/// How full a disk is, in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fullness {
    /// Bytes of a block.
    pub block: u64,
    /// All blocks.
    pub blocks: u64,
    /// Blocks that are free.
    pub free: u64,
    /// All files that there can be.
    pub files: u64,
    /// Files that can still be made.
    pub files_free: u64,
    /// Longest name, in bytes.
    pub longest_name: u64,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is open.
    Handle(Handle),
    /// What was read.
    Data(Vec<u8>),
    /// Names; never none.
    Names(Vec<Entry>),
    /// A path.
    Path(String),
    /// What is known of it.
    Attributes(Attributes),
    /// How full the disk is.
    Disk(Fullness),
}

/// A request was not granted: sftp-server's codes, displayed as its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing more to read.
    #[error("End of file")]
    End,
    /// There is no such file.
    #[error("No such file")]
    NoSuchFile,
    /// The user may not.
    #[error("Permission denied")]
    Denied,
    /// All else, a full disk among it.
    #[error("Failure")]
    Failure,
    /// The request makes no sense.
    #[error("Bad message")]
    BadMessage,
    /// Not known here.
    #[error("Operation unsupported")]
    Unsupported,
}

impl From<Fault> for Refusal {
    /// As `errno_to_portable` in OpenSSH's sftp-server.c has it. A full disk is `Failure` there too; what OpenSSH's scp
    /// prints for it (`scp: write remote "…": Failure`) is the same against Debian's sftp-server 9.2 on a full disk (compared).
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotFound | Fault::NotDirectory | Fault::Loop => Self::NoSuchFile,
            Fault::Denied | Fault::NotPermitted => Self::Denied,
            Fault::TooLong | Fault::Invalid => Self::BadMessage,
            Fault::IsDirectory
            | Fault::Exists
            | Fault::NotEmpty
            | Fault::NoSpace
            | Fault::Busy
            | Fault::TooLarge => Self::Failure,
        }
    }
}
