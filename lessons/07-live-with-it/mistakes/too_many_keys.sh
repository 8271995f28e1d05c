# at: ask-the-agent
# Six other keys in the agent, and a command without IdentitiesOnly.
eval "$(ssh-agent -s)"
trap 'ssh-agent -k > /dev/null' EXIT
for number in 1 2 3 4 5 6; do
  ssh-keygen -q -t ed25519 -N '' -f own$number
  ssh-add -q own$number
done
ssh $options -i live.pem ec2-user@"$address" whoami
