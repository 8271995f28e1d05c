# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e

# step: create-key-pair
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text > testkeypair.pem

# step: keep-it-private
ls -l testkeypair.pem

# step: launch
group=$(aws ec2 create-security-group --group-name ssh-practice --description "SSH practice" --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 22 --cidr 0.0.0.0/0
instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair --security-group-ids "$group" --query 'Instances[0].InstanceId' --output text)

# step: meet-the-error
aws ec2 wait instance-running --instance-ids "$instance"
address=$(aws ec2 describe-instances --instance-ids "$instance" --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
# A new file is 644 with most people's umask; make it so with everybody's, then meet the error.
chmod 644 testkeypair.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i testkeypair.pem ec2-user@"$address" whoami || true

# step: chmod-400
chmod 400 testkeypair.pem

# step: find-the-address
echo "The public address is $address"

# step: sign-in
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i testkeypair.pem ec2-user@"$address" exit

# step: look-around
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i testkeypair.pem ec2-user@"$address" 'whoami; hostname; cat /etc/os-release'

# step: clean-up
aws ec2 terminate-instances --instance-ids "$instance" --query 'TerminatingInstances[].CurrentState.Name' --output text
aws ec2 delete-key-pair --key-name testkeypair
