# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e

# step: say-no
instance=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].InstanceId' --output text)
address=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
# Nobody is there to answer the question, which is a no.
ssh -o BatchMode=yes -i first.pem ec2-user@"$address" whoami || true

# step: ask-the-console
aws ec2 get-console-output --instance-id "$instance" --query Output --output text > console.txt
grep -A2 BEGIN.*FINGERPRINTS console.txt

# step: compare
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i first.pem ec2-user@"$address" exit

# step: wrong-user
ssh -o BatchMode=yes -i first.pem ubuntu@"$address" whoami || true

# step: look-around
ssh -o BatchMode=yes -i first.pem ec2-user@"$address" 'whoami; hostname; cat .ssh/authorized_keys'

# step: think
lab answer b
lab answer a
