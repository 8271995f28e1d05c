# at: open-for-yourself
# The private address: no rule helps there.
aws ec2 authorize-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 198.51.100.7/32
private=$(aws ec2 describe-instances --query "Reservations[0].Instances[0].PrivateIpAddress" --output text)
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i door.pem ec2-user@"$private" whoami
