# at: sign-in
# The key was given a passphrase, and nobody types it.
chmod 600 testkeypair.pem
ssh-keygen -q -p -m PEM -P '' -N secret -f testkeypair.pem
chmod 400 testkeypair.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
