# at: sign-in
# The old file again.
plink -batch -T -i putty.pem ec2-user@"$address" whoami
