//! Why a call could not be answered, and what cures it. Never the learner's mistake: *could not tell*. Pure.
//!
//! The texts are those of the AWS CLI 1.45 where they were met (no network, no region, bad keys, denied, throttled); those of
//! version 2 about SSO and of `ExpiredToken` are from botocore's source and public reports: unverified against a live account.

use crate::lab::world::aws::call::Call;

/// A call without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// There is no `aws` on the PATH.
    Missing,
    /// It could not be started.
    NotStarted(String),
    /// It did not end in time.
    Hung {
        /// Seconds that it was given.
        seconds: u64,
    },
    /// It does not know what it was asked for.
    TooOld,
    /// Nobody is signed in.
    NoCredentials,
    /// The sign-in has run out.
    Expired {
        /// By way of IAM Identity Center: `aws sso login` renews it.
        sso: bool,
    },
    /// AWS does not know the access key, or not with that secret.
    BadKey,
    /// A code of a second factor is asked for, and nobody is there to type it.
    WantsCode,
    /// No region is set.
    NoRegion,
    /// The region is none, or is not enabled for this account.
    WrongRegion {
        /// As the CLI names it.
        region: String,
    },
    /// Nobody answered at that address.
    NoAnswer {
        /// The address.
        url: String,
    },
    /// A policy does not allow the call.
    Denied {
        /// As a policy names it.
        permission: String,
    },
    /// Too many calls.
    Throttled,
    /// AWS's own trouble.
    AwssOwn(String),
    /// Something else: the CLI's own first line.
    Other(String),
    /// The answer is none that this program can read.
    Unreadable(String),
}

/// The first texts that match decide: the more special ones stand first.
pub fn classify(call: &Call, stderr: &str) -> Failure {
    let has = |texts: &[&str]| texts.iter().any(|text| stderr.contains(text));
    if has(&[
        "Error loading SSO Token",
        "SSO session",
        "Error when retrieving token from sso",
    ]) || has(&["UnauthorizedSSOToken", "Token for", "SSO Token"])
    {
        return Failure::Expired { sso: true };
    }
    if has(&[
        "ExpiredToken",
        "RequestExpired",
        "Token has expired",
        "security token included in the request is expired",
    ]) {
        return Failure::Expired { sso: false };
    }
    if has(&["MFA", "EOF when reading a line"]) {
        return Failure::WantsCode;
    }
    if has(&[
        "Unable to locate credentials",
        "Partial credentials",
        "NoCredentials",
        "could not be found",
    ]) && !has(&["An error occurred"])
    {
        return Failure::NoCredentials;
    }
    if has(&["You must specify a region"]) {
        return Failure::NoRegion;
    }
    if has(&[
        "OptInRequired",
        "doesn't match a supported format",
        "Invalid endpoint",
    ]) {
        return Failure::WrongRegion {
            region: quoted(stderr).unwrap_or_default(),
        };
    }
    if has(&[
        "(AuthFailure)",
        "(InvalidClientTokenId)",
        "(SignatureDoesNotMatch)",
        "(UnrecognizedClientException)",
    ]) {
        return Failure::BadKey;
    }
    if has(&[
        "(UnauthorizedOperation)",
        "(AccessDenied)",
        "(AccessDeniedException)",
        "not authorized to perform",
    ]) {
        return Failure::Denied {
            permission: call.permission().unwrap_or_else(|| call.kind().to_owned()),
        };
    }
    if has(&[
        "(RequestLimitExceeded)",
        "(Throttling",
        "(TooManyRequests",
        "(SlowDown)",
    ]) {
        return Failure::Throttled;
    }
    if has(&[
        "(InternalError)",
        "(InternalFailure)",
        "(ServiceUnavailable)",
        "(Unavailable)",
        "(ServerInternal)",
    ]) {
        return Failure::AwssOwn(first_line(stderr));
    }
    if has(&[
        "Could not connect to the endpoint URL",
        "Connect timeout",
        "Read timeout",
        "Connection was closed",
        "Failed to connect",
        "SSL validation failed",
    ]) {
        return Failure::NoAnswer {
            url: quoted(stderr).unwrap_or_default(),
        };
    }
    if has(&["Unknown options", "Invalid choice", "invalid choice"]) {
        return Failure::TooOld;
    }
    Failure::Other(first_line(stderr))
}

/// What stands in the first pair of double quotes.
fn quoted(text: &str) -> Option<String> {
    text.split('"').nth(1).map(str::to_owned)
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty());
    let line: String = line.unwrap_or_default().trim().chars().take(160).collect();
    if line.is_empty() {
        "it said nothing".to_owned()
    } else {
        line
    }
}

impl Failure {
    /// Whether asking again soon could only make it worse.
    pub fn is_throttling(&self) -> bool {
        *self == Self::Throttled
    }

