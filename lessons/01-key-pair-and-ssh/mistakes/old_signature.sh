# at: sign-in
# SHA-1, as clients before OpenSSH 7.2 sign.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -o PubkeyAcceptedAlgorithms=ssh-rsa -i testkeypair.pem ec2-user@"$address" whoami
