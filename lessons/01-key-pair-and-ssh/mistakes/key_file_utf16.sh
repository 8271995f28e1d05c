# at: create-key-pair
# What > does in Windows PowerShell 5.
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text | iconv -f UTF-8 -t UTF-16 > testkeypair.pem
