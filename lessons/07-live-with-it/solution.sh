# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e
options='-o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1'
image=/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64

# step: one-word
set -- $(aws ec2 describe-instances --output text --query 'Reservations[0].Instances[0].[InstanceId,PublicIpAddress]')
instance=$1 address=$2
printf 'Host lab\n  HostName %s\n  User ec2-user\n  IdentityFile live.pem\n  IdentitiesOnly yes\n' "$address" > config

# step: copy-a-file
echo hello > note.txt
scp $options -F config note.txt lab:

# step: lock-it
chmod 600 live.pem
ssh-keygen -q -p -P '' -N 'four words of mine' -f live.pem
chmod 400 live.pem

# step: ask-the-agent
eval "$(ssh-agent)"
trap 'ssh-agent -k > /dev/null' EXIT
printf '#!/bin/sh\necho four words of mine\n' > type-it
chmod 700 type-it
SSH_ASKPASS=./type-it SSH_ASKPASS_REQUIRE=force DISPLAY=none ssh-add -t 1h live.pem
ssh $options -F config lab whoami

# step: stop-and-start
aws ec2 stop-instances --instance-ids "$instance"
aws ec2 wait instance-stopped --instance-ids "$instance"
aws ec2 start-instances --instance-ids "$instance"
aws ec2 wait instance-running --instance-ids "$instance"
ssh $options -F config lab whoami || true

# step: an-address-that-stays
set -- $(aws ec2 allocate-address --query '[AllocationId,PublicIp]' --output text)
allocation=$1 elastic=$2
aws ec2 associate-address --allocation-id "$allocation" --instance-id "$instance"
sed -i "s/HostName .*/HostName $elastic/" config
ssh $options -F config lab whoami

# step: another-machine
aws ec2 terminate-instances --instance-ids "$instance"
instance=$(aws ec2 run-instances --key-name live --security-groups live --instance-type t3.micro --image-id resolve:ssm:$image --query 'Instances[0].InstanceId' --output text)
aws ec2 wait instance-running --instance-ids "$instance"
aws ec2 associate-address --allocation-id "$allocation" --instance-id "$instance"
ssh $options -F config lab whoami || true

# step: forget-the-old-one
ssh-keygen -R "$elastic"
ssh $options -F config lab whoami

# step: think
lab answer a
lab answer b
