//! What holds for any sequence of requests.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::testing::identity;
use super::*;

/// Where root keeps what nobody else may read.
const SECRET: &str = "/root/secret";

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["a", "b", "c", "d", "..", ".", "", "~", ".ssh", "tmp", "etc", "root", "home", "ec2-user"])
            .prop_map(str::to_owned),
        1 => Just("n".repeat(255)),
        1 => Just("n".repeat(256)),
        1 => Just("\0".to_owned()),
        1 => Just("a!".to_owned()),
        1 => "\\PC{0,3}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    let own = || vec(part(), 0..5).prop_map(|parts| parts.join("/"));
    prop_oneof![
        6 => own(),
        2 => own().prop_map(|path| format!("/{path}")),
        2 => select(vec![SECRET, "/", "/etc/passwd", "/etc/shadow", "/tmp/x", "../../..", "/dev/null", "/root", "~root/x"])
            .prop_map(str::to_owned),
        1 => Just("a/".repeat(2500)),
    ]
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let size = prop_oneof![0..100_000_u64, any::<u64>()];
    let owner = (select(vec![0, 1000, 5]), select(vec![0, 1000, 5]));
    let of = proptest::option::of::<BoxedStrategy<u64>>;
    (
        of(size.boxed()),
        proptest::option::of(owner),
        proptest::option::of(any::<u32>()),
        proptest::option::of(any::<(u32, u32)>()),
    )
        .prop_map(|(size, owner, mode, times)| Attributes {
            size,
            owner,
            mode,
            times,
        })
}

fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..200_000_u64, 1 => any::<u64>()]
}

fn request() -> impl Strategy<Value = Request> {
    let handle = || 0..6_u32;
    let how =
        any::<[bool; 6]>().prop_map(|[read, write, append, create, truncate, exclusive]| How {
            read,
            write,
            append,
            create,
            truncate,
            exclusive,
        });
    let mode = || proptest::option::of(any::<u32>());
    let data = || vec(any::<u8>(), 0..64);
    prop_oneof![
        4 => (path(), how, mode()).prop_map(|(path, how, mode)| Request::Open { path, how, mode }),
        1 => handle().prop_map(Request::Close),
        2 => (handle(), offset(), any::<u32>())
            .prop_map(|(handle, offset, length)| Request::Read { handle, offset, length }),
        4 => (handle(), offset(), data())
            .prop_map(|(handle, offset, data)| Request::Write { handle, offset, data }),
        1 => path().prop_map(Request::Stat),
        1 => path().prop_map(Request::LinkStat),
        1 => handle().prop_map(Request::HandleStat),
        2 => (path(), attributes()).prop_map(|(path, new)| Request::SetStat(path, new)),
        1 => (path(), attributes()).prop_map(|(path, new)| Request::SetLinkStat(path, new)),
        2 => (handle(), attributes()).prop_map(|(handle, new)| Request::SetHandleStat(handle, new)),
        1 => path().prop_map(Request::OpenFolder),
        2 => handle().prop_map(Request::ReadFolder),
        2 => path().prop_map(Request::Remove),
        4 => (path(), mode()).prop_map(|(path, mode)| Request::MakeFolder { path, mode }),
        1 => path().prop_map(Request::RemoveFolder),
        2 => path().prop_map(Request::RealPath),
        1 => path().prop_map(Request::ExpandPath),
        2 => (path(), path()).prop_map(|(from, to)| Request::Rename(from, to)),
        2 => (path(), path()).prop_map(|(from, to)| Request::Replace(from, to)),
        1 => path().prop_map(Request::ReadLink),
        4 => (path(), path()).prop_map(|(target, path)| Request::Link { target, path }),
        1 => path().prop_map(Request::Disk),
        1 => handle().prop_map(Request::HandleDisk),
        1 => handle().prop_map(Request::Sync),
    ]
}

