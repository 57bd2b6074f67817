"""Questions that a server does not answer: now, at all, sensibly, or without ending the connection."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.engine import deciding
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.reading import UNREADABLE
from tests.builders import message
from tests.engine.scene import rule, scene
from tests.engine.scheduled import every, put, run
from tests.engine.test_apply import applied
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

GOLD = rule("gold", 'body = "gold"', 'move = "Filed"')
TWO = rule("two", "subject = 'two'", 'move = "Filed"')
FOUND = rule("found", "search = 'TEXT gold'", 'move = "Filed"')
BODIES = r"UID FETCH \S+ \(UID BODYSTRUCTURE"
BUSY = "NO [INUSE] Mailbox is locked"
GONE_IN_PART = "NO [SERVERBUG] Internal error occurred"


async def test_a_body_that_the_server_can_not_read_holds_up_nobody_else(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Dovecot tells the header from its cache, and ends the connection at the body each time."""
    async with scene(dovecot, user, tmp_path, GOLD) as it:
        dovecot.deliver(user, message("bad", body="line of text\n" * 3000))
        with dovecot.session(user) as other:
            other.select("INBOX")
            fields = "BODY.PEEK[HEADER.FIELDS (DATE FROM MESSAGE-ID SUBJECT)]"
            other.uid("FETCH", "1", f"(FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE {fields})")
        (kept,) = dovecot.folder.glob(f"**/{user}/**/u.1")
        kept.write_bytes(b"x" * 2000)
        dovecot.deliver(user, message("good", body="gold\n"))

        await it.until_filed(losses=8)

        assert it.subjects()["Filed"] == ["good"]
        assert [(each.uid, each.state, each.reason) for each in it.outcomes if each.uid == 1] == [
            (1, OutcomeState.HELD, UNREADABLE)
        ]


async def test_a_question_that_always_ends_the_connection_holds_its_message_when_that_is_alone(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, GOLD) as it:
        dovecot.deliver(user, message("bad", body="gold\n"))
        for _ in range(5):
            it.proxy.cut(BODIES, Point.AFTER_COMMAND)

        await it.until_filed(losses=6)

        assert (it.subjects(), it.states(), it.reason()) == ({"INBOX": ["bad"]}, [OutcomeState.HELD], UNREADABLE)


async def test_a_message_that_was_held_is_asked_about_again_where_a_person_wants_it(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, GOLD) as it:
        dovecot.deliver(user, message("bad", body="gold\n"))
        for _ in range(5):
            it.proxy.cut(BODIES, Point.AFTER_COMMAND)
        await it.until_filed(losses=6)

        await applied(it)

        assert it.subjects() == {"Filed": ["bad"]}


async def test_a_message_waits_for_the_answer_that_is_refused_for_now(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, GOLD + rule("rest", 'subject = "one"', 'move = "Rest"')) as it:
        it.proxy.refuse(BODIES, BUSY, times=2)
        dovecot.deliver(user, message("one", body="gold\n"))
        await it.file()
        await it.retry()
        await it.retry()

        assert it.subjects() == {"Filed": ["one"]}
        assert it.states() == [OutcomeState.PENDING, OutcomeState.PENDING, OutcomeState.DONE]
        assert it.outcomes[0].reason == "UID FETCH was answered NO [INUSE] Mailbox is locked"


async def test_a_message_whose_question_is_refused_for_a_day_is_held(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, FOUND) as it:
        it.proxy.refuse("UID SEARCH", "NO not now")
        dovecot.deliver(user, message("one"))
        await it.file()
        await it.retry(later=timedelta(hours=23))
        await it.retry(later=timedelta(hours=2))

        assert it.states() == [OutcomeState.PENDING, OutcomeState.PENDING, OutcomeState.HELD]
        assert it.reason() == "given up after 1 day: UID SEARCH was answered NO not now"


@pytest.mark.parametrize(
    ("rules", "command"),
    [
        pytest.param(GOLD, BODIES.replace(r"\S+", "(1:2|1)"), id="fetch"),
        pytest.param(FOUND, r"UID SEARCH.* UID (1:2|1) .*TEXT", id="search"),
    ],
)
async def test_what_is_refused_of_one_message_is_told_of_the_others(
    dovecot: Dovecot, user: str, tmp_path: Path, rules: str, command: str
) -> None:
    async with scene(dovecot, user, tmp_path, rules) as it:
        it.proxy.refuse(command, GONE_IN_PART)
        dovecot.deliver(user, message("bad", body="gold\n"), message("good", body="gold\n"))

        await it.file()

        assert it.subjects() == {"INBOX": ["bad"], "Filed": ["good"]}
        assert sorted(state.value for state in it.states()) == ["done", "pending"]


async def test_a_rule_whose_question_is_refused_for_good_is_told_of_once(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, GOLD + TWO) as it:
        it.proxy.refuse(BODIES, "BAD Unknown")
        for subject in ("one", "one", "two"):
            dovecot.deliver(user, message(subject, body="gold\n"))
            await it.file()

        assert it.subjects() == {"INBOX": ["one", "one"], "Filed": ["two"]}
        assert it.complaints == [
            "INBOX: rule 'gold' could not be decided, and does nothing then: UID FETCH was answered BAD Unknown"
        ]


async def test_an_answer_that_makes_no_sense_is_none(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, FOUND + TWO) as it:
        it.proxy.rewrite(r"(ESEARCH \(TAG [^)]*\) UID) ALL \S+", r"\1 ALL 1:*")
        dovecot.deliver(user, message("one", body="gold\n"), message("two", body="gold\n"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"], "Filed": ["two"]}
        assert it.complaints == [
            "INBOX: rule 'found' could not be decided, and does nothing then: "
            "SEARCH: more hits than the server can name"
        ]


async def test_messages_whose_size_is_not_told_do_not_pile_up(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "_TOGETHER", 1 << 20)
    async with scene(dovecot, user, tmp_path, GOLD) as it:
        it.proxy.rewrite(r"RFC822\.SIZE \d+", "RFC822.SIZE 0")
        dovecot.deliver(user, *[message("m")] * 3)

        await it.file()

        asked = [each.text for each in it.proxy.recording.find("UID FETCH") if b"PEEK[1]" in each.text]
        assert len(asked) == 3


async def test_what_is_refused_to_a_scheduled_rule_for_now_is_left_to_its_next_run(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = every("gold", 'body = "gold"', "expunge = true")
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "old")
        await it.file()
        it.proxy.refuse(BODIES, BUSY)

        await run(it)

        assert (it.subjects(), await it.store.next_due("work", b"INBOX")) == ({"INBOX": ["old"]}, None)
