"""Mailbox names between rule files and servers."""

from __future__ import annotations

import pytest

from mailrules.client import Namespace
from mailrules.imap import MailboxName, NamespaceData, NamespaceEntry
from tests.builders import message
from tests.client.connecting import signed_in
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot

COURIER = Namespace("INBOX.", ".", foreign=("user.", "#shared."))


@pytest.mark.parametrize(
    ("namespace", "path", "raw"),
    [
        (Namespace(), "Lists/Python", b"Lists/Python"),
        (Namespace(), "inbox", b"INBOX"),
        (Namespace(), "INBOX/Sub", b"INBOX/Sub"),
        (Namespace(), "example.org", b"example.org"),
        (COURIER, "INBOX", b"INBOX"),
        (COURIER, "Lists/Python", b"INBOX.Lists.Python"),
        (COURIER, "Приклад", b"INBOX.&BB8EQAQ4BDoEOwQwBDQ-"),
        (COURIER, "user/bob", b"user.bob"),
        (COURIER, "#shared/team/a", b"#shared.team.a"),
        (Namespace("", None), "flat", b"flat"),
    ],
)
def test_paths_go_both_ways(namespace: Namespace, path: str, raw: bytes) -> None:
    """A path and the server's name for it mean each other."""
    name = MailboxName(raw)
    assert namespace.to_wire(path) == name
    assert namespace.to_path(name).casefold() == path.casefold()


@pytest.mark.parametrize(
    ("namespace", "path", "raw"),
    [
        (COURIER, "INBOX/Lists", b"INBOX.Lists"),
        (COURIER, "Inbox/Lists", b"INBOX.Lists"),
        (COURIER, "\u0131nbox", b"INBOX.&ATE-nbox"),
        (COURIER, "\u0131nbox/Lists", b"INBOX.&ATE-nbox.Lists"),
        (COURIER, "Customers/example.org", b"INBOX.Customers.example_org"),
    ],
)
def test_paths_that_other_paths_mean_too(namespace: Namespace, path: str, raw: bytes) -> None:
    """A prefix is not given twice, and a level stays one level."""
    assert namespace.to_wire(path) == MailboxName(raw)


def test_namespace_as_told() -> None:
    """The first personal namespace counts, the others' prefixes are known, and nothing is nothing."""
    data = NamespaceData(
        personal=(NamespaceEntry(MailboxName(b"INBOX."), "."),),
        other=(NamespaceEntry(MailboxName(b"user."), "."),),
        shared=(NamespaceEntry(MailboxName(b""), "."), NamespaceEntry(MailboxName(b"#shared."), ".")),
    )
    assert Namespace.told(data) == COURIER
    assert Namespace.told(NamespaceData()) is None


@pytest.mark.parametrize(
    "layout",
    [Layout(separator="."), Layout(separator=".", prefix="INBOX."), Layout(), Layout(prefix="INBOX/")],
    ids=["dot", "dot and INBOX.", "slash", "slash and INBOX/"],
)
async def test_on_real_layouts(layout: Layout, user: str) -> None:
    """Whatever the server's layout, a path is created, listed and selected under the same path."""
    paths = ("Lists/Приклад & Co", "Support/受信箱/é", "Plain")
    with Dovecot(layout) as server:
        server.append(user, f"{layout.prefix}Old{layout.separator}Mail", message())
        async with signed_in(server.ports.imap, user) as session:
            assert (session.namespace.prefix, session.namespace.delimiter) == (layout.prefix, layout.separator)
            for path in paths:
                await session.create(session.namespace.to_wire(path))
            listed = {info.path: info for info in await session.mailboxes()}
            assert {*paths, "INBOX", "Old/Mail", "Trash", "Junk"} < listed.keys()
            assert listed["Trash"].special_use == r"\Trash"
            selected = await session.select(listed["Support/受信箱/é"].name)
            assert selected.exists == 0
        assert f"{layout.prefix}Lists{layout.separator}Приклад & Co" in server.look(user)
