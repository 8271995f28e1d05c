# at: sign-in
# The user and the address are forgotten.
ssh -i testkeypair.pem
