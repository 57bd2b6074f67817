"""A server can be poorer than the full one: without extensions, with another namespace, without keywords."""

from __future__ import annotations

import pytest

from mailrules.demo import CAPABILITIES, MemoryServer, Options
from tests.demo.peer import Peer
from tests.demo.shapes import TWO


@pytest.mark.parametrize(
    ("capability", "command"),
    [
        ("MOVE", "UID MOVE 1 Trash"),
        ("UIDPLUS", "UID EXPUNGE 1"),
        ("IDLE", "IDLE"),
        ("UNSELECT", "UNSELECT"),
        ("NAMESPACE", "NAMESPACE"),
        ("ID", "ID NIL"),
        ("ENABLE", "ENABLE CONDSTORE"),
        ("ESEARCH", "UID SEARCH RETURN () ALL"),
        ("LIST-STATUS", 'LIST "" * RETURN (STATUS (MESSAGES))'),
        ("STATUS=SIZE", "STATUS INBOX (SIZE)"),
        ("LITERAL+", "SELECT {5+}"),
    ],
)
async def test_what_is_switched_off_is_neither_announced_nor_understood(capability: str, command: str) -> None:
    async with MemoryServer(Options(without=frozenset({capability}))) as server, Peer(server.port) as peer:
        await peer.login(server.options.user, server.options.password)
        assert capability not in (await peer.ask("CAPABILITY"))[0].split()
        await peer.ask("SELECT INBOX")
        peer.send(command)
        assert " BAD " in await peer.response()


async def test_without_uidplus_nobody_learns_the_new_uids() -> None:
    async with MemoryServer(Options(without=frozenset({"UIDPLUS"}))) as server, Peer(server.port) as peer:
        await peer.login(server.options.user, server.options.password)
        server.deliver("INBOX", TWO)
        await peer.ask("SELECT INBOX")
        assert await peer.ask("UID COPY 1 Trash") == ["OK Copy completed."]
        assert await peer.ask("UID MOVE 1 Trash") == ["* 1 EXPUNGE", "OK Move completed."]


async def test_without_special_use_mailboxes_are_plain() -> None:
    async with MemoryServer(Options(without=frozenset({"SPECIAL-USE"}))) as server, Peer(server.port) as peer:
        await peer.login(server.options.user, server.options.password)
        assert (await peer.ask('LIST "" Trash'))[0] == '* LIST (\\HasNoChildren) "/" Trash'


def test_a_misspelt_capability_is_refused() -> None:
    with pytest.raises(ValueError, match="UID-PLUS"):
        Options(without=frozenset({"UID-PLUS"}))


async def test_a_server_with_a_prefix_and_a_dot() -> None:
    options = Options(prefix="INBOX.", delimiter=".")
    async with MemoryServer(options) as server, Peer(server.port) as peer:
        await peer.login(options.user, options.password)
        server.deliver("Lists/a", TWO)
        assert (await peer.ask("NAMESPACE"))[0] == '* NAMESPACE (("INBOX." ".")) NIL NIL'
        assert (await peer.ask('LIST "" INBOX.Lists.%'))[0] == '* LIST (\\HasNoChildren) "." INBOX.Lists.a'
        assert (await peer.ask("CREATE Elsewhere"))[-1].startswith("NO")
        assert (await peer.ask("CREATE INBOX.Elsewhere"))[-1].startswith("OK")
        assert set(server.snapshot()) >= {"INBOX", "Trash", "Lists/a", "Elsewhere"}


async def test_a_server_without_keywords_drops_them() -> None:
    async with MemoryServer(Options(keywords=False)) as server, Peer(server.port) as peer:
        await peer.login(server.options.user, server.options.password)
        server.deliver("INBOX", TWO)
        permanent = next(line for line in await peer.ask("SELECT INBOX") if "PERMANENTFLAGS" in line)
        assert "\\*" not in permanent
        assert (await peer.ask("STORE 1 +FLAGS ($Work \\Seen)"))[0] == "* 1 FETCH (FLAGS (\\Recent \\Seen))"


async def test_uidvalidity_changes_like_after_a_restored_backup() -> None:
    async with MemoryServer() as server, Peer(server.port) as peer:
        await peer.login(server.options.user, server.options.password)
        server.deliver("INBOX", TWO)
        server.deliver("INBOX", TWO)
        server.expunge("INBOX", [1])
        before = await peer.ask("STATUS INBOX (UIDVALIDITY UIDNEXT)")
        server.renumber("INBOX")
        assert await peer.ask("STATUS INBOX (UIDVALIDITY UIDNEXT)") != before
        assert [message.uid for message in server.snapshot()["INBOX"]] == [1]


async def test_commands_are_recorded_without_passwords() -> None:
    async with MemoryServer() as server, Peer(server.port) as peer:
        await peer.login(server.options.user, server.options.password)
        await peer.ask('STATUS "INBOX" (MESSAGES)')
        assert server.commands == ["LOGIN", 'STATUS "INBOX" (MESSAGES)']


async def test_everything_is_announced_by_default() -> None:
    async with MemoryServer() as server, Peer(server.port) as peer:
        await peer.login(server.options.user, server.options.password)
        assert (await peer.ask("CAPABILITY"))[0] == f"* CAPABILITY {' '.join(CAPABILITIES)}"
