# at: create-key-pair
# Copied by hand, without the end.
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text | head -c 800 > testkeypair.pem
