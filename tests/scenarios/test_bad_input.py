"""What is wrong in the rule file, in the mailboxes or in the mail: said clearly, and nothing else suffers by it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.daemon import account as account_module
from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.daemon.house import House
from tests.engine.scene import rule, scene
from tests.faults.process import daemon
from tests.scenarios.setting import account, append, deliver, subjects
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

TEN_MISTAKES = """
[[rules]]
name = "a misspelt condition"
match.form = "x@y"
then.move = "A"

[[rules]]
match.from = "x@y"
then.move = "A"

[[rules]]
name = "no action"
match.from = "x@y"

[[rules]]
name = "two endings"
match.from = "x@y"
then.move = "A"
then.expunge = true

[[rules]]
name = "a misspelt action"
match.from = "x@y"
then.mvoe = "A"

[[rules]]
name = "a number for a mailbox"
match.from = "x@y"
then.move = 5

[[rules]]
name = "an empty pattern"
match.subject = ""
then.move = "A"

[[rules]]
name = "a regex that is none"
match.subject.regex = "("
then.move = "A"

[[rules]]
name = "a search that is none"
match.search = "SENTIMENT good"
then.move = "A"

[[rules]]
name = "a value that is none"
match.from = "x@y"
then.move = "{from.planet}"
"""


async def test_ten_mistakes_are_ten_lines_exit_status_2_and_no_connection(dovecot: Dovecot, house: House) -> None:
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", "ann", proxy.port), rules=TEN_MISTAKES)
        async with daemon(house.path) as running:
            assert await running.ended() == 2
        assert proxy.accepted == 0
    starts = [number for number, line in enumerate(house.path.read_text().splitlines(), 1) if line == "[[rules]]"]
    places = [line.removeprefix(f"{house.path}:").split(":")[0] for line in running.raw]
    assert len(starts) == 10
    assert [sum(int(place) >= start for start in starts) for place in places] == list(range(1, 11))
    assert not (house.path.parent / "state.db").exists()


async def test_a_mailbox_to_watch_that_does_not_exist_is_said_once_and_watched_when_it_appears(
    house: House, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "_LIST_EVERY", 0.1)
    house.write(account("work", user, dovecot.ports.imap, watch=["INBOX", "Nowhere", "Lists/*"]))
    async with house.running():
        await house.heard("the account lacks something", 2, account="work")
        await deliver(dovecot, user, "one")
        await house.filed(1)
        await append(dovecot, user, "Nowhere", "two")
        await house.filed(2)
    lacking = [line["reason"] for line in house.lines if line["event"] == "the account lacks something"]
    assert lacking == ["watch: there is no mailbox Lists/*", "watch: there is no mailbox Nowhere"]
    assert await subjects(dovecot, user) == {"Filed": ["one", "two"]}


async def test_trash_where_no_mailbox_is_marked_as_such_is_said_at_the_start_and_the_message_stays(
    house: House, user: str
) -> None:
    rules = rule("away", 'subject = "away"', "trash = true") + rule("other", 'subject = "other"', 'move = "Filed"')
    reason = r"the server marks no mailbox as \Trash; set accounts.work.trash"
    with Dovecot(Layout(extra="namespace inbox {\n  mailbox Trash {\n    special_use =\n  }\n}\n")) as server:
        house.write(account("work", user, server.ports.imap), rules=rules)
        async with house.running():
            await house.heard("the account lacks something", account="work", reason=f"rule 'away': {reason}")
            await deliver(server, user, "away", "other")
            await house.filed(2)
            assert await subjects(server, user) == {"INBOX": ["away"], "Filed": ["other"]}
            house.write(account("work", user, server.ports.imap, trash="Trash"), rules=rules)
            await house.heard("watching", 2)
            await deliver(server, user, "away again")
            await house.filed(3)
        assert await subjects(server, user) == {"INBOX": ["away"], "Filed": ["other"], "Trash": ["away again"]}
    assert [(outcome.state, outcome.reason) for outcome in house.outcomes] == [
        (OutcomeState.HELD, reason),
        (OutcomeState.DONE, ""),
        (OutcomeState.DONE, ""),
    ]


BROKEN = {
    "8-bit junk": bytes(range(128, 256)) + b": \xff\xfe\r\nSubject: \xd0\xff\x00?= =?utf-8?b?!!!?= one\r\n\r\nbody\r\n",
    "no colons": b"this is no header\r\nnor is this one\r\n\r\nbody\r\n",
    "no header": b"\r\nbody\r\n",
    "no end": b"Subject: one",
    "nothing but line ends": b"\r\n\r\n\r\n",
    "a folded abyss": b"Subject: one\r\n" + b" \t\r\n" * 20_000 + b"\r\nbody\r\n",
    "a megabyte": b"Subject: one " + b"x" * 1_048_576 + b"\r\nTo: " + b"a@b.example, " * 2_000 + b"c@d\r\n\r\nbody\r\n",
    "a thousand fields": b"".join(b"Subject: number %d\r\n" % number for number in range(1_000)) + b"\r\nbody\r\n",
    "broken addresses": b'From: <<<a@@b>, (((, "c\r\nTo: :;,@<>\r\nList-Id: <<\r\n\r\nbody\r\n',
}
READ_EVERYTHING = """
[[rules]]
name = "looks at every field"
match.any = [
    { from.domain = "nobody.example" },
    { to = "nobody@nobody.example" },
    { subject.regex = "n[o]body" },
    { list_id = "nobody.example" },
    { header."X-Nobody".exists = true },
    { age.over = "1000 days" },
]
then.move = "Wrong"

