# at: get-an-overview
# An address that was read wrongly: nobody is there.
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i alpha.pem ec2-user@172.31.99.99 whoami
