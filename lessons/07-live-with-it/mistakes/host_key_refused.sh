# at: forget-the-old-one
# Nothing is accepted, so nothing is known.
ssh-keygen -R "$elastic"
ssh -o StrictHostKeyChecking=yes -o BatchMode=yes -F config lab whoami
