# at: create-key-pair
# The private half was not kept, and the name is taken.
aws ec2 create-key-pair --key-name testkeypair --query KeyName --output text
aws ec2 create-key-pair --key-name testkeypair --query KeyName --output text
