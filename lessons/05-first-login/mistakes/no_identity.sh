# at: compare
# -i is forgotten.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 ec2-user@"$address" whoami
