# at: make-your-own
# A name that is taken.
ssh-keygen -q -t ed25519 -N "" -f new
aws ec2 import-key-pair --key-name old --public-key-material fileb://new.pub
