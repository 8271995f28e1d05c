//! A lab that is open in a terminal, and the steps that most tests begin with.

use crate::learner::{Learner, without_the_coach};
use crate::stages::Variant;
use crate::terminal::Terminal;

/// A learner in their lab's shell.
pub(crate) struct OpenLab {
    pub(crate) learner: Learner,
    pub(crate) terminal: Terminal,
}

impl OpenLab {
    pub(crate) fn on(variant: Variant) -> Self {
        Self::of(Learner::on(variant))
    }

    pub(crate) fn of(learner: Learner) -> Self {
        let terminal = learner.open();
        Self { learner, terminal }
    }

    /// What a line prints, without the line itself and the coach's words.
    #[track_caller]
    pub(crate) fn says(&mut self, line: &str) -> String {
        let shown = self.terminal.line(line).replace('\r', "");
        // The echo of the line may be wrapped; it ends where the cursor goes to a new line.
        let said = shown.split_once('\n').map_or("", |(_, said)| said);
        without_the_coach(said).trim().to_owned()
    }

    /// The same, and the exit status.
    #[track_caller]
    pub(crate) fn runs(&mut self, line: &str) -> (String, i32) {
        let said = self.says(&format!("{line}; echo \"=$?=\""));
        let status = said.rsplit('=').nth(1).and_then(|word| word.parse().ok());
        let said = said.rsplit_once("\n=").map_or("", |(said, _)| said);
        (said.trim().to_owned(), status.expect("an exit status"))
    }

    /// A key pair in `k.pem` (mode 400), a group that lets `source` in on port 22, and an instance: `$group`, `$instance` and
    /// `$address` in the shell, and `rule authorize|revoke SOURCE [PORTS]`, and `key` for ssh with the key and without questions.
    pub(crate) fn launch(&mut self, source: &str) {
        let script = r#"
key() { ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i k.pem "$@"; }
rule() { aws ec2 $1-security-group-ingress --group-id $group --protocol tcp --port ${3:-22} --cidr $2 >/dev/null; }
ask() { aws ec2 describe-instances --instance-ids $instance --output text --query "Reservations[0].Instances[0].$1"; }
aws ec2 create-key-pair --key-name k --query KeyMaterial --output text > k.pem
chmod 400 k.pem
group=$(aws ec2 create-security-group --group-name g --description d --query GroupId --output text)
rule authorize SOURCE
instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 \
  --instance-type t3.micro --key-name k --security-group-ids $group --query 'Instances[0].InstanceId' --output text)
address=$(ask PublicIpAddress)
"#;
        let script = script.replace("SOURCE", source);
        std::fs::write(self.learner.work().join("launch.sh"), script).unwrap();
        self.says(". ./launch.sh");
        let address = self.says("echo $address");
        assert!(address.starts_with("203.0.113."), "{address}");
    }
}
