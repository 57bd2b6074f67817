"""Reads encoded words (RFC 2047), also as they should not have been written.

Words that stand next to each other are joined before they are decoded, as many mailers split them inside a character.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from mailrules.rules.charsets import decode_octets

# Spaces and single question marks inside the text are against §5 and common. Every repetition is possessive and stops
# at a question mark, so that no header takes more than linear time.
ENCODED_WORD = re.compile(r"=\?([^?\s]*+)\?([bBqQ])\?([^?]*+(?:(?<!=)\?(?!=)[^?\s]*+){0,8}+)\?=")
_SHORT = 200
"""Characters of a text that is remembered: a sender's name comes with each of their messages."""
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


def decode_words(text: str) -> str:
    """Replace the encoded words in unfolded text; white space between two of them is dropped (RFC 2047 §6.2)."""
    if "=?" not in text:
        return text
    return _short(text) if len(text) <= _SHORT else _decoded(text)


def _decoded(text: str) -> str:
    before, *found = ENCODED_WORD.split(text)
    charsets, encodings, texts, behind = found[::4], found[1::4], found[2::4], found[3::4]
    between = "".join(behind[:-1])
    if len(set(charsets)) == len(set(encodings)) == 1 and (not between or between.isspace()):  # as nearly all have it
        return before + decode_octets(_octets(encodings[0].upper(), texts), _charset(charsets[0])) + behind[-1]
    pieces = [before]
    run: list[_Word] = []
    for charset, encoding, word, between in zip(charsets, encodings, texts, behind, strict=True):
        run.append((_charset(charset), encoding.upper(), word))
        if between and not between.isspace():
            pieces += (_decode_run(run), between)
            run = []
    return "".join((*pieces, _decode_run(run), between if run else ""))


_short = lru_cache(maxsize=2048)(_decoded)


def _charset(label: str) -> str:
    """Take off the language that may stand behind an asterisk (RFC 2231 §5)."""
    return label.partition("*")[0].lower()


_Word = tuple[str, str, str]
"""Its charset, its encoding, its text."""


def _decode_run(run: list[_Word]) -> str:
    """Decode words that follow one another, those of one charset together."""
    decoded: list[str] = []
    for charset, of_charset in groupby(run, key=itemgetter(0)):
        octets = bytearray()
        for encoding, words in groupby(of_charset, key=itemgetter(1)):
            octets += _octets(encoding, [text for _, _, text in words])
        decoded.append(decode_octets(bytes(octets), charset))
    return "".join(decoded)


def _octets(encoding: str, texts: list[str]) -> bytes:
    """Give what texts of one encoding stand for."""
    return _from_base64(texts) if encoding == "B" else b"".join(map(_from_quoted, texts))


def _from_base64(texts: list[str]) -> bytes:
    try:
        return b"".join([a2b_base64(text, strict_mode=True) for text in texts])
    except ValueError:
        return _from_any_base64(texts)


def _from_any_base64(texts: list[str]) -> bytes:
    """Decode each text, or all as one where they were cut inside a group of four characters."""
    bare = [_NOT_BASE64.sub("", text) for text in texts]
    cut = any(len(text) % 4 for text in bare[:-1]) and not any("=" in text for text in texts[:-1])
    if cut and sum(map(len, texts)) % 4 == 0:
        bare = ["".join(bare)]
    return b"".join(map(_from_bare_base64, bare))


def _from_bare_base64(text: str) -> bytes:
    """Decode without trusting the padding; a single character too many says nothing and is dropped."""
    whole = text[:-1] if len(text) % 4 == 1 else text
    return a2b_base64(whole + "=" * (-len(whole) % 4))


def _from_quoted(text: str) -> bytes:
    return a2b_qp(text.encode("utf-8"), header=True)
