"""What a batch of messages keeps in memory while it is on its way, and afterwards; counted in blocks, not measured."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mailrules.engine import ahead, reading
from mailrules.engine.apply import ApplyMode, apply
from mailrules.engine.caution import CarefulFetching
from mailrules.engine.reading import Fetched
from mailrules.imap import INBOX
from tests.bench.backlog import fill, mail, rules
from tests.engine.scene import scene
from tests.servers.dovecot import Dovecot

MESSAGES = 1_200
WINDOW = 100
LITTLE = 10
"""Blocks of memory a message of one window; what is read of one message alone takes more."""


async def test_what_was_handled_is_kept_no_more(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory holds a few windows, however many there are: their number is seen at the moment each one has come."""
    monkeypatch.setattr(reading, "WINDOW", WINDOW)
    monkeypatch.setattr(ahead, "_TOGETHER", 1)
    fill(dovecot, user, [mail(number, senders=20) for number in range(MESSAGES)])
    fetched, blocks = CarefulFetching.messages, list[int]()

    async def counted(self: CarefulFetching) -> Sequence[Fetched]:
        messages = await fetched(self)
        gc.collect()
        blocks.append(sys.getallocatedblocks())
        return messages

    monkeypatch.setattr(CarefulFetching, "messages", counted)
    async with scene(dovecot, user, tmp_path, rules(20)) as it:
        it.proxy.port = dovecot.ports.imap  # the proxy would remember all that passes
        it.context = replace(it.context, report=lambda _outcome: None)
        async with it.session() as session:
            await it.directory.refresh(session)
            await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)

    half = MESSAGES // WINDOW // 2
    # How many windows are on their way differs from moment to moment: what counts is how few blocks it can be.
    assert min(blocks[half:]) - min(blocks[half // 2 : half]) < WINDOW * LITTLE
