# at: least-open
# Revoked first: nobody comes in, you neither.
aws ec2 revoke-security-group-ingress --group-name too-open --protocol tcp --port 22 --cidr 0.0.0.0/0
ssh $options -i mine ec2-user@"$address" whoami
