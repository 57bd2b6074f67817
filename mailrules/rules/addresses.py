"""Reads address lists (RFC 5322 §3.4) as they are found in mail, in one pass and without ever raising.

The structure is read first and encoded words are decoded after it, so that an encoded comma or angle bracket is text.
What is broken is read as a person would: a missing comma, a bracket or quote that is never closed, a bare name.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from mailrules.rules.comments import comment_ends
from mailrules.rules.encoded import ENCODED_WORD, decode_words
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ADDRESSES = 5_000
"""What is looked at of all address fields of one name; real mail has hundreds at most."""


@value(frozen=True, slots=True)
class Mailbox:
    """One address as written; each part may be empty."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """The address alone, ``local@domain``; without an at sign if the domain is missing."""
        return f"{self.local}@{self.domain}" if self.domain else self.local

    def __str__(self) -> str:
        if self.name and self.address:
            return f"{self.name} <{self.address}>"
        return self.name or self.address


@value(frozen=True, slots=True)
class Group:
    """A named group, ``Friends: a@b, c@d;``; often an empty one, ``undisclosed-recipients:;``."""

    name: str
    mailboxes: tuple[Mailbox, ...]

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(map(str, self.mailboxes))};"


@value(frozen=True, slots=True)
class AddressList:
    """What one address header holds; as text it is the header as people see it."""

    items: tuple[Mailbox | Group, ...]

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        """All addresses, those in groups too."""
        found: list[Mailbox] = []
        for item in self.items:
            found += item.mailboxes if isinstance(item, Group) else (item,)
        return tuple(found)

    def __str__(self) -> str:
        return ", ".join(map(str, self.items))


def parse_addresses(text: str, limit: int = MAX_ADDRESSES) -> AddressList:
    """Read an unfolded header value, as far as the first `limit` addresses."""
    usual = read_usual(text, limit)
    return parse_any(text, limit) if usual is None else AddressList(tuple(map(mailbox_of, usual)))


Usual = tuple[str | None, str | None, str | None, str, str]
"""One address of the usual form: the words or the quoted text before it, the bracket, the local part, the domain."""


def _usual(letter: str, more: str = "") -> re.Pattern[str]:
    """Make the form that nearly all mail has: addresses alone, or in angle brackets behind words or one quoted text.

    Their domains are without the root's dot.
    """
    word = rf"(?:{more}{letter}++)"
    name = rf'(?:({word}(?: {word})*+)|"([^"\\]*+)")?'
    return re.compile(rf"(?:{name}\s*+(<))?({letter}++)@({letter}++)(?<!\.)(?(3)>)\s*+(?:,\s*+|\Z)")


_SPECIAL = r'\s"(),:;<>@\[\]\\'
_PLAIN = _usual(f"[^{_SPECIAL}]")
_ENCODED = _usual(f"[^{_SPECIAL}=]", rf"=\?[^{_SPECIAL}?]++\?[bBqQ]\?[^{_SPECIAL}?]*+\?=|")


def read_usual(text: str, limit: int) -> list[Usual] | None:
    """Read an unfolded value of the usual form as far as its structure; None if it has another."""
    usual = _ENCODED if "=?" in text else _PLAIN
    found: list[Usual] = []
    end, length = 0, len(text)
    while end < length and len(found) < limit:
        one = usual.match(text, end)
        if one is None:
            return None
        found.append(one.groups())  # type: ignore[arg-type] # the expression has these groups
        end = one.end()
    return found


def mailbox_of(usual: Usual) -> Mailbox:
    """Decode what `read_usual` found."""
    words, quoted, _, local, domain = usual
    return Mailbox(decode_words(words or quoted or "").strip(), local, domain)


def shown_usual(usual: Usual) -> str:
    """Show what `read_usual` found as `Mailbox` does."""
    words, quoted, _, local, domain = usual
    name = decode_words(words or quoted or "").strip()
    return f"{name} <{local}@{domain}>" if name else f"{local}@{domain}"


def parse_any(text: str, limit: int = MAX_ADDRESSES) -> AddressList:
    """Read a value of any form."""
    parser = _Parser(limit)
    for token in _tokens(text):
        parser.feed(token)
        if parser.room == 0:
            break
    return parser.finish()


class _Token(NamedTuple):
    kind: str
    """``word``, ``quoted``, ``space``, ``comment``; or the special character itself: one of ``< > , ; : @``."""
    text: str


_COLON = _Token("word", ":")
_DOT = _Token("word", ".")
_SPACE = _Token("space", " ")
_SPECIALS = {special: _Token(special, special) for special in "<>,;:@"}
_AT = _SPECIALS["@"]

# One match is one token; none looks past its own end, so the whole takes linear time.
_TOKEN = re.compile(
    rf"(?P<word>{ENCODED_WORD.pattern}"  # before anything else: careless mailers leave commas in it
    r'|(?:[^\s"(),:;<>@\[\]\\]++|\[[^\[\]\\"]*+\]|\\.?|[\[\])])(?:[^\s"(),:;<>@\[\]\\]++|\\.)*+)'
    r"|(?P<space>\s++)"
    r"|(?P<special>[<>,;:@])"
    r'|(?P<open>["(])',
    re.DOTALL,
)
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_PAIR = re.compile(r"\\(.)", re.DOTALL)


def _tokens(text: str) -> Iterator[_Token]:
    comments = comment_ends(text)
    has_closed_quotes = True
    position = 0
    while found := _TOKEN.match(text, position):
        position = found.end()
        match found.lastgroup:
            case "word":
                yield _Token("word", _unquoted(found[0]))
            case "space":
                yield _SPACE
            case "special":
                yield _SPECIALS[found[0]]
            case _ if found.start() in comments:
                position = comments[found.start()]
                yield _Token("comment", _unquoted(text[found.end() : position - 1]))
            case _ if found[0] == '"' and has_closed_quotes and (quoted := _QUOTED.match(text, found.start())):
                position = quoted.end()
                yield _Token("quoted", _unquoted(quoted[1]))
            case _:
                # A quote that is not closed is a letter, and so are all later ones: else each would search to the end.
                has_closed_quotes = has_closed_quotes and found[0] != '"'
                yield _Token("word", found[0])


def _unquoted(text: str) -> str:
    """Take the backslashes out of quoted pairs."""
    return _PAIR.sub(r"\1", text) if "\\" in text else text


@value(slots=True)
class _Parser:
    """The state between two tokens: the mailbox being read, the group it is in, what is finished."""

    room: int
    """How many mailboxes more are looked at."""
    items: list[Mailbox | Group] = field(default_factory=list)
    group: str | None = None
    members: list[Mailbox] = field(default_factory=list)
    phrase: list[_Token] = field(default_factory=list)
    has_at: bool = False
    """Whether the phrase has an at sign, so that it is an address."""
    comments: list[str] = field(default_factory=list)
    angle: list[_Token] | None = None
    """What stood in angle brackets; None before they open."""
    in_angle: bool = False

    def feed(self, token: _Token) -> None:
        match token.kind:
            case "word" | "quoted" | "space" | "@":
                self._keep(token)
            case "comment":
                self.comments.append(token.text)
            case "<":
                self._open_angle()
            case ">":
                self.in_angle = False
            case ":":
                self._colon()
            case "," if self._in_route():
                pass
            case ",":
                self._end_mailbox()
            case _:  # a semicolon ends a group; between addresses it is Outlook's comma
                self._end_mailbox()
                self._end_group()

    def finish(self) -> AddressList:
        self._end_mailbox()
        self._end_group()
        return AddressList(tuple(self.items))

    def _keep(self, token: _Token) -> None:
        if self.in_angle and self.angle is not None:
            self.angle.append(token)
        else:
            self.phrase.append(token)
            self.has_at = self.has_at or token is _AT

    def _open_angle(self) -> None:
        if self.in_angle:  # `<<a@b>>`
            return
        if self.angle is not None:  # `<a@b> <c@d>`: the comma was forgotten
            self._end_mailbox()
        self.angle, self.in_angle = [], True

    def _in_route(self) -> bool:
        """Tell whether this is ``<@relay.example,@other.example:`` with an address still to come (§4.4)."""
        return self.in_angle and bool(self.angle) and self.angle is not None and self.angle[0] is _AT

    def _colon(self) -> None:
        if self._in_route():
            self.angle = []
        elif self.angle is not None or self.group is not None or self.has_at:
            self._keep(_COLON)
        else:
            self.group, self.phrase = _text(self.phrase), []

    def _end_mailbox(self) -> None:
        if self.angle is not None:
            found = [Mailbox(_text(self.phrase) or self._comment(), *_addr_spec(self.angle))]
        else:
            found = self._bare() if self.phrase or self.comments else []
        found = [each for each in found if each != _NOBODY]
        (self.items if self.group is None else self.members).extend(found)
        self.room -= len(found)
        self.phrase, self.has_at, self.comments, self.angle, self.in_angle = [], False, [], None, False

    def _end_group(self) -> None:
        if self.group is not None:
            self.items.append(Group(self.group, tuple(self.members)))
            self.group, self.members = None, []

    def _bare(self) -> list[Mailbox]:
        """Read what has no angle brackets: an address, several with no comma between, or words and an address."""
        words = _split_at_spaces(self.phrase)
        specs = [word for word in words if _AT in word]
        names = [word for word in words if _AT not in word]
        if not specs and len(names) == 1 and not self.comments:
            return [Mailbox("", _joined(names[0]), "")]  # `root`: an address of the machine itself
        name = decode_words(" ".join(map(_joined, names))).strip() or self._comment()
        if not specs:
            return [Mailbox(name, "", "")]
        return [Mailbox(name if len(specs) == 1 else "", *_addr_spec(spec)) for spec in specs[: self.room]]

    def _comment(self) -> str:
        """Give the name as it was once written: ``ann@example.org (Ann Lee)``."""
        return decode_words(" ".join(self.comments)).strip()


_NOBODY = Mailbox("", "", "")


def _addr_spec(tokens: list[_Token]) -> tuple[str, str]:
    """Split into local part and domain at the last at sign; white space in between is obsolete and dropped (§4.4)."""
    bare = [token for token in tokens if token is not _SPACE]
    at = next((position for position in reversed(range(len(bare))) if bare[position] is _AT), len(bare))
    return _joined(bare[:at]), _joined(bare[at + 1 :])


def _split_at_spaces(tokens: list[_Token]) -> list[list[_Token]]:
    """Cut into words, but not beside an at sign or a dot that stands alone: ``ann . lee @ example . org`` is one."""
    words: list[list[_Token]] = []
    separate = True
    for token in tokens:
        if token is _SPACE:
            separate = True
            continue
        if separate and not (words and (_glues(token) or _glues(words[-1][-1]))):
            words.append([token])
        else:
            words[-1].append(token)
        separate = False
    return words


def _glues(token: _Token) -> bool:
    return token is _AT or token == _DOT


def _joined(tokens: list[_Token]) -> str:
    return "".join([token.text for token in tokens])


def _text(tokens: list[_Token]) -> str:
    return decode_words(_joined(tokens)).strip() if tokens else ""
