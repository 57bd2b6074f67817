"""Recovery on a server that is in a bad mood: it refuses looks, lets others in between, and has other mail by now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mailrules.client import NetworkError, Session, SignInFailed
from mailrules.engine import recovery
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.recovery import replay
from mailrules.imap import INBOX, MailboxName, ProtocolError
from mailrules.store import Entry, Step, StepKind
from tests.builders import message
from tests.engine.scene import GRACE, Scene, handle_until, rule, scene, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

COPY = rule("copy", 'subject = "one"', 'copy = "Lists"')
MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
FLAG_AND_MOVE = rule("move", 'subject = "one"', 'move = "Lists"', r"add_flags = ['\Flagged']")
LONG_AGO = "03-Mar-2020 09:00:00 +0000"
SUPPORT = MailboxName(b"Support")


async def begun(it: Scene, name: MailboxName = INBOX) -> tuple[Entry, ...]:
    """Handle what is new, lose the connection on the way, and return what that left begun."""
    with pytest.raises(NetworkError):
        await it.file(name)
    return await it.store.unfinished("work", name.raw)


@pytest.mark.parametrize("command", ["EXAMINE", "SELECT"])
@pytest.mark.parametrize("rules", [pytest.param(COPY, id="copy"), pytest.param(MOVE, id="move")])
async def test_a_look_that_is_refused_for_now_proves_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, rules: str, command: str
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, rules) as it:
        it.proxy.cut("UID (COPY|MOVE)", Point.BEFORE_ANSWER)
        dovecot.deliver(user, message("one"))
        entries = await begun(it)
        it.proxy.refuse(command, "NO [INUSE] Mailbox is locked", times=2)

        await replay(it.context, INBOX, entries)

        assert it.subjects()["Lists"] == ["one"]
        assert it.states() == [OutcomeState.DONE]


async def test_a_refusal_while_the_path_s_own_repair_looks_is_waited_out(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it, it.filing() as filing:
        dovecot.append(user, "Lists", message("another"))
        it.proxy.refuse("UID MOVE", "NO MOVE extension not supported")
        dovecot.deliver(user, message("one"))
        it.proxy.refuse("EXAMINE", "NO [UNAVAILABLE] Not now", times=1)

        await handle_until(filing, lambda: it.tasks)
        await it.settled()

        assert it.subjects() == {"Lists": ["another", "one"]}
        assert it.states() == [OutcomeState.DONE]


async def test_a_refused_move_into_a_mailbox_that_others_fill_meanwhile_is_looked_at_again(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Whether a refused move has moved something is told by the target's UIDNEXT, which others raise as well."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it, it.filing() as filing:
        dovecot.append(user, "Lists", message("another"))
        it.proxy.refuse("UID MOVE", "NO MOVE extension not supported")
        it.proxy.stall("UID MOVE", Point.BEFORE_COMMAND, nth=2)
        dovecot.deliver(user, message("one"))

        await handle_until(filing, lambda: it.tasks)
        await until(lambda: not it.proxy.flowing.is_set())
        dovecot.append(user, "Lists", message("one more"))
        it.proxy.resume()
        await it.settled()

        assert it.subjects() == {"Lists": ["another", "one more", "one"]}
        assert it.states() == [OutcomeState.DONE]


async def test_what_keeps_changing_while_it_is_looked_at_is_held(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two copies one arrives between the looks; the other is not sent again while more may come."""
    monkeypatch.setattr(recovery, "_LOOKS", 1)
    raw = message("one")
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, COPY) as it:
        it.proxy.cut("UID COPY", Point.BEFORE_COMMAND)
        dovecot.append(user, "INBOX", raw, date=LONG_AGO)
        dovecot.deliver(user, message("one"))
        entries = await begun(it)
        it.proxy.stall("EXAMINE", Point.BEFORE_COMMAND, nth=2)
        repair = asyncio.create_task(replay(it.context, INBOX, entries))
        await until(lambda: not it.proxy.flowing.is_set())
        dovecot.append(user, "Lists", raw, date=LONG_AGO)
        it.proxy.resume()

        await repair

        assert it.subjects()["Lists"] == ["one"]
        assert sorted(outcome.state.value for outcome in it.outcomes) == ["done", "held"]
        assert "its source or target kept changing while it was looked for" in {one.reason for one in it.outcomes}


async def test_a_repair_that_is_not_let_in_does_not_hammer(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "_NO_HAMMERING", 3 * GRACE)
    times: list[float] = []

    @asynccontextmanager
    async def open_session() -> AsyncIterator[Session]:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            raise SignInFailed("the server refused user name or password")
        async with it.session() as session:
            yield session

    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("one"))
        entries = await begun(it)

        await replay(replace(it.context, open_session=open_session), INBOX, entries)

        assert it.subjects() == {"Lists": ["one"]}
        assert times[1] - times[0] >= 3 * GRACE


async def test_a_repair_goes_on_after_an_answer_that_makes_no_sense(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    nonsense = iter([ProtocolError("SEARCH: more hits than the server can name")])

    @asynccontextmanager
    async def open_session() -> AsyncIterator[Session]:
        for error in nonsense:
            raise error
        async with it.session() as session:
            yield session

    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("one"))
        entries = await begun(it)

        await replay(replace(it.context, open_session=open_session), INBOX, entries)

        assert it.subjects() == {"Lists": ["one"]}


