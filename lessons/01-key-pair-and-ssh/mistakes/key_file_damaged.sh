# at: create-key-pair
# Pasted through something that joins lines.
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text | tr '\n' ' ' > testkeypair.pem
