"""The daemon's own client works with the memory server, rich or poor."""

from __future__ import annotations

import pytest

from mailrules.client import Credentials, Endpoint, Session, TLSMode
from mailrules.demo import CAPABILITIES, MemoryServer, Options
from mailrules.imap import INBOX, UID, Items, StoreMode, UidCopy, UidFetch, UIDSet, UidStore, header_fields
from tests.builders import message

POOREST = frozenset(CAPABILITIES) - {"IMAP4rev1", "NAMESPACE"}


async def session_on(server: MemoryServer) -> Session:
    endpoint = Endpoint("127.0.0.1", server.port, TLSMode.NONE)
    return await Session.open(endpoint, Credentials(server.options.user, server.options.password))


@pytest.mark.parametrize("options", [Options(), Options(without=POOREST)], ids=["rich", "poor"])
@pytest.mark.parametrize(("prefix", "delimiter"), [("", "/"), ("INBOX.", ".")])
async def test_a_message_is_filed(options: Options, prefix: str, delimiter: str) -> None:
    options = Options(without=options.without, prefix=prefix, delimiter=delimiter)
    async with MemoryServer(options) as server:
        server.deliver("INBOX", message("one"))
        session = await session_on(server)
        target = session.namespace.to_wire("Lists/Їжак")
        await session.create(target)
        assert {info.path for info in await session.mailboxes()} >= {"INBOX", "Trash", "Lists/Їжак"}
        selected = await session.select(INBOX)
        assert (selected.exists, selected.uidnext) == (1, 2)
        all_of_it = UIDSet([UID(1)])
        (found,) = await session.connection.submit(UidFetch(all_of_it, (Items.FLAGS, header_fields(["Subject"]))))
        assert found.header() == b"Subject: one\r\n\r\n"
        await session.connection.submit(UidStore(all_of_it, StoreMode.ADD, frozenset({"$Work"})))
        copied = await session.connection.submit(UidCopy(all_of_it, target))
        assert (copied is None) == ("UIDPLUS" in options.without)
        await session.connection.close()
        assert [one.flags for one in server.snapshot()["Lists/Їжак"]] == [frozenset({"$Work"})]


async def test_idle_is_pushed() -> None:
    async with MemoryServer() as server:
        session = await session_on(server)
        selected = await session.select(INBOX)
        session.connection.idle()
        await session.connection.until(lambda: session.connection.idling, 10)
        server.deliver("INBOX", message())
        assert await session.connection.until(lambda: selected.arrived == 1, 10)
        await session.connection.close()
