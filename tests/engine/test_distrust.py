"""An OK is no proof: what servers drop, do not do, or have nothing to do for, and say so to nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine.scene import Scene, rule, scene, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
FLAG = rule("flag", 'subject = "one"', 'add_flags = ["$Work"]')
FLAG_AND_MOVE = rule("move", 'subject = "one"', 'move = "Lists"', r"add_flags = ['\Flagged']")
AWAY = rule("away", 'subject = "one"', "expunge = true")
UIDPLUS = ["MOVE"]


def expunge(it: Scene) -> None:
    """Another client expunges all of INBOX."""
    with it.server.session(it.user) as other:
        other.select("INBOX")
        other.store("1:*", "+FLAGS", r"(\Deleted)")
        other.expunge()


async def file_around(it: Scene, command: str, meanwhile: Callable[[Scene], None]) -> None:
    """Handle what is new, and let something happen after such a command was decided on and before it comes."""
    it.proxy.stall(command, Point.BEFORE_COMMAND)
    task = asyncio.create_task(it.file())
    await until(lambda: not it.proxy.flowing.is_set())
    meanwhile(it)
    it.proxy.resume()
    await task


@pytest.mark.parametrize(
    ("rules", "without", "command"),
    [
        pytest.param(MOVE, [], "UID MOVE", id="move"),
        pytest.param(MOVE, UIDPLUS, "UID COPY", id="copy"),
        pytest.param(MOVE, UIDPLUS, "UID STORE", id="mark after the copy"),
        pytest.param(AWAY, [], "UID STORE", id="mark"),
    ],
)
async def test_a_message_that_is_expunged_meanwhile_is_found_gone_at_the_retry_at_the_latest(
    dovecot: Dovecot, user: str, tmp_path: Path, rules: str, without: list[str], command: str
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, rules, without=without) as it:
        dovecot.deliver(user, message("one"))

        await file_around(it, command, expunge)
        await it.retry()

        assert "INBOX" not in it.subjects()
        assert it.states()[-1] is OutcomeState.GONE
        assert set(it.states()) <= {OutcomeState.PENDING, OutcomeState.GONE}


async def test_a_copy_of_nothing_that_is_answered_ok_is_no_copy(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """As nearly all servers answer it; Dovecot says NO and is made to say OK here."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE, without=UIDPLUS) as it:
        it.proxy.rewrite(r"^(\S+) NO \[EXPUNGEISSUED\]", r"\1 OK")
        dovecot.deliver(user, message("one"))

        await file_around(it, "UID COPY", expunge)

        assert (it.states(), it.reason()) == ([OutcomeState.GONE], "somebody else moved or expunged it first")
        assert "UID STORE" not in it.proxy.recording.names


async def test_a_move_without_copyuid_is_seen_by_the_source(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, MOVE, without=["UIDPLUS"]) as it:
        dovecot.deliver(user, message("one"))

        await it.file()

        assert (it.subjects(), it.states()) == ({"Lists": ["one"]}, [OutcomeState.DONE])


async def test_what_is_not_shown_to_be_marked_is_not_expunged(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, AWAY) as it:
        it.proxy.rewrite(r"\\Deleted", r"\\Seen")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.states() == [OutcomeState.PENDING]
        assert it.reason() == r"the server answered OK but did not mark it \Deleted"
        assert "UID EXPUNGE" not in it.proxy.recording.names


async def test_a_keyword_that_is_dropped_without_a_word_holds_the_message(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, FLAG) as it:
        it.proxy.rewrite(r" ?\$Work", "")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert (it.states(), it.reason()) == ([OutcomeState.HELD], "the server did not keep $Work")


async def test_a_keyword_that_the_mailbox_does_not_keep_is_not_even_tried(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, FLAG + MOVE) as it:
        it.proxy.rewrite(r"(PERMANENTFLAGS \([^)]*) \\\*\)", r"\1)")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert (it.subjects(), it.states()) == ({"INBOX": ["one"]}, [OutcomeState.HELD])
        assert it.reason() == "INBOX does not keep $Work (PERMANENTFLAGS)"
        assert "UID STORE" not in it.proxy.recording.names


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ("NO Not supported", OutcomeState.DONE, r"left marked \Deleted: UID EXPUNGE was answered NO Not supported"),
        ("NO [INUSE] Locked", OutcomeState.PENDING, "UID EXPUNGE was answered NO [INUSE] Locked"),
    ],
)
async def test_where_uid_expunge_is_advertised_and_refused_the_mark_stays(
    dovecot: Dovecot, user: str, tmp_path: Path, answer: str, state: OutcomeState, reason: str
) -> None:
    """Proton Bridge refuses every one."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE, without=UIDPLUS) as it:
        it.proxy.refuse("UID EXPUNGE", answer)
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"]}
        assert it.flags() == [frozenset({r"\Deleted"})]
        assert (it.states(), it.reason()) == ([state], reason)


async def test_flags_that_can_not_be_put_back_are_told_of(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE) as it:
        it.proxy.refuse("UID MOVE", "NO [NOPERM] Permission denied")
        it.proxy.refuse(r"UID STORE \d+ -FLAGS", "NO [INUSE] Locked")
        dovecot.deliver(user, message("one"))

        await it.file()

        assert (it.flags(), it.states()) == ([frozenset({r"\Flagged"})], [OutcomeState.HELD])
        assert it.reason() == (
            "UID MOVE was answered NO [NOPERM] Permission denied; "
            "its flags could not be put back: UID STORE was answered NO [INUSE] Locked"
        )


@pytest.mark.parametrize(
    ("without", "times", "reason"),
    [
        pytest.param([], 1, "", id="set in the target"),
        pytest.param([], 2, "moved, but its flags could not be set: UID STORE was answered NO Not now", id="refused"),
        pytest.param(
            ["UIDPLUS"],
            1,
            "moved, but its flags could not be set: the server did not tell its new UID",
            id="without COPYUID",
        ),
    ],
)
async def test_flags_that_were_refused_in_the_flight_of_the_move_are_set_where_the_message_is(
    dovecot: Dovecot, user: str, tmp_path: Path, without: list[str], times: int, reason: str
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE, without=without) as it:
        it.proxy.refuse("UID STORE", "NO Not now", times=times)
        dovecot.deliver(user, message("one"))

        await it.file()

        assert it.flags("Lists") == [frozenset() if reason else frozenset({r"\Flagged"})]
        assert (it.states(), it.reason()) == ([OutcomeState.DONE], reason)
