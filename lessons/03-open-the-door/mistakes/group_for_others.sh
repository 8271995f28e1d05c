# at: open-for-yourself
# A neighbour, not you.
aws ec2 authorize-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 198.51.100.8/32
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i door.pem ec2-user@"$address" whoami
