# at: add-the-new-one
# > in place of >>, and then the old key.
ssh $options -i old.pem ec2-user@"$address" "cat > .ssh/authorized_keys" < new.pub
ssh $options -i old.pem ec2-user@"$address" whoami
