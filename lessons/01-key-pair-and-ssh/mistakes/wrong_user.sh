# at: sign-in
# Ubuntu's user on Amazon Linux.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ubuntu@"$address" whoami
