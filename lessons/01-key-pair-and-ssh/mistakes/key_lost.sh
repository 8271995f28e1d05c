# at: sign-in
# The only copy is thrown away.
rm -f testkeypair.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
