# at: sign-in
# The address of the inside.
private=$(aws ec2 describe-instances --instance-ids "$instance" --query 'Reservations[0].Instances[0].PrivateIpAddress' --output text)
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$private" whoami
