"""Undoes Content-Transfer-Encoding (RFC 2045 §6) as far as it can be undone, also where text is cut off."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp

_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
# The look-behind keeps it linear: white space inside a run is not tried again.
_BLANKS_AT_LINE_END = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")


def decode_transfer(octets: bytes, encoding: str) -> bytes:
    """Decode base64 and quoted-printable; anything else is taken as it is."""
    match encoding.partition(";")[0].strip(' "'):
        case "base64":
            # Some mailers join pieces that are each padded.
            return b"".join(map(_from_base64, octets.translate(None, _NOT_BASE64).split(b"=")))
        case "quoted-printable":
            return a2b_qp(_BLANKS_AT_LINE_END.sub(b"", octets))
        case _:
            return octets


def _from_base64(text: bytes) -> bytes:
    """Decode without padding; a single character too many says nothing and is dropped."""
    whole = text[:-1] if len(text) % 4 == 1 else text
    return a2b_base64(whole + b"=" * (-len(whole) % 4))
