# at: sign-in
# The door is shut again.
aws ec2 revoke-security-group-ingress --group-id "$group" --protocol tcp --port 22 --cidr 0.0.0.0/0
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
