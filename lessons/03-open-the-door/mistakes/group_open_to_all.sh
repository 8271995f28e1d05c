# at: only-you
# Everybody, to be on the safe side.
aws ec2 authorize-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 0.0.0.0/0
aws ec2 revoke-security-group-ingress --group-name door --protocol tcp --port 22 --cidr 192.0.2.10/32
