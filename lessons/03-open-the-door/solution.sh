# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e

# step: meet-the-silence
address=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i door.pem ec2-user@"$address" whoami || true

# step: read-the-rules
aws ec2 describe-security-groups --group-names door --query 'SecurityGroups[].[GroupId,GroupName,IpPermissions]'

# step: open-for-a-stranger
aws ec2 authorize-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 192.0.2.10/32
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i door.pem ec2-user@"$address" whoami || true

# step: open-for-yourself
aws ec2 authorize-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 198.51.100.7/32
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i door.pem ec2-user@"$address" whoami

# step: only-you
aws ec2 revoke-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 192.0.2.10/32

# step: think
lab answer c
lab answer b
