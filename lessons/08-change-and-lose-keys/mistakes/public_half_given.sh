# at: take-off-the-old-one
# The public half in place of the private one, which lies elsewhere.
cp new.pub half.pub
chmod 400 half.pub
ssh $options -i half.pub ec2-user@"$address" whoami