    /// What happened and what cures it, for the learner.
    pub fn words(&self) -> String {
        match self {
            Self::Missing => "Your AWS account could not be looked at: there is no `aws` on your PATH. Install the AWS CLI \
                              from https://aws.amazon.com/cli/"
                .to_owned(),
            Self::NotStarted(why) => format!("Your AWS account could not be looked at: `aws` did not start ({why})."),
            Self::Hung { seconds } => format!(
                "Your AWS account could not be looked at: `aws` did not answer within {seconds} seconds and was stopped. \
                 Try `aws sts get-caller-identity` here and see what it waits for."
            ),
            Self::TooOld => "Your AWS account could not be looked at: your `aws` is too old for what was asked. Install a \
                             newer one from https://aws.amazon.com/cli/"
                .to_owned(),
            Self::NoCredentials => "Your AWS account could not be looked at: `aws` has no sign-in. Sign in as you usually do, \
                                    with `aws configure`, `aws login` or `aws sso login`."
                .to_owned(),
            Self::Expired { sso: true } => "Your AWS account could not be looked at: your sign-in has run out. Renew it with \
                                            `aws sso login`."
                .to_owned(),
            Self::Expired { sso: false } => "Your AWS account could not be looked at: your sign-in has run out. Sign in again \
                                             as you did before."
                .to_owned(),
            Self::BadKey => "Your AWS account could not be looked at: AWS does not know your access key, or not with that \
                             secret. Look at them with `aws configure list`."
                .to_owned(),
            Self::WantsCode => "Your AWS account could not be looked at: your profile wants a code (MFA). Type \
                                `aws sts get-caller-identity` here and enter it: `aws` remembers it for a while."
                .to_owned(),
            Self::NoRegion => "Your AWS account could not be looked at: no region is set. Set one with \
                               `aws configure set region us-east-1`, or the region that you use."
                .to_owned(),
            Self::WrongRegion { region } if region.is_empty() => "Your AWS account could not be looked at: the region that is \
                                                                  set is none, or your account has not enabled it. Look with \
                                                                  `aws configure list`."
                .to_owned(),
            Self::WrongRegion { region } => format!(
                "Your AWS account could not be looked at: {region} is no region, or your account has not enabled it. Look at \
                 the region with `aws configure list`."
            ),
            Self::NoAnswer { url } => format!(
                "AWS could not be reached{}. Look whether this computer is online, and whether the region is spelt right: \
                 `aws configure list` shows it.",
                if url.is_empty() { String::new() } else { format!(" at {url}") }
            ),
            Self::Denied { permission } => format!(
                "Your AWS account could not be looked at: you have no permission for {permission} there. Whoever owns the \
                 account can grant it; `groundschool aws permissions` prints the policy."
            ),
            Self::Throttled => "AWS asks for fewer calls (RequestLimitExceeded), so your account was not looked at now. Wait \
                                a little."
                .to_owned(),
            Self::AwssOwn(line) => format!("AWS had trouble of its own: {line}. Wait a little."),
            Self::Other(line) => format!("Your AWS account could not be looked at. `aws` said: {line}"),
            Self::Unreadable(what) => format!(
                "The answer of `aws` could not be read ({what}). That is our trouble, not yours."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn of(stderr: &str) -> Failure {
        classify(&Call::DescribeInstances, stderr)
    }

    #[test]
    fn a_denied_call_names_the_permission() {
        let denied = "\nAn error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: You are not \
                      authorized to perform this operation. User: arn:aws:iam::111122223333:user/x is not authorized";
        assert_eq!(
            of(denied),
            Failure::Denied {
                permission: "ec2:DescribeInstances".into()
            }
        );
        assert!(of(denied).words().contains("ec2:DescribeInstances"));
    }

    #[test]
    fn a_sign_in_that_has_run_out_is_told_from_none() {
        let text = "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token \
                    included in the request is expired";
        assert_eq!(of(text), Failure::Expired { sso: false });
        let text = "Error loading SSO Token: Token for my-sso does not exist";
        assert_eq!(of(text), Failure::Expired { sso: true });
        let text = "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO \
                    session run aws sso login with the corresponding profile.";
        assert_eq!(of(text), Failure::Expired { sso: true });
        let text = "Unable to locate credentials. You can configure credentials by running \"aws configure\".";
        assert_eq!(of(text), Failure::NoCredentials);
        assert_eq!(
            of("The config profile (prod) could not be found"),
            Failure::NoCredentials
        );
    }

    #[test]
    fn the_network_and_the_region_are_told() {
        let text = "Could not connect to the endpoint URL: \"https://ec2.eu-wst-1.amazonaws.com/\"";
        let failure = of(text);
        assert!(
            failure
                .words()
                .contains("https://ec2.eu-wst-1.amazonaws.com/")
        );
        assert!(failure.words().contains("region"));
        let text = "You must specify a region. You can also configure your region by running \"aws configure\".";
        assert_eq!(of(text), Failure::NoRegion);
        let text = "An error occurred (AuthFailure) when calling the DescribeInstances operation: AWS was not able to \
                    validate the provided access credentials";
        assert_eq!(of(text), Failure::BadKey);
    }

    #[test]
    fn throttling_and_awss_own_trouble_are_no_mistakes() {
        let text = "An error occurred (RequestLimitExceeded) when calling the DescribeInstances operation (reached max \
                    retries: 0): Request limit exceeded.";
        assert_eq!(of(text), Failure::Throttled);
        let text =
            "An error occurred (InternalError) when calling the DescribeInstances operation: x";
        assert!(matches!(of(text), Failure::AwssOwn(_)));
    }

    #[test]
    fn what_is_unknown_is_quoted_and_says_nothing_about_the_learner() {
        let failure = of("\nSomething odd\nmore\n");
        assert_eq!(failure, Failure::Other("Something odd".into()));
        assert!(failure.words().contains("Something odd"));
    }
}
