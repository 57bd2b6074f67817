"""Writes the message that a test describes by its fields, as a mail program would send it (RFC 5322, RFC 2045)."""

from __future__ import annotations

from binascii import b2a_base64, b2a_qp
from dataclasses import field
from email.utils import format_datetime
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

from mailrules.rules.addresses import Group, parse_addresses
from mailrules.rules.domains import a_labels
from mailrules.rules.questions import CONTENT_LIMIT
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mailrules.rules.addresses import Mailbox
    from mailrules.rules.selftest.mail import Attachment, Mail

_CRLF = b"\r\n"
_LINE = 57
"""Octets that fill one line of base64 (RFC 2045 §6.8)."""
_WORD = 45
"""Octets in one encoded word, which has 75 characters at most (RFC 2047 §2)."""
_LONGEST = 998  # octets in a line, RFC 5322 §2.1.1
_ATOM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~ ")


@value(frozen=True, slots=True)
class Composed:
    """A message in octets, with CRLF line ends."""

    raw: bytes
    unwritten: Mapping[str, int] = field(default_factory=dict)
    """How many more octets the parts of big attachments have, by section: nobody looks at them."""

    @property
    def header(self) -> bytes:
        """Everything down to the first empty line."""
        end = self.raw.find(b"\r\n\r\n")
        return self.raw if end < 0 else self.raw[: end + 4]

    @property
    def size(self) -> int:
        """The whole message's octets (RFC822.SIZE)."""
        return len(self.raw) + sum(self.unwritten.values())


