# at: close-the-folder
# Others may still look into it.
chmod 755 keys
