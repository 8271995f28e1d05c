# at: chmod-400
# The file is still 644.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
