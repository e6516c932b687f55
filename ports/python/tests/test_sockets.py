"""Both ends against each other, over a socket pair and over TCP."""

import json
import socket
import subprocess
import sys
import threading
import time
import unittest

from tests.common import ROOT
from hawser import Client, KeyPair, Options, Server
from hawser.sockets import Driver

DATA = bytes(range(256)) * 4_000  # about a megabyte


class End:
    """An application that sends, collects and closes."""

    def __init__(self, sock, channel, data=b"", decide=None):
        self.channel, self.data, self.decide = channel, data, decide
        self.events, self.received = [], bytearray()
        self.driver = Driver(sock, channel, self.handle, self.refill)
        self.thread = threading.Thread(target=self.driver.run, daemon=True)

    def handle(self, event):
        if event.name != "data":
            self.events.append(event.name)
        if event.name == "data":
            self.received += event.data
        elif event.name == "peerKey":
            (self.decide or getattr(self.channel, "accept", None) or self.channel.trust)()

    def refill(self):
        if self.channel.state in ("AwaitVerdict", "Open", "HalfClosedRemote"):
            piece, self.data = self.data[:50_000], self.data[50_000:]
            if piece:
                self.channel.write(piece)
            else:
                self.channel.close()


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return client, listener.accept()[0]


class Loop(unittest.TestCase):
    def play(self, client, server):
        if client.channel.state == "Start":
            client.channel.start()
        for end in (client, server):
            end.thread.start()
        for end in (client, server):
            end.thread.join(30)
            self.assertFalse(end.thread.is_alive())

    def both_ways(self, sockets):
        mine, theirs = KeyPair(), KeyPair()
        options = Options(padding=512, liveness=(5, 10))
        client = End(sockets[0], Client(mine, theirs.public, options=options), DATA)
        server = End(sockets[1], Server([KeyPair(), theirs]), DATA[::-1])
        self.play(client, server)
        self.assertEqual((client.received, server.received), (DATA[::-1], DATA))
        self.assertEqual(client.events, ["dh", "open", "end", "closed"])
        self.assertEqual(server.events, ["dh", "dh", "peerKey", "open", "end", "closed"])
        self.assertEqual(server.channel.peer_key, mine.public)
        self.assertEqual(client.channel.binding, server.channel.binding)

    def test_over_a_socket_pair(self):
        self.both_ways(socket.socketpair())

    def test_over_tcp(self):
        self.both_ways(tcp_pair())

    def test_first_use(self):
        server_key = KeyPair()
        pair = tcp_pair()
        client, server = End(pair[0], Client(KeyPair())), End(pair[1], Server([server_key]))
        self.play(client, server)
        self.assertEqual(client.channel.peer_key, server_key.public)
        self.assertEqual(client.events[-1], "closed")

    def test_a_refusal_arrives_with_its_words(self):
        key, pair = KeyPair(), tcp_pair()
        server = End(pair[1], Server([key]))
        server.decide = lambda: server.channel.refuse(3, "not you – sorry")
        client = End(pair[0], Client(KeyPair(), key.public), DATA)
        self.play(client, server)
        failure = client.channel.failure
        self.assertEqual((failure.kind, failure.code, failure.words), ("alert_received", 3, "not you – sorry"))
        self.assertEqual(server.channel.failure.kind, "denied")

    def test_an_alert_in_the_middle_of_a_stream_arrives(self):
        key, pair = KeyPair(), tcp_pair()
        client, server = End(pair[0], Client(KeyPair(), key.public), DATA), End(pair[1], Server([key]), DATA)
        handle, server.driver._refill = server.driver._handle, None  # a Close of its own could hide its Alert (SC-050)

        def give_up(event):
            if event.name == "data":
                server.channel.alert(0x8001, "enough")
            return handle(event)

        server.driver._handle = give_up
        self.play(client, server)
        self.assertEqual((client.channel.failure.code, client.channel.failure.words), (0x8001, "enough"))

    def test_a_context_that_is_not_served(self):
        key, pair = KeyPair(), tcp_pair()
        client = End(pair[0], Client(KeyPair(), key.public, context="b"))
        self.play(client, server := End(pair[1], Server([key], contexts=["a", ""])))
        self.assertEqual((client.channel.failure.code, server.channel.failure.kind), (10, "wrong_context"))

    def test_deadlines(self):
        key, pair = KeyPair(), tcp_pair()
        options = Options(handshake_timeout=0.1, drain_timeout=0.2)
        server = End(pair[1], Server([key], options=options))
        server.thread.start()
        server.thread.join(5)
        self.assertEqual((server.channel.failure.kind, pair[0].recv(1)), ("timeout", b""))
        pair[0].close()

    def test_stealth_says_nothing(self):
        pair = tcp_pair()
        server = End(pair[1], Server([KeyPair()], stealth=True, options=Options(handshake_timeout=0.3)))
        client = End(pair[0], Client(KeyPair(), KeyPair().public))
        before = time.monotonic()
        self.play(client, server)
        self.assertGreater(time.monotonic() - before, 0.25)
        self.assertEqual((client.channel.failure.kind, server.channel.failure.kind), ("no_answer", "hidden"))

    def test_liveness_finds_a_dead_peer(self):
        key, pair = KeyPair(), tcp_pair()
        options = Options(liveness=(0.1, 0.3), drain_timeout=0.1)
        server = End(pair[1], Server([key], options=options))
        server.refill = server.driver._refill = None
        client = Client(KeyPair(), key.public)
        client.start()
        server.thread.start()
        for _ in range(2):  # a client that stops answering once it is let in
            pair[0].sendall(client.take_output())
            client.receive(pair[0].recv(98 if client.state == "AwaitChallenge" else 4096))
            while event := client.poll():
                if event.name == "dh":
                    client.dh_result(event.request, event.request.compute())
        self.assertEqual(client.state, "Open")
        server.thread.join(5)
        self.assertEqual(server.channel.failure.event, "time.liveness")
        pair[0].close()


