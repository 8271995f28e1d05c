# at: launch
# The file's name in place of the key pair's.
aws ec2 run-instances --image-id "$image" --instance-type t3.micro --key-name launch.pem --security-groups launch > /dev/null
aws ec2 run-instances --image-id "$image" --instance-type t3.micro --key-name launch.pem --security-groups launch
