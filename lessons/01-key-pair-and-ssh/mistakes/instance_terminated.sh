# at: sign-in
# Cleaned up too early.
aws ec2 terminate-instances --instance-ids "$instance"
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
