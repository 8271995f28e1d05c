# at: ask-the-agent
# Locked, and nobody types the passphrase.
ssh $options -F config lab whoami
