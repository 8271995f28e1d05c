# at: sign-in
# A good key, of another key pair.
aws ec2 create-key-pair --key-name otherkeypair --query KeyMaterial --output text > otherkeypair.pem
chmod 400 otherkeypair.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i otherkeypair.pem ec2-user@"$address" whoami
