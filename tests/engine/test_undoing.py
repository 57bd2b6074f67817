"""What is taken back, on a real server: where the message goes, which flags it gets, which copies go away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine.apply import ApplyMode
from mailrules.engine.recovery import replay
from mailrules.engine.strays import strays
from mailrules.engine.undoing import undo
from mailrules.engine.undone import TakenBack, Undone
from mailrules.imap import MailboxName
from mailrules.store import EntryState, HistoryQuery
from tests.builders import message
from tests.engine.scene import Scene, rule, scene, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

LOWERINGS = [
    pytest.param((), id="MOVE"),
    pytest.param(("MOVE",), id="UIDPLUS"),
    pytest.param(("MOVE", "UIDPLUS"), id="neither"),
    pytest.param(("UIDPLUS",), id="MOVE without UIDPLUS"),
]


async def take_back(it: Scene, query: HistoryQuery | None = None, mode: ApplyMode = ApplyMode.DO) -> list[TakenBack]:
    """Undo what the query asks for (all that was no undo), as the command does."""
    entries = [one for one in await it.store.history(query or HistoryQuery()) if query or one.undoes is None]
    async with it.session() as session:
        await it.directory.refresh(session)
        return [one async for one in undo(it.context, session, entries, mode=mode)]


def alive(it: Scene) -> dict[str, list[tuple[str, frozenset[str]]]]:
    r"""What is in the mailboxes that is not marked \Deleted, with its flags, sorted."""
    found = it.server.look(it.user)
    return {
        mailbox: sorted((one.subject, one.flags) for one in messages if r"\Deleted" not in one.flags)
        for mailbox, messages in found.items()
        if any(r"\Deleted" not in one.flags for one in messages)
    }


EVERYTHING = rule("all", 'subject = "m"', 'move = "Lists"', 'copy = ["A", "B"]', r"add_flags = ['\Flagged', '$X']")


@pytest.mark.parametrize("without", LOWERINGS)
async def test_a_message_goes_back_with_its_flags_and_its_copies_go_away(
    dovecot: Dovecot, user: str, tmp_path: Path, without: Sequence[str]
) -> None:
    async with scene(dovecot, user, tmp_path, EVERYTHING, without=without) as it:
        dovecot.append(user, "INBOX", message("m"), [r"\Seen"])
        dovecot.append(user, "INBOX", message("n"), [r"\Answered"])
        before = alive(it)
        await it.file()
        assert alive(it) != before

        (result,) = await take_back(it)

        assert (result.state, result.reason) == (Undone.DONE, "")
        assert alive(it) == before
        await it.file()
        assert alive(it) == before
        (again,) = await take_back(it)
        assert again.state is Undone.BEFORE


MOVE = rule("move", 'subject = "m"', 'move = "Lists"', r"add_flags = ['\Flagged']")
COPY = rule("copy", 'subject = "m"', 'copy = "Copies"')


async def test_flags_that_somebody_has_set_since_stay(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("set", 'subject = "m"', r"set_flags = ['$Ours', '\Seen']", 'move = "Lists"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        dovecot.append(user, "INBOX", message("m"), [r"\Flagged", r"\Seen", "$Old"])
        await it.file()
        with dovecot.session(user) as other:
            other.select("Lists")
            other.uid("STORE", "1", "+FLAGS", r"($Theirs \Answered)")
            other.uid("STORE", "1", "-FLAGS", r"(\Seen)")

        await take_back(it)

        # It had been read before we said so: that it is unread now is somebody's wish.
        assert alive(it) == {"INBOX": [("m", frozenset({r"\Flagged", "$Old", "$Theirs", r"\Answered"}))]}


async def test_a_copy_that_somebody_has_marked_stays(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("Copies")
            other.uid("STORE", "1", "+FLAGS", r"(\Answered)")

        (result,) = await take_back(it)

        assert result.remarks == (r"the copy in Copies stays: somebody marked it \Answered",)
        assert (result.state, result.copies_left) == (Undone.DONE, 1)
        assert sorted(it.subjects()) == ["Copies", "INBOX"]


async def test_a_copy_that_was_only_looked_at_goes_away(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("Copies")
            other.uid("STORE", "1", "+FLAGS", r"(\Seen)")
        await take_back(it)
        assert it.subjects() == {"INBOX": ["m"]}


@pytest.mark.parametrize("rules", [MOVE, COPY])
async def test_a_copy_stays_where_the_message_itself_is_gone(
    dovecot: Dovecot, user: str, tmp_path: Path, rules: str
) -> None:
    async with scene(dovecot, user, tmp_path, COPY + rules) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("Lists" if rules is MOVE else "INBOX")
            other.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
            other.expunge()
        (result,) = await take_back(it)
        assert (result.state, it.subjects()) == (Undone.FAILED, {"Copies": ["m"]})


async def test_a_message_that_vanishes_between_look_and_act_keeps_its_copy(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY + MOVE) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        it.proxy.stall("SELECT", Point.BEFORE_COMMAND, nth=3)
        undoing = asyncio.create_task(take_back(it))
        await until(lambda: not it.proxy.flowing.is_set())
        with dovecot.session(user) as other:
            other.select("Lists")
            other.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
            other.expunge()
        it.proxy.resume()
        (result,) = await undoing
        assert (result.state, it.subjects()) == (Undone.FAILED, {"Copies": ["m"]})


async def test_what_was_expunged_is_gone_and_said(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, rule("x", 'subject = "m"', "expunge = true")) as it:
        dovecot.deliver(user, message("m"), message("n"))
        await it.file()
        (result,) = await take_back(it)
        assert (result.state, result.reason) == (Undone.FAILED, "it is gone: expunged by mailrules (1)")
        assert it.subjects() == {"INBOX": ["n"]}


async def test_an_expunge_that_could_only_mark_is_unmarked(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("x", 'subject = "m"', "expunge = true")
    async with scene(dovecot, user, tmp_path, rules, without=("MOVE", "UIDPLUS")) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        assert alive(it) == {}
        await take_back(it)
        assert alive(it) == {"INBOX": [("m", frozenset())]}


@pytest.mark.parametrize("without", LOWERINGS)
async def test_an_undo_is_undone_and_done_again(
    dovecot: Dovecot, user: str, tmp_path: Path, without: Sequence[str]
) -> None:
    async with scene(dovecot, user, tmp_path, MOVE, without=without) as it:
        dovecot.append(user, "INBOX", message("m"), [r"\Seen"])
        before = alive(it)
        await it.file()
        filed = alive(it)
        (first,) = await take_back(it)
        assert alive(it) == before
        (second,) = await take_back(it, HistoryQuery(ids=first.by))
        assert (second.state, alive(it)) == (Undone.DONE, filed)
        (third,) = await take_back(it)
        assert (third.state, alive(it)) == (Undone.DONE, before)


async def test_the_first_of_two_moves_is_taken_back_from_where_the_second_one_led(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = (
        rule("on", 'subject = "m"', 'move = "B"') + 'mailboxes = ["A"]\n' + rule("chain", 'subject = "m"', 'move = "A"')
    )
    async with scene(dovecot, user, tmp_path, rules + "chain = true\n", watch=["INBOX", "A"]) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        await it.file(MailboxName(b"A"))
        assert it.subjects() == {"B": ["m"]}
        (result,) = await take_back(it, HistoryQuery(ids=(1,)))
        assert (result.mailbox, result.home, it.subjects()) == ("B", "INBOX", {"INBOX": ["m"]})
        (rest,) = await take_back(it, HistoryQuery(ids=(2,)))
        assert (rest.mailbox, rest.home, it.subjects()) == ("INBOX", "A", {"A": ["m"]})


async def test_a_message_is_found_under_another_uidvalidity_and_its_copy_left_alone(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY + MOVE) as it:
        dovecot.deliver(user, message("m"), message("n"))
        await it.file()
        it.renumber("Lists")
        it.renumber("Copies")
        (result,) = await take_back(it)
        assert result.state is Undone.DONE
        assert result.remarks == (
            "a copy is not taken away: Copies has another UIDVALIDITY: it can't be told there any more",
        )
        assert it.subjects() == {"INBOX": ["n", "m"], "Copies": ["m"]}


async def test_equal_messages_that_nobody_can_tell_apart_stay(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Without COPYUID the copy is looked for: somebody has made another one."""
    async with scene(dovecot, user, tmp_path, COPY, without=("UIDPLUS",)) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("INBOX")
            other.uid("COPY", "1", "Copies")
        (result,) = await take_back(it)
        assert result.remarks == (
            "a copy is not taken away: in Copies there are equal messages: which of them is meant can't be told",
        )
        assert it.subjects() == {"INBOX": ["m"], "Copies": ["m", "m"]}


