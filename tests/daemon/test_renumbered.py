"""UIDs that mean something else in the middle of a session: no old message is taken for a new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import worker
from mailrules.demo import MemoryServer
from tests.builders import message
from tests.daemon.house import House, account

if TYPE_CHECKING:
    from mailrules.demo.mailbox import Mailbox


def renumber(mailbox: Mailbox, by: int) -> None:
    """Give a mailbox that stays selected a new UIDVALIDITY, and its messages UIDs that were never given before."""
    mailbox.uidvalidity += 1
    mailbox.messages = {uid + by: replace(each, uid=uid + by) for uid, each in mailbox.messages.items()}
    mailbox.uidnext += by


async def test_old_mail_in_a_mailbox_that_is_found_renumbered_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found by the SELECT that asks now and then whether all is as it was known."""
    monkeypatch.setattr(worker, "_SELECT_EVERY", 0.001)
    async with MemoryServer() as server:
        server.deliver("INBOX", message("old"), internaldate=datetime(2020, 1, 1, tzinfo=UTC))
        inbox = server._tree.get("INBOX")
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        async with house.running(keepalive=2):
            await house.heard("watching")
            await server.heard("IDLE")
            renumber(inbox, 10)
            begun = len(server.commands)
            await server.heard("SELECT", begun)
            await server.heard("IDLE", len(server.commands))
            server.deliver("INBOX", message("new"), internaldate=datetime(2090, 1, 1, tzinfo=UTC))
            await house.filed(1)
            assert [outcome.subject for outcome in house.outcomes] == ["new"]
            kept = server.snapshot()["INBOX"]
    assert [b"old" in each.content for each in kept] == [True]
