"""Every vector, in every role that it can be played in, cut in three ways."""

import hashlib
import math
import unittest
from collections import deque

from tests.common import Clock, load, spec
from hawser import Client, KeyPair, Options, Server, records
from hawser.primitives import decrypt

CUTS = ("message by message", "byte by byte", "in one piece")


def pair(entry):
    holder = KeyPair(bytes.fromhex(entry["secret"]))
    assert holder.public.hex() == entry["public"]
    return holder


def randomness(*parts):
    waiting = deque(bytes.fromhex(part) for part in parts if part is not None)

    def draw(length):
        drawn = waiting.popleft()
        assert len(drawn) == length
        return drawn

    return draw


class Player:
    """One end of a vector, played by the implementation."""

    def __init__(self, test, vector, role):
        self.test, self.vector, self.role = test, vector, role
        self.me = vector[role]
        self.clock = Clock()
        counters = vector.get("counters", {"client": "0", "server": "0"})
        drawn = (self.me["ephemeral"]["secret"], self.me.get("randomRoute"))
        options = Options(
            padding=self.me["paddingBlock"] or 1,
            counters=(int(counters["client"]), int(counters["server"])),
            random=randomness(*drawn),
            clock=self.clock,
        )
        self.delivered = bytearray()
        self.sent = bytearray()
        self.names = []
        self.alert = None
        self.asked = False
        self.forwarded = bytearray()
        self.ended_at = None
        self.deferred = any(s["kind"] == "call" and s["call"] == "decide" for s in vector["steps"])
        self.channel = self.client(options) if role == "client" else self.server(options)

    def client(self, options):
        key, via = ((self.me[name] and bytes.fromhex(self.me[name])) for name in ("serverKey", "viaKey"))
        channel = Client(pair(self.me["longTerm"]), key, via, self.me["context"], options)
        channel.start()
        return channel

    def server(self, options):
        self.known = {bytes.fromhex(entry["serverKey"]): entry["reached"] for entry in self.me.get("knows", [])}
        channel = Server(
            [pair(entry) for entry in self.me["longTerm"]],
            self.me["contexts"],
            self.me["application"],
            "knows" in self.me,
            self.me["stealth"],
            options,
        )
        if self.me["limit"] is not None:
            channel.refuse(self.me["limit"])
        return channel

    def decide(self):
        decision = self.me["decision"]
        if decision == "accept":
            self.channel.accept()
        elif decision is not None:  # it never decides
            self.channel.refuse(decision["code"], decision["message"])

    def pump(self):
        while (event := self.channel.poll()) is not None:
            self.names.append(event.name)
            if event.name == "dh":
                self.channel.dh_result(event.request, event.request.compute())
            elif event.name == "peerKey" and self.role == "client":
                self.channel.reject() if self.me.get("rejects") else self.channel.trust()
            elif event.name == "peerKey" and not self.deferred:
                self.decide()
            elif event.name == "route":
                self.answer_route(event.key)
            elif event.name == "forward":
                self.forwarded += event.data
            elif event.name == "data":
                self.delivered += event.data
            elif event.name == "alert":
                self.alert = event
        self.sent += self.channel.take_output()

    def answer_route(self, key):
        if self.known.get(key):
            self.channel.forward()
        else:
            self.channel.refuse(records.ALERTS["unreachable" if key in self.known else "no_route"])

    def receive(self, data, cut):
        size = len(data) or 1
        if cut == "byte by byte":
            size = 1 if len(data) < 200_000 else 977
        for start in range(0, len(data), size):
            self.channel.receive(data[start : start + size])
            self.pump()

    def expect(self, step, index):
        """The next output is what the step shows."""
        length = step["length"] if "length" in step else len(step["bytes"]) // 2
        mine = next((f for f in self.vector["failures"] if f["by"] == self.role), None)
        own_alert = step.get("name") == "Alert" and mine is not None and mine["event"] != "alert"
        if own_alert and self.me.get("decision") in (None, "accept"):
            length = 2 + int.from_bytes(self.sent[:2], "big")
            sealed, self.sent = bytes(self.sent[2:length]), self.sent[length:]
            opened = records.parse(decrypt(bytes.fromhex(step["key"]), int(step["nonce"]), b"", sealed))
            expected = records.parse(bytes.fromhex(step["plaintext"]))
            self.test.assertEqual((opened.type, opened.code), (expected.type, expected.code))
            return
        output, self.sent = bytes(self.sent[:length]), self.sent[length:]
        if "sha256" in step:
            self.test.assertEqual(hashlib.sha256(output).hexdigest(), step["sha256"], f"step {index}")
        else:
            self.test.assertEqual(output.hex(), step["bytes"], f"step {index}")

    def act(self, step, index):
        """What the application does in a step of this end."""
        channel, kind = self.channel, step["kind"]
        if kind == "record" and not step.get("waited"):
            plain = bytes.fromhex(step["plaintext"])
            body = plain[3 : 3 + int.from_bytes(plain[1:3], "big")]
            if step["name"] == "Data":
                channel.write(body)
            elif step["name"] == "Ping":
                channel.ping(body)
            elif step["name"] == "Close":
                channel.close()
            elif any(f["by"] == self.role and f["event"] == "alert" and f["step"] == index for f in self.vector["failures"]):
                if channel.failure is None:
                    channel.alert(int.from_bytes(body[:2], "big"), body[2:].decode())
        elif kind == "repeat":
            body = bytes.fromhex(step["plaintext"])[3:]
            for _ in range(step["count"]):
                channel.write(body)
        elif kind == "filled" and not step.get("waited"):
            channel.write(bytes.fromhex(step["byte"]) * step["size"])
        elif kind == "call":
            call = step["call"]
            if call == "deadline":
                self.test.assertLess(channel.deadline, math.inf)
                self.clock.now = channel.deadline
                channel.tick()
            elif call == "flushed":
                channel.flushed()
            elif call == "decide":
                self.decide()
            elif call == "close":
                channel.close()
            elif call == "write":
                channel.write(bytes.fromhex(step["byte"]) * step["count"])
            else:
                channel.alert(step["code"], step["message"])
        self.pump()
        if kind in ("message", "record", "repeat", "filled", "raw"):
            self.expect(step, index)

    def bytes_of(self, step):
        """What arrives in a step of the other end."""
        if step["kind"] == "repeat":
            key, first, plain = bytes.fromhex(step["key"]), int(step["firstNonce"]), bytes.fromhex(step["plaintext"])
            return b"".join(records.seal_under(key, first + i, plain) for i in range(step["count"]))
        if step["kind"] == "filled":
            body = bytes.fromhex(step["byte"]) * step["size"]
            plain = records.plaintext_of(records.DATA, body).ljust(step["plaintextLength"], b"\0")
            return records.seal_under(bytes.fromhex(step["key"]), int(step["nonce"]), plain)
        if step["kind"] in ("message", "record", "raw"):
            return bytes.fromhex(step.get("arrives") or step["bytes"])
        return b""

    def play(self, cut):
        self.pump()
        self.check_open_failure(-1)
        joined, steps = b"", self.vector["steps"]
        for index, step in enumerate(steps):
            if step["from"] == self.role:
                self.act(step, index)
            else:
                joined += self.bytes_of(step)
                following = steps[index + 1] if index + 1 < len(steps) else None
                whole = cut == "in one piece" and following and following["from"] != self.role
                if whole and step["kind"] not in ("end", "reset"):
                    continue
                if step["kind"] not in ("end", "reset") or joined:
                    self.receive(joined, cut)
                    joined = b""
                if step["kind"] == "end":
                    self.channel.eof()
                elif step["kind"] == "reset":
                    self.channel.reset()
                self.pump()
            if cut != "in one piece":
                self.check_open_failure(index)
        self.finish()

    def check_open_failure(self, index):
        """The end has failed if, and only if, its step has come (or its answer was its application's)."""
        mine = next((f for f in self.vector["failures"] if f["by"] == self.role), None)
        if self.channel.failure is None:
            if mine is not None:
                self.test.assertLess(index, mine["step"], "the failure did not come")
        else:
            self.test.assertIsNotNone(mine, f"failed at step {index}: {self.channel.failure}")
            self.test.assertGreaterEqual(index, mine["step"], str(self.channel.failure))

    def finish(self):
        vector, failure = self.vector, self.channel.failure
        self.test.assertEqual(bytes(self.sent), b"", "more was sent than the vector has")
        mine = next((f for f in vector["failures"] if f["by"] == self.role), None)
        delivered = mine["delivered"] if mine else vector["delivered"][self.role]
        found = {"length": len(self.delivered), "sha256": hashlib.sha256(self.delivered).hexdigest()}
        self.test.assertEqual(found, delivered)
        if vector.get("forwarded") and self.role == "server":
            self.test.assertEqual(self.forwarded.hex(), vector["forwarded"]["bytes"])
        if mine is None:
            self.test.assertIsNone(failure)
            for export in vector["exports"]:
                output = self.exports[export["label"], export["context"], export["length"]]
                self.test.assertEqual(output, export["output"])
            return
        self.test.assertEqual((failure.event, failure.check), (mine["event"], mine["check"]))
        if mine["received"] is not None:
            self.test.assertEqual((failure.code, failure.words), (mine["received"]["code"], mine["received"]["message"]))


class ExportingPlayer(Player):
    """Takes the vector's exports as soon as the channel is open."""

    exports: dict = {}

    def pump(self):
        super().pump()
        if self.exports or "open" not in self.names or not self.vector["exports"]:
            return
        self.exports = {
            (e["label"], e["context"], e["length"]): self.channel.export(
                e["label"], bytes.fromhex(e["context"]), e["length"]
            ).hex()
            for e in self.vector["exports"]
        }


class Vectors(unittest.TestCase):
    pass


def add(path, role, cut):
    def test(self):
        ExportingPlayer(self, load(path), role).play(cut)

    name = f"{path.stem} as {role}, {cut}"
    test.__doc__ = name
    setattr(Vectors, "test_" + "".join(c if c.isalnum() else "_" for c in name), test)


for path in sorted((spec() / "vectors").glob("*.json")):
    if path.stem != "schema":
        for role in load(path)["plays"]:
            for cut in CUTS:
                add(path, role, cut)
