//! The `sftp` subsystem: packets of the protocol to [`machine::files`](crate::machine::files) and back.
//!
//! russh-sftp codes the packets. Its own server loop is not used: it ends without an exit status (so that an upload by
//! OpenSSH's scp fails), answers what it cannot read with another request's number, and waits for the client inside.
//! Here bytes go in and bytes come out, a bounded number at a time. Names that are not UTF-8 are shown with U+FFFD.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes, BytesMut};
use russh_sftp::extensions::{LimitsExtension, Statvfs};
use russh_sftp::protocol::{
    Attrs, Data, ExtendedReply, File, FileAttributes, Handle as WrittenHandle, Name, OpenFlags,
    Packet, Status, StatusCode, Version,
};

use crate::machine::files::{
    self, Answer, Attributes, Entry, Files, Fullness, Handle, How, MOST_HANDLES, MOST_READ,
    Refusal, Request,
};
use crate::machine::{Family, Machine};

/// Longest packet, sftp-server's `SFTP_MAX_MSG_LENGTH`.
const LONGEST: usize = 256 * 1024;
/// Bytes of answers after which the client gets its turn.
const ENOUGH: usize = 256 * 1024;
/// Requests after which others get the machine.
const TURN: usize = 64;
/// Files of one channel that the journal hears of: a folder of thousands must not push out what else has happened.
const MOST_TOLD: u32 = 32;
/// sftp-server's exit status after a packet that is too long.
const TOO_LONG: u32 = 11;
/// Its exit status after a packet that cannot be read.
const UNREADABLE: u32 = 255;

/// The server of one channel.
pub(super) struct Sftp {
    files: Files,
    family: Family,
    inbox: BytesMut,
    begun: bool,
    ended: bool,
    busy: bool,
    /// Files that are open, with their paths and whether the client writes them. Never more than there are handles.
    open: BTreeMap<Handle, Moved>,
    /// Files that were closed since the last turn.
    moved: Vec<Moved>,
    /// How many were told of.
    told: u32,
}

/// A file that a client wrote or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    /// As the client named it.
    pub(super) path: String,
    /// Written, not read.
    pub(super) there: bool,
}

/// What a turn brought.
pub(super) struct Turn {
    /// For the client.
    pub(super) bytes: Vec<u8>,
    /// The status to exit with.
    pub(super) exit: Option<u32>,
    /// Files whose way is done.
    pub(super) moved: Vec<Moved>,
}

impl Sftp {
    pub(super) fn new(machine: &Machine, user: &str) -> Self {
        Self {
            files: Files::login(machine, user),
            family: machine.family(),
            inbox: BytesMut::new(),
            begun: false,
            ended: false,
            busy: false,
            open: BTreeMap::new(),
            moved: Vec::new(),
            told: 0,
        }
    }

    /// Takes what the client sent. It is looked at in [`Sftp::turn`].
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
    }

    /// The client sends no more.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// Whether the last turn has left something to do.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Answers what has come in, up to a bound. `now` is Unix milliseconds.
    pub(super) fn turn(&mut self, machine: &mut Machine, now: i64) -> Turn {
        let (bytes, exit) = self.answers(machine, now);
        Turn {
            bytes,
            exit,
            moved: std::mem::take(&mut self.moved),
        }
    }

    fn answers(&mut self, machine: &mut Machine, now: i64) -> (Vec<u8>, Option<u32>) {
        let mut bytes = Vec::new();
        self.busy = false;
        for _ in 0..TURN {
            let answer = match self.packet() {
                Ok(Some(packet)) => self.answer(machine, now, packet),
                Ok(None) => {
                    return (bytes, self.ended.then_some(0));
                }
                Err(status) => Err(status),
            };
            match answer {
                // A packet that cannot be written is one that the protocol has no room for: there is none such here.
                Ok(answer) => bytes.extend(Bytes::try_from(answer).unwrap_or_default()),
                Err(status) => return (bytes, Some(status)),
            }
            if bytes.len() >= ENOUGH {
                break;
            }
        }
        self.busy = true;
        (bytes, None)
    }

    /// The next whole packet without its length; an error is the status to exit with.
    fn packet(&mut self) -> Result<Option<Bytes>, u32> {
        let Some(head) = self.inbox.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(TOO_LONG);
        }
        if self.inbox.len() < 4 + length {
            return Ok(None);
        }
        self.inbox.advance(4);
        Ok(Some(self.inbox.split_to(length).freeze()))
    }

    fn answer(
        &mut self,
        machine: &mut Machine,
        now: i64,
        mut packet: Bytes,
    ) -> Result<Packet, u32> {
        let kind = *packet.first().ok_or(UNREADABLE)?;
        let id = packet.get(1..).and_then(|rest| rest.first_chunk::<4>());
        let id = id.map(|id| u32::from_be_bytes(*id)).ok_or(UNREADABLE)?;
        if !matches!(kind, 1 | 3..=20 | 200) {
            return Ok(refusal(id, Refusal::Unsupported));
        }
        let packet = Packet::try_from(&mut packet).map_err(|_| UNREADABLE)?;
        if !self.begun && !matches!(packet, Packet::Init(_)) {
            return Err(UNREADABLE);
        }
        let request = match read(packet) {
            Read::Version => {
                self.begun = true;
                return Ok(self.version());
            }
            Read::Limits => return Ok(limits(id)),
            Read::Request(request) => request,
            Read::Refused(why) => return Ok(refusal(id, why)),
        };
        let opens = if let Request::Open { path, how, .. } = &request {
            Some((path.clone(), how.write))
        } else {
            None
        };
        let closes = if let Request::Close(handle) = &request {
            self.open.remove(handle)
        } else {
            None
        };
        Ok(match self.files.answer(machine, now, request) {
            Ok(answer) => {
                if let (Some((path, there)), Answer::Handle(handle)) = (opens, &answer) {
                    self.open.insert(*handle, Moved { path, there });
                }
                if self.told < MOST_TOLD {
                    self.told += u32::from(closes.is_some());
                    self.moved.extend(closes);
                }
                written(id, answer)
            }
            Err(why) => refusal(id, why),
        })
    }

    fn version(&self) -> Packet {
        let mut version = Version::new();
        for (name, number) in files::extensions(self.family) {
            version.extensions.insert((*name).into(), (*number).into());
        }
        version.into()
    }
}

