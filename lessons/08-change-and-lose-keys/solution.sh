# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e
options='-o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1'

# step: make-your-own
ssh-keygen -q -t ed25519 -N '' -f new
aws ec2 import-key-pair --key-name new --public-key-material fileb://new.pub

# step: meet-the-refusal
address=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
ssh $options -i new ec2-user@"$address" whoami || true

# step: add-the-new-one
ssh $options -i old.pem ec2-user@"$address" 'cat >> .ssh/authorized_keys' < new.pub
ssh $options -i new ec2-user@"$address" whoami

# step: take-off-the-old-one
ssh $options -i new ec2-user@"$address" "cd .ssh; grep -v ' old\$' authorized_keys > left; mv left authorized_keys; chmod 600 authorized_keys"
ssh $options -i old.pem ec2-user@"$address" whoami || true
ssh $options -i new ec2-user@"$address" whoami

# step: delete-in-ec2
aws ec2 delete-key-pair --key-name old
ssh $options -i new ec2-user@"$address" whoami

# step: lose-it
mkdir -p attic
mv new attic/
ssh $options -i old.pem ec2-user@"$address" whoami || true
aws ec2 describe-key-pairs --include-public-key

# step: think
lab answer c
lab answer a