[[rules]]
name = "healthy"
match.subject = "healthy"
then.move = "Filed"

[[rules]]
name = "all"
match = "everything"
then.add_flags = ["$Handled"]
"""


async def test_mail_with_a_broken_header_is_handled_like_any_other(house: House, dovecot: Dovecot, user: str) -> None:
    house.write(account("work", user, dovecot.ports.imap), rules=READ_EVERYTHING)
    async with house.running():
        await house.heard("watching")
        for mail in BROKEN.values():
            await asyncio.to_thread(dovecot.append, user, "INBOX", mail.replace(b"\0", b"?"))
        await deliver(dovecot, user, "healthy")
        await house.filed(len(BROKEN) + 1)
        assert house.count("interrupted") == 0
    found = await asyncio.to_thread(dovecot.look, user)
    assert [one.flags for one in found["INBOX"]] == [{"$Handled"}] * len(BROKEN)
    assert [one.subject for one in found["Filed"]] == ["healthy"]
    assert {outcome.state for outcome in house.outcomes} == {OutcomeState.DONE}


async def test_a_keyword_that_dovecot_refuses_is_said_and_never_taken_for_set(
    house: House, dovecot: Dovecot, user: str
) -> None:
    """The message stays where it is, whatever else was to be done with it."""
    flags = f'add_flags = ["${"x" * 60}", "\\\\Seen"]'
    rules = rule("flags", 'subject = "flags"', flags) + rule("move", 'subject = "move"', flags, 'move = "Filed"')
    house.write(account("work", user, dovecot.ports.imap), rules=rules)
    await asyncio.to_thread(dovecot.create, user, "Filed")
    async with house.running():
        await house.heard("watching")
        await deliver(dovecot, user, "flags", "move")
        await house.filed(2)
    found = await asyncio.to_thread(dovecot.look, user)
    assert [(one.subject, one.flags) for one in found["INBOX"]] == [("flags", frozenset()), ("move", frozenset())]
    assert found["Filed"] == []
    assert [outcome.state for outcome in house.outcomes] == [OutcomeState.HELD, OutcomeState.HELD]
    refusal = "UID STORE was answered NO [CANNOT] Keyword length too long"
    assert all(outcome.reason.startswith(refusal) for outcome in house.outcomes)


async def test_a_full_quota_lets_the_message_wait_and_it_is_filed_when_there_is_room(user: str, tmp_path: Path) -> None:
    """The clock is put forward to when the retry is due."""
    rules = rule("copy", 'subject = "big"', 'copy = "Copies"', 'add_flags = ["$Work"]')
    with Dovecot(Layout(quota=20)) as server:
        async with scene(server, user, tmp_path, rules) as it, it.filing() as filing:
            server.append(user, "Junk", message("in the way", body="x" * 8_000))
            server.append(user, "INBOX", message("big", body="x" * 8_000))
            await filing.handle_new(lambda: None)
            while filing.news:
                await filing.handle_new(lambda: None)
            assert it.subjects() == {"INBOX": ["big"], "Junk": ["in the way"]}
            assert it.flags() == [frozenset()]
            assert (it.states(), "Quota exceeded" in it.reason()) == ([OutcomeState.PENDING], True)
            it.ahead = timedelta(minutes=2)
            await filing.retry_due(lambda: None)
            assert it.states() == [OutcomeState.PENDING] * 2
            server.doveadm("expunge", "-u", user, "mailbox", "Junk", "all")
            it.ahead = timedelta(minutes=10)
            await filing.retry_due(lambda: None)
            assert it.subjects() == {"INBOX": ["big"], "Copies": ["big"]}
            assert (it.flags(), it.flags("Copies")) == ([frozenset({"$Work"})], [frozenset({"$Work"})])
            assert it.states()[2:] == [OutcomeState.DONE]
