"""What a paramiko user does: a command with input, a file, a shell, a forwarded port. Arguments: address, port, key file."""
import sys

import paramiko

address, port, key = sys.argv[1], int(sys.argv[2]), sys.argv[3]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect(address, port, "ec2-user", key_filename=key, allow_agent=False, look_for_keys=False, timeout=20)

stdin, stdout, stderr = client.exec_command("cat; echo oops >&2; exit 5")
stdin.write("hello\n")
stdin.channel.shutdown_write()
print("exec", stdout.read(), stderr.read(), stdout.channel.recv_exit_status())

files = client.open_sftp()
with files.open("made", "w") as made:
    made.write("abc")
print("sftp", files.open("made").read(), files.stat("made").st_size)
files.close()

shell = client.invoke_shell()
shell.send("exit 6\n")
while shell.recv(4096):
    pass
print("shell", shell.recv_exit_status())

client.exec_command("python3 -m http.server 8000 &")[1].read()
through = client.get_transport().open_channel("direct-tcpip", ("localhost", 8000), ("127.0.0.1", 1))
through.send("GET /made HTTP/1.0\r\n\r\n")
answer = b""
while part := through.recv(4096):
    answer += part
print("forward", answer.splitlines()[0], answer[-3:])
try:
    client.get_transport().open_channel("direct-tcpip", ("localhost", 9), ("127.0.0.1", 1))
except paramiko.ChannelException as refused:
    print("closed port", refused.code)
try:
    client.get_transport().request_port_forward("", 0)
except paramiko.SSHException as refused:
    print("remote forward", refused)
client.close()
