"""The relay passes on what it gets, notes it, waits where it is told to, and hides a capability."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.relay import HOST, Passed, Relay, Setting, Way, processor_time

GREETING = b"* OK [CAPABILITY IMAP4rev1 NOTIFY IDLE] ready\r\n"


@contextmanager
def echoing() -> Iterator[int]:
    """Run a server that greets one client and says back what it hears; yields its port."""
    with socket.create_server((HOST, 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(GREETING)
                while data := connection.recv(65_536):
                    connection.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def read(client: socket.socket, octets: int) -> bytes:
    data = b""
    while len(data) < octets:
        data += client.recv(65_536)
    return data


def said(setting: Setting, sent: bytes) -> tuple[bytes, bytes, list[Passed]]:
    """Say something through a relay: the greeting, what came back, and what was noted."""
    with Relay(setting) as relay:
        relay.watch(os.getpid())
        with socket.create_connection((HOST, relay.port), timeout=10) as client:
            greeting = read(client, len(GREETING) - len(setting.hidden) - bool(setting.hidden))
            client.sendall(sent)
            back = read(client, len(sent))
            return greeting, back, relay.noted()


def test_every_octet_passes_and_is_noted() -> None:
    sent = os.urandom(3_000_000)
    with echoing() as port:
        greeting, back, noted = said(Setting(port), sent)
    assert (GREETING, sent) == (greeting, back)
    assert sent == b"".join(piece.data for piece in noted if piece.way is Way.UP)
    assert GREETING + sent == b"".join(piece.data for piece in noted if piece.way is Way.DOWN)


def test_each_way_takes_as_long_as_it_is_told() -> None:
    delay = 0.05
    with echoing() as port:
        _, _, noted = said(Setting(port, delay), b"x")
    assert all(piece.went - piece.came >= delay for piece in noted)
    up = next(piece for piece in noted if piece.way is Way.UP)
    assert noted[-1].went - up.came >= 2 * delay


def test_a_slow_line_passes_so_many_octets_in_a_second() -> None:
    sent, rate = os.urandom(20_000), 100_000
    with echoing() as port:
        _, back, noted = said(Setting(port, rate=rate), sent)
    assert sent == back
    up = [piece for piece in noted if piece.way is Way.UP]
    assert up[-1].went - up[0].came >= len(sent) / rate
    assert max(len(piece.data) for piece in noted) <= rate / 100


def test_a_capability_is_left_out() -> None:
    with echoing() as port:
        greeting, _, _ = said(Setting(port, hidden="NOTIFY"), b"x")
    assert GREETING.replace(b" NOTIFY", b"") == greeting


def test_the_client_s_processor_time_is_noted_with_each_piece_that_it_gets() -> None:
    with echoing() as port:
        _, _, noted = said(Setting(port), b"x")
    times = [piece.cpu for piece in noted if piece.way is Way.DOWN]
    assert 0 < times[-1] <= processor_time(os.getpid())
