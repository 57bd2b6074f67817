"""The arguments that each command and test takes, as its RFC gives them, and what a script wrote for them."""

from __future__ import annotations

from dataclasses import field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from mailrules.sieve.errors import Place, SieveError
from mailrules.sieve.syntax import Argument, Number, Strings, Tag
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailrules.sieve.errors import Place
    from mailrules.sieve.syntax import Command, Test


@value(frozen=True, slots=True)
class Arguments:
    """What was written: tags by name, and what stands behind them."""

    place: Place
    tags: Mapping[str, Number | Strings | None]
    positional: tuple[Number | Strings, ...]

    def __contains__(self, tag: str) -> bool:
        return tag in self.tags

    def text(self, tag: str) -> str | None:
        """Give a tag's text."""
        value = self.tags.get(tag)
        return value.values[0] if isinstance(value, Strings) else None

    def texts(self, tag: str) -> tuple[str, ...] | None:
        """Give a tag's list of texts."""
        value = self.tags.get(tag)
        return value.values if isinstance(value, Strings) else None

    def number(self, tag: str) -> int | None:
        """Give a tag's number."""
        value = self.tags.get(tag)
        return value.value if isinstance(value, Number) else None

    def one_of(self, *tags: str) -> str | None:
        """Give the one of these tags that was written."""
        return next((tag for tag in tags if tag in self.tags), None)

    def strings(self, position: int) -> tuple[str, ...]:
        """Give a positional list of texts, from the end if negative."""
        value = self.positional[position]
        return value.values if isinstance(value, Strings) else ()

    def string(self, position: int) -> str:
        """Give a positional text."""
        return self.strings(position)[0]

    def amount(self, position: int) -> int:
        """Give a positional number."""
        value = self.positional[position]
        return value.value if isinstance(value, Number) else 0


@value(frozen=True, slots=True)
class Signature:
    """What a command or test takes."""

    tags: Mapping[str, str]
    """By tag, what belongs to it: ``""``, ``string``, ``strings`` or ``number``."""
    positional: tuple[str, ...]
    """The same for what stands without a tag; with ``?`` behind it, it may be left out."""
    tests: str = ""
    """``""`` for none, ``one`` or ``several``."""
    block: bool = False


@value(slots=True)
class _Reading:
    tags: dict[str, Number | Strings | None] = field(default_factory=dict)
    positional: list[Number | Strings] = field(default_factory=list)


def read_arguments(written: Command | Test, signature: Signature) -> Arguments:
    """Sort arguments by what they are for. Raises SieveError."""
    reading = _Reading()
    waiting = list(reversed(written.arguments))
    while waiting:
        argument = waiting.pop()
        if isinstance(argument, Tag):
            _read_tag(written.name, argument, waiting, signature, reading)
        else:
            reading.positional.append(argument)
    for group in _EXCLUSIVE:
        if len(given := [tag for tag in reading.tags if tag in group]) > 1:
            raise SieveError(written.place, f"'{written.name}' takes one of :{' and :'.join(given)}, not both")
    _check_positional(written, signature, reading.positional)
    _check_tests(written, signature)
    return Arguments(written.place, reading.tags, tuple(reading.positional))


def _read_tag(name: str, tag: Tag, waiting: list[Argument], signature: Signature, reading: _Reading) -> None:
    wanted = signature.tags.get(tag.name)
    if wanted is None:
        raise SieveError(tag.place, f"'{name}' does not take :{tag.name}{did_you_mean(tag.name, signature.tags, ':')}")
    if tag.name in reading.tags:
        raise SieveError(tag.place, f"'{name}' has :{tag.name} twice")
    value: Number | Strings | None = None
    if wanted:
        following = waiting.pop() if waiting else None
        if following is None or isinstance(following, Tag) or not _fits(following, wanted):
            raise SieveError(tag.place, f"after :{tag.name} {_WORDS[wanted]} was expected")
        value = following
    reading.tags[tag.name] = value


def _check_positional(written: Command | Test, signature: Signature, given: list[Number | Strings]) -> None:
    wanted = list(signature.positional)
    for optional in [each for each in wanted if each.endswith("?")]:
        if len(given) < len(wanted):
            wanted.remove(optional)
    words = _MEANT.get(written.name) or [_WORDS[each.rstrip("?")] for each in wanted]
    takes = f"'{written.name}' takes {' and '.join(words) or 'nothing'} here"
    if len(given) != len(wanted):
        raise SieveError(written.place, _miscounted(takes, len(given), len(wanted)))
    for argument, each in zip(given, wanted, strict=True):
        if not _fits(argument, each.rstrip("?")):
            raise SieveError(argument.place, takes)


def _miscounted(takes: str, given: int, wanted: int) -> str:
    """Say how many arguments there are too few or too many."""
    if given > wanted:
        return f"{takes}; {given - wanted} too many stand here" if wanted else takes
    missing = "that is" if wanted == 1 else f"the {_PLACES[given]} is" if given else "they are"
    return f"{takes}; {missing} missing"


def _check_tests(written: Command | Test, signature: Signature) -> None:
    count = len(written.tests)
    if signature.tests == "several":
        if not written.has_list:
            raise SieveError(written.place, f"'{written.name}' needs a list of tests in ( )")
    elif written.has_list:
        raise SieveError(written.place, f"'{written.name}' takes no list of tests; what lists them is allof or anyof")
    elif count != (signature.tests == "one"):
        raise SieveError(written.place, f"'{written.name}' takes {signature.tests or 'no'} test, not {count}")


def _fits(value: Number | Strings, wanted: str) -> bool:
    match value:
        case Number():
            return wanted == "number"
        case Strings(is_list=is_list, values=values):
            return wanted == "strings" or (wanted == "string" and (not is_list or len(values) == 1))


def did_you_mean(word: str, known: Mapping[str, object], sign: str = "") -> str:
    """Give a hint at what is spelt nearly the same."""
    close = get_close_matches(word, known, n=1)
    return f" (did you mean {sign}{close[0]}?)" if close else ""


_WORDS: Final = {"string": "a text", "strings": "a text or a list of texts", "number": "a number"}

_PLACES: Final = ("first", "second", "third")
_HEADERS: Final = "the names of headers"
_MEANT: Final = {
    "header": (_HEADERS, "the texts to look for"),
    "address": (_HEADERS, "the addresses to look for"),
    "exists": (_HEADERS,),
    "body": ("the texts to look for",),
    "fileinto": ("the name of a mailbox",),
    "redirect": ("an address",),
    "size": ("a number of octets",),
    "set": ("the name of a variable", "its value"),
    "string": ("the texts to look at", "the texts to look for"),
    "envelope": ('"from" or "to"', "the addresses to look for"),
    "currentdate": ("the part of the date", "the texts to look for"),
    "date": ("the name of a header", "the part of the date", "the texts to look for"),
}
"""What the arguments are for that everybody uses."""

MATCH_TYPES: Final = ("is", "contains", "matches", "regex", "count", "value", "list")
ADDRESS_PARTS: Final = ("all", "localpart", "domain", "user", "detail")
MODIFIERS: Final = ("lower", "upper", "lowerfirst", "upperfirst", "quotewildcard", "quoteregex", "encodeurl", "length")
_EXCLUSIVE: Final = (
    MATCH_TYPES,
    ADDRESS_PARTS,
    ("over", "under"),
    ("zone", "originalzone"),
    ("raw", "content", "text"),
    ("type", "subtype", "contenttype", "param"),
    ("personal", "global"),
)
