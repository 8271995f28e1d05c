# at: sign-in
# Nothing listens there.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem -p 2222 ec2-user@"$address" whoami
