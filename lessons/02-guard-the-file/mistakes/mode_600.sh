# at: four-hundred
# Enough for ssh; > would still empty it.
chmod 600 keys/guard.pem
