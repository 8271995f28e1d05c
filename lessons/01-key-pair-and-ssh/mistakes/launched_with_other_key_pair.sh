# at: launch
# A key pair whose private half was not kept.
aws ec2 create-key-pair --key-name otherkeypair --query KeyName --output text
aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name otherkeypair
