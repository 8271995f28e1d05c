# at: meet-the-error
# Made private at once, and then an address from last week's notes: nobody has asked for the one of today.
chmod 400 testkeypair.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@203.0.113.251 whoami
