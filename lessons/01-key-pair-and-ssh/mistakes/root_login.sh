# at: sign-in
# root has the key too, and is turned away with a sentence.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem root@"$address" whoami
