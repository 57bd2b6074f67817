"""Many mailboxes: which are watched, from which message on, and what a new name or another UIDVALIDITY changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from mailrules.daemon import account as account_module
from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.daemon.house import House
from tests.scenarios.setting import account, append, deliver, subjects
from tests.servers.dovecot import Dovecot

COPY_ALL = '[[rules]]\nname = "copy all"\nmatch = "everything"\nthen.copy = "Copies"\n'
"""A message that is handled twice is seen twice."""


def in_hours(hours: int) -> str:
    """An INTERNALDATE that is not of the second in which the test runs, nor older than the first run."""
    return f"{datetime.now(UTC) + timedelta(hours=hours):%d-%b-%Y %H:%M:%S +0000}"


@pytest.fixture(autouse=True)
def list_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_module, "_LIST_EVERY", 0.2)


async def test_wildcards_are_lists_and_special_mailboxes_are_watched_only_by_name(
    house: House, dovecot: Dovecot, user: str
) -> None:
    one, two = f"{user}-1", f"{user}-2"
    boxes = ("Lists/a", "Lists/a/deep", "Support/x", "Support/x/deep", "Other")
    for name in (one, two):
        await asyncio.to_thread(dovecot.create, name, *boxes)
    house.write(
        account("one", one, dovecot.ports.imap, watch=["INBOX", "Lists/%", "Support/*"], max_connections=10),
        account("two", two, dovecot.ports.imap, watch=["*", "Trash"], max_connections=10),
    )
    async with house.running():
        await house.heard("watching", 4, account="one")
        await house.heard("watching", 8, account="two")
    watched = {
        name: {str(line["mailbox"]) for line in house.lines if line["event"] == "watching" and line["account"] == name}
        for name in ("one", "two")
    }
    assert watched == {
        "one": {"INBOX", "Lists/a", "Support/x", "Support/x/deep"},
        "two": {"INBOX", "Trash", "Archive", *boxes},
    }


async def test_each_account_and_mailbox_handles_what_comes_from_its_first_run_on(
    house: House, dovecot: Dovecot, user: str
) -> None:
    users = [f"{user}-{number}" for number in range(3)]
    tables = [account(f"a{n}", name, dovecot.ports.imap, watch=["INBOX", "Box"]) for n, name in enumerate(users)]
    for name in users:
        await append(dovecot, name, "Box", "old in Box")
        await append(dovecot, name, "INBOX", "old in INBOX")
    house.write(*tables[:2])
    async with house.running():
        await house.heard("watching", 4)
        for name in users:
            await append(dovecot, name, "Box", "new in Box")
            await deliver(dovecot, name, "new in INBOX")
        await house.filed(4)
        house.write(*tables)
        await house.heard("watching", 6)
        await append(dovecot, users[2], "Box", "newer in Box")
        await house.filed(5)
    old = {"INBOX": ["old in INBOX"], "Box": ["old in Box"]}
    assert await subjects(dovecot, users[0]) == old | {"Filed": ["new in Box", "new in INBOX"]}
    assert await subjects(dovecot, users[1]) == old | {"Filed": ["new in Box", "new in INBOX"]}
    assert await subjects(dovecot, users[2]) == {
        "INBOX": ["new in INBOX", "old in INBOX"],
        "Box": ["new in Box", "old in Box"],
        "Filed": ["newer in Box"],
    }


async def test_a_renamed_mailbox_keeps_its_checkpoint_and_a_new_one_begins_with_its_first_message(
    house: House, dovecot: Dovecot, user: str
) -> None:
    await append(dovecot, user, "Lists/one", "before the first run")
    house.write(account("work", user, dovecot.ports.imap, watch=["Lists/*"]))
    async with house.running():
        await house.heard("watching", mailbox="Lists/one")
        await asyncio.to_thread(partial(dovecot.doveadm, "mailbox", "rename", "-u", user, "Lists/one", "Lists/two"))
        await house.heard("watching", mailbox="Lists/two")
        await append(dovecot, user, "Lists/two", "after the rename")
        await house.filed(1)
        await append(dovecot, user, "Lists/new", "the first in a new one")
        await house.filed(2)
    assert await subjects(dovecot, user) == {
        "Lists/two": ["before the first run"],
        "Filed": ["after the rename", "the first in a new one"],
    }


async def test_a_mailbox_that_is_renamed_back_is_not_handled_again(house: House, dovecot: Dovecot, user: str) -> None:
    rename = partial(dovecot.doveadm, "mailbox", "rename", "-u", user)
    await asyncio.to_thread(dovecot.create, user, "Lists/one")
    house.write(account("work", user, dovecot.ports.imap, watch=["Lists/*"]), rules=COPY_ALL)
    async with house.running():
        await house.heard("watching", mailbox="Lists/one")
        await asyncio.to_thread(rename, "Lists/one", "Lists/two")
        await house.heard("watching", mailbox="Lists/two")
        await append(dovecot, user, "Lists/two", "under another name")
        await house.filed(1)
        await asyncio.to_thread(rename, "Lists/two", "Lists/one")
        await house.heard("watching", 2, mailbox="Lists/one")
        await append(dovecot, user, "Lists/one", "under its own name")
        await house.filed(2)
    assert (await subjects(dovecot, user))["Copies"] == ["under another name", "under its own name"]


async def test_a_mailbox_renamed_while_nobody_looks_keeps_its_checkpoint(
    house: House, dovecot: Dovecot, user: str
) -> None:
    await append(dovecot, user, "Lists/one", "before the first run")
    house.write(account("work", user, dovecot.ports.imap, watch=["Lists/*"]))
    async with house.running():
        await house.heard("watching")
    await asyncio.to_thread(partial(dovecot.doveadm, "mailbox", "rename", "-u", user, "Lists/one", "Lists/two"))
    await append(dovecot, user, "Lists/two", "after the rename")
    async with house.running():
        await house.filed(1)
    assert await subjects(dovecot, user) == {"Lists/two": ["before the first run"], "Filed": ["after the rename"]}


RENUMBER = ("mailbox", "update", "--uid-validity", "4711", "INBOX", "-u")


async def test_a_uidvalidity_that_changes_while_it_runs_makes_no_message_new(
    house: House, dovecot: Dovecot, user: str
) -> None:
    await asyncio.to_thread(dovecot.append, user, "INBOX", message("before the first run"), (), in_hours(-1))
    house.write(account("work", user, dovecot.ports.imap), rules=COPY_ALL)
    async with house.running():
        await house.heard("watching")
        await deliver(dovecot, user, "one", "two")
        await house.filed(2)
        await asyncio.to_thread(dovecot.doveadm, *RENUMBER, user)
        await asyncio.to_thread(dovecot.append, user, "INBOX", message("three"), (), in_hours(1))
        await house.filed(3)
    assert (await subjects(dovecot, user))["Copies"] == ["one", "three", "two"]
    assert {outcome.state for outcome in house.outcomes} == {OutcomeState.DONE}


async def test_a_uidvalidity_that_changed_while_it_was_stopped_makes_no_message_new(
    house: House, dovecot: Dovecot, user: str
) -> None:
    await asyncio.to_thread(dovecot.append, user, "INBOX", message("before the first run"), (), in_hours(-1))
    house.write(account("work", user, dovecot.ports.imap), rules=COPY_ALL)
    async with house.running():
        await house.heard("watching")
        await deliver(dovecot, user, "one", "two")
        await house.filed(2)
    await asyncio.to_thread(dovecot.doveadm, *RENUMBER, user)
    for times in (2, 3):
        async with house.running():
            await house.heard("watching", times)
    await asyncio.to_thread(dovecot.append, user, "INBOX", message("three"), (), in_hours(1))
    async with house.running():
        await house.filed(3)
    assert (await subjects(dovecot, user))["Copies"] == ["one", "three", "two"]
    assert {outcome.state for outcome in house.outcomes} == {OutcomeState.DONE}


async def test_a_mailbox_that_is_deleted_and_made_again_with_its_old_mail_is_not_handled_again(
    house: House, dovecot: Dovecot, user: str
) -> None:
    """What is put back keeps its INTERNALDATE; a doubtful message is held, and says why."""
    date, later = in_hours(1), in_hours(2)
    old, doubtful, new = message("old"), message("of the same second"), message("new")
    house.write(account("work", user, dovecot.ports.imap, watch=["Box"]), rules=COPY_ALL)
    await asyncio.to_thread(dovecot.create, user, "Box")
    async with house.running():
        await house.heard("watching")
        await asyncio.to_thread(dovecot.append, user, "Box", old, (), date)
        await house.filed(1)
    await asyncio.to_thread(partial(dovecot.doveadm, "mailbox", "delete", "-u", user, "Box"))
    for mail, when in ((doubtful, date), (old, date), (new, later)):
        await asyncio.to_thread(dovecot.append, user, "Box", mail, (), when)
    async with house.running():
        await house.filed(2)
    async with house.running():
        await house.filed(3)
    assert await subjects(dovecot, user) == {"Box": ["new", "of the same second", "old"], "Copies": ["new", "old"]}
    assert {(outcome.subject, outcome.state) for outcome in house.outcomes} == {
        ("old", OutcomeState.DONE),
        ("new", OutcomeState.DONE),
        ("of the same second", OutcomeState.HELD),
    }
    (held,) = [outcome for outcome in house.outcomes if outcome.state is OutcomeState.HELD]
    assert held.reason == "the mailbox was renumbered, and it may have been handled before"
