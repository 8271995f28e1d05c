# at: sign-in
# The wrong half.
ssh-keygen -y -f testkeypair.pem > testkeypair.pub
chmod 400 testkeypair.pub
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pub ec2-user@"$address" whoami