async def test_a_target_that_is_gone_when_it_is_looked_at_is_made_again(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("one"))
        entries = await begun(it)
        with dovecot.session(user) as other:
            other.delete("Lists")

        await replay(it.context, INBOX, entries)

        assert (it.subjects(), it.states()) == ({"Lists": ["one"]}, [OutcomeState.DONE])


async def test_a_target_that_is_another_mailbox_when_it_is_looked_at_holds_the_message(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("one"))
        entries = await begun(it)
        it.make_anew("Lists")

        await replay(it.context, INBOX, entries)

        assert (it.subjects(), it.states()) == ({"INBOX": ["one"]}, [OutcomeState.HELD])
        assert it.reason() == "its target's UIDVALIDITY changed while it was worked on"


async def test_the_flags_of_a_stranger_s_message_under_the_same_uid_are_left_alone(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists", "Support")
    watch = ["INBOX", "Support"]
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE, without=["MOVE"], watch=watch) as it:
        uid = dovecot.append(user, "Support", message("one"))
        it.proxy.cut("UID STORE", Point.AFTER_ANSWER)
        await begun(it, SUPPORT)
        it.make_anew("Support")
        same = dovecot.append(user, "Support", message("somebody's"), [r"\Flagged"], LONG_AGO)

        await it.file(SUPPORT)

        assert (same, it.flags("Support")) == (uid, [frozenset({r"\Flagged"})])
        assert (it.states(), it.reason()) == ([OutcomeState.HELD], "UIDVALIDITY changed while it was worked on")


async def test_a_copy_that_stands_bare_gets_its_flags_before_its_original_is_removed(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """As a server leaves it that dies in a move and then makes the target's index out of the mail alone."""
    raw = message("one")
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.append(user, "INBOX", raw, [r"\Answered"], LONG_AGO)
        entries = await begun(it)
        dovecot.append(user, "Lists", raw, date=LONG_AGO)

        await replay(it.context, INBOX, entries)

        assert it.subjects() == {"Lists": ["one"]}
        assert it.flags("Lists") == [frozenset({r"\Answered", r"\Flagged"})]


async def test_a_lost_connection_while_flags_are_put_back_leaves_no_flags(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE) as it:
        it.proxy.refuse("UID MOVE", "NO [NOPERM] Permission denied")
        it.proxy.cut("UID STORE", Point.BEFORE_COMMAND, nth=2)
        dovecot.deliver(user, message("one"))

        await it.until_filed()

        assert (it.subjects(), it.flags()) == ({"INBOX": ["one"]}, [frozenset()])
        assert it.states() == [OutcomeState.HELD]


async def test_two_entries_of_one_message_keep_their_findings_apart(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """The copy to Lists was made and its answer lost, the one to Other was not made."""
    dovecot.create(user, "Lists", "Other")
    async with scene(dovecot, user, tmp_path, COPY) as it:
        it.proxy.cut("UID COPY", Point.BEFORE_ANSWER)
        dovecot.deliver(user, message("one"))
        (made,) = await begun(it)
        steps = (Step(kind=StepKind.COPY, rule="copy", target=b"Other"),)
        await it.store.begin([replace(made, id=None, steps=steps)], None, now=it.now())

        await it.file()

        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"], "Other": ["one"]}


@pytest.mark.parametrize(
    ("point", "state", "left"),
    [
        (Point.AFTER_COMMAND, OutcomeState.DONE, {"Lists": ["one"]}),
        (Point.BEFORE_COMMAND, OutcomeState.HELD, {"INBOX": ["one"]}),
    ],
)
async def test_what_was_tried_too_often_is_held_only_if_it_is_not_done_by_now(
    dovecot: Dovecot, user: str, tmp_path: Path, point: Point, state: OutcomeState, left: dict[str, list[str]]
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", point)
        dovecot.deliver(user, message("one"))
        (entry,) = await begun(it)
        await it.store.record([replace(entry, attempts=50)], now=it.now())

        await it.file()

        assert (it.subjects(), it.states()) == (left, [state])


async def test_messages_that_were_tried_often_together_are_tried_one_by_one(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """One of them may be what ends the connection."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("one"), message("one"))
        entries = await begun(it)
        await it.store.record([replace(entry, attempts=8) for entry in entries], now=it.now())
        it.proxy.recording.forget()

        await it.file()

        assert it.subjects() == {"Lists": ["one", "one"]}
        assert [command.text.split()[2] for command in it.proxy.recording.find("UID MOVE")] == [b"1", b"2"]


async def test_what_was_cancelled_in_mid_flight_is_finished_later(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.stall("UID MOVE", Point.AFTER_COMMAND)
        dovecot.deliver(user, message("one"))
        task = asyncio.create_task(it.file())
        await until(lambda: not it.proxy.flowing.is_set())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = await it.store.unfinished("work", b"INBOX")

        it.proxy.resume()
        await it.file()

        assert len(left) == 1
        assert it.subjects() == {"Lists": ["one"]}
