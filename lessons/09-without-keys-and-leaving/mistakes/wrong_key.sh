# at: a-key-for-a-minute
# A key of one's own, and nobody has pushed it.
ssh-keygen -q -t ed25519 -N "" -f mine
ssh $options -i mine ec2-user@"$address" whoami