async def test_a_message_that_somebody_marked_deleted_stays(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("Lists")
            other.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        (result,) = await take_back(it)
        assert (result.state, result.reason) == (Undone.FAILED, r"in Lists somebody marked it \Deleted")


async def test_what_was_held_half_way_is_taken_back_and_not_tried_again(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Copies", "Lists")
    async with scene(dovecot, user, tmp_path, COPY + MOVE) as it:
        it.proxy.refuse("UID MOVE", "NO [NOPERM] no")
        dovecot.deliver(user, message("m"))
        await it.file()
        assert it.subjects() == {"INBOX": ["m"], "Copies": ["m"]}
        (result,) = await take_back(it)
        assert (result.remarks, result.state, it.subjects()) == ((), Undone.DONE, {"INBOX": ["m"]})
        assert it.flags() == [frozenset()]
        (entry,) = await it.store.history(HistoryQuery(ids=(1,)))
        assert (entry.state, entry.reason) == (EntryState.GONE, "taken back")


async def test_what_is_not_finished_is_not_taken_back(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", "NO [INUSE] busy")
        dovecot.deliver(user, message("m"))
        await it.file()
        (result,) = await take_back(it)
        assert (result.state, result.reason) == (Undone.FAILED, "it is pending: UID MOVE was answered NO [INUSE] busy")


async def test_an_undo_that_is_refused_for_now_is_tried_again_by_the_daemon(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, MOVE, watch=["INBOX", "Lists"]) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        it.proxy.refuse("UID MOVE", "NO [INUSE] busy")
        (result,) = await take_back(it)
        assert (result.state, it.subjects()) == (Undone.PENDING, {"Lists": ["m"]})
        (again,) = await take_back(it)
        assert again.state is Undone.PENDING
        it.proxy.accept()
        await it.retry(MailboxName(b"Lists"))
        await it.file()
        assert alive(it) == {"INBOX": [("m", frozenset())]}


CUTS = [
    pytest.param((), ("SELECT", "UID FETCH", "UID STORE", "UID MOVE", "UID EXPUNGE"), id="MOVE"),
    pytest.param(("MOVE",), ("SELECT", "UID FETCH", "UID STORE", "UID COPY", "UID EXPUNGE"), id="UIDPLUS"),
    pytest.param(("MOVE", "UIDPLUS"), ("SELECT", "UID FETCH", "UID STORE", "UID COPY"), id="neither"),
]


@pytest.mark.parametrize(("without", "commands"), CUTS)
async def test_a_cut_at_any_command_of_an_undo_is_made_good_by_the_next_one(
    dovecot: Dovecot, user: str, tmp_path: Path, without: Sequence[str], commands: Sequence[str]
) -> None:
    cuts = 0
    async with scene(dovecot, user, tmp_path, COPY + MOVE, without=without) as it:
        for command in commands:
            for point in Point if command.startswith("UID") else (Point.AFTER_COMMAND,):
                dovecot.append(user, "INBOX", message("m"), [r"\Seen"])
                await it.file()
                (newest,) = await it.store.history(HistoryQuery(limit=1))
                query = HistoryQuery(ids=(newest.id or 0,))
                it.proxy.cut(command, point)
                with suppress(NetworkError):  # one behind the last answer is not noticed
                    await take_back(it, query)
                await it.proxy.finished()
                assert {one.state for one in await take_back(it, query)} <= {Undone.DONE, Undone.BEFORE}
                cuts += 1
        await it.file()
        assert alive(it) == {"INBOX": [("m", frozenset({r"\Seen"}))] * cuts}


async def test_what_a_lost_undo_has_begun_is_finished_by_the_daemon(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY + MOVE) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        it.proxy.cut("UID MOVE", Point.BEFORE_ANSWER)
        with pytest.raises(NetworkError):
            await take_back(it)
        await it.proxy.finished()
        for name, entries in (await strays(it.context, (), ())).items():
            it.spawn(replay(it.context, name, entries))
        await it.file()
        assert alive(it) == {"INBOX": [("m", frozenset())]}
        assert [one.state for one in await take_back(it)] == [Undone.BEFORE]
