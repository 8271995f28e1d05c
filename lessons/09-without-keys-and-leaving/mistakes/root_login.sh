# at: a-key-for-a-minute
# Pushed for ec2-user, used as root.
ssh-keygen -q -t ed25519 -N "" -f mine
aws ec2-instance-connect send-ssh-public-key --instance-id "$instance" --instance-os-user ec2-user --ssh-public-key file://mine.pub
ssh $options -i mine root@"$address" whoami