class Shim(unittest.TestCase):
    def test_two_shims_talk(self):
        """A proxy of one connection joins two shims, as both of them connect."""
        key, mine = KeyPair(), KeyPair()
        for extra in (["--send=70000", "--close-first"], ["--send=3", "--close-first", "--padding=64", "--record-size=2"]):
            outputs = self.join_shims(
                ["--role=server", f"--secret={key.secret.hex()}", "--mute"],
                ["--role=client", f"--secret={mine.secret.hex()}", f"--server-key={key.public.hex()}", *extra],
            )
            server, client = outputs
            self.assertEqual([e["event"] for e in server], ["peerKey", "open", "end", "closed", "done"])
            self.assertEqual([e["event"] for e in client], ["open", "end", "closed", "done"])
            self.assertEqual(server[0]["key"], mine.public.hex())
            self.assertEqual(server[1]["exporter"], client[0]["exporter"])
            self.assertEqual(server[-1]["length"], int(extra[0].partition("=")[2]))

    def join_shims(self, *flags):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            port = listener.getsockname()[1]
            run = lambda words: subprocess.Popen(
                [sys.executable, str(ROOT / "shim.py"), f"--port={port}", *words], stdout=subprocess.PIPE, text=True
            )
            processes, ends = [], []
            for words in flags:
                processes.append(run(words))
                ends.append(listener.accept()[0])
            threads = [threading.Thread(target=relay, args=pair) for pair in (ends, ends[::-1])]
            for thread in threads:
                thread.start()
            outputs = [[json.loads(line) for line in process.communicate(timeout=30)[0].splitlines()] for process in processes]
            for thread in threads:
                thread.join(10)
            for end in ends:
                end.close()
            return outputs

    def test_what_is_not_supported(self):
        done = subprocess.run(
            [sys.executable, str(ROOT / "shim.py"), "--cases"], input="--role=client --what=1\n--role=x\n",
            stdout=subprocess.PIPE, text=True, timeout=30,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0)
        self.assertEqual([json.loads(line)["code"] for line in done.stdout.splitlines()], [89, 89])


def relay(source, target):
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
