"""The shape of a message as the server sees it: ENVELOPE and BODYSTRUCTURE as values.

Both are the server's own parse of the header and as good as that: rules look at fetched headers instead, and use these
for attachments only. RFC 9051 §7.5.2 (envelope, body).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator


@value(frozen=True, slots=True)
class Address:
    """One address of an ENVELOPE, undecoded; a group's start has no `host`, its end neither `host` nor `mailbox`."""

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


@value(frozen=True, slots=True)
class Envelope:
    """The ten fields of an ENVELOPE, undecoded."""

    date: bytes | None
    subject: bytes | None
    sender_from: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    in_reply_to: bytes | None
    message_id: bytes | None


Parameters = tuple[tuple[str, bytes], ...]
"""MIME parameters: names in lower case, values undecoded, in the server's order."""


@value(frozen=True, slots=True)
class Disposition:
    """A part's Content-Disposition; `kind` in lower case."""

    kind: str
    parameters: Parameters = ()


@value(frozen=True, slots=True)
class SinglePart:
    """A part without parts, except that message/rfc822 holds a message. Types in lower case, `size` in octets."""

    type: str
    subtype: str
    parameters: Parameters
    id: bytes | None
    description: bytes | None
    encoding: str
    size: int | None
    lines: int | None = None
    envelope: Envelope | None = None
    body: BodyStructure | None = None
    disposition: Disposition | None = None


@value(frozen=True, slots=True)
class MultiPart:
    """A multipart; `subtype` in lower case."""

    subtype: str
    parts: tuple[BodyStructure, ...]
    parameters: Parameters = ()
    disposition: Disposition | None = None


BodyStructure = SinglePart | MultiPart


def walk(body: BodyStructure) -> Iterator[tuple[tuple[int, ...], SinglePart]]:
    """Go over the leaves, each with its part number as `BODY[1.2]` wants it. RFC 9051 §6.4.5.1."""
    if isinstance(body, SinglePart):
        yield from _walk_single((1,), body)
    else:
        yield from _walk_multi((), body)


def _walk_multi(number: tuple[int, ...], body: MultiPart) -> Iterator[tuple[tuple[int, ...], SinglePart]]:
    for index, part in enumerate(body.parts, 1):
        if isinstance(part, MultiPart):
            yield from _walk_multi((*number, index), part)
        else:
            yield from _walk_single((*number, index), part)


def _walk_single(number: tuple[int, ...], part: SinglePart) -> Iterator[tuple[tuple[int, ...], SinglePart]]:
    yield number, part
    if isinstance(part.body, MultiPart):
        yield from _walk_multi(number, part.body)
    elif part.body is not None:
        yield from _walk_single((*number, 1), part.body)
