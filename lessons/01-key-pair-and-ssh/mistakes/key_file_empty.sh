# at: create-key-pair
# The answer went elsewhere.
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text > /dev/null
: > testkeypair.pem
