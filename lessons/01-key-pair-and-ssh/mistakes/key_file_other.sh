# at: sign-in
# A web page saved under the key's name.
echo "<html><title>Sign in</title></html>" > page.pem
chmod 400 page.pem
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i page.pem ec2-user@"$address" whoami
