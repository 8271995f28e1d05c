# at: sign-in
# Amazon Linux 2023 has no RSA host key.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -o HostKeyAlgorithms=ssh-rsa -i testkeypair.pem ec2-user@"$address" whoami
