# at: sign-in
# The key is not in that folder.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i keys/testkeypair.pem ec2-user@"$address" whoami
