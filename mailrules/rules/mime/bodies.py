"""Which parts of a message are read as its body, what is asked of each, and what text that makes."""

from __future__ import annotations

import re
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from mailrules.rules.charsets import decode_octets, guess, without_cut_character
from mailrules.rules.mime.html import declared_charset, html_to_text
from mailrules.rules.mime.items import is_attachment
from mailrules.rules.mime.parameters import parameter
from mailrules.rules.mime.transfer import decode_transfer
from mailrules.rules.questions import CONTENT_LIMIT, Content, PartHeader, RawBody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mailrules.rules.questions import Question
    from mailrules.rules.structure import Part

MAX_PARTS_READ = 20
"""Parts of one message whose content is looked at, the first ones."""
MAX_OCTETS_READ = 4 * CONTENT_LIMIT
"""Octets of all those parts together, as they are encoded for transfer."""

_SAYS_NOTHING = frozenset({"", "us-ascii"})  # Dovecot fills in the latter where a part says nothing


def shown_parts(structure: Part) -> list[Part]:
    """Give the text parts that people read: no attachments, and nothing in them."""
    return _first_of(part for part in _not_attached(structure) if part.type.startswith("text/"))


def parts_of_type(structure: Part, is_wanted: Callable[[str], bool]) -> list[Part]:
    """Give the parts of some types, attachments too."""
    return _first_of(part for part in structure.walk() if is_wanted(part.type))


def _first_of(parts: Iterable[Part]) -> list[Part]:
    """Give the parts at the beginning that are within the limits; one whose size is not known counts as a large one."""
    first = list(islice((part for part in parts if part.octets != 0), MAX_PARTS_READ))
    octets = accumulate(CONTENT_LIMIT if part.octets is None else min(part.octets, CONTENT_LIMIT) for part in first)
    return [part for part, so_far in zip(first, octets, strict=True) if so_far <= MAX_OCTETS_READ]


def _not_attached(structure: Part) -> Iterator[Part]:
    parts = [structure]
    while parts:
        part = parts.pop()
        if not is_attachment(part):
            yield part
            parts += reversed(part.children)


def source(part: Part) -> Question[bytes]:
    """Give the question whose answer has what belongs to the part itself, not to the parts in it (RFC 5173 §5.2)."""
    if part.type.startswith("multipart/"):
        return Content(part.section) if part.section else RawBody()
    return PartHeader(part.children[0].section) if part.children else Content(part.section)


def shown_texts(part: Part, octets: bytes) -> tuple[str, ...]:
    r"""Decode a text part to what people read; lines end with ``\n``."""
    text = _content(part, octets)
    return (html_to_text(text) if part.type == "text/html" else text,)


def own_texts(part: Part, octets: bytes) -> tuple[str, ...]:
    r"""Decode what belongs to a part: all of it as a rule, mark-up too; lines end with ``\n``.

    Of a multipart it is what stands before its first and behind its last part, of a message its header (RFC 5173 §5.2).
    """
    if part.type.startswith("multipart/"):
        return _around(octets, dict(part.parameters).get("boundary"))
    return (guess(octets) if part.children else _content(part, octets),)


def _content(part: Part, octets: bytes) -> str:
    charset = parameter(part.parameters, "charset")
    decoded = decode_transfer(octets, part.encoding)
    if part.type == "text/html" and charset.lower() in _SAYS_NOTHING:
        charset = declared_charset(decoded)
    if len(octets) >= CONTENT_LIMIT:
        decoded = without_cut_character(decoded, charset)
    return decode_octets(decoded, charset).replace("\r\n", "\n")


def _around(octets: bytes, boundary: bytes | None) -> tuple[str, ...]:
    """Give the preamble and the epilogue of a multipart."""
    if boundary is None:
        return (guess(octets),)
    line = re.escape(b"--" + boundary)
    begin = re.search(rb"^" + line, octets, re.MULTILINE)
    end = re.search(rb"^" + line + rb"--[^\n]*\n?", octets, re.MULTILINE)
    preamble = octets[: begin.start()] if begin else octets
    return tuple(guess(each).replace("\r\n", "\n") for each in (preamble, octets[end.end() :] if end else b""))
