# at: create-key-pair
# The second > empties the file before AWS refuses.
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text > testkeypair.pem
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text > testkeypair.pem
