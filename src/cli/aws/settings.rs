//! Where the stand-in is pointed to: environment, then the files that the environment names, then nothing.
//!
//! Unlike the AWS CLI it never looks into `~/.aws`: what the lab did not give is not there.
#![expect(
    clippy::disallowed_methods,
    reason = "the environment and its files are read here"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

use configparser::ini::Ini;

use crate::cli::aws::failure::Failure;

/// The environment and the two files' `[default]` sections.
#[derive(Debug, Default)]
pub struct Settings {
    env: BTreeMap<String, String>,
    config: BTreeMap<String, String>,
    credentials: BTreeMap<String, String>,
}

impl Settings {
    /// Reads the environment and the files named by `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`.
    pub fn read() -> Self {
        let env: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("AWS_"))
            .collect();
        let section = |variable: &str| {
            env.get(variable)
                .and_then(|path| std::fs::read_to_string(path).ok())
                .map(|text| default_section(&text))
                .unwrap_or_default()
        };
        Self {
            config: section("AWS_CONFIG_FILE"),
            credentials: section("AWS_SHARED_CREDENTIALS_FILE"),
            env,
        }
    }

    /// Settings from literals, for tests.
    #[cfg(test)]
    pub fn of(env: &[(&str, &str)]) -> Self {
        let env = env.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        Self {
            env: env.collect(),
            ..Self::default()
        }
    }

    /// The first of these environment variables that is set and not empty.
    fn env(&self, names: &[&str]) -> Option<&str> {
        names
            .iter()
            .find_map(|name| self.env.get(*name).filter(|value| !value.is_empty()))
            .map(String::as_str)
    }

    fn config(&self, name: &str) -> Option<&str> {
        self.config.get(name).map(String::as_str)
    }

    /// Refuses every profile but `default`: the lab has no other.
    pub fn check_profile(&self, option: Option<&str>) -> Result<(), Failure> {
        let named = option.or_else(|| self.env(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]));
        match named {
            None | Some("default") => Ok(()),
            // 255 in version 2 as in version 1: ProfileNotFound reaches the general handler.
            Some(other) => Err(Failure::Other(format!(
                "The config profile ({other}) could not be found"
            ))),
        }
    }

    /// The region: `--region`, environment, file.
    pub fn region(&self, option: Option<&str>) -> Result<String, Failure> {
        option
            .or_else(|| self.env(&["AWS_REGION", "AWS_DEFAULT_REGION"]))
            .or_else(|| self.config("region"))
            .map(str::to_owned)
            .ok_or_else(|| {
                let text = "You must specify a region. You can also configure your region by \
                            running \"aws configure\".";
                Failure::Configuration(text.to_owned())
            })
    }

    /// The output format: `--output`, environment, file, `json`.
    pub fn output<'a>(&'a self, option: Option<&'a str>) -> &'a str {
        option
            .or_else(|| self.env(&["AWS_DEFAULT_OUTPUT"]))
            .or_else(|| self.config("output"))
            .unwrap_or("json")
    }

    /// Access key id, secret, session token.
    pub fn credentials(&self) -> Result<(String, String, Option<String>), Failure> {
        let get = |variable: &str, name: &str| {
            self.env(&[variable])
                .or_else(|| self.credentials.get(name).map(String::as_str))
                .or_else(|| self.config(name))
                .map(str::to_owned)
        };
        let id = get("AWS_ACCESS_KEY_ID", "aws_access_key_id");
        let secret = get("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key");
        let (Some(id), Some(secret)) = (id, secret) else {
            let text = "Unable to locate credentials. You can configure credentials by running \
                        \"aws configure\".";
            return Err(Failure::Configuration(text.to_owned()));
        };
        Ok((id, secret, get("AWS_SESSION_TOKEN", "aws_session_token")))
    }

    /// The lab's endpoint, and no other: never a host beyond this computer.
    pub fn endpoint(&self, option: Option<&str>) -> Result<String, Failure> {
        let refuse = |why: String| {
            Failure::Configuration(format!(
                "{why}\nThis aws is Ground School's stand-in. It talks to the lab's simulated AWS \
                 only, never to\nthe real one. For the real AWS, leave the lab and install the AWS \
                 CLI:\nhttps://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
            ))
        };
        let given = self
            .env(&["AWS_ENDPOINT_URL"])
            .or_else(|| self.config("endpoint_url"))
            .ok_or_else(|| refuse("There is no lab here: AWS_ENDPOINT_URL is not set.".into()))?
            .trim_end_matches('/');
        if let Some(other) = option.filter(|other| other.trim_end_matches('/') != given) {
            return Err(refuse(format!(
                "Will not send anything to {other} (--endpoint-url): the lab is at {given}"
            )));
        }
        if !is_loopback(given) {
            return Err(refuse(format!("Will not send anything to {given}")));
        }
        Ok(given.to_owned())
    }

    /// The marker that the learner was told about the stand-in, beside the lab's config file.
    pub fn marker(&self) -> Option<PathBuf> {
        let config = PathBuf::from(self.env(&["AWS_CONFIG_FILE"])?);
        Some(config.with_file_name("stand-in-told"))
    }

    /// What `aws configure list` prints.
    pub fn list(&self) -> String {
        let hidden = |value: &str| {
            let tail = value.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
            format!(
                "{}{}",
                "*".repeat(16),
                value.get(tail..).unwrap_or_default()
            )
        };
        let from =
            |variables: &[&'static str], file: &BTreeMap<String, String>, name: &str, kind| {
                variables
                    .iter()
                    .find_map(|one| Some((self.env(&[*one])?.to_owned(), "env", *one)))
                    .or_else(|| Some((file.get(name)?.clone(), kind, "")))
            };
        let unset = || ("<not set>".to_owned(), "None", "None");
        let credential = |variable: &'static str, name| {
            from(
                &[variable],
                &self.credentials,
                name,
                "shared-credentials-file",
            )
            .map_or_else(unset, |(value, kind, place)| (hidden(&value), kind, place))
        };
        let rows = [
            ("Name", ("Value".to_owned(), "Type", "Location")),
            ("----", ("-----".to_owned(), "----", "--------")),
            ("profile", unset()),
            (
                "access_key",
                credential("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
            ),
            (
                "secret_key",
                credential("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
            ),
            (
                "region",
                from(
                    &["AWS_REGION", "AWS_DEFAULT_REGION"],
                    &self.config,
                    "region",
                    "config-file",
                )
                .unwrap_or_else(unset),
            ),
        ];
        let mut out = String::new();
        for (name, (value, kind, place)) in rows {
            let _ = writeln!(out, "{name:>10} {value:>24} {kind:>16}    {place}");
        }
        out
    }
}

