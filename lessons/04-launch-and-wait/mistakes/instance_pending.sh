# at: wait
# pace: real
# Too early: it has its address, but its ssh server has not started yet.
address=None
while [ "$address" = None ]; do
  address=$(aws ec2 describe-instances --instance-ids "$instance" --query "Reservations[0].Instances[0].PublicIpAddress" --output text)
done
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i launch.pem ec2-user@"$address" whoami
