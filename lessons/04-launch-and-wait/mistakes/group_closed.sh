# at: launch
# The default group, which lets nobody in from outside.
aws ec2 run-instances --image-id "$image" --instance-type t3.micro --key-name launch > /dev/null
aws ec2 run-instances --image-id "$image" --instance-type t3.micro --key-name launch > /dev/null
