"""The core without a transport: waiting, limits, order, counters."""

import unittest

from tests.common import Clock
from hawser import Client, ConfigurationError, KeyPair, Misuse, Options, Server, records
from hawser.records import LAST_NONCE, NO_NONCE

SERVER, OTHER, MINE, VIA = (KeyPair(bytes([n]) * 32) for n in (1, 2, 3, 4))


class Ends:
    """A client and a server whose bytes are carried by hand; `by_hand` names the events that are left to the test."""

    def __init__(self, client=None, server=None, by_hand=()):
        self.clock = Clock()
        self.by_hand = by_hand
        self.client = client or Client(MINE, SERVER.public, options=Options(clock=self.clock))
        self.server = server or Server([SERVER], options=Options(clock=self.clock))
        self.events = {"client": [], "server": []}
        self.data = {"client": b"", "server": b""}
        self.client.start()

    def pump(self, end):
        while event := end.poll():
            self.events[end.role].append(event)
            self.data[end.role] += event.data if event.name == "data" else b""
            if event.name in self.by_hand:
                continue
            if event.name == "dh":
                end.dh_result(event.request, event.request.compute())
            elif event.name == "peerKey":
                end.trust() if end.role == "client" else end.accept()
            elif event.name == "route":
                end.forward()

    def carry(self):
        """Everything that is there to its other end, until nothing is."""
        moved = True
        while moved:
            moved = False
            for end, other in ((self.client, self.server), (self.server, self.client)):
                self.pump(end)
                if output := end.take_output():
                    end.flushed()
                    other.receive(output)
                    moved = True
        return self

    def names(self, role):
        return [event.name for event in self.events[role]]


class Handshake(unittest.TestCase):
    def test_early_data_is_cut_at_its_limit_and_close_waits_behind_it(self):
        for padding in (1, 4_096):
            ends = Ends(Client(MINE, SERVER.public, options=Options(padding=padding)))
            ends.client.write(b"a" * 65_516)
            ends.client.write(b"b" * 65_516)
            ends.pump(ends.client)
            ends.server.receive(ends.client.take_output())
            ends.pump(ends.server)
            ends.client.receive(ends.server.take_output())
            ends.pump(ends.client)
            sent = len(ends.client.take_output()) - 96
            self.assertLessEqual(sent, 65_537)
            self.assertGreater(sent, 65_537 - padding - 18)
            ends.client.close()
            self.assertEqual((ends.client.take_output(), ends.client.state), (b"", "AwaitVerdictClosed"))

    def test_all_of_it_arrives(self):
        ends = Ends()
        for piece in (b"a" * 70_000, b"", b"b" * 70_000):
            ends.client.write(piece)
        ends.carry().client.close()
        ends.carry()
        self.assertEqual(ends.data["server"], b"a" * 70_000 + b"b" * 70_000)
        self.assertEqual((ends.client.state, ends.server.state), ("HalfClosedLocal", "HalfClosedRemote"))
        self.assertRaises(Misuse, ends.client.write, b"x")

    def test_a_route_that_one_key_opens_and_that_names_another(self):
        client = Client(MINE, OTHER.public, SERVER.public)
        ends = Ends(client, Server([SERVER, OTHER])).carry()
        self.assertEqual((client.state, ends.server.state, client.peer_key), ("Open", "Open", OTHER.public))

    def test_a_middlebox_forwards_everything(self):
        client = Client(MINE, SERVER.public, VIA.public)
        ends = Ends(client, Server([VIA], application=False, routes=True))
        hello = bytes(client._output)
        ends.pump(client)
        client.take_output()
        ends.server.receive(hello + b"more")
        ends.pump(ends.server)
        ends.server.receive(b"and more")
        ends.pump(ends.server)
        forwarded = [event.data for event in ends.events["server"] if event.name == "forward"]
        self.assertEqual((forwarded, ends.server.take_output()), ([hello + b"more", b"and more"], b""))

    def test_a_hint_takes_exactly_eight_bytes_and_an_end_of_file(self):
        hint = b"HWSR\2\1\0\0"
        for data, end, event in (
            (hint, "eof", "eof.hint"),
            (hint, "reset", "reset"),
            (hint[:7], "eof", "eof.partial"),
            (hint + b"\0", "eof", "eof.partial"),
        ):
            client = Client(MINE, SERVER.public)
            client.start()
            client.receive(data)
            getattr(client, end)()
            self.assertEqual((client.poll().failure.event, client.poll()), (event, None))

    def test_what_comes_while_the_server_decides_is_judged_after_it(self):
        ends = Ends(by_hand=("peerKey",)).carry()
        ends.client.write(b"early")
        ends.client.alert(0x8000, "gone")
        ends.server.receive(ends.client.take_output())
        ends.server.eof()
        ends.pump(ends.server)
        self.assertEqual(ends.server.state, "Deciding")
        ends.server.accept()
        ends.pump(ends.server)
        self.assertEqual(ends.names("server"), ["dh", "peerKey", "open", "data", "alert", "failed"])

    def test_a_waiting_state_stops_reading(self):
        ends = Ends(by_hand=("peerKey",)).carry()
        ends.server.receive(bytes(65_536))
        self.assertTrue(ends.server.wants_input)
        ends.server.receive(bytes(1))
        self.assertFalse(ends.server.wants_input)
        ends.server.reset()
        ends.pump(ends.server)
        self.assertEqual((ends.server.state, ends.server.failure.kind), ("Failed", "truncated"))

    def test_stealth_reads_on_and_drops(self):
        server = Server([SERVER], stealth=True)
        ends = Ends(server=server, by_hand=("dh",))
        server.receive(ends.client.take_output())
        ends.pump(server)
        server.receive(bytes(200_000))
        self.assertTrue(server.wants_input)
        self.assertEqual(len(server._input), 65_537)

    def test_the_first_refusal_counts(self):
        server = Server([SERVER])
        server.refuse(9)
        server.refuse(8)
        ends = Ends(server=server).carry()
        self.assertEqual((ends.client.failure.event, ends.client.failure.code), ("challenge.refused", 9))

    def test_errors_of_configuration(self):
        for make in (
            lambda: Client(MINE, None, VIA.public), lambda: Client(MINE, bytes(32)),
            lambda: Client(MINE, SERVER.public, bytes(32)),
            lambda: Client(MINE, context="a b"), lambda: Client(MINE, context="a" * 33), lambda: Server([]),
            lambda: Server([SERVER, SERVER]), lambda: Server([SERVER], []), lambda: Server([KeyPair() for _ in range(5)]),
            lambda: Server([SERVER], options=Options(drain_timeout=-1)),
            lambda: Server([SERVER], options=Options(liveness=(2, 2))),
        ):  # fmt: skip
            self.assertRaises(ConfigurationError, make)


