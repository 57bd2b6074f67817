"""UIDPLUS, RFC 4315: which UID a message gets, and expunging by UID."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailrules.imap import grammar
from mailrules.imap.codes import ResponseCode
from mailrules.imap.commands.base import Command
from mailrules.imap.cursor import Cursor
from mailrules.imap.extensions.condstore import Vanished
from mailrules.imap.grammar import Argument
from mailrules.imap.registry import response_code
from mailrules.imap.responses import Answer, Expunge, Response, StatusResponse
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import UID, SeqSet, UIDSet


@dataclass(frozen=True, slots=True)
class AppendUid(ResponseCode):
    """The UIDs of appended messages, in the order in which they were given. RFC 4315 §3."""

    name = "APPENDUID"

    uidvalidity: int
    uids: tuple[UID, ...]


@dataclass(frozen=True, slots=True)
class CopyUid(ResponseCode):
    """The messages that were copied, each as (UID here, UID there); `uidvalidity` is the target's. RFC 4315 §3."""

    name = "COPYUID"

    uidvalidity: int
    pairs: tuple[tuple[UID, UID], ...]


@response_code(b"APPENDUID")
def append_uid_code(cursor: Cursor) -> AppendUid:
    """resp-code-apnd = "APPENDUID" SP nz-number SP append-uid."""
    uidvalidity = cursor.number()
    cursor.skip_spaces()
    return AppendUid(uidvalidity, cursor.uids_in_order())


@response_code(b"COPYUID")
def copy_uid_code(cursor: Cursor) -> CopyUid:
    """resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set.

    The sets are empty or 0 where nothing was copied: GreenMail and WildDuck say ``COPYUID 4  ``, UW ``COPYUID 4 0 0``.
    """
    uidvalidity = cursor.number()
    cursor.skip_spaces()
    source = cursor.uids_in_order()
    cursor.skip_spaces()
    target = cursor.uids_in_order()
    if len(source) != len(target):
        raise cursor.error("as many UIDs as were copied")
    return CopyUid(uidvalidity, tuple(zip(source, target, strict=True)))


def is_copy_uid_of(response: Response, messages: UIDSet | SeqSet) -> bool:
    """Say whether this is an untagged COPYUID about these messages, as MOVE sends it first (RFC 6851 §4.3)."""
    if not isinstance(response, StatusResponse) or not isinstance(response.code, CopyUid):
        return False
    return isinstance(messages, SeqSet) or all(here in messages for here, _ in response.code.pairs)


def copy_uid(answer: Answer) -> CopyUid | None:
    """Return what COPYUID said, in the tagged answer or before it; None without one.

    A UIDVALIDITY of 0 (Exchange) is none either: its UIDs name nothing.
    """
    said = [response for response in answer.untagged if isinstance(response, StatusResponse)]
    codes = [
        status.code for status in (*said, answer.tagged) if isinstance(status.code, CopyUid) and status.code.uidvalidity
    ]
    if not codes:
        return None
    pairs = dict.fromkeys(pair for code in codes for pair in code.pairs)
    return CopyUid(codes[-1].uidvalidity, tuple(pairs))


def append_uid(answer: Answer) -> AppendUid | None:
    """Return what APPENDUID said; None without one, or with a UIDVALIDITY of 0."""
    code = answer.tagged.code
    return code if isinstance(code, AppendUid) and code.uidvalidity else None


@dataclass(frozen=True, slots=True)
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
