# at: compare
# root has the key too, and is turned away with a sentence.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i first.pem root@"$address" whoami
