# The lesson's solution. The steps share one bash; run in the lab's folder.
set -e
options='-o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1'
address=$(aws ec2 describe-instances --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)

# step: wrong-suit
# -T: no terminal is asked for. yes answers the question about the host key.
yes 2> /dev/null | plink -T -i putty.pem ec2-user@"$address" whoami || true

# step: change-the-suit
puttygen putty.pem -O private -o putty.ppk

# step: sign-in
plink -batch -T -i putty.ppk ec2-user@"$address" whoami

# step: other-way-round
chmod 400 putty.ppk
ssh $options -i putty.ppk ec2-user@"$address" whoami || true

# step: copy
echo hello > note.txt
pscp -batch -q -i putty.ppk note.txt ec2-user@"$address":

# step: think
lab answer b
lab answer c
