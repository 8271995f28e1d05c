# at: copy
# PuTTY's form for scp.
echo hello > note.txt
scp -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i putty.ppk note.txt ec2-user@"$address":
