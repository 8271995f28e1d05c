# at: sign-in
# The word from the guide, where the address belongs.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@ADDRESS whoami
