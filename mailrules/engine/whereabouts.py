"""Where messages are now that the journal knows from before: followed through its entries, then looked at.

Rules of the file:

- Each finished move leads on: rules that chain, earlier undos, undos of undos.
- Where the server did not tell the UID in a target, all messages with the fingerprint that have come there since are
  given to the steps that brought one. One more than that, and nobody can tell which is ours.
- A message is found when it is there now, by UID and fingerprint.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.deeds import deeds
from mailrules.engine.reading import Fetched, fetch, fetch_in_windows, validity, windows
from mailrules.imap import DELETED, Flags, MailboxName, Refused, SelectedMailbox, UIDSet, has_flag
from mailrules.store import Entry, HistoryQuery, Own, Step
from mailrules.values import value

__all__ = ["Found", "Lost", "Quest", "Whereabouts"]


@value(frozen=True, slots=True)
class Quest:
    """What is looked for: the message of an entry, or with a step the copy that this step made."""

    entry: Entry
    copy: Step | None = None


@value(frozen=True, slots=True)
class Found:
    """A message, where it is."""

    mailbox: MailboxName
    uidvalidity: int
    message: Fetched
    permanent_flags: Flags | None
    """Those that its mailbox keeps; None if the server did not say."""

    def is_at(self, other: Found) -> bool:
        """Whether both are the same message."""
        return self.mailbox == other.mailbox and self.message.uid == other.message.uid


@value(frozen=True, slots=True)
class Lost:
    """A message that is nowhere to be found; ``reason`` is a sentence for people."""

    reason: str


@value(frozen=True, slots=True)
class _Spot:
    """Where the journal says that a message is."""

    mailbox: MailboxName
    uidvalidity: int | None
    uid: int | None
    floor: int
    """A UID: the message has this one or one above."""
    entry: int
    """What happened before this entry is none of its story."""
    step: int | None = None
    """Which step of the entry brought it here."""


_Told = _Spot | Lost
_Result = Found | Lost


class Whereabouts:
    """The looks at one account's mailboxes."""

    def __init__(
        self,
        context: AccountContext,
        session: Session,
        open_mailbox: Callable[[MailboxName], Awaitable[SelectedMailbox]],
    ) -> None:
        """Make one; ``open_mailbox`` is SELECT or EXAMINE."""
        self._context = context
        self._session = session
        self._open = open_mailbox

    async def find(self, quests: Sequence[Quest]) -> list[Found | Lost]:
        """Find all of them, in their order. What the server does not tell of own arrivals is settled in the journal.

        Raises NetworkError.
        """
        told = [await self._follow(_start(quest)) for quest in quests]
        while unplaced := [number for number, spot in enumerate(told) if isinstance(spot, _Spot) and spot.uid is None]:
            for number, spot in (await self._placed(quests, told, unplaced)).items():
                told[number] = spot if isinstance(spot, Lost) else await self._follow(spot)
        by_mailbox: dict[MailboxName, list[int]] = defaultdict(list)
        results: dict[int, _Result] = {}
        for number, spot in enumerate(told):
            if isinstance(spot, Lost):
                results[number] = spot
            else:
                by_mailbox[spot.mailbox].append(number)
        for mailbox, numbers in by_mailbox.items():
            spots = {number: spot for number in numbers if isinstance(spot := told[number], _Spot)}
            results |= await self._look(mailbox, spots, quests)
        return [results[number] for number in range(len(quests))]

    # In the journal

    async def _follow(self, spot: _Spot) -> _Told:
        """Go on to where later entries have brought the message."""
        while spot.uid is not None:
            store, account = self._context.store, self._context.name
            here = await store.at(account, spot.mailbox.raw, spot.uidvalidity or 0, spot.uid)
            onward = next((onward for one in here if (onward := _onward(one, spot.entry))), None)
            if onward is None:
                return spot
            if isinstance(onward, Lost):
                return onward
            spot = onward
        return spot

    async def _placed(self, quests: Sequence[Quest], told: Sequence[_Told], numbers: Iterable[int]) -> dict[int, _Told]:
        """Find out by a look the UIDs that the server has not told."""
        by_mailbox: dict[MailboxName, dict[int, _Spot]] = defaultdict(dict)
        for number in numbers:
            if isinstance(spot := told[number], _Spot):
                by_mailbox[spot.mailbox][number] = spot
        placed: dict[int, _Told] = {}
        for mailbox, spots in by_mailbox.items():
            fingerprints = {number: quests[number].entry.fingerprint for number in spots}
            unclear = await self._met(mailbox, spots.values(), frozenset(fingerprints.values()))
            for number, spot in spots.items():
                known = await self._again(spot)
                if isinstance(unclear, Lost):
                    placed[number] = unclear
                elif fingerprints[number] in unclear:
                    path = self._path(mailbox)
                    placed[number] = Lost(f"in {path} there are equal messages: which of them is meant can't be told")
                elif known.uid is not None:
                    placed[number] = known
                else:
                    placed[number] = await self._gone_on(spot, quests[number].entry)
        return placed

    async def _met(
        self, mailbox: MailboxName, spots: Iterable[_Spot], fingerprints: frozenset[str]
    ) -> frozenset[str] | Lost:
        """Let the journal tell its own among the messages of a mailbox; return the fingerprints with others."""
        selected = await self._opened(mailbox)
        if isinstance(selected, Lost):
            return selected
        floor = min(spot.floor for spot in spots)
        messages = fetch_in_windows(self._session, UIDSet.after(floor - 1))
        equal = [message async for message in messages if message.fingerprint in fingerprints]
        era = validity(selected)
        known = await self._context.store.arrivals(
            self._context.name, mailbox.raw, era, [message.seen() for message in equal]
        )
        return frozenset(
            message.fingerprint
            for message in equal
            if not isinstance(known.get(message.uid), Own) and not has_flag(message.flags, DELETED)
        )

    async def _again(self, spot: _Spot) -> _Spot:
        """The spot as its step knows it by now."""
        (entry,) = await self._context.store.history(HistoryQuery(ids=(spot.entry,)))
        if spot.step is None:
            return spot
        step = entry.steps[spot.step]
        return replace(spot, uidvalidity=step.target_uidvalidity, uid=step.target_uid)

    async def _gone_on(self, spot: _Spot, entry: Entry) -> _Told:
        """A message without a UID that is there no more: the journal may have met it there, and moved it on."""
        if entry.message_id:
            here = frozenset({spot.mailbox.raw})
            query = HistoryQuery(account=entry.account, mailboxes=here, message_id=entry.message_id)
            met = [
                one
                for one in await self._context.store.history(query)
                if one.mailbox == spot.mailbox.raw and one.fingerprint == entry.fingerprint and one.uid >= spot.floor
            ]
            onward = [way for one in met if (way := _onward(one, spot.entry))]
            if len(onward) == 1:
                return onward[0]
        return self._no_longer(spot.mailbox)

    # On the server

    async def _opened(self, mailbox: MailboxName) -> SelectedMailbox | Lost:
        try:
            return await self._open(mailbox)
        except Refused as refused:
            if await self._session.find(mailbox) is not None:
                return Lost(f"{self._path(mailbox)} can't be opened: {refused}")
            return Lost(f"{self._path(mailbox)} is no longer there: somebody renamed or deleted it")

    async def _look(self, mailbox: MailboxName, spots: dict[int, _Spot], quests: Sequence[Quest]) -> dict[int, _Result]:
        """See whether messages are where the journal has them."""
        selected = await self._opened(mailbox)
        if isinstance(selected, Lost):
            return dict.fromkeys(spots, selected)
        era = validity(selected)
        uids = sorted({spot.uid for spot in spots.values() if spot.uid is not None and _is_of(spot, era)})
        there: dict[int, Fetched] = {}
        for window in windows(uids):
            there |= {message.uid: message for message in await fetch(self._session, window)}
        renumbered = {number for number, spot in spots.items() if not _is_of(spot, era)}
        moved = {number for number in renumbered if quests[number].copy is None}
        everything = await self._all_equal({quests[number].entry.fingerprint for number in moved})
        results: dict[int, _Result] = {}
        for number, spot in spots.items():
            fingerprint = quests[number].entry.fingerprint
            if number in moved:
                equals = everything[fingerprint]
                message = equals[0] if len(equals) == 1 else None
            else:
                message = there.get(spot.uid or 0) if number not in renumbered else None
            if message is not None and message.fingerprint == fingerprint:
                results[number] = Found(mailbox, era, message, selected.permanent_flags)
            elif number in renumbered:
                results[number] = Lost(
                    f"{self._path(mailbox)} has another UIDVALIDITY: it can't be told there any more"
                )
            else:
                results[number] = self._no_longer(mailbox)
        return results

    async def _all_equal(self, fingerprints: set[str]) -> dict[str, list[Fetched]]:
        r"""Find all messages of the open mailbox that look like these, but what is marked \Deleted."""
        equal: dict[str, list[Fetched]] = defaultdict(list)
        if fingerprints:
            async for message in fetch_in_windows(self._session, UIDSet.all()):
                if message.fingerprint in fingerprints and not has_flag(message.flags, DELETED):
                    equal[message.fingerprint].append(message)
        return equal

    def _no_longer(self, mailbox: MailboxName) -> Lost:
        return Lost(f"no longer in {self._path(mailbox)}: somebody moved or deleted it")

    def _path(self, mailbox: MailboxName) -> str:
        return self._session.namespace.to_path(mailbox)


def _start(quest: Quest) -> _Spot:
    entry = quest.entry
    if entry.id is None:
        raise AssertionError("what the journal has not begun was never done")
    if quest.copy is not None:
        return _target(entry.id, entry.steps.index(quest.copy), quest.copy)
    return _Spot(MailboxName(entry.mailbox), entry.uidvalidity, entry.uid, entry.uid, entry.id - 1)


def _target(entry: int, position: int, step: Step) -> _Spot:
    name = MailboxName(step.target or b"")
    return _Spot(name, step.target_uidvalidity, step.target_uid, step.target_uidnext or 1, entry, position)


def _onward(entry: Entry, after: int) -> _Told | None:
    """Where an entry that came later has brought the message; None if it left it where it was."""
    if entry.id is None or entry.id <= after:
        return None
    done = deeds(entry)
    if done.moved is not None:
        return _target(entry.id, entry.steps.index(done.moved), done.moved)
    return Lost(f"it is gone: expunged by mailrules ({entry.id})") if done.expunged else None


def _is_of(spot: _Spot, uidvalidity: int) -> bool:
    return spot.uidvalidity is None or spot.uidvalidity == uidvalidity
