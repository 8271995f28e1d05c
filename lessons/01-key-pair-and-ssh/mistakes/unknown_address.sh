# at: sign-in
# A slip of the pen.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@203.0.113.251 whoami
