# at: move-it-out
# Moved, but only to another corner of the repository.
mkdir -p website/keys
mv website/guard.pem website/keys/
