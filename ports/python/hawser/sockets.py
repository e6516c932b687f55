"""Drives a channel over a connected stream socket, in one thread and with poll(2)."""

from __future__ import annotations

import math
import select
import socket
from collections.abc import Callable

from .channel import Channel
from .events import Event
from .records import ALERTS

CHUNK = 65_536
BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Driver:
    """Moves bytes between a socket and a channel until the transport is closed.

    `handle` is called with each event and may call the channel. `refill`, where given, is called whenever less than
    `budget` bytes wait to be sent, so that an application can write no faster than the peer takes. Reading stops only
    at `bound` (LM-005), which is larger: two ends that both stopped reading for what `refill` wrote would wait for each
    other without end. A request for a DH is answered at once unless `handle` says, by returning True, that it sees to it.
    """

    def __init__(
        self,
        sock: socket.socket,
        channel: Channel,
        handle: Callable[[Event], bool | None],
        refill: Callable[[], None] | None = None,
        budget: int = 262_144,
        bound: int = 1_048_576,
    ):
        self.sock, self.channel = sock, channel
        self._handle, self._refill = handle, refill
        self._budget, self._bound = budget, max(budget * 2, bound)
        self._clock = channel.options.clock
        self._waiting = bytearray()  # output that the socket has not taken yet
        self._shut = self._unreported = self._write_failed = False
        self._progress = self._clock()
        self._error: Exception | None = None  # what the application broke with
        self._timers: list[tuple[float, Callable[[], None]]] = []
        sock.setblocking(False)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Let the application do something later; nothing of it happens once the transport is closed."""
        self._timers.append((self._clock() + seconds, action))

    @property
    def unsent(self) -> int:
        return len(self._waiting)

    def run(self) -> None:
        """Play the connection to its end, and close the socket."""
        with self.sock:
            self._run()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self.sock, 0)
        while True:
            self._pump()
            went_on = self._write()
            if self.channel.closed:
                return  # ST-052: what waits has been offered once
            if went_on or self._refilled():
                continue
            reading = self._reads()
            poller.modify(self.sock, (select.POLLIN if reading else 0) | (select.POLLOUT if self._waiting else 0))
            for _, happened in poller.poll(self._patience()):
                self._ready(happened, reading)
            self._tick()

    # --- one round

    def _pump(self) -> None:
        while (event := self.channel.poll()) is not None:
            if not self._call(self._handle, event) and event.name == "dh":
                self.channel.dh_result(event.request, event.request.compute())

    def _call(self, action: Callable, *arguments: object) -> bool | None:
        """Let the application act; when it breaks, the peer is told so without its text (HS-087), `run` raises it."""
        if self._error is not None:
            return None
        try:
            return action(*arguments)
        except Exception as error:
            self._error = error
            self.channel.alert(ALERTS["internal_error"])
            return None

    def _take_output(self) -> bool:
        output = self.channel.take_output()
        if output:
            if not self._waiting:
                self._progress = self._clock()
            self._waiting += output
            self._unreported = True
        return bool(output)

    def _refilled(self) -> bool:
        """Let the application write where the peer takes what it has written; whether that made output."""
        if self._refill is None or self.unsent >= self._budget or self.channel.waiting:
            return False
        self._call(self._refill)
        return self._take_output()

    def _write(self) -> bool:
        """Send what can be sent; whether that changed anything for the channel."""
        self._take_output()
        while self._waiting:
            try:
                sent = self.sock.send(memoryview(self._waiting)[:CHUNK])
            except (BlockingIOError, InterruptedError):
                return False
            except OSError:
                if self.channel.closed:
                    return False
                self._fail()
                return True
            del self._waiting[:sent]
            self._progress = self._clock()
        if self.channel.half_close and not self._shut:
            self._shut = True
            try:
                self.sock.shutdown(socket.SHUT_WR)  # AL-017, RC-036
            except OSError:
                pass  # AL-018: drain without
        if self._unreported:
            self._unreported = False
            self.channel.flushed()  # RC-041: before anything more is read
            return True
        return False

    def _reads(self) -> bool:
        """Whether to read: not while too much output waits (LM-005), but always while draining."""
        return self.channel.wants_input and (self.channel.draining or self.unsent < self._bound)

    def _ready(self, happened: int, reading: bool) -> None:
        if happened & select.POLLIN and reading or happened & BROKEN and self._reads():
            self._read()
        elif happened & BROKEN:
            self._fail()

    def _read(self) -> bool:
        """Hand in one read; False when there was nothing more, or the end."""
        try:
            data = self.sock.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self.channel.reset()
            return False
        if data:
            self.channel.receive(data)
            self._pump()
        elif self._write_failed:
            self.channel.reset()  # what looks like an end is what is left of a reset
        else:
            self.channel.eof()
        return bool(data)

    def _fail(self) -> None:
        """A write failed, or the socket is broken: judge what has arrived, then report a reset (AL-019, AL-020)."""
        self._write_failed = True
        while self.channel.wants_input and self._read():
            pass
        self.channel.reset()
        self._pump()

    # --- time

    def _stalled(self) -> float:
        """When a peer that takes nothing is given up in Closing (ST-037)."""
        if self.channel.state != "Closing" or not self._waiting:
            return math.inf
        return self._progress + self.channel.options.drain_timeout

    def _patience(self) -> float | None:
        """How long poll(2) may sleep, in milliseconds."""
        next_ = min([self.channel.deadline, self._stalled(), *(when for when, _ in self._timers)])
        return None if next_ == math.inf else max(0, min(2**30, math.ceil((next_ - self._clock()) * 1000)))

    def _tick(self) -> None:
        self._pump()
        now = self._clock()
        if self._stalled() <= now:
            self.channel.reset()
        if self.channel.deadline <= now:
            self.channel.tick()
        due = [timer for timer in self._timers if timer[0] <= now]
        for timer in due:
            self._timers.remove(timer)
            if not self.channel.closed:
                self._call(timer[1])
                self._pump()


def connect(host: str, port: int, timeout: float = 10.0) -> socket.socket:
    return socket.create_connection((host, port), timeout)


def connect_unix(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(path)
    return sock
