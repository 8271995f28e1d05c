# at: sign-in
# An option that ssh does not know.
ssh -o StrictHostKeyCheking=no -i testkeypair.pem ec2-user@"$address" whoami
