# at: forget-the-old-one
# Once more, without forgetting the old key.
ssh $options -F config lab whoami
