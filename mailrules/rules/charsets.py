"""Turns octets into text by the charset a message claims, and by best effort where it claims none or a wrong one."""

from __future__ import annotations

import codecs
import encodings
import re
from functools import lru_cache
from pkgutil import iter_modules

# Names that mail uses and Python does not know, or that mean a wider set than they say (WHATWG Encoding Standard).
_ALIASES = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "windows-949": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
}
# Python remembers every name of a codec that it was asked for, and a sender can make up any number of them.
_NAMES = frozenset(encodings.aliases.aliases) | {module.name for module in iter_modules(encodings.__path__)}
_LONGEST_LABEL = 40
_LABEL = re.compile(r"[A-Za-z0-9_.:+-]+")
# Charsets only: Python's registry also holds punycode and idna (quadratic), unicode_escape and the like.
_CHARSET = re.compile(
    r"utf-(7|8|8-sig|16|32)(-[bl]e)?|cp\d+|iso8859-\d+|iso2022_\w+|euc_\w+|koi8-\w+|mac-\w+|gb\w+|big5\w*"
    r"|shift_jis\w*|hz|johab|tis-620|ptcp154|kz1048|hp-roman8"
)


def decode_octets(octets: bytes, charset: str) -> str:
    """Decode by the named charset; by best effort if it is unknown or wrong."""
    codec = _codec(charset.lower()) if len(charset) <= _LONGEST_LABEL else None
    if codec is None or codec == "utf-8":
        return guess(octets)
    try:
        return _without_surrogates(octets.decode(codec))
    except ValueError:
        pass
    try:
        return octets.decode("utf-8")
    except ValueError:
        return _without_surrogates(octets.decode(codec, "replace"))


def without_cut_character(octets: bytes, charset: str) -> bytes:
    """Leave out the beginning of a character at the end of octets that were cut off there."""
    codec = (_codec(charset.lower()) if len(charset) <= _LONGEST_LABEL else None) or "utf-8"
    decoder = codecs.getincrementaldecoder(codec)("replace")
    try:
        decoder.decode(octets)
    except UnicodeError:  # UTF-16 and UTF-32 raise where the mark at the beginning is missing
        return octets
    pending = decoder.getstate()[0]
    return octets[: len(octets) - len(pending)]


def guess(octets: bytes) -> str:
    """Decode octets of no known charset: UTF-8 where most of it is UTF-8, else Windows-1252."""
    try:
        return octets.decode("utf-8")
    except ValueError:
        lenient = octets.decode("utf-8", "replace")
    bad = lenient.count("\ufffd")
    good = sum(not character.isascii() for character in lenient) - bad
    if good > bad:
        return lenient
    try:
        return octets.decode("cp1252")
    except ValueError:
        return octets.decode("latin-1")


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    if not _LABEL.fullmatch(label):
        return None
    name = encodings.normalize_encoding(_ALIASES.get(label, label)).replace(".", "_")
    if name not in _NAMES:
        return None
    try:
        name = codecs.lookup(name).name
    except LookupError:  # as of those that only Windows has
        return None
    return name if _CHARSET.fullmatch(name) else None


def _without_surrogates(text: str) -> str:
    """Replace lone surrogates, which UTF-7 can smuggle in and which nothing else could encode again."""
    if text.isprintable():  # then it has none
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
