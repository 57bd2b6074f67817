"""What texts of a script can be: constants, and values that only a message gives (RFC 5229), case by case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import quote

from mailrules.sieve.errors import Place, SieveError
from mailrules.sieve.logic import FALSE, TRUE, Atom, Expression, Unknown, conjunction
from mailrules.values import value

MOST_CASES: Final = 32
"""How many values a text may have in different messages before it counts as unknown."""


@value(frozen=True, slots=True)
class Placeholder:
    """A value that a target fills in."""

    text: str
    """As targets have it: ``{subject.1}``."""
    of: Atom | None = None
    """The condition that has to stand in the same rule, for what it captures."""
    whole: tuple[str, str] | None = None
    """If it is all of a field, the test and header that look at the same: ``("header", "Subject")``."""


Piece = str | Placeholder
Value = tuple[Piece, ...]
Case = tuple[Expression, Value | Unknown]
Cases = tuple[Case, ...]

EMPTY: Final[Cases] = ((TRUE, ()),)


def constant(text: str) -> Cases:
    """Give a text that is the same for every message."""
    return ((TRUE, (text,) if text else ()),)


def text_of(value: Value) -> str | None:
    """Give a value's text if it is the same for every message."""
    texts = [piece for piece in value if isinstance(piece, str)]
    return "".join(texts) if len(texts) == len(value) else None


def shown(value: Value) -> str:
    """Write a value out, as targets have it."""
    return "".join(piece.text if isinstance(piece, Placeholder) else piece for piece in value)


def joined(parts: Sequence[Cases], place: Place) -> Cases:
    """Put texts one after another, in every combination of their cases that can be."""
    cases: list[Case] = [(TRUE, ())]
    for part in parts:
        cases = [
            (guard, _sum(before, value))
            for so_far, before in cases
            for condition, value in part
            if (guard := conjunction((so_far, condition))) != FALSE
        ]
        if len(cases) > MOST_CASES:
            return ((TRUE, Unknown(place, "this text can be too many different ones")),)
    return tuple(cases)


def _sum(before: Value | Unknown, value: Value | Unknown) -> Value | Unknown:
    if isinstance(before, Unknown):
        return before
    return value if isinstance(value, Unknown) else _merged((*before, *value))


def _merged(pieces: Iterable[Piece]) -> Value:
    """Make one of constants that stand next to each other."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and isinstance(piece, str) and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece:
            merged.append(piece)
    return tuple(merged)


_REFERENCE = re.compile(r"\$\{([0-9]+|(?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Za-z_][A-Za-z0-9_]*)\}")


def interpolated(text: str, look_up: Callable[[str], Cases], place: Place) -> Cases:
    """Fill in variables; `look_up` gives the value of a name, or of a match variable's number."""
    parts: list[Cases] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        parts += [constant(text[end : found.start()]), look_up(found[1].lower())]
        end = found.end()
    return joined([*parts, constant(text[end:])], place)


def uses_captures(script: str) -> bool:
    """Tell whether a script refers to match variables, ``${1}``."""
    return re.search(r"\$\{[0-9]", script) is not None


_ENCODED = re.compile(
    r"\$\{(?:(?P<hex>hex):\s*(?P<pairs>[0-9a-f]{1,2}(?:\s+[0-9a-f]{1,2})*)\s*"
    r"|(?P<unicode>unicode):\s*(?P<points>[0-9a-f]+(?:\s+[0-9a-f]+)*)\s*)\}",
    re.IGNORECASE,
)


def without_encoded_characters(text: str, place: Place) -> str:
    """Undo ``${hex:41}`` and ``${unicode:20AC}`` (RFC 5228 §2.4.2.4); what is none of them stays as it is.

    Raises SieveError for a number that no character has.
    """
    octets = bytearray()
    end = 0
    for found in _ENCODED.finditer(text):
        octets += text[end : found.start()].encode() + _decoded(found, place)
        end = found.end()
    octets += text[end:].encode()
    return octets.decode("utf-8", "replace")


def _decoded(found: re.Match[str], place: Place) -> bytes:
    if found["hex"]:
        return bytes(int(pair, 16) for pair in found["pairs"].split())
    points = [int(point, 16) for point in found["points"].split()]
    if any(point > 0x10FFFF or 0xD800 <= point <= 0xDFFF for point in points):
        raise SieveError(place, f"no character has this number: {found[0]}")
    return "".join(map(chr, points)).encode()


_MODIFIED: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    # RFC 5229 §4: by falling precedence, which is the order in which they are applied
    ("lower", str.lower),
    ("upper", str.upper),
    ("lowerfirst", lambda text: text[:1].lower() + text[1:]),
    ("upperfirst", lambda text: text[:1].upper() + text[1:]),
    ("quotewildcard", lambda text: re.sub(r"([*?\\])", r"\\\1", text)),
    ("quoteregex", lambda text: re.sub(r"([][.*+?^${}()|\\-])", r"\\\1", text)),
    ("encodeurl", lambda text: quote(text, safe="")),
    ("length", lambda text: str(len(text))),
)


def modified(cases: Cases, modifiers: Iterable[str], place: Place) -> Cases:
    """Apply the modifiers of `set`; to what only the message says none can be applied."""
    wanted = [(name, change) for name, change in _MODIFIED if name in set(modifiers)]
    if not wanted:
        return cases
    changed: list[Case] = []
    for guard, known in cases:
        text = None if isinstance(known, Unknown) else text_of(known)
        if text is None:
            names = " ".join(f":{name}" for name, _ in wanted)
            unknown = known if isinstance(known, Unknown) else Unknown(place, f"{names} of a value of the message")
            changed.append((guard, unknown))
            continue
        for _, change in wanted:
            text = change(text)
        changed.append((guard, (text,) if text else ()))
    return tuple(changed)


def under(guard: Expression, cases: Cases) -> Cases:
    """Give the cases that can be where `guard` holds."""
    return tuple((condition, value) for given, value in cases if (condition := conjunction((guard, given))) != FALSE)
