"""Odd messages after a login, a row that a seed decides. Arguments: address, port, key file, first seed, sessions."""
import random
import sys
import time

import paramiko
from paramiko.message import Message

address, port, key = sys.argv[1], int(sys.argv[2]), paramiko.Ed25519Key.from_private_key_file(sys.argv[3])
NAMES = ["pty-req", "shell", "exec", "env", "subsystem", "signal", "window-change", "x11-req", "auth-agent-req@openssh.com", "break", "eow@openssh.com", ""]
GLOBAL = ["tcpip-forward", "cancel-tcpip-forward", "keepalive@openssh.com", "hostkeys-prove-00@openssh.com", "no-more-sessions@openssh.com", "streamlocal-forward@openssh.com", "?"]
KINDS = ["session", "direct-tcpip", "forwarded-tcpip", "x11", "auth-agent@openssh.com", "direct-streamlocal@openssh.com", "tun@openssh.com", ""]


def number(dice):
    return dice.choice([0, 1, 2, 3, 80, 22, 8000, 65535, 65536, 2**31, 2**32 - 1, dice.randrange(2**32)])


def text(dice):
    return dice.choice(["", "sftp", "localhost", "true", "sleep 9", "cat", "KILL", "LANG", "xterm", "\x00" * 9, "a" * dice.randrange(40000), "../..", "169.254.169.254"])


def odd(dice):
    kind = dice.choice([90, 90, 91, 92, 93, 94, 94, 95, 96, 97, 98, 98, 98, 98, 80, 80, 81, 82, 99, 100, 50, 51, 61, 5, 6, 1, 3, 4, 7, 20, 21, 30, 34, dice.randrange(1, 256)])
    message = Message()
    message.add_byte(bytes([kind]))
    if kind == 90:
        message.add_string(dice.choice(KINDS))
        for _ in range(3):
            message.add_int(number(dice))
        if dice.random() < 0.7:
            message.add_string(text(dice))
            message.add_int(number(dice))
            message.add_string(text(dice))
            message.add_int(number(dice))
    elif kind == 98:
        message.add_int(dice.choice([0, 1, 2, 3, number(dice)]))
        message.add_string(dice.choice(NAMES))
        message.add_boolean(dice.random() < 0.5)
        for _ in range(dice.randrange(4)):
            message.add_string(text(dice)) if dice.random() < 0.6 else message.add_int(number(dice))
    elif kind == 80:
        message.add_string(dice.choice(GLOBAL))
        message.add_boolean(dice.random() < 0.5)
        message.add_string(text(dice))
        message.add_int(number(dice))
    else:
        message.add_int(dice.choice([0, 1, 2, number(dice)]))
        if dice.random() < 0.6:
            message.add_int(number(dice))
        if dice.random() < 0.6:
            message.add_string(text(dice))
    whole = message.asbytes()
    if dice.random() < 0.2:
        at = dice.randrange(len(whole))
        whole = whole[:at] + bytes([dice.randrange(256)]) + whole[at + dice.randrange(3):]
    if dice.random() < 0.1:
        whole = whole[: dice.randrange(1, len(whole) + 1)]
    return Message(whole)


for seed in range(int(sys.argv[4]), int(sys.argv[4]) + int(sys.argv[5])):
    dice = random.Random(seed)
    transport = paramiko.Transport((address, port))
    transport.start_client(timeout=20)
    transport.auth_publickey("ec2-user", key)
    try:
        for _ in range(dice.randrange(1, 3)):
            transport.open_session(timeout=5)
        for _ in range(dice.randrange(1, 40)):
            transport._send_user_message(odd(dice))
        if dice.random() < 0.5:
            time.sleep(0.02)
    except (OSError, EOFError, paramiko.SSHException):
        pass
    transport.close()
print("sent")
