"""A message as rules see it: whatever was fetched of it, decoded when a rule first asks and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

from mailrules.rules.addresses import MAX_ADDRESSES, Mailbox, parse_addresses
from mailrules.rules.authresults import Results, parse_results
from mailrules.rules.charsets import guess
from mailrules.rules.dates import MAX_DATES, Date, read_date
from mailrules.rules.domains import a_labels
from mailrules.rules.encoded import decode_words
from mailrules.rules.headers import cut_fields, unfold
from mailrules.rules.plan import flag_key
from mailrules.rules.spelling import address_text, domain_text
from mailrules.rules.text import Text, nfc
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mailrules.rules.questions import Question

T = TypeVar("T")

_SHORT = 300
"""Octets of a field that is remembered: mail comes from the same people and lists, over and over."""
_FEW = 3
"""Addresses of a field that is remembered: each takes a kilobyte at most."""
_REMEMBERED = 4_096
"""So many of each kind; strangers can push others out, and no more."""


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


class Address:
    """One address; a part that is absent is None.

    Each is made ready to be compared when it is first asked for: most rules look at one part, and few at the others.
    """

    __slots__ = ("_mailbox", "address", "detail", "domain", "local", "name", "text", "user")

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

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def __getattr__(self, part: str) -> Text | None:
        """Make a part that is not there yet."""
        if part not in _PARTS:
            raise AttributeError(part)
        made = _PARTS[part](self, self._mailbox)
        setattr(self, part, made)
        return made


def _address(address: Address, mailbox: Mailbox) -> Text:
    local, domain = mailbox.local, a_labels(mailbox.domain)
    if not domain or "xn--" in domain or not local.isascii():
        return address_text(address.local, address.domain)
    text = f"{local}@{domain}"
    return Text(text, text.lower())


def _domain(_address: Address, mailbox: Mailbox) -> Text | None:
    name = a_labels(mailbox.domain)
    return domain_text(name) if name else None


def _user(address: Address, mailbox: Mailbox) -> Text:
    user, plus, _ = mailbox.local.partition("+")
    return Text.of(user) if plus else address.local


def _detail(_address: Address, mailbox: Mailbox) -> Text | None:
    _, plus, detail = mailbox.local.partition("+")
    return Text.of(detail) if plus else None


_PARTS: dict[str, Callable[[Address, Mailbox], Text | None]] = {
    "name": lambda _, mailbox: Text.of(mailbox.name) if mailbox.name else None,
    "address": _address,
    "local": lambda _, mailbox: Text.of(mailbox.local),
    "user": _user,
    "detail": _detail,
    "domain": _domain,
    "text": lambda _, mailbox: Text.of(str(mailbox)),
}


class AddressField:
    """One occurrence of an address header."""

    __slots__ = ("_parsed", "_parts", "_text", "_written", "addresses")

    def __init__(self, written: str, limit: int = MAX_ADDRESSES) -> None:
        self._written = written
        self._parsed = parse_addresses(written, limit)
        self._text: Text | None = None
        self._parts: dict[str, tuple[Text, ...]] = {}
        self.addresses = tuple(map(Address, self._parsed.mailboxes))

    def parts(self, name: str) -> tuple[Text, ...]:
        """Give this part of each address that has it, in every spelling."""
        parts = self._parts.get(name)
        if parts is None:
            texts: list[Text | None] = [getattr(address, name) for address in self.addresses]
            parts = self._parts[name] = tuple([each for text in texts if text is not None for each in text.spellings])
        return parts

    @property
    def text(self) -> Text:
        """The whole decoded header as people see it."""
        if self._text is None:
            self._text = Text.of(str(self._parsed) or decode_words(self._written).strip())
        return self._text


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

    __slots__ = ("_addresses", "_list_ids", "_raw", "_texts", "_worked_out")

    def __init__(self, block: bytes) -> None:
        self._raw = cut_fields(block)
        self._texts: dict[str, tuple[Text, ...]] = {}
        self._addresses: dict[tuple[str, ...], tuple[AddressField, ...]] = {}
        self._list_ids: tuple[ListId, ...] | None = None
        self._worked_out: dict[object, object] = {}

    def once(self, key: object, work_out: Callable[[HeaderFields], T]) -> T:
        """Work out of the header what several rules look at, for the first of them only."""
        if key not in self._worked_out:
            self._worked_out[key] = work_out(self)
        return cast("T", self._worked_out[key])

    def first(self, name: str) -> str:
        """Give the first occurrence of a field without its case; empty if there is none."""
        return next((text.folded for text in self.texts(name)), "")

    def value(self, name: str) -> str:
        """Give the first occurrence of a field, decoded; empty if there is none."""
        raw = self._raw.get(name)
        return _decoded(raw[0]) if raw else ""

    def texts(self, name: str) -> tuple[Text, ...]:
        """Give each occurrence of a field, decoded."""
        texts = self._texts.get(name)
        if texts is None:
            texts = self._texts[name] = tuple([Text.of(_decoded(raw)) for raw in self._raw.get(name, ())])
        return texts

    def addresses(self, names: tuple[str, ...]) -> tuple[AddressField, ...]:
        """Give each occurrence of these address fields."""
        fields = self._addresses.get(names)
        if fields is None:
            fields = tuple([field for name in names for field in _address_fields(self._raw.get(name, ()))])
            self._addresses[names] = fields
        return fields

    def list_ids(self) -> tuple[ListId, ...]:
        """Give each List-Id."""
        if self._list_ids is None:
            self._list_ids = tuple(map(_list_id, self._raw.get("LIST-ID", ())))
        return self._list_ids

    def dates(self, name: str) -> tuple[Date | None, ...]:
        """Give the date in each of the first `MAX_DATES` occurrences of a field; None where none can be read."""
        return self.once(
            (Date, name), lambda fields: tuple(read_date(text.value) for text in fields.texts(name)[:MAX_DATES])
        )

    def authentication(self) -> tuple[Results, ...]:
        """Give each Authentication-Results, the topmost first, whoever wrote it."""
        return self.once(Results, lambda fields: tuple(map(parse_results, fields.written("AUTHENTICATION-RESULTS"))))

    def written(self, name: str) -> list[str]:
        """Give each occurrence of a field as it is written, encoded words and all."""
        return list(map(_written, self._raw.get(name, ())))


def _written(raw: str) -> str:
    value = unfold(raw)
    return value if value.isascii() else guess(value.encode("latin-1"))


def _decoded(raw: str) -> str:
    if raw.isascii() and "=?" not in raw:
        return unfold(raw).strip()
    return nfc(decode_words(_written(raw)).strip())


def _address_fields(values: Iterable[str]) -> list[AddressField]:
    """Read fields of one name until there are `MAX_ADDRESSES` in them; one without any counts as one."""
    found: list[AddressField] = []
    room = MAX_ADDRESSES
    for raw in values:
        if room <= 0:
            break
        field = _short_field(raw) if len(raw) <= _SHORT <= room else AddressField(_written(raw), room)
        room -= len(field.addresses) or 1
        found.append(field)
    return found


_fields: dict[str, AddressField] = {}
"""Short ones, as they were written."""


def _short_field(raw: str) -> AddressField:
    field = _fields.get(raw)
    if field is None:
        field = AddressField(_written(raw))
        if len(field.addresses) <= _FEW:
            if len(_fields) >= _REMEMBERED:
                _fields.clear()
            _fields[raw] = field
    return field


def _list_id(raw: str) -> ListId:
    return _short_list_id(raw) if len(raw) <= _SHORT else _read_list_id(raw)


def _read_list_id(raw: str) -> ListId:
    """Read ``Python developers <python-dev.python.org>``; without brackets all of it is the identifier."""
    text = _decoded(raw)
    _, bracket, rest = text.rpartition("<")
    return ListId(Text.of((rest.partition(">")[0] if bracket else text).strip()))


_short_list_id = lru_cache(maxsize=_REMEMBERED)(_read_list_id)
