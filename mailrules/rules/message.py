"""A message as rules see it: whatever was fetched of it, decoded when a rule first asks and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, TypeVar, cast

from mailrules.rules.addressfield import AddressField, address_fields
from mailrules.rules.authresults import Results, parse_results
from mailrules.rules.dates import MAX_DATES, Date, read_date
from mailrules.rules.headers import cut_fields
from mailrules.rules.plan import flag_key
from mailrules.rules.text import Text, nfc
from mailrules.rules.written import decoded, written
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mailrules.rules.questions import Question

T = TypeVar("T")

_SHORT = 300
"""Octets of a List-Id that is remembered: mail comes from the same lists, over and over."""
_REMEMBERED = 4_096
"""So many; strangers can push others out, and no more."""


@value(frozen=True, slots=True)
class Message:
    """What is known of one message. What is None was not fetched or could not be read: rules on it are unknown."""

    header: bytes
    """The raw header block, or as much of it as ``Ruleset.header_fields`` asks for."""
    size: int | None = None
    """Octets (RFC822.SIZE)."""
    received: datetime | None = None
    """INTERNALDATE; aware."""
    flags: frozenset[str] | None = None
    answers: Mapping[Question[object], object] = field(default_factory=dict)
    """What was asked about it, with None for what can't be found out."""
    fields: HeaderFields = field(init=False, repr=False, compare=False)
    worked_out: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `once` has worked out of the answers so far."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", HeaderFields(self.header))

    @property
    def flag_keys(self) -> frozenset[str] | None:
        """The flags as they are compared."""
        return None if self.flags is None else frozenset(map(flag_key, self.flags))

    def answered(self, answers: Mapping[Question[object], object]) -> Message:
        """Give the message with these answers besides those it has; what was decoded of it is kept."""
        message = replace(self, answers={**self.answers, **answers})
        object.__setattr__(message, "fields", self.fields)
        return message

    def asked(self, question: Question[object]) -> bool:
        """Tell whether the question was put, whatever came of it."""
        return question in self.answers

    def answer(self, question: Question[T]) -> T | None:
        """Give the answer; None if there is none, or not yet."""
        return cast("T | None", self.answers.get(question))

    def once(self, key: object, work_out: Callable[[], T]) -> T:
        """Work out of the answers what several rules look at, for the first of them only."""
        if key not in self.worked_out:
            self.worked_out[key] = work_out()
        return cast("T", self.worked_out[key])


@value(frozen=True, slots=True)
class ListId:
    """One List-Id header (RFC 2919)."""

    identifier: Text
    """What stands in the angle brackets: ``python-dev.python.org``."""

    @property
    def name(self) -> Text:
        """The first label of it, the list's own name: ``python-dev``."""
        return Text(self.identifier.value.partition(".")[0], self.identifier.folded.partition(".")[0])


class HeaderFields:
    """The fields of one header block, by upper-case name; each is decoded when it is first asked for."""

    __slots__ = ("_raw", "_texts", "_worked_out")

    def __init__(self, block: bytes) -> None:
        self._raw = cut_fields(block)
        self._texts: dict[str, tuple[Text, ...]] = {}
        self._worked_out: dict[object, object] = {}

    def once(self, key: object, work_out: Callable[[HeaderFields], T]) -> T:
        """Work out of the header what several rules look at, for the first of them only."""
        worked_out = self._worked_out
        if key not in worked_out:
            worked_out[key] = work_out(self)
        return cast("T", worked_out[key])

    def first(self, name: str) -> str:
        """Give the first occurrence of a field without its case; empty if there is none."""
        return next((text.folded for text in self.texts(name)), "")

    def value(self, name: str) -> str:
        """Give the first occurrence of a field, decoded; empty if there is none."""
        texts = self._texts.get(name)
        if texts:
            return texts[0].value
        raw = self._raw.get(name)
        return nfc(decoded(raw[0])) if raw else ""

    def texts(self, name: str) -> tuple[Text, ...]:
        """Give each occurrence of a field, decoded."""
        texts = self._texts.get(name)
        if texts is None:
            raw = self._raw.get(name, ())
            texts = (Text.of(decoded(raw[0])),) if len(raw) == 1 else tuple([Text.of(decoded(each)) for each in raw])
            self._texts[name] = texts
        return texts

    def addresses(self, names: tuple[str, ...]) -> tuple[AddressField, ...]:
        """Give each occurrence of these address fields."""
        fields = self._worked_out.get(names)  # not `once`: it is asked for several times for every message
        if fields is None:
            found = [address_fields(self._raw[name]) for name in names if name in self._raw]
            fields = self._worked_out[names] = found[0] if len(found) == 1 else tuple(chain.from_iterable(found))
        return cast("tuple[AddressField, ...]", fields)

    def list_ids(self) -> tuple[ListId, ...]:
        """Give each List-Id."""
        list_ids = self._worked_out.get(ListId)
        if list_ids is None:
            list_ids = self._worked_out[ListId] = tuple(map(_list_id, self._raw.get("LIST-ID", ())))
        return cast("tuple[ListId, ...]", list_ids)

    def dates(self, name: str) -> tuple[Date | None, ...]:
        """Give the date in each of the first `MAX_DATES` occurrences of a field; None where none can be read."""
        return self.once(
            (Date, name), lambda fields: tuple(read_date(text.value) for text in fields.texts(name)[:MAX_DATES])
        )

    def authentication(self) -> tuple[Results, ...]:
        """Give each Authentication-Results, the topmost first, whoever wrote it."""
        return self.once(Results, lambda fields: tuple(map(parse_results, fields.written("AUTHENTICATION-RESULTS"))))

    def raw(self, names: tuple[str, ...]) -> Sequence[str]:
        """Give each occurrence of these fields, octets as characters (Latin-1), folds and all."""
        if len(names) == 1:
            return self._raw.get(names[0], ())
        return [value for name in names for value in self._raw.get(name, ())]

    def written(self, name: str) -> list[str]:
        """Give each occurrence of a field as it is written, encoded words and all."""
        return list(map(written, self._raw.get(name, ())))


def _list_id(raw: str) -> ListId:
    return _short_list_id(raw) if len(raw) <= _SHORT else _read_list_id(raw)


def _read_list_id(raw: str) -> ListId:
    """Read ``Python developers <python-dev.python.org>``; without brackets all of it is the identifier."""
    text = nfc(decoded(raw))
    _, bracket, rest = text.rpartition("<")
    return ListId(Text.of((rest.partition(">")[0] if bracket else text).strip()))


_short_list_id = lru_cache(maxsize=_REMEMBERED)(_read_list_id)
