//! The lab's environment, from the one that the program was started with. Pure.

use std::ffi::{OsStr, OsString};

use crate::lab::workspace::Layout;

/// Name of the variable that says which lab a program runs in.
pub const LAB: &str = "GROUNDSCHOOL_LAB";

/// What the environment must say about this lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabEnvironment<'a> {
    /// The lab.
    pub layout: &'a Layout,
    /// `http://127.0.0.1:PORT` of the EC2 endpoint.
    pub endpoint: &'a str,
    /// Region for clients that are not told one.
    pub region: &'a str,
    /// What the stage adds.
    pub stage: &'a [(OsString, OsString)],
    /// Where what still tries to leave for the real AWS runs into a wall: an address where nobody listens, or a proxy that
    /// refuses all. `None` sets no proxy.
    pub proxy: Option<&'a str>,
}

/// Variables removed besides every `AWS_*`: they lead to the learner's own keys, hosts or network.
const REMOVED: [&str; 7] = [
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "SSH_ASKPASS",
    "SSH_ASKPASS_REQUIRE",
    "BOTO_CONFIG",
    "TMUX",
    "TMUX_PANE",
];

/// The lab's environment: everything inherited, without what leads to the learner's real AWS account and keys, with what
/// leads to the lab. Shells add their own to it.
pub fn environment(
    inherited: impl IntoIterator<Item = (OsString, OsString)>,
    lab: &LabEnvironment<'_>,
) -> Vec<(OsString, OsString)> {
    let layout = lab.layout;
    let mut variables: Vec<(OsString, OsString)> = inherited
        .into_iter()
        .filter(|(name, _)| !is_removed(name))
        .collect();
    let path = variables
        .iter()
        .find(|(name, _)| name == "PATH")
        .map(|(_, path)| path.clone());
    let mut set = |name: &str, value: OsString| {
        variables.retain(|(known, _)| known != name);
        variables.push((name.into(), value));
    };
    set("PATH", path_with(layout.bin().as_os_str(), path.as_deref()));
    set(LAB, layout.root().into());
    set("AWS_ENDPOINT_URL", lab.endpoint.into());
    set("AWS_CONFIG_FILE", layout.aws_config().into());
    set(
        "AWS_SHARED_CREDENTIALS_FILE",
        layout.aws_credentials().into(),
    );
    // CLI 1 and boto3 read only the second.
    set("AWS_REGION", lab.region.into());
    set("AWS_DEFAULT_REGION", lab.region.into());
    set("AWS_EC2_METADATA_DISABLED", "true".into());
    set("AWS_PAGER", OsString::new());
    set("TMUX_TMPDIR", layout.run().into());
    set("PUTTYDIR", layout.putty().into());
    set("ANSIBLE_HOME", layout.ansible().into());
    if let Some(proxy) = lab.proxy {
        for name in ["HTTPS_PROXY", "https_proxy"] {
            set(name, proxy.into());
        }
        for name in ["NO_PROXY", "no_proxy"] {
            set(name, "127.0.0.1,localhost".into());
        }
    }
    for (name, value) in lab.stage {
        variables.retain(|(known, _)| known != name);
        variables.push((name.clone(), value.clone()));
    }
    variables
}

fn is_removed(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"AWS_") || REMOVED.iter().any(|removed| name == *removed)
}

/// `path` with `bin` first, and only there.
pub fn path_with(bin: &OsStr, path: Option<&OsStr>) -> OsString {
    const USUAL: &str = "/usr/local/bin:/usr/bin:/bin";
    let path = path
        .filter(|path| !path.is_empty())
        .unwrap_or(OsStr::new(USUAL));
    let mut joined = bin.to_owned();
    for folder in std::env::split_paths(path).filter(|folder| folder.as_os_str() != bin) {
        joined.push(":");
        joined.push(folder);
    }
    joined
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;

    fn lab_of(inherited: &[(&str, &str)], proxy: Option<&str>) -> BTreeMap<String, String> {
        let layout = Layout::new(PathBuf::from("/lab"));
        let stage = [("GROUNDSCHOOL_STAGE".into(), "shim".into())];
        let lab = LabEnvironment {
            layout: &layout,
            endpoint: "http://127.0.0.1:4566",
            region: "us-east-1",
            stage: &stage,
            proxy,
        };
        let inherited = inherited
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        environment(inherited, &lab)
            .into_iter()
            .map(|(name, value)| (name.into_string().unwrap(), value.into_string().unwrap()))
            .collect()
    }

    #[test]
    fn no_inherited_aws_variable_stays_whatever_its_name() {
        let lab = lab_of(
            &[
                ("AWS_PROFILE", "prod"),
                ("AWS_ENDPOINT_URL_EC2", "https://ec2.amazonaws.com"),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
                ("AWS_SESSION_TOKEN", "real"),
                ("AWS_SOMETHING_NEW", "real"),
                ("AWS_REGION", "eu-west-1"),
                ("SSH_AUTH_SOCK", "/run/agent"),
                ("HOME", "/home/me"),
                ("LAWS_OF_NATURE", "kept"),
            ],
            None,
        );
        let aws: Vec<_> = lab
            .keys()
            .filter(|name| name.starts_with("AWS_"))
            .map(String::as_str)
            .collect();
        assert_eq!(
            aws,
            [
                "AWS_CONFIG_FILE",
                "AWS_DEFAULT_REGION",
                "AWS_EC2_METADATA_DISABLED",
                "AWS_ENDPOINT_URL",
                "AWS_PAGER",
                "AWS_REGION",
                "AWS_SHARED_CREDENTIALS_FILE",
            ]
        );
        assert_eq!(lab["AWS_REGION"], "us-east-1");
        assert_eq!(lab["AWS_ENDPOINT_URL"], "http://127.0.0.1:4566");
        assert_eq!(lab["AWS_PAGER"], "");
        assert!(!lab.contains_key("SSH_AUTH_SOCK"));
        assert_eq!(lab["HOME"], "/home/me");
        assert_eq!(lab["LAWS_OF_NATURE"], "kept");
        assert_eq!(lab["GROUNDSCHOOL_LAB"], "/lab");
        assert_eq!(lab["GROUNDSCHOOL_STAGE"], "shim");
        assert!(!lab.contains_key("HTTPS_PROXY"));
    }

    #[test]
    fn the_labs_programs_come_first_and_once() {
        let path = |path| lab_of(path, None)["PATH"].clone();
        assert_eq!(
            path(&[("PATH", "/usr/bin:/bin")]),
            "/lab/.groundschool/bin:/usr/bin:/bin"
        );
        assert_eq!(
            path(&[("PATH", "/usr/bin:/lab/.groundschool/bin")]),
            "/lab/.groundschool/bin:/usr/bin"
        );
        assert_eq!(
            path(&[]),
            "/lab/.groundschool/bin:/usr/local/bin:/usr/bin:/bin"
        );
    }

    #[test]
    fn a_proxy_is_never_between_the_lab_and_its_own_endpoint() {
        let lab = lab_of(
            &[
                ("HTTPS_PROXY", "http://corporate:3128"),
                ("NO_PROXY", "intranet"),
            ],
            Some("http://127.0.0.1:9"),
        );
        assert_eq!(lab["HTTPS_PROXY"], "http://127.0.0.1:9");
        assert_eq!(lab["https_proxy"], "http://127.0.0.1:9");
        assert_eq!(lab["NO_PROXY"], "127.0.0.1,localhost");
    }
}
