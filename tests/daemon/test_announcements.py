"""What is shown counts by the terms that the server has agreed to, and what is told counts where it is new."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import cast

import structlog

from mailrules.client import ConnectionLost, Session
from mailrules.daemon.announcements import Announcements, Reach, Terms
from mailrules.engine.account import AccountContext
from mailrules.engine.filing import Filing
from mailrules.imap import Capabilities, EventGroup, MailboxName, StatusData

BOX = MailboxName(b"Box")


class FakeSession:
    """One that answers NOTIFY when a test does."""

    def __init__(self) -> None:
        self.capabilities = Capabilities(["NOTIFY", "IDLE"])
        self.connection = SimpleNamespace(on_unsolicited=None, poke=lambda: None)
        self.announcing = self.deaf = False
        self.asked: list[asyncio.Future[Sequence[StatusData]]] = []

    def announce(self, _groups: Sequence[EventGroup]) -> asyncio.Future[Sequence[StatusData]]:
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]


class FakeFiling:
    """One that says what it counts on."""

    def __init__(self) -> None:
        self.fields: Collection[str] | None = None

    def expect(self, fields: Collection[str]) -> None:
        self.fields = fields


def terms() -> Terms:
    context = SimpleNamespace(rules=lambda: SimpleNamespace(header_fields=frozenset({"LIST-ID"})))
    return Terms(cast(AccountContext, context), structlog.get_logger(), lambda: None)


def made(by: Terms, session: FakeSession, filing: FakeFiling) -> Announcements:
    announcements = by.announcements(cast(Session, session))
    assert announcements is not None
    announcements.show_to(cast(Filing, filing))
    return announcements


async def test_what_is_shown_counts_from_the_answer_on() -> None:
    """What comes before it may lack the header fields that are asked for now."""
    session, filing = FakeSession(), FakeFiling()
    made(terms(), session, filing).renew()
    assert filing.fields is None

    session.asked[0].set_result(())
    await asyncio.sleep(0)

    assert filing.fields == {"LIST-ID"}


async def test_a_status_that_is_known_is_no_news() -> None:
    session = FakeSession()
    announcements = made(terms(), session, FakeFiling())
    news: list[Mapping[MailboxName, StatusData]] = []
    announcements.tell_of([BOX], news.append)
    for uidnext in (5, 5, 6):
        announcements.renew()
        session.asked[-1].set_result((StatusData(BOX, uidnext=uidnext, uidvalidity=1),))
        await asyncio.sleep(0)

    assert [5, 6] == [each[BOX].uidnext for each in news]


async def test_three_losses_in_a_row_over_notify_end_it() -> None:
    by = terms()
    for answered in (False, False, True, False, False):
        session = FakeSession()
        made(by, session, FakeFiling()).renew()
        if answered:
            session.asked[0].set_result(())
        else:
            session.asked[0].set_exception(ConnectionLost("gone"))
        await asyncio.sleep(0)
        assert by.reach is Reach.ALL
    session = FakeSession()
    made(by, session, FakeFiling()).renew()
    session.asked[0].set_exception(ConnectionLost("gone"))
    await asyncio.sleep(0)

    assert by.reach is Reach.NONE
