"""The parts of a message (MIME, RFC 2045), as BODYSTRUCTURE tells them or as they are read from the message itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

Parameters = tuple[tuple[str, bytes], ...]
"""Names in lower case with their values as sent: RFC 2231 and RFC 2047 are not undone yet."""


@value(frozen=True, slots=True)
class Part:
    """One part; a multipart and a message hold others."""

    section: str
    """Where IMAP finds it, ``1.2``; empty for the whole message if that is a multipart."""
    type: str
    """In lower case: ``text/plain``."""
    parameters: Parameters = ()
    disposition: str = ""
    """In lower case; empty if the part has none."""
    disposition_parameters: Parameters = ()
    encoding: str = ""
    """Content-Transfer-Encoding, in lower case."""
    octets: int | None = None
    """The size as encoded for transfer; None for a multipart."""
    content_id: bytes = b""
    description: bytes = b""
    children: tuple[Part, ...] = ()
    """The parts of a multipart; the one part of a message/rfc822 (RFC 2046 §5.2.1)."""

    def walk(self) -> Iterator[Part]:
        """Give the part and all below it, in the order of the message."""
        parts = [self]
        while parts:
            part = parts.pop()
            yield part
            parts += reversed(part.children)
