"""The client's half of the handshake (handshake.md, HS)."""

from __future__ import annotations

from typing import Any

from . import records
from .channel import CHALLENGE_LENGTH, HEADER, Channel
from .events import ConfigurationError, Event, Options, context_bytes
from .noise import XX, SymmetricState, make_route
from .primitives import KEY_LENGTH, ZERO_KEY, KeyPair, Unauthentic, ZeroOutput, decrypt, same
from .records import BadRecord


class Client(Channel):
    """The end that opens the connection. Without a server's key it is a first use."""

    role = "client"

    def __init__(
        self,
        holder: Any,
        server_key: bytes | None = None,
        via_key: bytes | None = None,
        context: str = "",
        options: Options = Options(),
    ):
        super().__init__("Start", options)
        if via_key is not None and server_key is None:
            raise ConfigurationError("a via key needs the server's key")  # HS-018
        if any(key is not None and len(key) != KEY_LENGTH for key in (server_key, via_key)):
            raise ConfigurationError("a public key has 32 bytes")
        self._holder = holder
        self._expected = server_key
        self._via = server_key if via_key is None else via_key  # HS-017
        self._context = context_bytes(context)
        self.context = context
        self._ephemeral = KeyPair(options.random(KEY_LENGTH))  # HS-025
        self._shared = b""
        if server_key is None:
            self._route = options.random(48)  # RT-007
            return
        try:
            self._ephemeral.dh(server_key)
            shared = self._ephemeral.dh(self._via)
        except ZeroOutput:
            raise ConfigurationError("no secret can be shared with the server's key or the via key") from None  # HS-019
        self._route = make_route(HEADER, self._via, self._ephemeral.public, shared, server_key)  # HS-026

    def start(self) -> None:
        self._fire("start")

    def trust(self) -> None:
        """First use: go on with the server's key."""
        self._fire("trust")

    def reject(self) -> None:
        """First use: do not go on."""
        self._fire("reject")

    def _put_own(self, name: str, alert: str, details: dict[str, Any]) -> None:
        if name == "send.hello":
            self._send_hello()
        elif name == "peerKey":
            self._events.append(Event("peerKey", key=self.peer_key))
        elif name == "dh":
            self._ask(self._holder, self._re)
        elif name == "send.response":
            self._send_response()
        else:
            raise AssertionError(name)

    def _send_hello(self) -> None:
        self._handshake_deadline = self.options.clock() + self.options.handshake_timeout  # HS-119
        state = self._handshake = SymmetricState(XX)  # HS-024
        state.mix_hash(HEADER)
        state.mix_hash(self._ephemeral.public)  # HS-027
        state.encrypt_and_hash(self._route)  # HS-028
        self._transmit(HEADER + self._ephemeral.public + self._route)  # HS-029

    def _judge_message(self) -> bool:
        return self._judge_challenge() if self.state == "AwaitChallenge" else self._judge_verdict()

    def _judge_challenge(self) -> bool:
        if len(self._input) < CHALLENGE_LENGTH:
            return False
        challenge = self._take(CHALLENGE_LENGTH)
        self._first, self._re = challenge[:16], challenge[:32]  # HS-049
        state = self._handshake
        try:
            state.mix_hash(self._re)  # HS-050
            state.mix_key(self._ephemeral.dh(self._re))  # HS-051
            server = state.decrypt_and_hash(challenge[32:80])  # HS-052
            state.mix_key(self._ephemeral.dh(server))  # HS-053
            code = int.from_bytes(state.decrypt_and_hash(challenge[80:]), "big")  # HS-054
        except (ZeroOutput, Unauthentic):
            self._fire("challenge.bad")  # HS-055
            return True
        if self._expected is None:
            event = "challenge.refusedFirstUse" if code else "challenge.firstUse"  # HS-060, HS-061
        elif same(server, self._expected):
            event = "challenge.refused" if code else "challenge.accepted"  # HS-056, HS-057
        elif code and same(server, self._via):
            event = "challenge.middlebox"  # HS-058
        else:
            event = "challenge.mismatch"  # HS-059
        self.peer_key = server
        refused = {"code": code} if "efused" in event or event == "challenge.middlebox" else {}
        self._fire(event, key=server, **refused)
        return True

    def _judge_dh(self, output: bytes | None) -> None:
        if output is None or same(output, ZERO_KEY):
            self._fire("dh.failed")  # HS-068
        else:
            self._shared = output
            self._fire("dh.done")

    def _send_response(self) -> None:
        state = self._handshake
        self._derive_verdict_key()  # HS-069
        first = state.encrypt_and_hash(self._holder.public)  # HS-070
        state.mix_key(self._shared)  # HS-071
        self._transmit(first + state.encrypt_and_hash(self._context))  # HS-072, HS-073
        self._derive_transport()  # HS-074

    def _wipe_handshake(self) -> None:
        super()._wipe_handshake()
        self._ephemeral.wipe()
        self._shared = b""

    def _judge_verdict(self) -> bool:
        try:
            ciphertext = self._complete_record()
            if ciphertext is None:
                return False
            key, self._verdict_key = self._verdict_key, None  # HS-100
            try:
                record = records.parse(decrypt(key, 0, b"", ciphertext))  # HS-091, HS-098
            except Unauthentic:
                raise BadRecord("cipher") from None
        except BadRecord as bad:
            self._fire("verdict.malformedAlert" if bad.malformed_alert else "verdict.bad", check=bad.check)  # HS-099
            return True
        if record.type == records.ACCEPT:
            self._fire("verdict.accept")
        elif record.type == records.ALERT:
            self._fire("verdict.alert", code=record.code, words=record.words)  # HS-101
        else:
            self._fire("verdict.unexpected")  # HS-102
        return True
