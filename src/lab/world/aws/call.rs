//! The allow-list: every call that this program makes with the learner's `aws`. There is no way to say any other.

/// One call. All of them only look; a [`Trial`] is sent with `--dry-run`, which AWS answers without doing it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Which program this is; nothing is sent.
    Version,
    /// Whose account it is.
    GetCallerIdentity,
    /// Which region commands go to: the answer names it.
    DescribeAvailabilityZones,
    /// Key pairs, with their public halves.
    DescribeKeyPairs,
    /// Instances.
    DescribeInstances,
    /// Security groups.
    DescribeSecurityGroups,
    /// The images of these ids: their names tell the user to sign in as.
    DescribeImages(Vec<String>),
    /// Elastic IPs.
    DescribeAddresses,
    /// Volumes.
    DescribeVolumes,
    /// The id of the image that the lesson launches, from AWS's public list.
    GetParameter,
    /// Whether something would be allowed.
    Try(Trial),
}

/// What is tried with `--dry-run`: AWS answers `DryRunOperation` or `UnauthorizedOperation`, and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trial {
    /// A key pair.
    CreateKeyPair,
    /// A security group.
    CreateSecurityGroup,
    /// A rule in this group.
    AuthorizeSecurityGroupIngress(String),
    /// An instance of this image.
    RunInstances(String),
    /// The end of this instance.
    TerminateInstances(String),
    /// The end of a key pair.
    DeleteKeyPair,
    /// The end of this group.
    DeleteSecurityGroup(String),
}

/// The public parameter that names the lesson's image.
pub const IMAGE: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
/// The instance type of the lesson.
pub const TYPE: &str = "t3.micro";
/// The name in trials; nothing of that name is ever made.
const NAME: &str = "groundschool-permission-check";

impl Call {
    /// The words after `aws`.
    pub fn words(&self) -> Vec<String> {
        let words: Vec<&str> = match self {
            Self::Version => vec!["--version"],
            Self::GetCallerIdentity => vec!["sts", "get-caller-identity"],
            Self::DescribeAvailabilityZones => vec!["ec2", "describe-availability-zones"],
            Self::DescribeKeyPairs => vec!["ec2", "describe-key-pairs", "--include-public-key"],
            Self::DescribeInstances => vec!["ec2", "describe-instances"],
            Self::DescribeSecurityGroups => vec!["ec2", "describe-security-groups"],
            Self::DescribeImages(ids) => {
                let ids = ids.iter().map(String::as_str);
                ["ec2", "describe-images", "--image-ids"]
                    .into_iter()
                    .chain(ids)
                    .collect()
            }
            Self::DescribeAddresses => vec!["ec2", "describe-addresses"],
            Self::DescribeVolumes => vec!["ec2", "describe-volumes"],
            Self::GetParameter => vec!["ssm", "get-parameter", "--name", IMAGE],
            Self::Try(trial) => trial.words(),
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// The operation's name; calls of one kind have the same.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Version => "Version",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::DescribeAvailabilityZones => "DescribeAvailabilityZones",
            Self::DescribeKeyPairs => "DescribeKeyPairs",
            Self::DescribeInstances => "DescribeInstances",
            Self::DescribeSecurityGroups => "DescribeSecurityGroups",
            Self::DescribeImages(_) => "DescribeImages",
            Self::DescribeAddresses => "DescribeAddresses",
            Self::DescribeVolumes => "DescribeVolumes",
            Self::GetParameter => "GetParameter",
            Self::Try(trial) => trial.operation(),
        }
    }

    /// The permission in a policy, such as `ec2:DescribeInstances`; none where AWS asks for none.
    pub fn permission(&self) -> Option<String> {
        match self {
            Self::Version | Self::GetCallerIdentity => None,
            Self::GetParameter => Some("ssm:GetParameter".to_owned()),
            Self::DescribeAvailabilityZones
            | Self::DescribeKeyPairs
            | Self::DescribeInstances
            | Self::DescribeSecurityGroups
            | Self::DescribeImages(_)
            | Self::DescribeAddresses
            | Self::DescribeVolumes
            | Self::Try(_) => Some(format!("ec2:{}", self.kind())),
        }
    }

