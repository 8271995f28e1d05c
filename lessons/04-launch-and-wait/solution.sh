# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e

# step: choose-an-image
image=$(aws ssm get-parameter --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --query Parameter.Value --output text)

# step: launch
aws ec2 run-instances --image-id "$image" --instance-type t3.micro --key-name launch --security-groups launch || true
instance=$(aws ec2 run-instances --image-id "$image" --instance-type t3.micro --key-name launch --security-groups launch --query 'Instances[0].InstanceId' --output text)

# step: wait
aws ec2 wait instance-running --instance-ids "$instance"
aws ec2 wait instance-status-ok --instance-ids "$instance"

# step: try-the-private-one
private=$(aws ec2 describe-instances --instance-ids "$instance" --query 'Reservations[0].Instances[0].PrivateIpAddress' --output text)
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i launch.pem ec2-user@"$private" whoami || true

# step: use-the-public-one
address=$(aws ec2 describe-instances --instance-ids "$instance" --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i launch.pem ec2-user@"$address" whoami

# step: another-region
aws ec2 describe-instances --region eu-west-1

# step: think
lab answer a
lab answer b
