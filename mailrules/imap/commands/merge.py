"""Merges what several FETCH responses say of one message.

Dovecot and Gmail answer one command with more than one response for a message, in any order; some leave out the UID
in the later ones, which then mean the message by its number, and an EXPUNGE between them changes the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from mailrules.imap.responses import Expunge, MessageData, Response
from mailrules.imap.uidset import UID, SeqNum

T = TypeVar("T")


def by_number(responses: Iterable[Response]) -> tuple[MessageData, ...]:
    """Return one value for each sequence number, ascending."""
    found: dict[SeqNum, MessageData] = {}
    for data in responses:
        if isinstance(data, MessageData):
            found[data.seq] = joined(found.get(data.seq), data)
    return tuple(found[seq] for seq in sorted(found))


def by_uid(responses: Iterable[Response]) -> tuple[MessageData, ...]:
    """Return one value for each UID, ascending; what cannot be put down to a UID is left out."""
    in_order = tuple(responses)
    lines = [data for data in in_order if isinstance(data, MessageData)]
    found: dict[UID, MessageData] = {}
    for data in lines if all(line.uid is not None for line in lines) else _named(in_order):
        if data.uid is not None:
            found[data.uid] = joined(found.get(data.uid), data)
    return tuple(found[uid] for uid in sorted(found))


def joined(earlier: MessageData | None, later: MessageData) -> MessageData:
    """Return both responses' data in one; where both say something, the later is right."""
    if earlier is None:
        return later
    said = {name: value for name in _SINGLE if (value := getattr(later, name)) is not None}
    return replace(
        earlier,
        **said,
        sections=earlier.sections + later.sections,
        extensions=earlier.extensions + later.extensions,
    )


_SINGLE = ("seq", "uid", "flags", "internaldate", "size", "envelope", "bodystructure", "modseq")


def _named(responses: Iterable[Response]) -> Iterator[MessageData]:
    """Yield the FETCH responses with the UIDs that others give to their numbers, as these are at that moment."""
    uids: dict[SeqNum, UID] = {}
    nameless: dict[SeqNum, MessageData] = {}
    for response in responses:
        match response:
            case Expunge(seq):
                uids = _moved_up(uids, seq)
                nameless = _moved_up(nameless, seq)
            case MessageData(seq=seq, uid=None) if seq in uids:
                yield replace(response, uid=uids[seq])
            case MessageData(seq=seq, uid=None):
                nameless[seq] = joined(nameless.get(seq), response)
            case MessageData(seq=0):  # Courier sends "* 0 FETCH"
                yield response
            case MessageData(seq=seq, uid=uid) if uid is not None:
                uids[seq] = uid
                if seq in nameless:
                    yield replace(nameless.pop(seq), uid=uid)
                yield response
            case _:
                pass


def _moved_up(by_seq: dict[SeqNum, T], gone: SeqNum) -> dict[SeqNum, T]:
    return {SeqNum(seq - (seq > gone)): value for seq, value in by_seq.items() if seq != gone}