def with_crlf(raw: bytes) -> bytes:
    """Give a message the line ends that it has on a server."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def compose(mail: Mail, sent: datetime, name: str) -> Composed:
    """Write the message; ``name`` makes the Message-ID if it has none, ``sent`` the Date."""
    parts = _Parts(mail)
    fields = chain(_fields(mail, sent, name), [b"MIME-Version: 1.0"], parts.header)
    return Composed(_CRLF.join([*fields, b"", parts.body]), parts.unwritten)


# The header


def _fields(mail: Mail, sent: datetime, name: str) -> Iterator[bytes]:
    for header, addresses in (
        ("Delivered-To", mail.delivered_to),
        ("From", mail.from_),
        ("Sender", mail.sender),
        ("Reply-To", mail.reply_to),
        ("To", mail.to),
        ("Cc", mail.cc),
        ("Bcc", mail.bcc),
    ):
        if addresses:
            yield _field(header, ", ".join(map(_addresses, addresses)))
    yield _field("Date", format_datetime(sent))
    if mail.subject is not None:
        yield _field("Subject", _words(mail.subject))
    yield _field("Message-ID", _bracketed(mail.message_id or f"{quote(name, safe='')[:60]}@test.invalid"))
    answered = mail.in_reply_to or (("answered@test.invalid",) if mail.thread and not mail.references else ())
    if answered:
        yield _field("In-Reply-To", " ".join(map(_bracketed, answered)))
    if mail.references:
        yield _field("References", " ".join(map(_bracketed, mail.references)))
    if mail.list_id is not None:
        yield _field("List-Id", _list_id(mail.list_id))
    for header, values in (mail.header or {}).items():
        yield from (_field(header, _words(value)) for value in values)


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}".encode()


def _bracketed(text: str) -> str:
    return text if text.startswith("<") else f"<{text}>"


def _list_id(text: str) -> str:
    name, bracket, rest = text.rpartition("<")
    return f"{_phrase(name.strip())} <{rest}" if bracket and name.strip() else _bracketed(text)


def _addresses(text: str) -> str:
    return ", ".join(
        f"{_phrase(item.name)}: {', '.join(map(_mailbox, item.mailboxes))};"
        if isinstance(item, Group)
        else _mailbox(item)
        for item in parse_addresses(text).items
    )


def _mailbox(mailbox: Mailbox) -> str:
    local = mailbox.local if set(mailbox.local.replace(".", "")) <= _ATOM - {" "} else _quoted(mailbox.local)
    domain = a_labels(mailbox.domain) if not mailbox.domain.isascii() else mailbox.domain
    address = f"{local}@{domain}" if domain else local
    return f"{_phrase(mailbox.name)} <{address}>" if mailbox.name else address


def _phrase(text: str) -> str:
    """Write a name (RFC 5322 §3.2.5)."""
    if not text.isascii():
        return _words(text)
    return text if set(text) <= _ATOM and "=?" not in text else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _words(text: str) -> str:
    """Write what is not ASCII as encoded words (RFC 2047), none of which splits a character."""
    if text.isascii():
        return text
    pieces = [b""]
    for character in text:
        octets = character.encode("utf-8")
        if len(pieces[-1]) + len(octets) > _WORD:
            pieces.append(b"")
        pieces[-1] += octets
    return "\r\n ".join(f"=?utf-8?B?{b2a_base64(piece, newline=False).decode('ascii')}?=" for piece in pieces)


# The parts


class _Parts:
    """What stands behind the header, and the header lines that say what it is."""

    def __init__(self, mail: Mail) -> None:
        self.unwritten: dict[str, int] = {}
        texts = [(kind, text) for kind, text in (("plain", mail.body), ("html", mail.html)) if text is not None]
        parts = [_text_part(kind, text) for kind, text in texts or [("plain", "")]]
        part = parts[0] if len(parts) == 1 else _multipart("alternative", parts)
        if mail.attachments:
            attached = [self._attachment(one, str(number)) for number, one in enumerate(mail.attachments, start=2)]
            part = _multipart("mixed", [part, *attached])
        self.header, self.body = part

    def _attachment(self, attachment: Attachment, section: str) -> _Part:
        size = attachment.size or 0
        written = min(size, CONTENT_LIMIT - CONTENT_LIMIT % _LINE)
        if size > written:
            self.unwritten[section] = _in_base64(size) - _in_base64(written)
        octets = b"x" * written if attachment.content is None else attachment.content.encode()
        kind = attachment.content_type
        header = [_described("Content-Type", kind, "name", attachment.name)]
        header.append(_described("Content-Disposition", "attachment", "filename", attachment.name))
        if kind.startswith("message/"):  # RFC 2046 §5.2.1: no encoding
            return [*header, b"Content-Transfer-Encoding: 8bit"], with_crlf(octets)
        return [*header, b"Content-Transfer-Encoding: base64"], _base64(octets)


_Part = tuple[list[bytes], bytes]
"""Header lines and content."""


def _text_part(kind: str, text: str) -> _Part:
    octets = with_crlf(text.encode())
    header = [f'Content-Type: text/{kind}; charset="utf-8"'.encode()]
    if octets.isascii() and all(len(line) <= _LONGEST for line in octets.split(_CRLF)):
        return [*header, b"Content-Transfer-Encoding: 7bit"], octets
    return [*header, b"Content-Transfer-Encoding: quoted-printable"], b2a_qp(octets, istext=True)


def _multipart(kind: str, parts: Sequence[_Part]) -> _Part:
    written = [_CRLF.join([*header, b"", content]) for header, content in parts]
    boundary = _boundary(kind, written)
    line = b"--" + boundary
    body = b"".join(line + _CRLF + part + _CRLF for part in written) + line + b"--" + _CRLF
    return [f'Content-Type: multipart/{kind}; boundary="{boundary.decode("ascii")}"'.encode()], body


def _boundary(kind: str, parts: Iterable[bytes]) -> bytes:
    """Find one that no part contains."""
    boundary = f"={kind}=".encode()
    while any(boundary in part for part in parts):
        boundary += b"="
    return boundary


def _described(field_name: str, value: str, parameter: str, text: str | None) -> bytes:
    if text is None:
        return f"{field_name}: {value}".encode()
    if text.isascii():
        return f"{field_name}: {value}; {parameter}={_quoted(text)}".encode()
    return f"{field_name}: {value}; {parameter}*=UTF-8''{quote(text, safe='')}".encode()  # RFC 2231 §4


def _base64(octets: bytes) -> bytes:
    lines = (octets[at : at + _LINE] for at in range(0, len(octets), _LINE))
    return b"".join(b2a_base64(line, newline=False) + _CRLF for line in lines)


def _in_base64(size: int) -> int:
    """Octets that so many take in base64, line ends included."""
    lines, rest = divmod(size, _LINE)
    return lines * 78 + (-(-rest // 3) * 4 + 2 if rest else 0)
