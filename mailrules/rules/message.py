"""A message as rules see it: whatever was fetched of it, decoded when a rule first asks and only once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, cast

from mailrules.rules.addresses import MAX_ADDRESSES, Mailbox, parse_addresses
from mailrules.rules.authresults import Results, parse_results
from mailrules.rules.charsets import guess
from mailrules.rules.dates import Date, read_date
from mailrules.rules.domains import a_labels
from mailrules.rules.encoded import decode_words
from mailrules.rules.headers import split_fields
from mailrules.rules.plan import flag_key
from mailrules.rules.spelling import address_text, domain_text
from mailrules.rules.text import Text, fold, nfc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from mailrules.rules.questions import Question

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
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
    worked_out: dict[object, object] = field(init=False, repr=False, compare=False)
    """What `once` has worked out of the answers so far."""
    flag_keys: frozenset[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        keys = None if self.flags is None else frozenset(map(flag_key, self.flags))
        object.__setattr__(self, "flag_keys", keys)
        object.__setattr__(self, "fields", HeaderFields(self.header))
        object.__setattr__(self, "worked_out", {})

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


@dataclass(frozen=True, slots=True)
class Address:
    """One address, each of its parts ready to be compared; a part that is absent is None."""

    name: Text | None
    address: Text
    local: Text
    user: Text
    """The local part before its first plus sign (RFC 5233)."""
    detail: Text | None
    """The local part behind its first plus sign."""
    domain: Text | None
    """As A-labels in lower case."""
    text: Text
    """As people see it: ``Ann Lee <ann@example.org>``."""

    @classmethod
    def of(cls, mailbox: Mailbox) -> Address:
        """Prepare what was read from a header."""
        name = a_labels(mailbox.domain)
        domain = domain_text(name) if name else None
        local = Text.of(mailbox.local)
        user, plus, detail = mailbox.local.partition("+")
        return cls(
            name=Text.of(mailbox.name) if mailbox.name else None,
            address=address_text(local, domain),
            local=local,
            user=Text.of(user) if plus else local,
            detail=Text.of(detail) if plus else None,
            domain=domain,
            text=Text.of(str(mailbox)),
        )


@dataclass(frozen=True, slots=True)
class AddressField:
    """One occurrence of an address header."""

    text: Text
    """The whole decoded header as people see it."""
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class ListId:
    """One List-Id header (RFC 2919)."""

    identifier: Text
    """What stands in the angle brackets: ``python-dev.python.org``."""
    name: Text
    """The first label of it, the list's own name: ``python-dev``."""


class HeaderFields:
    """The fields of one header block, by upper-case name; each is decoded when it is first asked for."""

    __slots__ = ("_addresses", "_authentication", "_block", "_dates", "_list_ids", "_raw", "_texts", "_worked_out")

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._raw: dict[str, tuple[bytes, ...]] | None = None
        self._texts: dict[str, tuple[Text, ...]] = {}
        self._addresses: dict[tuple[str, ...], tuple[AddressField, ...]] = {}
        self._list_ids: tuple[ListId, ...] | None = None
        self._dates: dict[str, tuple[Date | None, ...]] = {}
        self._authentication: tuple[Results, ...] | None = None
        self._worked_out: dict[object, object] = {}

    def once(self, key: object, work_out: Callable[[HeaderFields], T]) -> T:
        """Work out of the header what several rules look at, for the first of them only."""
        if key not in self._worked_out:
            self._worked_out[key] = work_out(self)
        return cast("T", self._worked_out[key])

    def first(self, name: str) -> str:
        """Give the first occurrence of a field without its case; empty if there is none."""
        return next((text.folded for text in self.texts(name)), "")

    def texts(self, name: str) -> tuple[Text, ...]:
        """Give each occurrence of a field, decoded."""
        try:
            return self._texts[name]
        except KeyError:
            texts = tuple(Text.of(decode_words(value).strip()) for value in self.written(name))
            self._texts[name] = texts
            return texts

    def addresses(self, names: tuple[str, ...]) -> tuple[AddressField, ...]:
        """Give each occurrence of these address fields."""
        try:
            return self._addresses[names]
        except KeyError:
            fields = tuple(field for name in names for field in _address_fields(self.written(name)))
            self._addresses[names] = fields
            return fields

    def list_ids(self) -> tuple[ListId, ...]:
        """Give each List-Id."""
        if self._list_ids is None:
            self._list_ids = tuple(map(_list_id, self.texts("LIST-ID")))
        return self._list_ids

    def dates(self, name: str) -> tuple[Date | None, ...]:
        """Give the date in each occurrence of a field; None where there is none or it can't be read."""
        try:
            return self._dates[name]
        except KeyError:
            dates = tuple(read_date(text.value) for text in self.texts(name))
            self._dates[name] = dates
            return dates

    def authentication(self) -> tuple[Results, ...]:
        """Give each Authentication-Results, the topmost first, whoever wrote it."""
        if self._authentication is None:
            self._authentication = tuple(map(parse_results, self.written("AUTHENTICATION-RESULTS")))
        return self._authentication

    def written(self, name: str) -> list[str]:
        """Give each occurrence of a field as it is written, encoded words and all."""
        if self._raw is None:
            self._raw = split_fields(self._block)
        return [guess(value) for value in self._raw.get(name, ())]


def _address_fields(values: Iterable[str]) -> Iterator[AddressField]:
    """Read fields of one name until there are `MAX_ADDRESSES` in them; one without any counts as one."""
    room = MAX_ADDRESSES
    for value in values:
        if room <= 0:
            return
        found = _address_field(value, room)
        room -= len(found.addresses) or 1
        yield found


def _address_field(value: str, limit: int) -> AddressField:
    parsed = parse_addresses(value, limit)
    shown = str(parsed) or decode_words(value).strip()
    return AddressField(Text.of(shown), tuple(map(Address.of, parsed.mailboxes)))


def _list_id(text: Text) -> ListId:
    """Read ``Python developers <python-dev.python.org>``; without brackets all of it is the identifier."""
    _, bracket, rest = text.value.rpartition("<")
    identifier = nfc((rest.partition(">")[0] if bracket else text.value).strip())
    lowered = fold(identifier)
    name, folded = identifier.partition(".")[0], lowered.partition(".")[0]
    return ListId(Text(identifier, lowered), Text(name, folded))
