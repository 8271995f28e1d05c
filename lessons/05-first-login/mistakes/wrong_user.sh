# at: compare
# Debian's user on Amazon Linux.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i first.pem admin@"$address" whoami