    /// Whether anything is sent to AWS.
    pub fn is_sent(&self) -> bool {
        *self != Self::Version
    }

    /// One of each kind, for the printed page and the policy.
    pub fn all() -> Vec<Self> {
        let some = || "ID".to_owned();
        let mut all = vec![
            Self::Version,
            Self::GetCallerIdentity,
            Self::DescribeAvailabilityZones,
            Self::DescribeKeyPairs,
            Self::DescribeInstances,
            Self::DescribeSecurityGroups,
            Self::DescribeImages(vec![some()]),
            Self::DescribeAddresses,
            Self::DescribeVolumes,
            Self::GetParameter,
        ];
        all.extend(
            [
                Trial::CreateKeyPair,
                Trial::CreateSecurityGroup,
                Trial::AuthorizeSecurityGroupIngress(some()),
                Trial::RunInstances(some()),
                Trial::TerminateInstances(some()),
                Trial::DeleteKeyPair,
                Trial::DeleteSecurityGroup(some()),
            ]
            .map(Self::Try),
        );
        all
    }
}

impl Trial {
    fn operation(&self) -> &'static str {
        match self {
            Self::CreateKeyPair => "CreateKeyPair",
            Self::CreateSecurityGroup => "CreateSecurityGroup",
            Self::AuthorizeSecurityGroupIngress(_) => "AuthorizeSecurityGroupIngress",
            Self::RunInstances(_) => "RunInstances",
            Self::TerminateInstances(_) => "TerminateInstances",
            Self::DeleteKeyPair => "DeleteKeyPair",
            Self::DeleteSecurityGroup(_) => "DeleteSecurityGroup",
        }
    }

    /// Always with `--dry-run`: the one place where such a command line is made.
    fn words(&self) -> Vec<&str> {
        let mut words = vec!["ec2"];
        words.extend(match self {
            Self::CreateKeyPair => vec!["create-key-pair", "--key-name", NAME],
            Self::CreateSecurityGroup => vec![
                "create-security-group",
                "--group-name",
                NAME,
                "--description",
                NAME,
            ],
            Self::AuthorizeSecurityGroupIngress(group) => vec![
                "authorize-security-group-ingress",
                "--group-id",
                group,
                "--protocol",
                "tcp",
                "--port",
                "22",
                "--cidr",
                "192.0.2.1/32",
            ],
            Self::RunInstances(image) => vec![
                "run-instances",
                "--image-id",
                image,
                "--instance-type",
                TYPE,
            ],
            Self::TerminateInstances(id) => vec!["terminate-instances", "--instance-ids", id],
            Self::DeleteKeyPair => vec!["delete-key-pair", "--key-name", NAME],
            Self::DeleteSecurityGroup(id) => vec!["delete-security-group", "--group-id", id],
        });
        words.push("--dry-run");
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_looks_or_is_a_dry_run() {
        for call in Call::all() {
            let words = call.words();
            let looks = words
                .get(1)
                .is_some_and(|verb| verb.starts_with("describe-") || verb.starts_with("get-"));
            let is_dry = words.last().is_some_and(|word| word == "--dry-run");
            let sends_nothing = !call.is_sent();
            assert!(looks || is_dry || sends_nothing, "{words:?}");
            assert_eq!(matches!(call, Call::Try(_)), is_dry, "{words:?}");
        }
    }

    #[test]
    fn a_permission_is_named_as_a_policy_names_it() {
        assert_eq!(
            Call::DescribeInstances.permission().as_deref(),
            Some("ec2:DescribeInstances")
        );
        assert_eq!(
            Call::Try(Trial::RunInstances("ami-0".into()))
                .permission()
                .as_deref(),
            Some("ec2:RunInstances")
        );
        assert_eq!(Call::GetCallerIdentity.permission(), None);
    }
}
