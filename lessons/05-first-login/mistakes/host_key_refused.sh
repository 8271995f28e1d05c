# at: compare
# The host key is refused again.
ssh -o StrictHostKeyChecking=yes -o BatchMode=yes -i first.pem ec2-user@"$address" whoami
