# at: sign-in
# PuTTY's format for OpenSSH's ssh.
aws ec2 create-key-pair --key-name puttykeypair --key-format ppk --query KeyMaterial --output text > puttykeypair.ppk
chmod 400 puttykeypair.ppk
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i puttykeypair.ppk ec2-user@"$address" whoami
