"""Reads the short answers of which a quiet connection lives, at a glance and straight from the octets that have come.

Thousands of mailboxes at rest are asked again and again, and answer in the same few words. What is written in others
goes the long way, through `framing` and `parser`, and means the same there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mailrules.imap.codes import SimpleCode
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Continuation, Exists, Kind, Recent, Response, StatusData, StatusResponse, Tagged

if TYPE_CHECKING:
    from mailrules.imap.framing import Limits

_TEXT = rb"[^\x00-\x20\[][^\x00\r\n]{0,400}+"
"""A text for people without a response code in front of it."""

_BUG = SimpleCode("CLIENTBUG")
"""What Dovecot says to STATUS of the selected mailbox, which no other way can ask whether it keeps anything back."""

_BRIEF = re.compile(
    rb"(?:(?P<tag>[A-Z][0-9]{1,10}+) OK (?P<bug>\[CLIENTBUG\] )?(?P<text>" + _TEXT + rb")"
    rb"|\+(?P<plus>[^\x00\r\n]{0,400}+)"
    rb'|\* STATUS (?:"(?P<quoted>[^\x00-\x1f"\\]{1,200}+)"|(?P<atom>[A-Za-z0-9./_&,+-]{1,200}+))'
    rb" \(MESSAGES (?P<messages>[0-9]{1,18}+) UIDNEXT (?P<uidnext>[0-9]{1,18}+)"
    rb"(?: UIDVALIDITY (?P<uidvalidity>[0-9]{1,18}+))?\)"
    rb"|\* (?P<exists>[0-9]{1,18}+) EXISTS"
    rb"|\* (?P<recent>[0-9]{1,18}+) RECENT"
    rb"|\* OK (?P<word>" + _TEXT + rb"))\r\n"
)


def read(octets: bytes | bytearray, limits: Limits) -> tuple[list[tuple[Response, int]], int]:
    """Read the short answers with which the octets begin.

    Return each with its octets without its line end, which is always CRLF, and where the last one's line ends.
    """
    found: list[tuple[Response, int]] = []
    end = 0
    while match := _BRIEF.match(octets, end):
        begin, end = end, match.end()
        length = end - begin - 2
        if length > limits.line - 2:
            return found, begin
        match match.lastgroup:
            case "text":
                code = None if match["bug"] is None else _BUG
                found.append((Tagged(match["tag"], Kind.OK, code, _people(match["text"])), length))
            case "plus":
                found.append((Continuation(match["plus"].strip()), length))
            case "uidnext" | "uidvalidity":
                found.append((_status(*match.group("quoted", "atom", "messages", "uidnext", "uidvalidity")), length))
            case "exists":
                found.append((Exists(int(match["exists"])), length))
            case "recent":
                found.append((Recent(int(match["recent"])), length))
            case _:
                found.append((StatusResponse(Kind.OK, None, _people(match["word"])), length))
    return found, end


def _people(text: bytes) -> str:
    return text.rstrip().decode("utf-8", "replace")


def _status(
    quoted: bytes | None, atom: bytes, messages: bytes, uidnext: bytes, uidvalidity: bytes | None
) -> StatusData:
    name = _name(quoted or atom)
    return StatusData(name, int(messages), None, int(uidnext), None if uidvalidity is None else int(uidvalidity))


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> MailboxName:
    return MailboxName(raw)
