# at: sign-in
# > instead of >> when a second key was to be added.
ssh-keygen -q -t ed25519 -N '' -f second
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" 'cat > .ssh/authorized_keys' < second.pub
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
