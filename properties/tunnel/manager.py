"""A service manager for tests, as sd_listen_fds(3) and sd_notify(3) describe one.

    manager.py listen KIND... -- PROGRAM WORD...   becomes the program, with a listening socket for each KIND
    manager.py hear PATH                           prints each notification that comes to PATH, as a line of JSON

A KIND is tcp, unix:PATH, datagram or file, with NAME= before it. The first line of "listen" on standard error has the
ports of those that are tcp.
"""

import json
import os
import socket
import sys
import time


def opened(kind):
    if kind == "file":
        return os.open("/dev/null", os.O_RDONLY)
    if kind == "datagram":
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("127.0.0.1", 0))
        return made.detach()
    if kind == "tcp":
        made = socket.socket(socket.AF_INET)
        made.bind(("127.0.0.1", 0))
        print("port", made.getsockname()[1], file=sys.stderr, flush=True)
    else:
        made = socket.socket(socket.AF_UNIX)
        made.bind(kind[len("unix:") :])
    made.listen(64)
    return made.detach()


def listen(words):
    end = words.index("--")
    kinds = [word.partition("=") for word in words[:end]]
    # First far away, so that none is in the way of another's place.
    far = [os.dup2(opened(kind), 100 + index) for index, (_, _, kind) in enumerate(kinds)]
    for index, descriptor in enumerate(far):
        os.dup2(descriptor, 3 + index, inheritable=True)
        os.close(descriptor)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(kinds))
    os.environ["LISTEN_FDNAMES"] = ":".join(name for name, _, _ in kinds)
    program = words[end + 1 :]
    os.execvp(program[0], program)


def hear(path):
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(path)
    print(json.dumps({"listening": path}), flush=True)
    while True:
        # The descriptors that may come along are barriers: systemd-notify waits until they are closed.
        data, descriptors, _, _ = socket.recv_fds(made, 4096, 4)
        for descriptor in descriptors:
            os.close(descriptor)
        lines = data.decode().splitlines()
        if "BARRIER=1" not in lines:
            print(json.dumps({"at": time.monotonic_ns() // 1000, "lines": lines}), flush=True)


{"listen": listen, "hear": lambda words: hear(words[0])}[sys.argv[1]](sys.argv[2:])