class Records(unittest.TestCase):
    def test_two_pings_without_a_flush_are_one_too_many(self):
        ends = Ends().carry()
        for _ in range(2):
            ends.client._ping = b"12345678"
            ends.client._seal(records.PING, ends.client._ping)
        ends.server.receive(ends.client.take_output())
        ends.pump(ends.server)
        self.assertEqual(ends.server.failure.event, "record.pingExcess")
        ends.carry()
        self.assertEqual(ends.client.failure.code, 6)

    def test_ping_and_pong(self):
        ends = Ends().carry()
        ends.client.ping(b"12345678")
        self.assertRaises(Misuse, ends.client.ping)
        ends.carry()
        self.assertEqual(ends.events["client"][-1].data, b"12345678")
        ends.client.ping()

    def test_an_end_of_file_after_close_is_no_truncation(self):
        ends = Ends().carry()
        ends.server.ping()
        ends.client.close()
        ends.server.receive(ends.client.take_output())
        ends.server.eof()
        ends.pump(ends.server)
        self.assertRaises(Misuse, ends.server.ping)
        ends.server.write(b"still")
        ends.server.close()
        self.assertEqual((ends.server.state, ends.server.poll().name), ("Closing", "closed"))
        ends.server.take_output()
        ends.server.flushed()
        self.assertIsNone(ends.server.poll())
        self.assertTrue(ends.server.closed)

    def test_a_truncation(self):
        ends = Ends().carry()
        ends.client.write(b"whole")
        ends.server.receive(ends.client.take_output() + b"\0")
        ends.server.reset()
        ends.pump(ends.server)
        self.assertEqual((ends.data["server"], ends.server.failure.kind), (b"whole", "truncated"))

    def test_the_last_counters(self):
        def ends(counter):
            options = Options(counters=(counter, 0))
            return Ends(Client(MINE, SERVER.public, options=options), Server([SERVER], options=options)).carry()

        two = ends(LAST_NONCE - 1)
        two.client.write(b"x" * 200_000)  # needs more records than there are (RC-053)
        two.carry()
        self.assertEqual((two.data["server"], two.server.failure.code), (b"x" * 65_516, 1))
        self.assertEqual(two.client.failure.event, "nonce.last")
        two = ends(LAST_NONCE)
        two.client.close()
        two.server.ping()
        two.carry()
        self.assertEqual((two.names("server")[-1], two.client.failure.event), ("end", "nonce.none"))
        two = ends(NO_NONCE)
        two.client.close()
        self.assertEqual((two.client.failure.event, two.client.take_output()), ("nonce.none", b""))
        two.server.receive(bytes([0, 19]) + bytes(19))
        two.pump(two.server)
        self.assertEqual(two.server.failure.event, "nonce.none")

    def test_exports_are_for_open_channels(self):
        ends = Ends()
        self.assertRaises(Misuse, ends.client.export, "a", b"", 32)
        ends.carry()
        self.assertEqual(ends.client.export("a", b"c", 32), ends.server.export("a", b"c", 64)[:32])
        for label, length in (("", 32), ("\n", 32), ("a", 0), ("a", 65)):
            self.assertRaises(ValueError, ends.client.export, label, b"", length)


class Time(unittest.TestCase):
    def test_the_handshake_deadline(self):
        ends = Ends(by_hand=("peerKey",)).carry()
        ends.clock.now = 10.0
        for end in (ends.client, ends.server):
            end.tick()
        ends.carry()
        self.assertEqual((ends.client.failure.kind, ends.server.failure.kind), ("timeout", "timeout"))
        ends.clock.now = 15.0
        ends.client.tick()
        self.assertTrue(ends.client.closed)

    def test_liveness(self):
        clock = Clock()
        options = Options(liveness=(2, 5), clock=clock)
        ends = Ends(Client(MINE, SERVER.public, options=options)).carry()
        clock.now = 2
        ends.client.tick()
        ends.carry()
        self.assertEqual((ends.names("client")[-1], ends.client.deadline), ("pong", 4))
        clock.now = 4
        ends.client.tick()
        self.assertEqual(ends.client.deadline, 7)
        clock.now = 7
        ends.client.tick()
        self.assertEqual(ends.client.failure.event, "time.liveness")

    def test_draining_is_bounded_in_bytes(self):
        ends = Ends().carry()
        ends.client.alert()
        ends.client.receive(bytes(1_048_575))
        self.assertTrue(ends.client.wants_input)
        ends.client.receive(bytes(1))
        self.assertFalse(ends.client.wants_input)
