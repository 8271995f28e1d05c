# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e
umask 022

# step: move-it-out
mkdir keys
mv website/guard.pem keys/

# step: close-the-folder
chmod 700 keys

# step: read-the-warning
address=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i keys/guard.pem ec2-user@"$address" whoami || true

# step: six-hundred
chmod 600 keys/guard.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i keys/guard.pem ec2-user@"$address" whoami

# step: lose-a-key
aws ec2 create-key-pair --key-name spare --query KeyMaterial --output text > keys/spare.pem
aws ec2 create-key-pair --key-name spare --query KeyMaterial --output text > keys/spare.pem || true
ls -l keys

# step: four-hundred
chmod 400 keys/guard.pem

# step: never-open
rm -f keys/spare.pem
aws ec2 delete-key-pair --key-name spare
umask 077
aws ec2 create-key-pair --key-name spare --query KeyMaterial --output text > keys/spare.pem

# step: think
lab answer b
lab answer a
