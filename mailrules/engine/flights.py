r"""Which steps may be sent now, and together: many messages, few commands, few round trips; pure.

Rules of the file:

- A message's steps are carried out in their order. A later step may leave in the same flight as
  an earlier one only where it can be mended if that one fails: flags before a move whose target is
  known to exist, in a mailbox that keeps those flags (COPYUID tells where to set them afterwards).
- A move, \\Deleted and UID EXPUNGE wait for the OK of every copy of that message.
- Steps of many messages that say the same are one command with a UID set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from mailrules.store import Entry, EntryState, Step, StepKind, StepState
from mailrules.values import copier, value

__all__ = ["Command", "Work", "is_last", "next_flight"]

_ORDER = (
    StepKind.STORE_FLAGS,
    StepKind.COPY,
    StepKind.MOVE,
    StepKind.MARK_DELETED,
    StepKind.UID_EXPUNGE,
)
_settled: Callable[..., Step] = copier(Step, "target_uidvalidity", "target_uid", "state")
_MAY_SHARE = frozenset(
    {
        (StepKind.STORE_FLAGS, StepKind.STORE_FLAGS),
        (StepKind.STORE_FLAGS, StepKind.MOVE),
        (StepKind.COPY, StepKind.COPY),
    }
)


_NONE: frozenset[int] = frozenset()
_THE_ONLY_ONE = frozenset({0})


@value(slots=True)
class Work:
    """One message on its way through the executor: its journal entry and how far its steps are."""

    entry: Entry
    steps: list[Step]
    shareable: bool
    """Whether flags may share a flight with what follows them (see the rules of the file)."""
    alone: bool = False
    """A batch with this message in it failed: it goes by itself now."""
    verdict: EntryState | None = None
    """Set when nothing more is to be done for it."""
    reason: str = ""
    unclear: bool = False
    """What became of it can only be told by a look at source and target; it goes to recovery."""
    fell_back: bool = False
    """Its MOVE was refused once and replaced by the next row of the lowering table."""
    target_created: bool = False
    """Its target was missing and has been created once."""
    sent: frozenset[int] = frozenset()
    """Indices of the steps that are under way."""

    def finish(self, verdict: EntryState, reason: str = "") -> None:
        """Nothing more is to be done for this message."""
        self.verdict, self.reason, self.sent = verdict, reason, _NONE

    def settle(
        self, index: int, state: StepState, *, target_uid: int | None = None, validity: int | None = None
    ) -> None:
        """Record how the step at ``index`` ended, with the UID the message has in the target where the server told."""
        step = self.steps[index]
        self.called_back(index)
        self.steps[index] = _settled(
            step,
            validity if validity is not None else step.target_uidvalidity,
            target_uid if target_uid is not None else step.target_uid,
            state,
        )

    def called_back(self, index: int) -> None:
        """The step at ``index`` is under way no more."""
        self.sent = _NONE if len(self.steps) == 1 else self.sent - {index}

    def ready(self) -> Collection[int]:
        """The indices of the steps that may be sent now."""
        if self.verdict is not None or self.unclear:
            return ()
        if len(self.steps) == 1:  # as most have it
            return _NONE if self.sent or self.steps[0].state is StepState.DONE else _THE_ONLY_ONE
        return tuple(self._in_order())

    def _in_order(self) -> Iterator[int]:
        open_before: list[Step] = []
        for index, step in enumerate(self.steps):
            if step.state is StepState.DONE:
                continue
            if not all(self._may_share(earlier, step) for earlier in open_before):
                return
            if index not in self.sent:
                yield index
            open_before.append(step)

    def _may_share(self, earlier: Step, later: Step) -> bool:
        return self.shareable and not self.alone and (earlier.kind, later.kind) in _MAY_SHARE

    @property
    def moved(self) -> bool:
        """Whether its MOVE is done: the message is in the target now."""
        return any(step.kind is StepKind.MOVE and step.state is StepState.DONE for step in self.steps)

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        for step in self.steps:  # noqa: SIM110 - it is asked of every message, and this takes half as long
            if step.state is not StepState.DONE:
                return False
        return True


@value(frozen=True, slots=True)
class Command:
    """One command of a flight: the step that all its messages have in common, and where it stands in each."""

    step: Step
    members: tuple[tuple[Work, int], ...]

    @property
    def uids(self) -> tuple[int, ...]:
        """The UIDs of its messages."""
        return tuple([work.entry.uid for work, _ in self.members])


_Key = tuple[StepKind, tuple[str, ...], tuple[str, ...], tuple[str, ...] | None, bytes | None, int]


def next_flight(works: Sequence[Work]) -> tuple[Command, ...]:
    """The commands that can leave in one flight, flags first; empty when all is done or failed.

    Marks their steps as sent.
    """
    groups: dict[_Key, list[tuple[Work, int]]] = {}
    of_step: dict[int, list[tuple[Work, int]]] = {}  # by its identity: works of one plan share their steps
    for work in works:
        for index in work.ready():
            step = work.steps[index]
            members = None if work.alone else of_step.get(id(step))
            if members is None:
                members = groups.setdefault(_key(work, step), [])
                if not work.alone:
                    of_step[id(step)] = members
            members.append((work, index))
            work.sent = _THE_ONLY_ONE if len(work.steps) == 1 else work.sent | {index}
    ordered = sorted(groups.values(), key=lambda members: _ORDER.index(_step_of(members[0]).kind))
    return tuple(Command(_step_of(members[0]), tuple(members)) for members in ordered)


def is_last(works: Iterable[Work]) -> bool:
    """Whether, if all that is under way succeeds, nothing remains to be sent."""
    return all(
        len(work.sent) == len(work.steps)
        or work.verdict is not None
        or work.unclear
        or all(step.state is StepState.DONE or index in work.sent for index, step in enumerate(work.steps))
        for work in works
    )


def _step_of(member: tuple[Work, int]) -> Step:
    work, index = member
    return work.steps[index]


def _key(work: Work, step: Step) -> _Key:
    return step.kind, step.add, step.remove, step.replace, step.target, work.entry.uid if work.alone else 0