/// What a packet asks for.
enum Read {
    Version,
    Limits,
    Request(Request),
    Refused(Refusal),
}

fn read(packet: Packet) -> Read {
    Read::Request(match packet {
        Packet::Init(_) => return Read::Version,
        Packet::Extended(extended) => return extension(&extended.request, extended.data),
        Packet::Open(open) => Request::Open {
            path: open.filename,
            how: how(open.pflags),
            mode: open.attrs.permissions,
        },
        Packet::Close(close) => Request::Close(handle(&close.handle)),
        Packet::Read(read) => Request::Read {
            handle: handle(&read.handle),
            offset: read.offset,
            length: read.len,
        },
        Packet::Write(write) => Request::Write {
            handle: handle(&write.handle),
            offset: write.offset,
            data: write.data,
        },
        Packet::Lstat(stat) => Request::LinkStat(stat.path),
        Packet::Stat(stat) => Request::Stat(stat.path),
        Packet::Fstat(stat) => Request::HandleStat(handle(&stat.handle)),
        Packet::SetStat(set) => Request::SetStat(set.path, attributes(&set.attrs)),
        Packet::FSetStat(set) => {
            Request::SetHandleStat(handle(&set.handle), attributes(&set.attrs))
        }
        Packet::OpenDir(open) => Request::OpenFolder(open.path),
        Packet::ReadDir(read) => Request::ReadFolder(handle(&read.handle)),
        Packet::Remove(remove) => Request::Remove(remove.filename),
        Packet::MkDir(make) => Request::MakeFolder {
            path: make.path,
            mode: make.attrs.permissions,
        },
        Packet::RmDir(remove) => Request::RemoveFolder(remove.path),
        Packet::RealPath(real) => Request::RealPath(real.path),
        Packet::Rename(rename) => Request::Rename(rename.oldpath, rename.newpath),
        Packet::ReadLink(read) => Request::ReadLink(read.path),
        // OpenSSH has the two the other way round than the draft of the protocol, and its clients know it.
        Packet::Symlink(link) => Request::Link {
            target: link.linkpath,
            path: link.targetpath,
        },
        Packet::Version(_)
        | Packet::Status(_)
        | Packet::Handle(_)
        | Packet::Data(_)
        | Packet::Name(_)
        | Packet::Attrs(_)
        | Packet::ExtendedReply(_) => return Read::Refused(Refusal::Unsupported),
    })
}

fn extension(name: &str, data: Vec<u8>) -> Read {
    let mut data = Bytes::from(data);
    let request = match name {
        "limits@openssh.com" => return Read::Limits,
        "posix-rename@openssh.com" => {
            text(&mut data).and_then(|from| Some(Request::Replace(from, text(&mut data)?)))
        }
        "statvfs@openssh.com" => text(&mut data).map(Request::Disk),
        "fstatvfs@openssh.com" => text(&mut data).map(|name| Request::HandleDisk(handle(&name))),
        "fsync@openssh.com" => text(&mut data).map(|name| Request::Sync(handle(&name))),
        "lsetstat@openssh.com" => text(&mut data).and_then(|path| {
            let new = russh_sftp::de::from_bytes::<FileAttributes>(&mut data).ok()?;
            Some(Request::SetLinkStat(path, attributes(&new)))
        }),
        "expand-path@openssh.com" => text(&mut data).map(Request::ExpandPath),
        _ => return Read::Refused(Refusal::Unsupported),
    };
    request.map_or(Read::Refused(Refusal::BadMessage), Read::Request)
}

