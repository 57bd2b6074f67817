"""Decodes parameters of a part as people see them: RFC 2231, RFC 2047 in its place, and raw octets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from mailrules.rules.charsets import decode_octets
from mailrules.rules.encoded import decode_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailrules.rules.structure import Parameters, Part

_SECTION = re.compile(r"\*(0|[1-9][0-9]{0,3})(\*?)")
_EXTENDED = re.compile(rb"\A([^'%]*)'([^']*)'", re.DOTALL)


def file_name(part: Part) -> str:
    """Give the name under which a part would be saved; empty if it has none."""
    return parameter(part.disposition_parameters, "filename") or parameter(part.parameters, "name")


def parameter(parameters: Parameters, name: str) -> str:
    """Decode one parameter; empty if it is absent.

    What RFC 2231 encodes goes before what it continues, and that before the plain value, which is for old readers.
    """
    named: dict[str, bytes] = {}
    for key, value in parameters:
        named.setdefault(key, value)  # of two with one name the first counts
    extended = named.get(f"{name}*")
    if extended:
        return _decoded(extended, unquote_to_bytes(_EXTENDED.sub(b"", extended)))
    continued = _continued(named, name)
    if continued:
        return continued
    return _decoded(b"", named.get(name, b""))


def _continued(named: Mapping[str, bytes], name: str) -> str:
    """Join ``name*0``, ``name*1*`` and so on, in the order of their numbers, up to the first that is missing."""
    pieces: dict[int, tuple[bytes, bool]] = {}
    for key, value in named.items():
        section = _SECTION.fullmatch(key, len(name)) if key.startswith(name) else None
        if section:
            pieces.setdefault(int(section[1]), (value, bool(section[2])))
    first, says_charset = pieces.get(0, (b"", False))
    if says_charset:
        pieces[0] = _EXTENDED.sub(b"", first), True
    octets: list[bytes] = []
    while len(octets) in pieces:
        value, is_encoded = pieces[len(octets)]
        octets.append(unquote_to_bytes(value) if is_encoded else value)
    return _decoded(first if says_charset else b"", b"".join(octets))


def _decoded(value: bytes, octets: bytes) -> str:
    """Decode by the charset that stands before the value: ``utf-8'en'…``."""
    named = _EXTENDED.match(value)
    return _as_shown(decode_octets(octets, named[1].decode("latin-1") if named else ""))


def _as_shown(text: str) -> str:
    return decode_words(text).strip()
