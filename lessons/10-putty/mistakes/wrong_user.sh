# at: sign-in
# Another user.
plink -batch -T -i putty.ppk ubuntu@"$address" whoami
