# at: add-the-new-one
# The public half in place of the private one.
chmod 400 new.pub
ssh $options -i new.pub ec2-user@"$address" whoami
