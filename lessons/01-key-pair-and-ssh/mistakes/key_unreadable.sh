# at: chmod-400
# One digit too few.
chmod 000 testkeypair.pem
