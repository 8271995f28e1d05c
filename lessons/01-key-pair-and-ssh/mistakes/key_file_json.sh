# at: create-key-pair
# Neither --query nor --output text.
aws ec2 create-key-pair --key-name testkeypair --output json > testkeypair.pem
