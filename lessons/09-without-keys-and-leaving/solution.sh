# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e
options='-o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1'

# step: knock-without-a-key
set -- $(aws ec2 describe-instances --output text --filters Name=instance-state-name,Values=running --query 'Reservations[0].Instances[0].[InstanceId,PublicIpAddress]')
instance=$1 address=$2
ssh $options ec2-user@"$address" whoami || true

# step: a-key-for-a-minute
ssh-keygen -q -t ed25519 -N '' -f mine
aws ec2-instance-connect send-ssh-public-key --instance-id "$instance" --instance-os-user ec2-user --ssh-public-key file://mine.pub
ssh $options -i mine ec2-user@"$address" whoami

# step: least-open
aws ec2 authorize-security-group-ingress --group-name too-open --protocol tcp --port 22 --cidr 198.51.100.7/32
aws ec2 revoke-security-group-ingress --group-name too-open --protocol tcp --port 22 --cidr 0.0.0.0/0
aws ec2-instance-connect send-ssh-public-key --instance-id "$instance" --instance-os-user ec2-user --ssh-public-key file://mine.pub
ssh $options -i mine ec2-user@"$address" whoami

# step: leave-nothing
all=$(aws ec2 describe-instances --query 'Reservations[].Instances[].InstanceId' --output text)
aws ec2 terminate-instances --instance-ids $all
aws ec2 wait instance-terminated --instance-ids $all
aws ec2 release-address --allocation-id "$(aws ec2 describe-addresses --query 'Addresses[0].AllocationId' --output text)"
aws ec2 delete-security-group --group-name too-open
aws ec2 delete-key-pair --key-name lost

# step: ready
lab answer b
lab answer a