/// All that is there, with whose it is and its mode.
fn all(machine: &Machine) -> Vec<(String, u32, u16, usize)> {
    let disk = &machine.disk;
    let paths = disk.tree("/").into_iter();
    paths
        .filter_map(|path| {
            let node = disk.at(&path)?;
            Some((path, node.owner, node.mode, node.size()))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_requests_breaks_the_disk_or_its_rights(
        requests in vec(request(), 1..60),
        as_root in any::<bool>(),
    ) {
        let mut machine = Machine::first_boot(&identity(Family::Al2023));
        let place = machine.disk.open(&Who::root(), SECRET, false, 0o077, 1).unwrap();
        machine.disk.append(&place, b"the secret of root", 1).unwrap();
        let roots = |machine: &Machine| {
            let all = all(machine).into_iter();
            all.filter(|(path, owner, mode, _)| *owner == 0 && path != "/tmp" && mode & 0o7777 != 0o1777)
                .collect::<Vec<_>>()
        };
        let before = roots(&machine);
        let mut files = Files::login(&machine, if as_root { "root" } else { "ec2-user" });
        for (now, request) in (2..).zip(requests) {
            match files.answer(&mut machine, now, request) {
                Ok(Answer::Path(path)) => prop_assert!(!path.is_empty()),
                Ok(Answer::Data(data)) => {
                    prop_assert!(as_root || !data.windows(6).any(|part| part == b"secret"));
                }
                Ok(Answer::Names(names)) => prop_assert!(!names.is_empty()),
                Ok(Answer::Handle(handle)) => prop_assert!(files.open.contains_key(&handle)),
                Ok(Answer::Done | Answer::Attributes(_) | Answer::Disk(_)) | Err(_) => (),
            }
        }
        for (path, ..) in all(&machine) {
            let above = super::super::disk::parent(&path);
            prop_assert!(machine.disk.at(above).is_some_and(super::super::node::Node::is_dir), "{path}");
            prop_assert!(!path.contains('\0') && path.len() < 4096);
            let names = path.split('/').skip(1);
            prop_assert!(path == "/" || names.clone().all(|name| !["", ".", ".."].contains(&name)), "{path}");
        }
        prop_assert!(machine.disk.used() <= 64 << 20);
        prop_assert!(files.open.len() <= MOST_HANDLES);
        if !as_root {
            prop_assert_eq!(roots(&machine), before);
        }
        // What is counted is what is there.
        let text = serde_json::to_string(&machine).unwrap();
        let again: Machine = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(again.used(), machine.used());
    }

    #[test]
    fn a_file_has_what_a_plain_row_of_bytes_would_have(
        writes in vec((0..3_u8, 0..5000_u64, vec(any::<u8>(), 0..300)), 1..40),
    ) {
        let mut machine = Machine::first_boot(&identity(Family::Al2023));
        let mut files = Files::login(&machine, "ec2-user");
        let how = How { read: true, write: true, create: true, ..How::default() };
        let open = Request::Open { path: "f".into(), how, mode: None };
        let Ok(Answer::Handle(handle)) = files.answer(&mut machine, 1, open) else {
            panic!("it cannot be opened")
        };
        let mut model: Vec<u8> = Vec::new();
        for (kind, offset, data) in writes {
            let at = usize::try_from(offset).unwrap();
            let request = if kind == 0 {
                model.resize(at, 0);
                Request::SetHandleStat(handle, Attributes { size: Some(offset), ..Attributes::default() })
            } else {
                if !data.is_empty() {
                    let end = at + data.len();
                    model.resize(model.len().max(end), 0);
                    model[at..end].copy_from_slice(&data);
                }
                Request::Write { handle, offset, data }
            };
            prop_assert_eq!(files.answer(&mut machine, 2, request), Ok(Answer::Done));
        }
        let mut read = Vec::new();
        loop {
            let offset = read.len() as u64;
            match files.answer(&mut machine, 3, Request::Read { handle, offset, length: 700 }) {
                Ok(Answer::Data(part)) => read.extend(part),
                end => {
                    prop_assert_eq!(end, Err(Refusal::End));
                    break;
                }
            }
        }
        prop_assert_eq!(read, model);
    }
}
