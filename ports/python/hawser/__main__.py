"""Exchange a file: `python3 -m hawser keygen|send|receive`."""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys

from . import ALERTS, Client, ConfigurationError, Event, Server
from .files import read_authorized_keys, read_secret_key, read_settled, write_secret_key
from .keys import format_public_key
from .lines import KeyFileError
from .primitives import KeyPair
from .sockets import CHUNK, Driver, connect, connect_unix
from .urls import ConnectionString, ConnectionStringError, parse_connection_string

HONOURED = {"from", "max"}  # `receive` lets in one connection, which no `max` is below

_DANGEROUS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escape(words: str) -> str:
    """Words of a peer, fit to be shown (AL-029)."""
    return _DANGEROUS.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", words)


def tell(*words: object) -> None:
    print("hawser:", *words, file=sys.stderr)


def report(channel: Client | Server) -> int:
    if channel.failure is None:
        return 0
    failure = channel.failure
    parts = [failure.kind, failure.code, f'"{escape(failure.words)}"' if failure.words else "", failure.detail]
    if failure.kind == "server_key_mismatch":
        parts.append("found " + format_public_key(failure.key))
    tell(*(part for part in parts if part))
    return 1


def keygen(arguments: argparse.Namespace) -> int:
    pair = KeyPair()
    write_secret_key(arguments.file, pair)
    print(format_public_key(pair.public))
    return 0


def send(arguments: argparse.Namespace) -> int:
    """Connect, send standard input, and wait until the server has ended its direction too."""
    url = parse_connection_string(arguments.url)
    if url.key is None:
        tell("the connection string names no key; this program does not do first uses")
        return 1
    channel = Client(read_secret_key(arguments.key), url.key, url.via, url.context)
    sock = connect_unix(url.path) if url.path else connect(url.host.strip("[]").replace("%25", "%"), url.port)
    channel.start()

    def refill() -> None:
        if channel.state in ("AwaitVerdict", "Open", "HalfClosedRemote"):
            data = os.read(0, CHUNK)
            channel.write(data) if data else channel.close()

    def handle(event: Event) -> None:
        if event.name == "data":
            sys.stdout.buffer.write(event.data)
            sys.stdout.buffer.flush()

    Driver(sock, channel, handle, refill).run()
    return report(channel)


def receive(arguments: argparse.Namespace) -> int:
    """Accept one connection, write what its client sends to standard output, and send a file back if there is one."""
    pair = read_secret_key(arguments.key)
    before = read_authorized_keys(arguments.authorized_keys, HONOURED)
    with socket.create_server((arguments.host, arguments.port)) as listener:
        tell("listening at", ConnectionString(arguments.host, listener.getsockname()[1], key=pair.public))
        sock, (address, *_) = listener.accept()
    channel = Server([pair])

    def decide(key: bytes) -> None:
        try:
            entry = read_settled(arguments.authorized_keys, before, HONOURED).get(key)
        except KeyFileError as error:
            tell(error)
            entry = None  # KT-046
        if entry is not None and entry.admits(address):
            channel.accept()
        else:
            tell("refused", format_public_key(key))
            channel.refuse(ALERTS["not_authorized"])

    def handle(event: Event) -> None:
        if event.name == "peerKey":
            decide(event.key)
        elif event.name == "data":
            sys.stdout.buffer.write(event.data)
        elif event.name == "end":
            sys.stdout.buffer.flush()
            if reply is None:
                channel.close()

    def refill() -> None:
        if channel.state in ("Open", "HalfClosedRemote"):
            data = reply.read(CHUNK)
            channel.write(data) if data else channel.close()

    reply = None if arguments.reply is None else open(arguments.reply, "rb")
    try:
        Driver(sock, channel, handle, refill if reply else None).run()
    finally:
        if reply is not None:
            reply.close()
    return report(channel)


def main() -> int:
    parser = argparse.ArgumentParser(prog="hawser", description="Send a file to whoever holds a key.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("keygen", help="make a secret key file and print its public key")
    command.add_argument("file")
    command.set_defaults(run=keygen)
    command = commands.add_parser("send", help="send standard input to a server")
    command.add_argument("--key", required=True)
    command.add_argument("url")
    command.set_defaults(run=send)
    command = commands.add_parser("receive", help="accept one client and write what it sends to standard output")
    command.add_argument("--key", required=True)
    command.add_argument("--authorized-keys", required=True)
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--reply", metavar="FILE", help="send this file to the client")
    command.add_argument("port", type=int)
    command.set_defaults(run=receive)
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments)
    except (KeyFileError, ConnectionStringError, ConfigurationError, OSError) as error:
        tell(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
