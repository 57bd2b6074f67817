"""When a backlog is read compressed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailrules.engine import ahead, reading
from mailrules.engine.apply import ApplyMode, apply
from mailrules.engine.compressing import pays
from mailrules.imap import INBOX
from tests.bench.backlog import fill, mail
from tests.bench.relay import Relay, Setting
from tests.builders import message
from tests.engine.scene import rule, scene
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')


@pytest.mark.parametrize(
    ("octets", "seconds", "messages", "left", "expected"),
    [
        pytest.param(370_000, 3.0, 1_000, 9_000, True, id="a slow line, and much to come"),
        pytest.param(370_000, 3.0, 1_000, 300, False, id="nearly all has come"),
        pytest.param(370_000, 3.0, 1_000, 0, False, id="nothing is to come"),
        pytest.param(370_000, 0.05, 1_000, 1_000_000, False, id="a fast line, however much"),
        pytest.param(370_000, 0.3, 1_000, 4_000, False, id="a second is not saved"),
        pytest.param(370_000, 0.3, 1_000, 9_000, True, id="more than a second is"),
        pytest.param(0, 3.0, 0, 9_000, False, id="no message has come"),
        pytest.param(370_000, 0.0, 1_000, 9_000, False, id="all was there before it was wanted"),
    ],
)
def test_it_pays_where_the_line_is_slow_and_much_is_to_come(
    octets: int, seconds: float, messages: int, left: int, *, expected: bool
) -> None:
    assert pays(octets, seconds, messages, left) is expected


@pytest.fixture(scope="module")
def compressing() -> Iterator[Dovecot]:
    """Run a Dovecot that offers COMPRESS=DEFLATE."""
    with Dovecot(Layout(compress=True)) as server:
        yield server


@pytest.mark.parametrize("slow", [True, False])
async def test_the_rest_of_a_backlog_comes_compressed_over_a_slow_line(
    compressing: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, slow: bool
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 5)
    monkeypatch.setattr(ahead, "pays", lambda *_: slow)
    compressing.deliver(user, *(message("one") for _ in range(40)))
    async with scene(compressing, user, tmp_path, MOVE) as it:
        it.proxy.port = compressing.ports.imap  # the proxy can't read what is compressed
        async with it.session() as session:
            await it.directory.refresh(session)
            summary = await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)

            assert (summary.done, session.connection.compressed) == (40, slow)


@pytest.mark.parametrize("rate", [70_000, 0])
async def test_it_is_the_line_itself_that_decides(
    compressing: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, rate: int
) -> None:
    """Over 70 kB a second fewer octets come after the first windows; where there is no limit all come as they are."""
    monkeypatch.setattr(reading, "WINDOW", 100)
    fill(compressing, user, [mail(number) for number in range(600)])
    async with scene(compressing, user, tmp_path, MOVE) as it:
        with Relay(Setting(compressing.ports.imap, rate=rate)) as relay:
            it.proxy.port = relay.port  # the proxy can't read what is compressed
            async with it.session() as session:
                await it.directory.refresh(session)
                before = session.connection.octets_received
                summary = await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)

                octets = (session.connection.octets_received - before) / summary.messages
                assert session.connection.compressed is (rate > 0)
                assert octets < 200 if rate else octets > 280


async def test_a_server_that_refuses_is_asked_once(
    compressing: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 5)
    monkeypatch.setattr(ahead, "pays", lambda *_: True)
    compressing.deliver(user, *(message("one") for _ in range(40)))
    async with scene(compressing, user, tmp_path, MOVE) as it:
        it.proxy.refuse("COMPRESS", "NO [COMPRESSIONACTIVE] TLS does that")
        async with it.session() as session:
            await it.directory.refresh(session)
            summary = await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)

            assert (summary.done, session.connection.compressed) == (40, False)
        assert it.proxy.recording.names.count("COMPRESS") == 1