/// A string of the protocol at the front.
fn text(data: &mut Bytes) -> Option<String> {
    russh_sftp::de::from_bytes::<String>(data).ok()
}

/// A handle as it was given out; what was not is none that is open.
fn handle(written: &str) -> Handle {
    written.parse().unwrap_or(Handle::MAX)
}

fn how(flags: OpenFlags) -> How {
    How {
        read: flags.contains(OpenFlags::READ),
        write: flags.contains(OpenFlags::WRITE),
        append: flags.contains(OpenFlags::APPEND),
        create: flags.contains(OpenFlags::CREATE),
        truncate: flags.contains(OpenFlags::TRUNCATE),
        exclusive: flags.contains(OpenFlags::EXCLUDE),
    }
}

fn attributes(from: &FileAttributes) -> Attributes {
    Attributes {
        size: from.size,
        owner: from.uid.zip(from.gid),
        mode: from.permissions,
        times: from.atime.zip(from.mtime),
    }
}

fn written_attributes(from: Attributes) -> FileAttributes {
    FileAttributes {
        size: from.size,
        uid: from.owner.map(|(user, _)| user),
        user: None,
        gid: from.owner.map(|(_, group)| group),
        group: None,
        permissions: from.mode,
        atime: from.times.map(|(read, _)| read),
        mtime: from.times.map(|(_, changed)| changed),
    }
}

fn written(id: u32, answer: Answer) -> Packet {
    match answer {
        Answer::Done => status(id, StatusCode::Ok, "Success"),
        Answer::Handle(handle) => Packet::Handle(WrittenHandle {
            id,
            handle: handle.to_string(),
        }),
        Answer::Data(data) => Packet::Data(Data { id, data }),
        Answer::Names(names) => Packet::Name(Name {
            id,
            files: names.into_iter().map(written_entry).collect(),
        }),
        Answer::Path(path) => Packet::Name(Name {
            id,
            files: vec![File {
                filename: path.clone(),
                longname: path,
                attrs: FileAttributes::empty(),
            }],
        }),
        Answer::Attributes(known) => Packet::Attrs(Attrs {
            id,
            attrs: written_attributes(known),
        }),
        Answer::Disk(disk) => extended(id, &written_fullness(disk)),
    }
}

fn written_entry(entry: Entry) -> File {
    File {
        filename: entry.name,
        longname: entry.long,
        attrs: written_attributes(entry.attributes),
    }
}

fn written_fullness(disk: Fullness) -> Statvfs {
    Statvfs {
        block_size: disk.block,
        fragment_size: disk.block,
        blocks: disk.blocks,
        blocks_free: disk.free,
        blocks_avail: disk.free,
        inodes: disk.files,
        inodes_free: disk.files_free,
        inodes_avail: disk.files_free,
        fs_id: 0,
        flags: 0,
        name_max: disk.longest_name,
    }
}

fn limits(id: u32) -> Packet {
    extended(
        id,
        &LimitsExtension {
            max_packet_len: u64::try_from(LONGEST).unwrap_or(0),
            max_read_len: u64::from(MOST_READ),
            max_write_len: u64::from(MOST_READ),
            max_open_handles: u64::try_from(MOST_HANDLES).unwrap_or(0),
        },
    )
}

fn extended<T: serde::Serialize>(id: u32, value: &T) -> Packet {
    let data = russh_sftp::ser::to_bytes(value).unwrap_or_default();
    Packet::ExtendedReply(ExtendedReply {
        id,
        data: data.to_vec(),
    })
}

fn refusal(id: u32, why: Refusal) -> Packet {
    let code = match why {
        Refusal::End => StatusCode::Eof,
        Refusal::NoSuchFile => StatusCode::NoSuchFile,
        Refusal::Denied => StatusCode::PermissionDenied,
        Refusal::Failure => StatusCode::Failure,
        Refusal::BadMessage => StatusCode::BadMessage,
        Refusal::Unsupported => StatusCode::OpUnsupported,
    };
    status(id, code, &why.to_string())
}

fn status(id: u32, status_code: StatusCode, words: &str) -> Packet {
    Packet::Status(Status {
        id,
        status_code,
        error_message: words.to_owned(),
        language_tag: String::new(),
    })
}
