# at: six-hundred
# The group may still read it.
chmod 640 keys/guard.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i keys/guard.pem ec2-user@"$address" whoami
