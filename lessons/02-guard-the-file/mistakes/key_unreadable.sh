# at: six-hundred
# So private that not even the owner may read it.
chmod 000 keys/guard.pem
