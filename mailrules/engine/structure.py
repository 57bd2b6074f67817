"""A message's structure as IMAP tells it, in the words of rules."""

from __future__ import annotations

from mailrules.imap import BodyStructure, Disposition, MultiPart
from mailrules.rules.structure import Part

__all__ = ["part_of"]


def part_of(body: BodyStructure) -> Part:
    """Translate a BODYSTRUCTURE; sections are numbered as RFC 9051 §6.4.5.1 has it."""
    return _part(body, "" if isinstance(body, MultiPart) else "1", "")


def _part(body: BodyStructure, section: str, prefix: str) -> Part:
    """``prefix`` is what the numbers of parts below a multipart begin with."""
    disposition = body.disposition or Disposition("")
    if isinstance(body, MultiPart):
        numbers = (f"{prefix}{number}" for number in range(1, len(body.parts) + 1))
        return Part(
            section,
            f"multipart/{body.subtype}",
            body.parameters,
            disposition.kind,
            disposition.parameters,
            children=tuple(_part(part, number, f"{number}.") for part, number in zip(body.parts, numbers, strict=True)),
        )
    return Part(
        section,
        # RFC 2045 §5.2: a Content-Type that makes no sense says nothing. Dovecot leaves its words empty then.
        f"{body.type}/{body.subtype}" if body.type and body.subtype else "text/plain",
        body.parameters,
        disposition.kind,
        disposition.parameters,
        body.encoding,
        body.size,
        body.id or b"",
        body.description or b"",
        () if body.body is None else (_inner(body.body, section),),
    )


def _inner(body: BodyStructure, section: str) -> Part:
    """The message within a message/rfc822: a multipart shares its numbers, anything else is its part 1."""
    if isinstance(body, MultiPart):
        return _part(body, f"{section}.TEXT", f"{section}.")
    return _part(body, f"{section}.1", "")
