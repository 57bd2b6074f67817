"""Texts that come before or after another by their letters (RFC 5231 `:value`), as regular expressions.

A text is compared octet by octet, without the case of ASCII unless the comparator minds it. Where the first characters
are the same, the next one decides; a text that ends early comes first.
"""

from __future__ import annotations

from collections.abc import Callable

_HIGHEST = 0x10FFFF


def ordered_regex(relation: str, key: str, *, exact: bool) -> str | None:
    """Write a regular expression that finds the texts in this relation to a key; None if none of them is."""
    steps = [_Step(character, exact=exact) for character in key]
    match relation:
        case "eq":
            return f"^{''.join(step.same for step in steps)}$"
        case "ne":
            return _nested(steps, lambda step: f"$|{step.other}|", ".")
        case "gt":
            return _nested(steps, lambda step: f"{step.above}|", ".")
        case "ge":
            return _nested(steps, lambda step: f"{step.above}|", "")
        case "lt":
            return _nested(steps, lambda step: f"$|{step.below}|", None)
        case _:
            return _nested(steps, lambda step: f"$|{step.below}|", "$")


class _Step:
    """One character of the key, and those that are the same, come before, or come after."""

    def __init__(self, character: str, *, exact: bool) -> None:
        place = _place(character, exact=exact)
        ascii_places = {code: _place(chr(code), exact=exact) for code in range(128)}
        same = {code for code, each in ascii_places.items() if each == place} or {ord(character)}
        self.same = _class(sorted(same))
        self.other = self.same.replace("[", "[^", 1)
        above = [code for code, each in ascii_places.items() if each > place]
        below = [code for code, each in ascii_places.items() if each < place]
        beyond = max(128, ord(character) + 1)
        self.above = _class(above, (beyond, _HIGHEST))
        self.below = _class(below, (128, ord(character) - 1))


def _place(character: str, *, exact: bool) -> int:
    return ord(character if exact or not character.isascii() else character.lower())


def _class(codes: list[int], stretch: tuple[int, int] = (1, 0)) -> str:
    """Write a class of characters, those of a stretch besides; one that fits nothing if there is none."""
    known = frozenset(codes)
    starts = [code for code in codes if code - 1 not in known]
    ends = [code for code in codes if code + 1 not in known]
    stretches = [*zip(starts, ends, strict=True)]
    if stretches and stretch[0] <= stretch[1] and stretches[-1][1] + 1 == stretch[0]:
        stretches[-1] = (stretches[-1][0], stretch[1])
    elif stretch[0] <= stretch[1]:
        stretches.append(stretch)
    written = "".join(_code(first) if first == last else f"{_code(first)}-{_code(last)}" for first, last in stretches)
    return f"[{written}]" if written else r"[^\x00-\x{10FFFF}]"


def _code(code: int) -> str:
    character = chr(code)
    return character if character.isascii() and character.isalnum() else f"\\x{{{code:02X}}}"


def _nested(steps: list[_Step], differs: Callable[[_Step], str], rest: str | None) -> str | None:
    """Let each character differ, or be the same and the next one decide; `rest` is what may follow the whole key."""
    written = rest
    for step in reversed(steps):
        following = "" if written is None else f"{step.same}{written}"
        alternatives = differs(step) + following if written is not None else differs(step).rstrip("|")
        written = f"(?:{alternatives})"
    return None if written is None else f"(?s)^{written}"