/// The `[default]` section of a config or credentials file.
fn default_section(text: &str) -> BTreeMap<String, String> {
    let mut ini = Ini::new_cs();
    // A file that cannot be read is as good as none: the next thing missed says what is missing.
    let mut sections = ini.read(text.to_owned()).unwrap_or_default();
    let default = sections.remove("default").unwrap_or_default();
    default
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// Whether a URL is plain HTTP on this computer.
fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: (&str, &str) = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/");

    #[test]
    fn only_the_labs_endpoint_is_spoken_to() {
        let lab = Settings::of(&[LAB]);
        assert_eq!(lab.endpoint(None).unwrap(), "http://127.0.0.1:4566");
        assert_eq!(
            lab.endpoint(Some("http://127.0.0.1:4566")).unwrap(),
            "http://127.0.0.1:4566"
        );
        for other in ["https://ec2.us-east-1.amazonaws.com", "http://127.0.0.1:1"] {
            let refusal = lab.endpoint(Some(other)).unwrap_err();
            assert_eq!(refusal.exit_code(), 253);
            assert!(refusal.to_string().contains(other));
        }
        for bad in [
            "https://ec2.us-east-1.amazonaws.com",
            "http://10.0.0.1:80",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com",
        ] {
            let lab = Settings::of(&[("AWS_ENDPOINT_URL", bad)]);
            assert!(lab.endpoint(None).is_err(), "{bad}");
        }
        assert!(Settings::of(&[]).endpoint(None).is_err());
    }

    #[test]
    fn only_the_default_section_counts() {
        let text =
            "[profile prod]\nregion = eu-west-1\n[default]\n# c\nregion = us-east-1\nAws_X = Aa\n";
        let section = default_section(text);
        assert_eq!(section.get("region").map(String::as_str), Some("us-east-1"));
        assert_eq!(section.get("Aws_X").map(String::as_str), Some("Aa"));
    }

    #[test]
    fn another_profile_is_not_found() {
        let refusal = Settings::of(&[]).check_profile(Some("prod")).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "The config profile (prod) could not be found"
        );
        assert_eq!(refusal.exit_code(), 255);
    }

    #[test]
    fn configure_list_looks_like_the_clis() {
        // Recorded with aws-cli 1.45.11 on 2026-11-24.
        let settings = Settings {
            credentials: default_section(
                "[default]\naws_access_key_id = AKIDX\naws_secret_access_key = s\n",
            ),
            ..Settings::of(&[("AWS_DEFAULT_REGION", "us-east-1")])
        };
        let recorded = [
            "      Name                    Value             Type    Location",
            "      ----                    -----             ----    --------",
            "   profile                <not set>             None    None",
            "access_key     ****************KIDX shared-credentials-file    ",
            "secret_key        ****************s shared-credentials-file    ",
            "    region                us-east-1              env    AWS_DEFAULT_REGION",
            "",
        ];
        assert_eq!(settings.list(), recorded.join("\n"));
    }
}
