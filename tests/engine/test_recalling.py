"""Rules that ask the state: duplicates are told from moved mail, and a reply goes where its parent was filed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from mailrules.engine import ahead, reading, recalling
from mailrules.engine.apply import ApplyMode
from mailrules.engine.asking import Answers
from mailrules.engine.reading import Fetched
from mailrules.engine.recalling import Recollection, repetitions
from mailrules.imap import INBOX, MailboxName
from mailrules.rules import Facts, Message
from mailrules.rules.questions import Mark, Met
from mailrules.store import SqliteStore
from tests.builders import message
from tests.engine.scene import Scene, rule, ruleset, scene
from tests.engine.scheduled import LONG_AGO, dated, every, run
from tests.engine.test_apply import applied
from tests.servers.dovecot import Dovecot

DUPLICATES = rule("again", "duplicate = true", 'move = "Again"')
NOW = datetime(2025, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAME = Met(Mark("", sha256(b"MESSAGE-ID:<same@example.com>").hexdigest()), timedelta(days=7), since_last=False)


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

    assert [*repetitions([*met, NOW], HOUR, since_last=since_last)][-1] is expected


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
        dovecot.append(user, "INBOX", mail("one"), (), dated(timedelta(days=8)))
        await it.file()

        await come(it, mail("two"))

        assert it.subjects() == {"INBOX": ["one", "two"]}


async def test_an_older_message_is_no_duplicate_of_a_younger_one_that_was_met_before(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """What was there before the first run is met only when the rules are applied; by then the other may be gone."""
    dovecot.append(user, "INBOX", mail("old"), (), dated(timedelta(days=3)))
    async with scene(dovecot, user, tmp_path, DUPLICATES) as it:
        await come(it, mail("new"))
        assert it.subjects() == {"INBOX": ["old", "new"]}
        with dovecot.session(user) as person:
            person.select("INBOX")
            person.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
            person.expunge()

        await applied(it)

        assert it.subjects() == {"INBOX": ["old"]}


@pytest.mark.parametrize(
    ("told", "otherwise"),
    [
        (r"RFC822\.SIZE (\d+)", r"RFC822.SIZE 1\1"),
        (r'INTERNALDATE "[^"]+"', 'INTERNALDATE "01-Feb-2031 00:00:00 +0000"'),
    ],
)
async def test_what_the_server_tells_otherwise_is_no_duplicate_of_itself(
    dovecot: Dovecot, user: str, tmp_path: Path, told: str, otherwise: str
) -> None:
    """GNU Mailutils tells wrong sizes, and one message's are not the same each time."""
    async with scene(dovecot, user, tmp_path, DUPLICATES) as it:
        await come(it, mail("one"))
        it.proxy.rewrite(told, otherwise)

        await applied(it)

        assert it.subjects() == {"INBOX": ["one"]}


async def test_what_mailrules_moved_is_known_again_where_it_arrived(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = rule("file", 'subject = "one"', 'move = "Lists"')
    observed = rule("watch", "duplicate = true", r"add_flags = ['$Again']")
    async with scene(dovecot, user, tmp_path, observed + rules) as it:
        await come(it, mail("one"))
        it.proxy.rewrite(r"RFC822\.SIZE (\d+)", r"RFC822.SIZE 1\1")
        it.rules = ruleset(DUPLICATES)

        await applied(it, name=MailboxName(b"Lists"))

        assert it.subjects() == {"Lists": ["one"]}


@pytest.mark.parametrize("untold", [r" RFC822\.SIZE \d+", r' INTERNALDATE "[^"]+"'])
async def test_without_size_or_date_nothing_is_known_to_be_a_duplicate(
    dovecot: Dovecot, user: str, tmp_path: Path, untold: str
) -> None:
    async with scene(dovecot, user, tmp_path, DUPLICATES) as it:
        it.proxy.rewrite(untold, "")

        await come(it, mail("one"), mail("two"))

        assert it.subjects() == {"INBOX": ["one", "two"]}


async def test_when_the_marks_are_forgotten_the_first_stays_the_first(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, DUPLICATES) as it:
        await come(it, mail("one"))
        it.ahead = timedelta(days=364)
        await come(it, mail("two, longer"))
        it.ahead = timedelta(days=401)
        await it.store.prune(it.now() - timedelta(days=90), now=it.now())

        await applied(it)

        assert it.subjects() == {"INBOX": ["one"], "Again": ["two, longer"]}


async def test_a_scheduled_rule_knows_what_it_met_in_a_batch_that_it_left_alone(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 1)
    monkeypatch.setattr(ahead, "_TOGETHER", 1)
    rules = every("again", "duplicate = true", 'move = "Again"', mailboxes=["Old"])
    async with scene(dovecot, user, tmp_path, rules) as it:
        for subject in ("one", "two, longer"):
            dovecot.append(user, "Old", mail(subject), (), dated(LONG_AGO))

        await run(it)

        assert it.subjects() == {"Old": ["one"], "Again": ["two, longer"]}


async def test_many_messages_with_one_mark_are_put_in_order_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender may give the same Message-ID to all messages: a thousand questions must not hold up the daemon."""
    orders: list[int] = []

    def counted(times: Sequence[datetime], within: timedelta, *, since_last: bool) -> Iterator[bool]:
        orders.append(len(times))
        return repetitions(times, within, since_last=since_last)

    monkeypatch.setattr(recalling, "repetitions", counted)
    async with SqliteStore(tmp_path / "state.db") as store:
        recollection = noting(store, 2_000)
        answers = Answers()

        await recollection.answer({SAME: range(1, 1_001)}, answers)

        assert orders == [2_000]
        assert [answers.of(uid)[SAME] for uid in range(1, 1_001)] == [False] + 999 * [True]


async def test_a_dry_run_over_any_number_of_messages_remembers_so_many_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalling, "_NOTED", 10)
    async with SqliteStore(tmp_path / "state.db") as store:
        recollection = noting(store, 50)

        assert [*recollection.noted] == [*recollection.with_mark[SAME.mark]] == [*range(41, 51)]


def noting(store: SqliteStore, count: int) -> Recollection:
    """Messages with UIDs from 1 on, all with the same Message-ID."""
    recollection = Recollection(store, "work", lambda: (INBOX, 7), str)
    same = Message(header=b"Message-ID: <same@example.com>\r\n\r\n", size=1, received=NOW, flags=frozenset())
    messages = (Fetched(uid, frozenset(), NOW, 1, same, f"same {uid}") for uid in range(1, count + 1))
    recollection.note(messages, ruleset(DUPLICATES), Facts(NOW, UTC, "work", "INBOX"))
    return recollection


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


async def test_no_mail_follows_its_parent_into_the_trash(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Trash", "Waste")
    junk = rule("junk", 'subject = "ad"', "trash = true") + rule("waste", 'subject = "waste"', 'move = "Waste"')
    async with scene(dovecot, user, tmp_path, junk + THREADS, trash="Waste") as it:
        await come(it, mail("ad", "<ad@example.com>"), mail("waste", "<waste@example.com>"))

        await come(
            it,
            mail("Re: this", "<reply@example.com>", In_Reply_To="<ad@example.com>"),
            mail("Re: that", "<another@example.com>", In_Reply_To="<waste@example.com>"),
        )

        assert it.subjects() == {"INBOX": ["Re: this", "Re: that"], "Trash": ["ad"], "Waste": ["waste"]}
