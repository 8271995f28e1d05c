# at: an-address-that-stays
# The configuration still has the old address.
ssh $options -F config lab whoami
