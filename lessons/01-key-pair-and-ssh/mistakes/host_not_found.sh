# at: sign-in
# A word where the address belongs. A name below .invalid is never found, whatever network this computer is in (RFC 6761).
ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=1 -i testkeypair.pem ec2-user@address.invalid whoami
