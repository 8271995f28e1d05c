# at: least-open
# Your rule was added, the other one forgotten.
aws ec2 authorize-security-group-ingress --group-name too-open --protocol tcp --port 22 --cidr 198.51.100.7/32
