"""UIDPLUS, RFC 4315: which UID a message gets, and expunging by UID."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import cast

from mailrules.imap import grammar
from mailrules.imap.codes import ResponseCode
from mailrules.imap.commands.base import Command
from mailrules.imap.cursor import Cursor
from mailrules.imap.errors import ProtocolError
from mailrules.imap.extensions.condstore import Vanished
from mailrules.imap.grammar import Argument
from mailrules.imap.registry import response_code
from mailrules.imap.responses import Answer, Expunge, Response, StatusResponse
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import MAX_COUNT, UID, SeqSet, UIDSet
from mailrules.values import value


@value(frozen=True, slots=True)
class AppendUid(ResponseCode):
    """The UIDs of appended messages, which ascend in the order in which these were given. RFC 4315 §3."""

    name = "APPENDUID"

    uidvalidity: int
    uids: UIDSet


@value(frozen=True, slots=True)
class CopyUidCode(ResponseCode):
    """COPYUID as it came: the n-th UID of `source` became the n-th of `target`, whose `uidvalidity` it is. RFC 4315 §3.

    Kept as ranges, since a few octets can name four billion messages: `CopyUid` has those that were meant.
    """

    name = "COPYUID"

    uidvalidity: int
    source: tuple[range, ...]
    target: tuple[range, ...]

    def runs(self) -> Iterator[tuple[range, range]]:
        """Go over pairs of ranges that are equally long."""
        targets = iter(self.target)
        there = range(0)
        for here in self.source:
            rest = here
            while rest:
                there = there or next(targets)
                count = min(len(rest), len(there))
                yield rest[:count], there[:count]
                rest, there = rest[count:], there[count:]


@value(frozen=True, slots=True)
class CopyUid:
    """The messages that were copied, each as (UID here, UID there); `uidvalidity` is the target's."""

    uidvalidity: int
    pairs: tuple[tuple[UID, UID], ...]


@response_code(b"APPENDUID")
def append_uid_code(cursor: Cursor) -> AppendUid:
    """resp-code-apnd = "APPENDUID" SP nz-number SP append-uid."""
    uidvalidity = cursor.number()
    cursor.skip_spaces()
    uids = cursor.uid_set()
    if uids.open_ended:
        raise cursor.error("a set of UIDs that ends")
    return AppendUid(uidvalidity, uids)


@response_code(b"COPYUID")
def copy_uid_code(cursor: Cursor) -> CopyUidCode:
    """resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set.

    The sets are empty or 0 where nothing was copied: GreenMail and WildDuck say ``COPYUID 4  ``, UW ``COPYUID 4 0 0``.
    """
    uidvalidity = cursor.number()
    cursor.skip_spaces()
    source = cursor.ranges_in_order()
    cursor.skip_spaces()
    target = cursor.ranges_in_order()
    if sum(map(len, source)) != sum(map(len, target)):
        raise cursor.error("as many UIDs as were copied")
    return CopyUidCode(uidvalidity, source, target)


def is_copy_uid_of(response: Response, messages: UIDSet | SeqSet) -> bool:
    """Say whether this is an untagged COPYUID about these messages, as MOVE sends it first (RFC 6851 §4.3)."""
    if not isinstance(response, StatusResponse) or not isinstance(response.code, CopyUidCode):
        return False
    if isinstance(messages, SeqSet):
        return True
    # Of several commands in flight most are found out not to be meant by the first message.
    first = response.code.source[:1]
    return all(messages.covers(each.start, each.start) for each in first) and _covers(messages, response.code)


def copy_uid(answer: Answer, messages: UIDSet | SeqSet) -> CopyUid | None:
    """Return what COPYUID said of these messages, in the tagged answer or before it; None without one.

    A UIDVALIDITY of 0 (Exchange) is none either: its UIDs name nothing. Raises ProtocolError if it names more messages
    than any mailbox has.
    """
    said = [response.code for response in answer.untagged if isinstance(response, StatusResponse)]
    codes = [code for code in (*said, answer.tagged.code) if isinstance(code, CopyUidCode) and code.uidvalidity]
    if not codes:
        return None
    pairs: dict[UID, UID] = {}
    room = MAX_COUNT
    for code in codes:
        source, target = _meant(code, messages)
        room -= sum(map(len, source))
        if room < 0:
            raise ProtocolError("COPYUID: more messages than a mailbox can have")
        numbers = zip(chain.from_iterable(source), chain.from_iterable(target), strict=True)
        pairs.update(cast("Iterable[tuple[UID, UID]]", numbers))
    return CopyUid(codes[-1].uidvalidity, tuple(pairs.items()))


def _covers(messages: UIDSet, code: CopyUidCode) -> bool:
    told = [(each.start, each.stop - 1) for each in code.source]
    # As a rule the server writes them as we did.
    return tuple(told) == messages.ranges or all(messages.covers(first, last) for first, last in told)


def _meant(code: CopyUidCode, messages: UIDSet | SeqSet) -> tuple[Sequence[range], Sequence[range]]:
    """Give those of the code's ranges, or parts of them, that are about these messages."""
    # Which UIDs the messages of a SeqSet have, only the server knows.
    if isinstance(messages, SeqSet) or _covers(messages, code):
        return code.source, code.target
    source: list[range] = []
    target: list[range] = []
    for here, there in code.runs():
        for first, last in messages.overlap(here[0], here[-1]):
            meant = slice(first - here[0], last - here[0] + 1)
            source.append(here[meant])
            target.append(there[meant])
    return source, target


def append_uid(answer: Answer) -> AppendUid | None:
    """Return what APPENDUID said; None without one, or with a UIDVALIDITY of 0."""
    code = answer.tagged.code
    return code if isinstance(code, AppendUid) and code.uidvalidity else None


@value(frozen=True, slots=True)
class UidExpunge(Command[None]):
    r"""Expunge those of these messages that have \Deleted, and no others. RFC 4315 §2.1."""

    name = b"UID EXPUNGE"
    states = SELECTED

    uids: UIDSet

    def arguments(self) -> Iterable[Argument]:
        """The UIDs."""
        return (grammar.sequence_set(self.uids),)

    def claims(self, response: Response) -> bool:
        """The expunges."""
        return isinstance(response, Expunge | Vanished)

    def result(self, answer: Answer) -> None:
        """Nothing: OK says neither which messages went nor that any did."""
