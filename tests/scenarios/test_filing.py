"""All that rules can do, on Dovecot as it comes, over TLS, and with one extension after the other taken away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.daemon.house import House
from tests.engine.scene import rule
from tests.faults.process import daemon, eventually
from tests.scenarios.setting import account, append, complaints, deliver
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

TARGET = "Приклад/Café & Söhne"
COPY = "Копія 2025"
RULES = "".join(
    [
        rule("move", 'subject = "move"', f'move = "{TARGET}"', 'add_flags = ["$Work"]', "remove_flags = ['\\Flagged']"),
        rule("copy", 'subject = "copy"', f'copy = ["{TARGET}", "{COPY}"]', "add_flags = ['\\Flagged', '\\Seen']"),
        rule("set", 'subject = "set"', "set_flags = ['\\Answered', '$Done']"),
        rule("trash", 'subject = "trash"', "trash = true"),
        rule("expunge", 'subject = "expunge"', "expunge = true"),
    ]
)

Contents = Mapping[str, Sequence[tuple[str, frozenset[str]]]]


@dataclass(frozen=True)
class Way:
    """How the account is reached, and what its server is like."""

    tls: str = "none"
    without: frozenset[str] = frozenset()
    layout: Layout = field(default_factory=Layout)

    @property
    def moves(self) -> bool:
        """Whether a moved message leaves its mailbox: without MOVE and UIDPLUS it is only marked."""
        return bool({"MOVE", "UIDPLUS"} - self.without)

    def name(self, path: str) -> str:
        """Write a mailbox as the server has it."""
        return path if path == "INBOX" else self.layout.prefix + path.replace("/", self.layout.separator)

    def expected(self) -> Contents:
        """Where everything is in the end, with its flags."""
        flagged = frozenset({r"\Flagged", r"\Seen"})
        left = [
            ("before the first run: move", frozenset[str]()),
            ("copy", flagged),
            ("set", frozenset({r"\Answered", "$Done"})),
            ("somebody's: expunge", frozenset({r"\Deleted"})),
            ("somebody's: move", frozenset({r"\Deleted"})),
            ("stays", frozenset[str]()),
        ]
        if "UIDPLUS" in self.without:
            left.append(("expunge", frozenset({r"\Deleted"})))
        if not self.moves:
            left += [("move", frozenset({r"\Deleted", "$Work"}))] * 2 + [("trash", frozenset({r"\Deleted"}))]
        work = frozenset({"$Work"})
        return {
            "INBOX": sorted(left, key=repr),
            self.name(TARGET): sorted([("copy", flagged), ("move", work), ("move", work)], key=repr),
            self.name(COPY): [("copy", flagged)],
            self.name("Trash"): [("trash", frozenset())],
        }

    def warnings(self) -> list[str]:
        """What the log says, once, of what this server can't do."""
        if not self.moves:
            return [
                "the server has neither MOVE nor UIDPLUS: what rules move or expunge stays as well, marked \\Deleted"
            ]
        if "UIDPLUS" in self.without:
            return ["the server has no UIDPLUS: what rules expunge stays, marked \\Deleted"]
        return []


WAYS = [
    pytest.param(Way(), id="plain"),
    pytest.param(Way(tls="implicit"), id="TLS"),
    pytest.param(Way(tls="starttls"), id="STARTTLS"),
    pytest.param(Way(without=frozenset({"MOVE"})), id="without MOVE"),
    pytest.param(Way(without=frozenset({"UIDPLUS"})), id="without UIDPLUS"),
    pytest.param(Way(without=frozenset({"MOVE", "UIDPLUS"})), id="without MOVE and UIDPLUS"),
    pytest.param(Way(without=frozenset({"IDLE"})), id="without IDLE"),
    pytest.param(Way(layout=Layout(separator=".", prefix="INBOX.")), id="separator and prefix"),
]


@asynccontextmanager
async def reached(way: Way, dovecot: Dovecot, house: House, user: str) -> AsyncIterator[Dovecot]:
    """Write the rule file for such an account; give its server."""
    settings = {"tls": way.tls, "ca_file": str(dovecot.ca_file)} if way.tls != "none" else {}
    if way.layout != dovecot.layout:
        with Dovecot(way.layout) as other:
            house.write(account("work", user, other.ports.imap), rules=RULES)
            yield other
        return
    upstream = dovecot.ports.imaps if way.tls == "implicit" else dovecot.ports.imap
    if way.tls != "none":
        house.write(account("work", user, upstream, **settings), rules=RULES)
        yield dovecot
        return
    async with Proxy(upstream, without=way.without) as proxy:
        house.write(account("work", user, proxy.port, poll=5), rules=RULES)
        yield dovecot


@pytest.mark.parametrize("way", WAYS)
async def test_mail_that_is_delivered_or_appended_is_filed_as_the_rules_say(
    dovecot: Dovecot, house: House, user: str, way: Way
) -> None:
    async with reached(way, dovecot, house, user) as server:

        def there() -> Contents:
            return contents(server, user)

        await append(server, user, "INBOX", "before the first run: move")
        await append(server, user, "INBOX", "somebody's: expunge", r"\Deleted")
        async with daemon(house.path) as running:
            await running.logged("watching", mailbox="INBOX")
            await deliver(server, user, "move", "copy", "set", "trash", "expunge", "stays")
            await append(server, user, "INBOX", "move", r"\Flagged")
            await append(server, user, "INBOX", "somebody's: move", r"\Deleted")
            await eventually(lambda: there() == way.expected(), lambda: (there(), running.raw))
            assert await running.stop() == 0
        assert await asyncio.to_thread(there) == way.expected()
        assert complaints(running) == way.warnings()


def contents(server: Dovecot, user: str) -> Contents:
    """What is in each mailbox that is not empty, with flags."""
    return {
        mailbox: sorted(((one.subject, one.flags) for one in found), key=repr)
        for mailbox, found in server.look(user).items()
        if found
    }
