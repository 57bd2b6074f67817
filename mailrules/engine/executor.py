"""The one place that carries out steps: sends them in flights, weighs each answer, never guesses.

Rules of the file:

- OK alone is no proof: a copy or move of a UID that is gone answers OK nearly everywhere, so COPYUID
  is counted, and where there is none the source is looked at.
- A refused command of several messages is sent again one message at a time, so that one of them
  does not hold up the others.
- What can't be told from here (a refused batch MOVE that moved some) is left to ``recovery``: the
  message is *unclear*, its entry stays begun, and nothing more is sent for it.
- A message that fails gets its flags back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from mailrules.client import Session
from mailrules.engine.answers import Temper, is_passing, temper
from mailrules.engine.directory import Directory
from mailrules.engine.flags import kept, put_back, reopen_flags, store_command
from mailrules.engine.flights import Command, Work, is_last, next_flight
from mailrules.engine.lowering import without_move
from mailrules.engine.reading import fetched
from mailrules.imap import (
    DELETED,
    UID,
    CopyUid,
    Flags,
    Items,
    MailboxName,
    MessageData,
    Refused,
    StoreMode,
    UidCopy,
    UidExpunge,
    UidFetch,
    UidMove,
    UIDSet,
    UidStore,
    has_flag,
)
from mailrules.imap import Command as ImapCommand
from mailrules.store import EntryState, Step, StepKind, StepState

__all__ = ["Executor", "look_at"]

_Result: TypeAlias = CopyUid | Sequence[MessageData] | None
_Answer: TypeAlias = _Result | BaseException


class Executor:
    """Carries out the steps of journalled messages in the mailbox that its session has selected."""

    def __init__(
        self,
        session: Session,
        directory: Directory,
        *,
        rest: Callable[[], object],
        relowered: Callable[[Work], Awaitable[None]],
    ) -> None:
        """Make one for a batch.

        ``rest`` is called when the last flight has been submitted, so that IDLE leaves in the same
        write; ``relowered`` journals a work whose MOVE became other steps before they are sent.
        """
        self._session = session
        self._directory = directory
        self._rest = rest
        self._relowered = relowered

    async def run(self, works: Sequence[Work]) -> None:
        """Send all that can be sent until every work has a verdict or is unclear.

        Raises NetworkError when the connection is lost; what was answered by then is in the works.
        """
        while flight := next_flight(works):
            await self._fly(flight, last=is_last(works))
        for work in works:
            if work.verdict is None and work.finished:
                work.finish(EntryState.DONE)
        await self._put_flags_back(
            [work for work in works if work.verdict is EntryState.PENDING or work.verdict is EntryState.HELD]
        )

    async def _fly(self, flight: Iterable[Command], *, last: bool) -> None:
        parts = [part for command in flight for part in _chunks(command)]
        commands = [command for command, _ in parts]
        self._session.connection.done()
        futures = [self._session.connection.submit(_to_imap(command.step, uids)) for command, uids in parts]
        if last:
            self._rest()
        answers: list[_Answer] = await asyncio.gather(*futures, return_exceptions=True)
        lost: BaseException | None = None
        for command, answer in zip(commands, answers, strict=True):
            match answer:
                case Refused():
                    await self._refused(command, answer)
                case BaseException():
                    lost = lost or answer
                case _:
                    await self._answered(command, answer)
        for command in commands:
            for work, _ in command.members:
                if len(work.steps) > 1:
                    _strand(work)
        if lost is not None:
            raise lost

    # What an OK is worth

    async def _answered(self, command: Command, result: _Result) -> None:
        match command.step.kind, result:
            case StepKind.STORE_FLAGS, tuple():
                _weigh_flags(command, result)
            case StepKind.MARK_DELETED, tuple():
                await self._weigh_marks(command, result)
            case StepKind.COPY | StepKind.MOVE, CopyUid() | None:
                await self._weigh_arrivals(command, result)
            case _:
                for work, index in command.members:
                    work.settle(index, StepState.DONE)

    async def _weigh_marks(self, command: Command, messages: Iterable[MessageData]) -> None:
        """UID EXPUNGE follows only for messages that the server has shown to be marked."""
        seen = _flags_by_uid(messages)
        if doubtful := [uid for uid in command.uids if not has_flag(seen.get(uid, ()), DELETED)]:
            seen |= await look_at(self._session, doubtful)
        for work, index in command.members:
            flags = seen.get(work.entry.uid)
            if flags is None:
                work.finish(EntryState.GONE, "somebody else expunged it first")
            elif has_flag(flags, DELETED):
                work.settle(index, StepState.DONE)
            else:
                work.finish(EntryState.PENDING, r"the server answered OK but did not mark it \Deleted")

    async def _weigh_arrivals(self, command: Command, copied: CopyUid | None) -> None:
        """Each message must be accounted for: by COPYUID, or by a look at the source."""
        pairs: Mapping[int, int] = dict(copied.pairs) if copied else {}
        if copied and pairs:
            self._directory.learn(_target(command.step), copied.uidvalidity, max(pairs.values()) + 1)
        rest: list[tuple[Work, int]] = []
        for work, index in command.members:
            uid = pairs.get(work.entry.uid)
            if copied is None or uid is None:
                rest.append((work, index))
            else:
                work.settle(index, StepState.DONE, target_uid=uid, validity=copied.uidvalidity)
                if work.fell_back:
                    self._note_fall_back(work)
        if rest:
            there = await look_at(self._session, [work.entry.uid for work, _ in rest])
            for work, index in rest:
                self._weigh_by_source(work, index, present=work.entry.uid in there, server_counts=bool(pairs))

    def _note_fall_back(self, work: Work) -> None:
        """A copy worked where MOVE was refused: the next messages need not try MOVE."""
        if work.fell_back:
            self._directory.move_refused = True

    def _weigh_by_source(self, work: Work, index: int, *, present: bool, server_counts: bool) -> None:
        match work.steps[index].kind, present:
            case StepKind.COPY, True if not server_counts:
                work.settle(index, StepState.DONE)
                self._note_fall_back(work)
            case StepKind.MOVE, False if not server_counts:
                work.settle(index, StepState.DONE)
            case _, False:
                work.finish(EntryState.GONE, "somebody else moved or expunged it first")
            case _, True if work.alone:
                work.finish(EntryState.PENDING, "the server answered OK but did nothing")
            case _:
                _send_alone(work, index)

    # What a refusal means

    async def _refused(self, command: Command, refused: Refused) -> None:
        match command.step.kind:
            case StepKind.UID_EXPUNGE:
                _leave_marked(command, refused)
                return
            case StepKind.MOVE if not await self._is_untouched(command.step):
                # RFC 6851 §3.3: some may be moved, some not, and some may stand in both.
                for work, _ in command.members:
                    work.unclear = True
                return
            case _:
                pass
        if len(command.members) > 1:
            for work, index in command.members:
                _send_alone(work, index)
            return
        for work, index in command.members:
            await self._refused_alone(work, index, refused)

    async def _is_untouched(self, step: Step) -> bool:
        """Whether nothing has come into a target since its UIDNEXT was known: then a refused move moved nothing."""
        try:
            status = await self._session.status(_target(step))
        except Refused:
            return await self._session.find(_target(step)) is None
        return step.target_uidnext is not None and status.uidnext == step.target_uidnext

    async def _refused_alone(self, work: Work, index: int, refused: Refused) -> None:
        step = work.steps[index]
        work.called_back(index)
        match temper(refused, step.kind):
            case Temper.CREATE_TARGET if not work.target_created:
                work.target_created = True
                if failed := await self._directory.create(self._session, [_target(step)]):
                    work.finish(EntryState.HELD, f"{refused}; {', '.join(failed.values())}")
            case Temper.FALL_BACK:
                await self._fall_back(work, index)
            case Temper.HOLD | Temper.CREATE_TARGET:
                work.finish(EntryState.HELD, str(refused))
            case Temper.TRY_AGAIN:
                work.finish(EntryState.PENDING, str(refused))

    async def _fall_back(self, work: Work, index: int) -> None:
        """MOVE was refused though advertised, and moved nothing: the next row of the table."""
        work.fell_back = True
        work.steps[index : index + 1] = without_move(
            work.steps[index], can_expunge="UIDPLUS" in self._session.capabilities
        )
        await self._relowered(work)

    async def _put_flags_back(self, works: Sequence[Work]) -> None:
        """A message that stays gets the flags it had; a retry will set them again.

        If the connection is lost meanwhile the message has no verdict yet and its flag steps are open: recovery
        carries them out again and comes to the same end.
        """
        commands = [(work, command) for work in works for command in put_back(work)]
        for work in works:
            reopen_flags(work)
        if not commands:
            return
        self._session.connection.done()
        futures = [self._session.connection.submit(command) for _, command in commands]
        self._rest()
        lost: BaseException | None = None
        for (work, _), answer in zip(commands, await asyncio.gather(*futures, return_exceptions=True), strict=True):
            match answer:
                case Refused():
                    work.reason += f"; its flags could not be put back: {answer}"
                case BaseException():
                    work.verdict, lost = None, answer
                case _:
                    pass
        if lost is not None:
            raise lost


async def look_at(session: Session, uids: Iterable[int]) -> dict[int, Flags]:
    """Which of these messages the selected mailbox has now, with their flags.

    No FETCH line for a UID that was asked for means that it is gone, whatever the status says.
    """
    found: dict[int, Flags] = {}
    session.connection.done()
    for chunk in UIDSet(UID(uid) for uid in uids).chunks():
        found |= _flags_by_uid(await fetched(session, UidFetch(chunk, (Items.UID, Items.FLAGS))))
    return found


def _flags_by_uid(messages: Iterable[MessageData]) -> dict[int, Flags]:
    return {data.uid: data.flags or frozenset() for data in messages if data.uid is not None}


def _weigh_flags(command: Command, messages: Iterable[MessageData]) -> None:
    """A keyword that the server drops without a word is found by the FETCH that answers the STORE."""
    seen = _flags_by_uid(messages)
    for work, index in command.members:
        flags = seen.get(work.entry.uid)
        missing = kept(command.step, flags) if flags is not None else ()
        if missing:
            work.finish(EntryState.HELD, f"the server did not keep {', '.join(missing)}")
        else:
            work.settle(index, StepState.DONE)


def _leave_marked(command: Command, refused: Refused) -> None:
    r"""UID EXPUNGE was refused: later perhaps, else the mark \Deleted stays, as on a server without it.

    Proton Bridge advertises UIDPLUS and refuses every UID EXPUNGE.
    """
    passing = is_passing(refused)
    for work, _ in command.members:
        if passing:
            work.finish(EntryState.PENDING, str(refused))
        else:
            work.finish(EntryState.DONE, rf"left marked \Deleted: {refused}")


def _strand(work: Work) -> None:
    """A message whose move outran its refused STORE: what is left is to be done in the target."""
    if work.moved and not work.finished:
        work.verdict, work.unclear = None, True


def _send_alone(work: Work, index: int) -> None:
    work.alone = True
    work.called_back(index)


def _target(step: Step) -> MailboxName:
    if step.target is None:
        raise AssertionError("the store refuses a copy or move without a target")
    return MailboxName(step.target)


def _chunks(command: Command) -> Iterator[tuple[Command, UIDSet]]:
    """The command with its UID set, or several, the sets short enough for every server's line limit."""
    chunks = list(UIDSet(cast("Sequence[UID]", command.uids)).chunks())
    if len(chunks) == 1:
        yield command, chunks[0]
        return
    by_uid = {work.entry.uid: (work, index) for work, index in command.members}
    for uids in chunks:
        yield Command(command.step, tuple(by_uid[uid] for uid in uids)), uids


def _to_imap(step: Step, uids: UIDSet) -> ImapCommand[_Result]:
    match step.kind:
        case StepKind.STORE_FLAGS:
            return store_command(step, uids)
        case StepKind.COPY:
            return UidCopy(uids, _target(step))
        case StepKind.MOVE:
            return UidMove(uids, _target(step))
        case StepKind.MARK_DELETED:
            return UidStore(uids, StoreMode.ADD, frozenset({DELETED}))
        case StepKind.UID_EXPUNGE:
            return UidExpunge(uids)
