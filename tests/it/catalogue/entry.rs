//! One failure of the catalogue, as data: how it is met, what the client says, what the coach says, what cures it.

use super::lab::Stage;

/// One way to fail, and out of it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its failure's rank among the twenty that learners of EC2 meet most.
    pub(super) number: u8,
    /// What the learner did, for the README.
    pub(super) met_by: &'static str,
    /// The client's first line, for the README. It stands in the first of `clients`.
    pub(super) first_line: &'static str,
    /// The coach's name for it; none where there is nothing to be blamed.
    pub(super) mistake: Option<&'static str>,
    /// Where it can be met.
    pub(super) stages: &'static [Stage],
    /// The solution is played up to this step first.
    pub(super) at: &'static str,
    /// AWS's own waits.
    pub(super) real_pace: bool,
    /// What happened before, as a script in the learner's shell. Its variables fill the braces below.
    pub(super) before: &'static str,
    /// What is typed.
    pub(super) types: &'static str,
    /// Questions on the terminal, and what is answered.
    pub(super) answers: &'static [(&'static str, &'static str)],
    /// What the client writes to standard error, byte for byte: first that of Debian 12 (OpenSSH 9.2, PuTTY 0.78), then of
    /// others. `~` stands for the rest of a line that differs each time.
    pub(super) clients: &'static [&'static str],
    /// The same of standard output.
    pub(super) prints: &'static str,
    /// Exit status.
    pub(super) status: i32,
    /// Parts of the coach's sentence: what the other side saw.
    pub(super) says: &'static [&'static str],
    /// Typed after it, as the sentence says. None types the command that the coach shows.
    pub(super) cure: Cure,
    /// Typed after the cure, before the good login.
    pub(super) then: &'static str,
}

impl Entry {
    /// What the client asks on the terminal first.
    pub(super) fn asks(&self) -> &'static str {
        self.answers.first().map_or("", |(question, _)| question)
    }
}

/// What cures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cure {
    /// The command that the coach shows, as it stands.
    Shown,
    /// The same, whose `ssh-keygen` asks these questions.
    ShownAnswers(&'static [(&'static str, &'static str)]),
    /// The command that the coach shows is the good login itself.
    ShownSignsIn,
    /// The coach shows a part of a command, or none: these lines.
    Typed(&'static str),
    /// What the coach shows, and then the lesson's own commands from this step on.
    ShownThenSteps,
    /// These lines, and then the lesson's own commands from this step on.
    TypedThenSteps(&'static str),
}

/// As most are: at the sign-in, with the right key and the right address.
pub(super) const SIGN_IN: Entry = Entry {
    number: 0,
    met_by: "",
    first_line: "",
    mistake: None,
    stages: Stage::BOTH,
    at: "sign-in",
    real_pace: false,
    before: "",
    types: "ssh -i testkeypair.pem ec2-user@{address}",
    answers: &[],
    clients: &[],
    prints: "",
    status: 255,
    says: &[],
    cure: Cure::Shown,
    then: "",
};

/// With the key file as it was downloaded.
pub(super) const FIRST_TRY: Entry = Entry {
    at: "chmod-400",
    ..SIGN_IN
};

/// Before there is a key.
pub(super) const FIRST_KEY: Entry = Entry {
    at: "create-key-pair",
    status: 0,
    cure: Cure::ShownThenSteps,
    ..SIGN_IN
};

/// The warning for a file that others can read, and what follows it: a mode, a file, the methods of the refusal.
macro_rules! banner {
    ($mode:literal) => {
        banner!($mode, "testkeypair.pem", "(publickey,gssapi-with-mic)")
    };
    ($mode:literal, $file:literal, $methods:literal) => {
        concat!(
            "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n",
            "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\r\n",
            "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n",
            "Permissions ",
            $mode,
            " for '",
            $file,
            "' are too open.\r\n",
            "It is required that your private key files are NOT accessible by others.\r\n",
            "This private key will be ignored.\r\n",
            "Load key \"",
            $file,
            "\": bad permissions\r\n",
            "ec2-user@{address}: Permission denied ",
            $methods,
            ".\r\n",
        )
    };
}
pub(super) use banner;

/// An Elastic IP of the instance, at which the host key is accepted with these lines, goes to a new instance.
macro_rules! reused_address {
    ($accepts:literal) => {
        concat!(
            "allocation=$(aws ec2 allocate-address --query AllocationId --output text)
aws ec2 associate-address --instance-id $instance --allocation-id $allocation
address=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
",
            $accepts,
            "aws ec2 terminate-instances --instance-ids $instance
aws ec2 wait instance-terminated --instance-ids $instance
instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair --security-group-ids $group --query 'Instances[0].InstanceId' --output text)
aws ec2 wait instance-running --instance-ids $instance
aws ec2 associate-address --instance-id $instance --allocation-id $allocation
"
        )
    };
}
pub(super) use reused_address;
