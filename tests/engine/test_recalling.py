"""Rules that ask the state: duplicates are told from moved mail, and a reply goes where its parent was filed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailrules.engine.apply import ApplyMode
from mailrules.engine.recalling import is_duplicate
from mailrules.imap import MailboxName
from tests.builders import message
from tests.engine.scene import Scene, rule, ruleset, scene
from tests.engine.test_apply import applied
from tests.servers.dovecot import Dovecot

DUPLICATES = rule("again", "duplicate = true", 'move = "Again"')
NOW = datetime(2025, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def mail(subject: str, message_id: str = "<same@example.com>", **headers: str) -> bytes:
    return message(subject, message_id=message_id, **headers)


async def come(it: Scene, *mails: bytes) -> None:
    """Let mail come, one batch of it."""
    for each in mails:
        it.server.deliver(it.user, each)
    await it.file()


@pytest.mark.parametrize(
    ("others", "since_last", "expected"),
    [
        ([], False, False),
        ([-0.5], False, True),
        ([-1], False, False),
        ([-2, -0.5], False, True),
        ([-1.2, -0.5], False, False),  # the hour of the first is over; the second was a duplicate of it
        ([-1.2, -0.5], True, True),
        ([-2, -1.2, -0.5], False, True),  # -2 began one hour, -0.5 the next but one
        ([0], False, True),
    ],
)
def test_the_time_counts_from_the_first_of_a_kind_or_from_the_last(
    others: list[float], since_last: bool, expected: bool
) -> None:
    met = [NOW + hours * HOUR for hours in others]

    assert is_duplicate(NOW, met, HOUR, since_last=since_last) is expected


async def test_the_second_of_a_kind_is_a_duplicate_in_one_batch_and_in_two(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, DUPLICATES) as it:
        await come(it, mail("one"), mail("two"), mail("other", "<other@example.com>"))
        assert it.subjects() == {"INBOX": ["one", "other"], "Again": ["two"]}

        await come(it, mail("three"))

        assert it.subjects() == {"INBOX": ["one", "other"], "Again": ["two", "three"]}


async def test_a_message_is_no_duplicate_any_more_when_its_time_is_over(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, DUPLICATES) as it:
        await come(it, mail("one"))
        it.ahead += timedelta(days=8)

        await come(it, mail("two"))

        assert it.subjects() == {"INBOX": ["one", "two"]}


async def test_what_somebody_moves_about_is_no_duplicate_of_itself(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """The rule must never take the only copy: neither where a person puts it, nor when it comes back."""
    dovecot.create(user, "Support")
    async with scene(dovecot, user, tmp_path, DUPLICATES, watch=["INBOX", "Support"]) as it:
        await come(it, mail("one"))
        with dovecot.session(user) as person:
            person.select("INBOX")
            person.xatom("MOVE", "1", "Support")
        await it.file(MailboxName(b"Support"))
        assert it.subjects() == {"Support": ["one"]}

        with dovecot.session(user) as person:
            person.select("Support")
            person.xatom("MOVE", "1", "INBOX")
        await it.file()

        assert it.subjects() == {"INBOX": ["one"]}


async def test_the_first_of_a_kind_stays_the_first_however_often_the_rules_are_applied(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """All came while a rule only flagged duplicates; then one that moves them is run over old mail, twice."""
    async with scene(dovecot, user, tmp_path, rule("watch", "duplicate = true", r"add_flags = ['$Again']")) as it:
        await come(it, mail("one"))
        await come(it, mail("two"), mail("three"))
        it.rules = ruleset(DUPLICATES)

        await applied(it)
        await applied(it)

        assert it.subjects() == {"INBOX": ["one"], "Again": ["two", "three"]}


async def test_nothing_is_remembered_of_a_dry_run(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.deliver(user, mail("one"))
    async with scene(dovecot, user, tmp_path, DUPLICATES) as it:
        await applied(it, ApplyMode.DRY_RUN)

        await come(it, mail("two"))

        assert it.subjects() == {"INBOX": ["one", "two"]}


THREADS = rule("acme", 'subject = "acme"', 'move = "Acme"') + rule(
    "replies", 'thread.in = "*"', 'move = "{thread.mailbox}"'
)


async def test_a_reply_goes_where_its_parent_was_filed(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, THREADS) as it:
        await come(it, mail("acme", "<parent@example.com>"))

        await come(
            it,
            mail("Re: hello", "<reply@example.com>", In_Reply_To="<parent@example.com>"),
            mail("Re: no", "<stranger@example.com>", In_Reply_To="<unknown@example.com>"),
        )
        await come(
            it, mail("Re: Re: x", "<third@example.com>", References="<x@y> <reply@example.com> <lost@example.com>")
        )

        assert it.subjects() == {"INBOX": ["Re: no"], "Acme": ["acme", "Re: hello", "Re: Re: x"]}


async def test_a_mailbox_that_is_gone_is_nobodys_home(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, THREADS) as it:
        await come(it, mail("acme", "<parent@example.com>"))
        with dovecot.session(user) as person:
            person.delete("Acme")

        await come(it, mail("Re: hello", "<reply@example.com>", In_Reply_To="<parent@example.com>"))

        assert it.subjects() == {"INBOX": ["Re: hello"]}
