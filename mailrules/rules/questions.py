"""What only the server or the state can say of a message: asked when everything cheap leaves a rule open.

A question is a value: equal ones have one answer for a message. Who evaluates answers them for all messages of a batch
together, in ``Message.answers``, with None for what can't be found out; the rule is unknown then and does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from mailrules.rules.structure import Part
from mailrules.values import value

if TYPE_CHECKING:
    from datetime import timedelta

T_co = TypeVar("T_co", covariant=True)

CONTENT_LIMIT = 256 << 10
"""Octets of a body, and of each part of it, that are looked at, as they are encoded for transfer."""


@value(frozen=True, slots=True)
class Question(Generic[T_co]):
    """Something to be asked about one message; its answer is a `T_co`."""


@value(frozen=True, slots=True)
class Search(Question[bool]):
    """Whether the server finds the message by these IMAP search keys (RFC 9051 §6.4.4)."""

    text: str


@value(frozen=True, slots=True)
class Structure(Question[Part]):
    """Which parts the message has (BODYSTRUCTURE, RFC 9051 §7.5.2)."""


@value(frozen=True, slots=True)
class Content(Question[bytes]):
    """A part as it is encoded for transfer, at most `CONTENT_LIMIT` octets of it."""

    section: str
    """As in ``Part.section``."""


@value(frozen=True, slots=True)
class PartHeader(Question[bytes]):
    """The MIME header of a part (RFC 9051 §6.4.5.1, ``BODY[section.MIME]``)."""

    section: str


@value(frozen=True, slots=True)
class RawBody(Question[bytes]):
    """Everything below the message's header, at most `CONTENT_LIMIT` octets of it (``BODY[TEXT]``)."""


@value(frozen=True, slots=True)
class Labels(Question[frozenset[str]]):
    """Gmail's labels of the message (X-GM-LABELS)."""


@value(frozen=True, slots=True)
class Filed(Question[str]):
    """The path of the mailbox that mailrules last filed one of these messages in; empty if it filed none of them."""

    message_ids: tuple[str, ...]
    """With their angle brackets, the nearest relative first."""


@value(frozen=True, slots=True)
class Mark:
    """By what a message is known again as a duplicate."""

    handle: str
    """Marks of different handles have nothing to do with each other."""
    key: str


@value(frozen=True, slots=True)
class Met(Question[bool]):
    """Whether another message with this mark has been met in the account before this one (RFC 7352)."""

    mark: Mark
    within: timedelta
    """Counted from the first of its kind, or from the last one before."""
    since_last: bool
