# at: launch
# The key pair is of us-east-1.
west=$(aws ssm get-parameter --region eu-west-1 --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --query Parameter.Value --output text)
aws ec2 run-instances --region eu-west-1 --image-id "$west" --instance-type t3.micro --key-name launch > /dev/null
aws ec2 run-instances --region eu-west-1 --image-id "$west" --instance-type t3.micro --key-name launch
