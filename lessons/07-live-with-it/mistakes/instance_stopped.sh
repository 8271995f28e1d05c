# at: copy-a-file
# Stopped, and not started again.
aws ec2 stop-instances --instance-ids "$instance"
aws ec2 wait instance-stopped --instance-ids "$instance"
scp $options -F config /etc/hostname lab:
