# at: wrong-suit
# Nobody accepts the host key.
plink -batch -T -i putty.pem ec2-user@"$address" whoami
