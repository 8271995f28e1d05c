# at: add-the-new-one
# Added, and then opened for everybody to write.
ssh $options -i old.pem ec2-user@"$address" "cat >> .ssh/authorized_keys; chmod 666 .ssh/authorized_keys" < new.pub
ssh $options -i new ec2-user@"$address" whoami
