"""What an asyncssh user does: input, signals, a window, the environment, a file, ports. Arguments: address, port, key file."""
import asyncio
import sys

import asyncssh


async def tour(address, port, key):
    usual = dict(username="ec2-user", client_keys=[key], known_hosts=None, agent_path=None, config=None)
    async with asyncssh.connect(address, port, **usual) as client:
        done = await client.run("cat; exit 4", input="hi\n")
        print("exec", repr(done.stdout), done.exit_status)
        for name in ["TERM", "INT", "USR1"]:
            process = await client.create_process("echo up; sleep 100")
            await process.stdout.readline()
            process.send_signal(name)
            done = await process.wait()
            print("signal", name, done.exit_signal[0])
        shell = await client.create_process(term_type="vt100", term_size=(100, 30))
        shell.change_terminal_size(90, 20)
        shell.stdin.write("echo =$TERM=$COLUMNS=$LINES=; exit\n")
        shown = await shell.stdout.read()
        print("window", "=vt100=90=20=" in shown)
        done = await client.run("echo $LANG-$FOO", env={"LANG": "nb_NO.UTF-8", "FOO": "x"})
        print("env", done.stdout.strip())
        async with client.start_sftp_client() as files:
            await files.put(sys.argv[0], "/tmp/tour.py")
            print("sftp", (await files.stat("/tmp/tour.py")).size > 1000)
        await client.run("python3 -m http.server -d /tmp 8000 &")
        listener = await client.forward_local_port("127.0.0.1", 0, "localhost", 8000)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.get_port())
        writer.write(b"GET /tour.py HTTP/1.0\r\n\r\n")
        print("forward", (await reader.readline()).strip())
        try:
            await client.forward_remote_port("", 0, "localhost", 1)
        except asyncssh.ChannelListenError:
            print("remote forward refused")


asyncio.run(tour(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
