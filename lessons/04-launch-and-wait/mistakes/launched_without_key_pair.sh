# at: launch
# No key pair.
aws ec2 run-instances --image-id "$image" --instance-type t3.micro --security-groups launch > /dev/null
aws ec2 run-instances --image-id "$image" --instance-type t3.micro --security-groups launch > /dev/null
