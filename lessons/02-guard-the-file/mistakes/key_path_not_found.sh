# at: six-hundred
# The path from before the move.
chmod 600 keys/guard.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i website/guard.pem ec2-user@"$address" whoami
