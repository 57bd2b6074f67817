"""Whole mailboxes compared with what they must be: what is lost, doubled, wrongly expunged, wrongly flagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tests.faults.campaigns import Tally
from tests.servers.dovecot import Found


@dataclass(frozen=True, slots=True)
class Copy:
    r"""One message in one mailbox, known by its Message-ID. `flags` is without the \\Recent flag."""

    message_id: str
    flags: frozenset[str] = frozenset()


Mailboxes = Mapping[str, Counter[Copy]]
"""By the mailbox's name; one that is empty may be missing."""


def mailboxes(found: Mapping[str, Iterable[Found]]) -> Mailboxes:
    """Return what `Dovecot.look` has seen."""
    return {name: Counter(Copy(one.message_id, one.flags) for one in messages) for name, messages in found.items()}


def compare(expected: Mailboxes, found: Mailboxes, bystanders: Collection[str] = ()) -> Tally:
    """Count what is different; `bystanders` are the Message-IDs of what nobody asked to touch.

    A message that is not where it must be is lost, wherever else it is; where a bystander is missing it counts as
    wrongly expunged. What is there more often than it must be, and is not merely elsewhere, is doubled.
    """
    wanted, seen = _places(expected), _places(found)
    total = Tally()
    for message_id in wanted.keys() | seen.keys():
        total += _compare_one(message_id, wanted.get(message_id, {}), seen.get(message_id, {}), bystanders)
    return total


_Places = Mapping[str, Counter[frozenset[str]]]
"""One message: its copies' flags in each mailbox."""


def _compare_one(message_id: str, wanted: _Places, seen: _Places, bystanders: Collection[str]) -> Tally:
    missing = extra = flags = 0
    notes: list[str] = []
    for mailbox in sorted(wanted.keys() | seen.keys()):
        must, has = wanted.get(mailbox, Counter()), seen.get(mailbox, Counter())
        if must == has:
            continue
        missing += max(0, must.total() - has.total())
        extra += max(0, has.total() - must.total())
        flags += min((must - has).total(), (has - must).total())
        notes.append(f"{mailbox}: {message_id} is there {_told(has)} and must be there {_told(must)}")
    is_bystander = message_id in bystanders
    return Tally(
        lost=0 if is_bystander else missing,
        expunged=missing if is_bystander else 0,
        doubled=max(0, extra - missing),
        wrong=flags,
        notes=tuple(notes),
    )


def _places(everything: Mailboxes) -> Mapping[str, _Places]:
    places: dict[str, dict[str, Counter[frozenset[str]]]] = {}
    for mailbox, copies in everything.items():
        for copy, count in copies.items():
            places.setdefault(copy.message_id, {}).setdefault(mailbox, Counter())[copy.flags] += count
    return places


def _told(copies: Counter[frozenset[str]]) -> str:
    each = ", ".join(f"({' '.join(sorted(flags))})" for flags in copies.elements())
    return f"{copies.total()} times {each}".strip()
