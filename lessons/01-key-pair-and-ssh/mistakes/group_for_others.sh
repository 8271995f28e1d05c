# at: sign-in
# The door is open for somebody else.
aws ec2 revoke-security-group-ingress --group-id "$group" --protocol tcp --port 22 --cidr 0.0.0.0/0
aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 22 --cidr 192.0.2.0/24
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
