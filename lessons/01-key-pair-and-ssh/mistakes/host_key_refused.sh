# at: sign-in
# The host key is unknown and nobody says yes.
ssh -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o BatchMode=yes -i testkeypair.pem ec2-user@"$address" whoami
