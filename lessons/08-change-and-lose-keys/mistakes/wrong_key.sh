# at: add-the-new-one
# The key is only in EC2 so far.
ssh $options -i new ec2-user@"$address" whoami
