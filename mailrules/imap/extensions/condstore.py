"""CONDSTORE, RFC 7162 §3.1: modification sequences, and changing only what nobody else changed.

Of QRESYNC, the other half of RFC 7162, only VANISHED is read, and never asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailrules.imap.codes import ResponseCode
from mailrules.imap.cursor import Cursor
from mailrules.imap.registry import response_code, untagged
from mailrules.imap.responses import Response
from mailrules.imap.uidset import UIDSet


@dataclass(frozen=True, slots=True)
class HighestModSeq(ResponseCode):
    """The highest modification sequence in the selected mailbox. RFC 7162 §3.1.2.1."""

    name = "HIGHESTMODSEQ"

    value: int


@dataclass(frozen=True, slots=True)
class Modified(ResponseCode):
    """The messages that a conditional STORE left alone, by UID after UID STORE. RFC 7162 §3.1.3."""

    name = "MODIFIED"

    numbers: UIDSet


@dataclass(frozen=True, slots=True)
class Vanished(Response):
    """Messages that are gone, by UID; `earlier` if that happened before the mailbox was selected. RFC 7162 §3.2.10."""

    uids: UIDSet
    earlier: bool = False


@response_code(b"HIGHESTMODSEQ")
def highest_mod_seq(cursor: Cursor) -> HighestModSeq:
    """resp-text-code =/ "HIGHESTMODSEQ" SP mod-sequence-value."""
    return HighestModSeq(cursor.number())


@response_code(b"MODIFIED")
def modified(cursor: Cursor) -> Modified:
    """resp-text-code =/ "MODIFIED" SP sequence-set."""
    return Modified(cursor.uid_set())


@untagged(b"VANISHED")
def vanished(cursor: Cursor) -> Vanished:
    """expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids."""
    earlier = cursor.peek() == b"("
    if earlier:
        cursor.list_of(Cursor.word)
        cursor.sp()
    uids = cursor.uid_set()
    if uids.open_ended or not uids:
        raise cursor.error("a set of UIDs that ends")
    return Vanished(uids, earlier)
