"""Reads a search program from a person's text, such as ``UNSEEN OR FROM ann SUBJECT "re: x"``.

The text is RFC 9051 §6.4.4's without what has no meaning in a rule: sequence numbers change, UIDs belong to one
mailbox, ``$`` to one session; literals are for the wire. Unlike on the wire, quoted text may have any character of
Unicode.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import date
from typing import assert_never

from mailrules.imap import grammar
from mailrules.imap.errors import ArgumentError
from mailrules.imap.search import KEYS, Operand, SearchProgram, key
from mailrules.values import value

MAX_DEPTH = 50
"""How deep NOT, OR and parentheses may nest: a mistake is more likely than a purpose."""

_TOKEN = re.compile(r'(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\["\\])*)"|(?P<word>[^\s()"]+)')
_ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_SEQUENCE_SET = re.compile(r"[0-9*][0-9:,*]*")
_DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})")


def parse_search(text: str) -> SearchProgram:
    """Read a program. Raises ArgumentError that begins with ``character N:``, counted from 1, where the mistake is."""
    return _Reader(text).program()


@value(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _Reader:
    def __init__(self, text: str) -> None:
        self._end = len(text)
        self._tokens = [*_tokens(text), _Token("end", "", self._end)]
        self._next = 0
        self._depth = 0
        self._bare: _Token | None = None
        """The text without quotes that was read last."""

    def program(self) -> SearchProgram:
        program = self._keys()
        if self._peek().kind == "close":
            raise _mistake(self._peek(), "a parenthesis that nothing opened")
        return program

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _keys(self) -> SearchProgram:
        program = self._key()
        while self._peek().kind not in {"close", "end"}:
            program &= self._key()
        return program

    def _key(self) -> SearchProgram:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _mistake(self._peek(), f"nested deeper than {MAX_DEPTH}")
        program = self._parenthesized() if self._peek().kind == "open" else self._named()
        self._depth -= 1
        return program

    def _parenthesized(self) -> SearchProgram:
        opening = self._take()
        program = self._keys()
        if self._take().kind != "close":
            raise _mistake(opening, "a parenthesis that nothing closes")
        return program

    def _named(self) -> SearchProgram:
        name = self._take()
        if name.kind != "word":
            raise _mistake(name, "a search key is wanted")
        wanted = KEYS.get(name.text.upper())
        if wanted is None:
            before = self._bare if self._tokens[self._next - 2] is self._bare else None
            raise _mistake(name, _why_not_a_key(name.text, before.text if before else None))
        return key(name.text, *[self._operand(name.text.upper(), operand) for operand in wanted])

    def _operand(self, name: str, operand: Operand) -> str | int | date | SearchProgram:
        token = self._peek()
        if token.kind in {"end", "close"}:
            raise _mistake(token, f"{name} wants {operand.value}")
        if operand is Operand.PROGRAM:
            return self._key()
        token = self._take()
        if token.kind == "open":
            raise _mistake(token, f"{name} wants {operand.value}")
        if operand is Operand.TEXT and token.kind == "word":
            self._bare = token
        try:
            return _value(operand, token)
        except ArgumentError as error:
            raise _mistake(token, f"{name} wants {operand.value} ({error})") from None


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            what = "a quoted text does not end" if text[position] == '"' else "only spaces may part the words"
            raise ArgumentError(f"character {position + 1}: {what}")
        yield _Token(match.lastgroup, match[match.lastgroup], position)
        position = match.end()


def _value(operand: Operand, token: _Token) -> str | int | date:
    match operand:
        case Operand.TEXT | Operand.FIELD:
            if token.kind == "word" and not _ATOM.fullmatch(token.text):
                raise ArgumentError("this must stand in quotes")
            text = re.sub(r"\\(.)", r"\1", token.text) if token.kind == "quoted" else token.text
            if operand is Operand.FIELD:
                grammar.field_name(text)
            else:
                grammar.astring(text)
            return text
        case Operand.KEYWORD:
            grammar.keyword(token.text)
            return token.text
        case Operand.DATE:
            return parse_day(token.text)
        case Operand.SIZE:
            if token.kind != "word" or not re.fullmatch("[0-9]{1,19}", token.text):
                raise ArgumentError("not digits")
            grammar.number(int(token.text))
            return int(token.text)
        case Operand.PROGRAM:
            raise AssertionError("a program is more than a token")
        case never:
            assert_never(never)


def parse_day(text: str) -> date:
    """Read a day as SEARCH writes it, ``1-Feb-1994``. Raises ArgumentError."""
    match = _DATE.fullmatch(text)
    if match is None or match[2].capitalize() not in grammar.MONTHS:
        raise ArgumentError("not a day-month-year")
    try:
        return date(int(match[3]), grammar.MONTHS.index(match[2].capitalize()) + 1, int(match[1]))
    except ValueError:
        raise ArgumentError("no such day") from None


def _why_not_a_key(word: str, before: str | None) -> str:
    """Explain a word where a key should be; ``before`` is a text without quotes that it may be a part of."""
    if _SEQUENCE_SET.fullmatch(word):
        return "sequence numbers cannot be searched for: they change"
    if word.upper() == "UID":
        return "UID cannot be searched for: a rule sees each message by itself"
    if word == "$":
        return "$ cannot be searched for: nothing was saved"
    unknown = f"no search key is called {word[:40]!r}"
    if near := difflib.get_close_matches(word.upper(), KEYS, n=1):
        return f"{unknown} (did you mean {near[0]}?)"
    return f'{unknown}; quotes go around several words: "{before[:40]} {word[:40]}"' if before else unknown


def _mistake(token: _Token, why: str) -> ArgumentError:
    return ArgumentError(f"character {token.start + 1}: {why}")
