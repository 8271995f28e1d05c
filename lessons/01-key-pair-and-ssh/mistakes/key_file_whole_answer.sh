# at: create-key-pair
# --query is forgotten.
aws ec2 create-key-pair --key-name testkeypair --output text > testkeypair.pem
