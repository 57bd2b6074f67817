"""Reads Authentication-Results (RFC 8601 §2.2) in one pass and without ever raising.

Anybody can write such a field; only those of one's own mail server are worth anything. Of these the topmost that names
a method decides, since servers put their fields above what was there. That a message does not come with fields in the
server's own name is up to the server, which has to strip them (RFC 8601 §5).
"""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING

from mailrules.rules.comments import comment_ends
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

NAMELESS = "-"
"""Stands for the name of a server that leaves its name out, as Microsoft 365 does."""

MAX_RESULTS = 1_000
"""Results of one field that are looked at; real ones have a dozen at most."""


@value(frozen=True, slots=True)
class Result:
    """What one method found out; all in lower case."""

    method: str
    """``dkim``"""
    result: str
    """``pass``"""
    properties: tuple[tuple[str, str], ...] = ()
    """As ``("header.d", "example.org")``."""

    def domains(self, names: Iterable[str]) -> Iterator[str]:
        """Give the domain that each of these properties names, be it by an address; in the order of the names."""
        for name in names:
            for known, said in self.properties:
                if known == name:
                    yield said.rpartition("@")[2].strip("<>")


@value(frozen=True, slots=True)
class Results:
    """One field."""

    server: str
    """Who says so (authserv-id), in lower case; `NAMELESS` if it does not say."""
    results: tuple[Result, ...] = ()


def believed(fields: Iterable[Results], servers: Collection[str], method: str) -> tuple[Result, ...]:
    """Give the results of a method in the first that has some of the servers' own fields; `servers` in lower case.

    These are the topmost of them up to the first of somebody else: what is below has come with the message.
    """
    others = dropwhile(lambda field: field.server not in servers, fields)
    for field in takewhile(lambda field: field.server in servers, others):
        if found := tuple(each for each in field.results if each.method == method):
            return found
    return ()


def parse_results(text: str) -> Results:
    """Read an unfolded value; what can't be read as a result is passed over."""
    first, *others = _sections(text)
    named = bool(first) and "=" not in first[1:]  # a name may be in quotes, with anything in it
    server = _plain(first[0]).lower() if named else NAMELESS
    results: list[Result] = []
    for section in others if named else [first, *others]:
        if len(results) == MAX_RESULTS:
            break
        result = _result(section)
        if result is not None:
            results.append(result)
    return Results(server, tuple(results))


# Pieces are `=`, a space for any white space or comment, quoted strings with their quotes, and words. What is not
# closed ends where the result does: a sender who gets a bracket into a value must not hide the results behind it.
_PIECE = re.compile(
    r'\s++|(?P<open>\()|"(?:[^"\\]++|\\.)*+"|"[^;]*+|[;=]|(?:[^\s;="(\\]++|\\[^\s;=]?)++',
    re.DOTALL,
)
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_SPACE = " "


def _sections(text: str) -> list[list[str]]:
    """Cut at semicolons; there is always a first section, and none begins with a space."""
    comments = comment_ends(text)
    sections: list[list[str]] = [[]]
    position = 0
    while found := _PIECE.match(text, position):
        position, piece = found.end(), found[0]
        if found["open"]:
            position, piece = comments.get(found.start()) or _end_of_result(text, position), _SPACE
        elif piece.isspace():
            piece = _SPACE
        if piece == ";":
            sections.append([])
        elif piece != _SPACE or (sections[-1] and sections[-1][-1] != _SPACE):
            sections[-1].append(piece)
    return sections


def _end_of_result(text: str, start: int) -> int:
    end = text.find(";", start)
    return len(text) if end < 0 else end


def _result(section: list[str]) -> Result | None:
    """Read ``dkim/1 = pass reason="good" header.d=example.org``."""
    pairs = _pairs(section)
    if not pairs:
        return None
    (method, result), *properties = pairs
    if "." in method:
        return None
    return Result(method.partition("/")[0], result, tuple(pair for pair in properties if "." in pair[0]))


def _pairs(section: list[str]) -> list[tuple[str, str]]:
    """Read ``name=value`` again and again; white space may stand around ``=``, and in names around ``.`` and ``/``."""
    pairs: list[tuple[str, str]] = []
    name = ""
    spaced = False
    pieces = iter(section)
    for piece in pieces:
        if piece == _SPACE:
            spaced = True
        elif piece == "=":
            value = _value(pieces)
            if name:
                pairs.append((name.lower(), value.lower()))
            name, spaced = "", False
        else:
            joins = not spaced or name.endswith((".", "/")) or piece.startswith((".", "/"))
            name = name + piece if joins else piece
            spaced = False
    return pairs


def _value(pieces: Iterator[str]) -> str:
    """Read up to the next space what stands behind ``=``, more of these included: ``bounce+1=ann@example.org``."""
    value: list[str] = []
    for piece in pieces:
        if piece != _SPACE:
            value.append(_plain(piece))
        elif value:
            break
    return "".join(value)


def _plain(piece: str) -> str:
    return _PAIR.sub(r"\1", piece[1:].removesuffix('"')) if piece.startswith('"') else piece
