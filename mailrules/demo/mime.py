"""Cuts a message into its parts without changing an octet: sections are served as they came. RFC 2045, RFC 2046."""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.utils import collapse_rfc2231_value
from functools import cached_property

DEEPEST = 20
"""Parts nested deeper than this are served as they are: no client looks there."""

_END_OF_HEADER = re.compile(rb"\A\r?\n|\r?\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:.*(?:\r?\n[ \t].*)*(?:\r?\n|\Z)")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


@dataclass(frozen=True)
class Part:
    """A message or a part; `header` includes the empty line at its end. Nothing is cut before it is asked for."""

    header: bytes
    body: bytes = field(repr=False)
    depth: int = 0
    default: str = "text/plain"

    @cached_property
    def kind(self) -> str:
        """The content type in lower case; a multipart without parts counts as text/plain."""
        return "text/plain" if self._declared.startswith("multipart/") and not self.parts else self._declared

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of a multipart, or the one message inside a message/rfc822."""
        if self.depth == DEEPEST:
            return ()
        if self._declared == "message/rfc822":
            return (parse(self.body, self.depth + 1),)
        if not self._declared.startswith("multipart/"):
            return ()
        default = "message/rfc822" if self._declared == "multipart/digest" else "text/plain"
        boundary = dict(self.parameters("content-type")).get("boundary", "").encode("utf-8", "replace")
        return tuple(parse(piece, self.depth + 1, default) for piece in _pieces(self.body, boundary))

    @property
    def is_multipart(self) -> bool:
        """Whether this part consists of others."""
        return self.kind.startswith("multipart/")

    @property
    def is_message(self) -> bool:
        """Whether this part carries a whole message."""
        return self.kind == "message/rfc822" and bool(self.parts)

    def find(self, path: tuple[int, ...]) -> Part | None:
        """Return the part that a section's numbers name; None if there is none. RFC 3501 §6.4.5."""
        part = self
        for depth, number in enumerate(path):
            inside = part.parts[0] if depth and part.is_message else part
            if inside.is_multipart and number <= len(inside.parts):
                part = inside.parts[number - 1]
            elif not inside.is_multipart and number == 1 and (depth == 0 or inside is not part):
                part = inside
            else:
                return None
        return part

    def value(self, name: str) -> bytes | None:
        """Return the unfolded value of the first field called `name`; None if it is absent."""
        for field_name, raw in fields(self.header):
            if field_name == name.lower():
                return _FOLD.sub(b"", raw.partition(b":")[2]).strip()
        return None

    def parameters(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return the first word of a field such as Content-Type under the name "", then the parameters."""
        found = message_from_bytes(self.header).get_params(header=name) or []
        words = [(key.lower(), collapse_rfc2231_value(value)) for key, value in found]
        return (("", words[0][0]), *words[1:]) if words else ()

    def decoded_body(self) -> bytes:
        """Return the body without its transfer encoding; a damaged one as far as it can be read."""
        encoding = (self.value("content-transfer-encoding") or b"").lower()
        if encoding == b"base64":
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", self.body)
            return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"===")
        return quopri.decodestring(self.body) if encoding == b"quoted-printable" else self.body

    @cached_property
    def _declared(self) -> str:
        message = message_from_bytes(self.header)
        message.set_default_type(self.default)
        return message.get_content_type()


def parse(content: bytes, depth: int = 0, default: str = "text/plain") -> Part:
    """Return a message, or a part of one, to look into; `default` is the content type where none is declared."""
    return Part(*split(content), depth, default)


def split(content: bytes) -> tuple[bytes, bytes]:
    """Return the header, with the empty line that ends it, and the body."""
    found = _END_OF_HEADER.search(content)
    end = found.end() if found else len(content)
    return content[:end], content[end:]


def fields(header: bytes) -> list[tuple[str, bytes]]:
    """Return each field's name in lower case with its raw lines."""
    return [(found.group(1).decode("ascii").lower(), found.group()) for found in _FIELD.finditer(header)]


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    if not boundary:
        return []
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:(?=\r?\n)|\Z)")
    pieces: list[bytes] = []
    start: int | None = None
    for found in line.finditer(body):
        if start is not None:
            pieces.append(body[start : found.start()])
        if found.group(1):
            return pieces
        start = found.end() + (2 if body[found.end() :].startswith(b"\r\n") else 1)
    if start is not None:
        pieces.append(body[start:])
    return pieces
