"""The server's half of the handshake, middleboxes and stealth mode (handshake.md, HS; route.md, RT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import records
from .channel import HEADER, HELLO_LENGTH, MAX_HELD, RESPONSE_LENGTH, Channel
from .events import ConfigurationError, Event, Options, context_bytes
from .noise import XX, SymmetricState, open_route
from .primitives import KEY_LENGTH, ZERO_KEY, KeyPair, Unauthentic, ZeroOutput, same
from .records import ALERTS, VERDICT_PADDING

MAX_SERVER_KEYS = 4


class Server(Channel):
    """The end that accepts a connection.

    `holders` are its long-term keys, newest first. `application` is False at a middlebox that serves nobody itself.
    One that `routes` is asked, by `route`, for the server of a key that is not its own.
    """

    role = "server"

    def __init__(
        self,
        holders: Sequence[Any],
        contexts: Sequence[str] | None = None,
        application: bool = True,
        routes: bool = False,
        stealth: bool = False,
        options: Options = Options(),
    ):
        super().__init__("AwaitHello", options)
        if not 1 <= len(holders) <= MAX_SERVER_KEYS:
            raise ConfigurationError("a server has one to four keys")  # HS-020
        if len({holder.public for holder in holders}) < len(holders):
            raise ConfigurationError("a key is listed twice")  # HS-127
        if contexts is not None and not contexts:
            raise ConfigurationError("a list of contexts is not empty")  # HS-127
        self._holders = list(holders)
        self._contexts = {context_bytes(context) for context in ([""] if contexts is None else contexts)}  # HS-021
        self._application = application
        self._routes = routes
        self._stealth = stealth
        self._limit: int | None = None
        self._hello = b""
        self._outputs: dict[int, bytes] = {}  # the DH of each key that was asked (NO-023)
        self._asked = 0
        self._opener: int | None = None  # the key that opened the route
        self._named: bytes | None = None
        self._answer = 0  # the key with which the Challenge is made
        self._ephemeral: KeyPair | None = None

    def accept(self) -> None:
        """Let the client in."""
        self._fire("accept")

    def refuse(self, code: int, words: str = "") -> None:
        """Do not let the client in, or nobody (ST-017)."""
        records.alert_body(code, words)
        self._fire("refuse", code=code, words=words)

    def forward(self) -> None:
        """A middlebox has reached the server that the route names."""
        self._fire("forward")

    def _put_own(self, name: str, alert: str, details: dict[str, Any]) -> None:
        if name == "send.hint":
            self._transmit(HEADER)  # HS-009
        elif name == "dh":
            self._ask(self._holders[self._asked], self._re)
        elif name == "refuse.later":
            self._limit = self._limit or details["code"]  # ST-017: the first counts
        elif name == "send.challenge":
            self._send_challenge(0)
            self._derive_verdict_key()  # HS-045
        elif name == "send.refusal":
            self._send_challenge(details["code"])
            self._wipe_handshake()  # HS-046
        elif name == "route":
            self._events.append(Event("route", key=self._named))
        elif name == "forward":
            data = details["data"] if "data" in details else self._hello + self._take(len(self._input))  # RT-014
            self._events.append(Event("forward", data=data))
        elif name == "peerKey":
            self._events.append(Event("peerKey", key=self.peer_key, context=self.context))
        elif name == "send.verdict.accept":
            self._send_verdict(records.ACCEPT, b"")
        elif name == "send.verdict.alert":
            code, words = (ALERTS[alert], "") if alert else (details["code"], details["words"])
            self._send_verdict(records.ALERT, records.alert_body(code, words))
        else:
            raise AssertionError(name)

    def _judge_message(self) -> bool:
        return self._judge_hello() if self.state == "AwaitHello" else self._judge_response()

    # --- the Hello and its answer

    def _judge_hello(self) -> bool:
        header = bytes(self._input[:8])
        if len(header) < 8:
            return False
        if header != HEADER:
            bad = "header.unsupported" if header.startswith(b"HWSR") else "header.alien"  # HS-008, HS-009
            self._fire("hello.hidden" if self._stealth else bad)  # HS-010
            return True
        if len(self._input) < HELLO_LENGTH:
            return False
        self._hello = self._take(HELLO_LENGTH)
        self._re = self._hello[8:40]
        self._fire("hello.complete")
        return True

    def _judge_dh(self, output: bytes | None) -> None:
        if output is None:
            self._fire("hello.hidden" if self._stealth else "dh.failed")  # HS-037, RT-021, RT-028
            return
        if same(output, ZERO_KEY):
            self._fire("hello.hidden" if self._stealth else "hello.zero")  # HS-036, RT-021
            return
        self._outputs[self._asked] = output
        if self._opener is None:
            public, route = self._holders[self._asked].public, self._hello[40:]
            self._named = open_route(HEADER, public, self._re, output, route)  # RT-010
            if self._named is not None:
                self._opener = self._asked
            elif self._asked + 1 < len(self._holders):
                self._asked += 1
                self._fire("route.next")
                return
        self._answer_hello()

    def _answer_hello(self) -> None:
        """The table of RT-011."""
        code, routed = (0 if self._application else ALERTS["no_route"]), False
        self._answer = 0
        if self._opener is not None:
            own = [i for i, holder in enumerate(self._holders) if same(holder.public, self._named)]
            self._answer = own[0] if own else self._opener
            if not own:
                routed, code = self._routes, ALERTS["no_route"]
        elif self._stealth:
            self._fire("hello.hidden")
            return
        if self._answer not in self._outputs:  # opened by one key, and names another
            self._asked = self._answer
            self._fire("route.next")
        elif self._limit is not None:
            self._fire("hello.refuse", code=self._limit)  # RT-012, RT-026
        elif routed:
            self._fire("hello.routed")
        elif code:
            self._fire("hello.refuse", code=code)
        else:
            self._fire("hello.admit")

    def _hold(self, data: bytes) -> None:
        super()._hold(data)
        if self._keeps_reading():
            del self._input[MAX_HELD:]  # RT-025

    def _keeps_reading(self) -> bool:
        return self._stealth and self.state == "OpeningRoute"

    def _send_challenge(self, code: int) -> None:
        holder = self._holders[self._answer]
        state = self._handshake = SymmetricState(XX)  # HS-032
        state.mix_hash(self._hello[:8])
        state.mix_hash(self._re)  # HS-033
        state.decrypt_and_hash(self._hello[40:])  # HS-034
        self._ephemeral = KeyPair(self.options.random(KEY_LENGTH))  # HS-038
        state.mix_hash(self._ephemeral.public)  # HS-039
        state.mix_key(self._ephemeral.dh(self._re))  # HS-040; not zero, as the long-term key's was not
        first = state.encrypt_and_hash(holder.public)  # HS-041
        state.mix_key(self._outputs[self._answer])  # HS-042
        second = state.encrypt_and_hash(code.to_bytes(2, "big"))  # HS-043
        self._transmit(self._ephemeral.public + first + second)  # HS-044
        self._outputs.clear()

    # --- the Response and the Verdict

    def _judge_response(self) -> bool:
        if len(self._input) < RESPONSE_LENGTH:
            return False
        response = self._take(RESPONSE_LENGTH)
        state = self._handshake
        try:
            client = state.decrypt_and_hash(response[:48])  # HS-076
            state.mix_key(self._ephemeral.dh(client))  # HS-077
            context = state.decrypt_and_hash(response[48:])  # HS-078
        except (ZeroOutput, Unauthentic):
            self._fire("response.bad")  # HS-079
            return True
        self._derive_transport()  # HS-080
        if context not in self._contexts:
            self._fire("response.wrongContext")  # HS-081
            return True
        self.peer_key, self.context = client, context.rstrip(b"\0").decode()
        self._fire("response.ok")
        return True

    def _send_verdict(self, type_: int, body: bytes) -> None:
        key, self._verdict_key = self._verdict_key, None  # HS-093
        self._transmit(records.seal_under(key, 0, records.plaintext_of(type_, body, VERDICT_PADDING)))  # HS-091, HS-096

    def _wipe_handshake(self) -> None:
        super()._wipe_handshake()
        if self._ephemeral is not None:
            self._ephemeral.wipe()
