# at: open-for-yourself
# The right address on the wrong port.
aws ec2 revoke-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 192.0.2.10/32
aws ec2 authorize-security-group-ingress --group-name door --protocol tcp --port 2222 --cidr 198.51.100.7/32
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i door.pem ec2-user@"$address" whoami
