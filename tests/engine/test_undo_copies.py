"""No copy is taken away that may be all that is left of a message, whatever happens while it is taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine.recovery import replay
from mailrules.engine.strays import strays
from mailrules.engine.undone import Undone
from mailrules.imap import MailboxName
from mailrules.store import EntryState, HistoryQuery, Step
from tests.builders import message
from tests.engine.scene import Scene, scene, until
from tests.engine.test_undoing import COPY, MOVE, take_back
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point


async def cut_short(it: Scene) -> None:
    """Begin an undo and lose it before the message goes back."""
    it.server.deliver(it.user, message("m"))
    await it.file()
    it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
    with pytest.raises(NetworkError):
        await take_back(it)
    await it.proxy.finished()


def expunge_all(it: Scene, mailbox: str) -> None:
    with it.server.session(it.user) as other:
        other.select(mailbox)
        other.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
        other.expunge()


async def test_a_message_that_is_expunged_while_nobody_works_keeps_its_copy_from_the_next_undo(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY + MOVE) as it:
        await cut_short(it)
        expunge_all(it, "Lists")
        (result,) = await take_back(it)
        assert (result.state, it.subjects()) == (Undone.FAILED, {"Copies": ["m"]})


async def test_and_from_the_daemon(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY + MOVE) as it:
        await cut_short(it)
        expunge_all(it, "Lists")
        for name, entries in (await strays(it.context, (), ())).items():
            it.spawn(replay(it.context, name, entries))
        await it.settled()
        assert it.subjects() == {"Copies": ["m"]}
        undos = [one for one in await it.store.history(HistoryQuery()) if one.undoes is not None]
        assert [one.state for one in undos] == [EntryState.GONE] * 2


async def test_a_message_whose_mailbox_is_deleted_between_look_and_act_keeps_its_copy(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY + MOVE) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        it.proxy.stall("SELECT", Point.BEFORE_COMMAND, nth=3)
        undoing = asyncio.create_task(take_back(it))
        await until(lambda: not it.proxy.flowing.is_set())
        with dovecot.session(user) as other:
            other.delete("Lists")
        it.proxy.resume()
        (result,) = await undoing
        assert (result.state, result.remarks) == (Undone.HELD, ("Copies: the message itself is not back",))
        assert it.subjects() == {"Copies": ["m"]}


async def test_a_copy_waits_for_its_message_that_is_refused_for_now(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY + MOVE, watch=["INBOX", "Lists"]) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        it.proxy.refuse("UID MOVE", "NO [INUSE] busy")
        (result,) = await take_back(it)
        assert (result.state, result.reason) == (Undone.PENDING, "UID MOVE was answered NO [INUSE] busy")
        assert it.subjects() == {"Lists": ["m"], "Copies": ["m"]}
        it.proxy.accept()
        await it.retry(MailboxName(b"Lists"))
        (again,) = await take_back(it)
        assert (again.state, it.subjects()) == (Undone.BEFORE, {"INBOX": ["m"]})


async def with_step(it: Scene, **changes: object) -> None:
    """File a message with a copy, which the server then tells to be elsewhere."""
    it.server.deliver(it.user, message("m"))
    await it.file()
    (entry,) = await it.store.history(HistoryQuery())
    (step,) = entry.steps
    changed: Step = replace(step, **changes)  # type: ignore[arg-type] # each as its name says
    await it.store.record([replace(entry, steps=(changed,))], now=it.now())


async def test_quirk_labels_a_copy_that_is_the_message_itself_stays(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY) as it:
        await with_step(it, target=b"INBOX", target_uid=1, target_uidvalidity=None)
        await take_back(it)
        assert it.subjects() == {"INBOX": ["m"], "Copies": ["m"]}


async def test_quirk_labels_a_copy_that_was_there_before_stays(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, COPY) as it:
        await with_step(it, target_uidnext=2)
        (result,) = await take_back(it)
        assert (result.state, it.subjects()) == (Undone.DONE, {"INBOX": ["m"], "Copies": ["m"]})


async def test_what_waits_for_a_mailbox_that_cannot_be_opened_holds_up_no_undo(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        dovecot.deliver(user, message("m"))
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        with pytest.raises(NetworkError):
            await it.file()
        await it.proxy.finished()
        it.proxy.refuse("EXAMINE", "NO [NOPERM] no")
        (result,) = await take_back(it, HistoryQuery(ids=(1,)))
        assert (result.state, it.subjects()) == (Undone.DONE, {"INBOX": ["m", "m"]})


async def test_a_move_that_was_carried_out_before_the_process_was_killed_counts(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By copy and expunge, flags and all, none of it recorded: its copy goes away."""

    async def killed(*_arguments: object, **_named: object) -> None:
        raise ConnectionAbortedError

    async with scene(dovecot, user, tmp_path, COPY + MOVE, without=("MOVE",)) as it:
        dovecot.deliver(user, message("m"))
        await it.file()
        monkeypatch.setattr(it.store, "record", killed)
        with pytest.raises(ConnectionAbortedError):
            await take_back(it)
        monkeypatch.undo()
        (result,) = await take_back(it)
        assert (result.state, it.subjects()) == (Undone.BEFORE, {"INBOX": ["m"]})
        own, *_ = await it.store.history(HistoryQuery(ids=result.by))
        assert own.state is EntryState.DONE
