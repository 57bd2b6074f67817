"""Modified UTF-7: how IMAP4rev1 writes mailbox names that are not ASCII.

Printable ASCII stands for itself, "&" is written "&-", and everything else is UTF-16BE in base64 between "&" and
"-", with "," in the place of "/" and without padding. RFC 3501 §5.1.3, RFC 9051 Appendix A.1.
"""

from __future__ import annotations

import binascii
import re

_TO_ENCODE = re.compile(r"&|[^\x20-\x7e]+")
_SHIFTED = re.compile(r"&([^-]*)(-?)")
_MODIFIED_BASE64 = re.compile(r"[A-Za-z0-9+,]+")


def encode(text: str) -> bytes:
    """Write `text` in modified UTF-7.

    Raises UnicodeEncodeError for a lone surrogate, which no mailbox name can hold.
    """
    return _TO_ENCODE.sub(_shift, text).encode("ascii")


def decode(raw: bytes) -> str:
    """Read modified UTF-7; raises ValueError when `raw` is not that.

    A shift directly after another is accepted, as it means only one thing. Printable ASCII in base64 is refused:
    "&AEE-" must not pass for "A". RFC 3501 §5.1.3: "Modified BASE64 MUST NOT be used to represent any printing US-ASCII
    character which can represent itself."
    """
    text = raw.decode("ascii")
    if not text.isprintable():
        raise ValueError("control characters stand in base64 only")
    return _SHIFTED.sub(_unshift, text)


def _shift(match: re.Match[str]) -> str:
    text = match[0]
    if text == "&":
        return "&-"
    return f"&{_base64(text)}-"


def _unshift(match: re.Match[str]) -> str:
    base64, end = match.groups()
    if not end:
        raise ValueError("a shift without its end")
    if not base64:
        return "&"
    if not _MODIFIED_BASE64.fullmatch(base64):
        raise ValueError("not base64")
    padding = "=" * (-len(base64) % 4)
    text = binascii.a2b_base64(base64.replace(",", "/") + padding).decode("utf-16-be")
    if _base64(text) != base64:
        raise ValueError("stray bits after the last character")
    if any(" " <= character <= "~" for character in text):
        raise ValueError("printable ASCII in base64")
    return text


def _base64(text: str) -> str:
    base64 = binascii.b2a_base64(text.encode("utf-16-be"), newline=False).decode("ascii")
    return base64.rstrip("=").replace("/", ",")
