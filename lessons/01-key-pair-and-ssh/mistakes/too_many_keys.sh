# at: sign-in
# An agent with six keys goes before the file after -i.
eval "$(ssh-agent -s)"
trap 'ssh-agent -k > /dev/null' EXIT
for number in 1 2 3 4 5 6; do
  ssh-keygen -q -t ed25519 -N '' -f own$number
  ssh-add -q own$number
done
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@"$address" whoami
