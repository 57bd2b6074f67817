"""An address header as rules see it: its addresses, with each part ready to be compared when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.rules.addresses import MAX_ADDRESSES, Mailbox, mailbox_of, parse_any, read_usual, shown_usual
from mailrules.rules.domains import a_labels
from mailrules.rules.encoded import decode_words
from mailrules.rules.spelling import address_text, domain_text
from mailrules.rules.text import Text
from mailrules.rules.written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_SHORT = 300
"""Octets of a field that is remembered: mail comes from the same people, over and over."""
_FEW = 3
"""Addresses of a field that is remembered: each takes a kilobyte at most."""
_REMEMBERED = 4_096
"""So many fields; strangers can push others out, and no more."""


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
        made = _PARTS[part](self._mailbox)
        setattr(self, part, made)
        return made


def _address(local: str, domain: str) -> Text:
    name = a_labels(domain)
    if not name or "xn--" in name or not local.isascii():
        return address_text(Text.of(local), _domain(domain))
    text = f"{local}@{name}"
    return Text(text, text.lower())


def _domain(domain: str) -> Text | None:
    name = a_labels(domain)
    return domain_text(name) if name else None


def _detail(mailbox: Mailbox) -> Text | None:
    _, plus, detail = mailbox.local.partition("+")
    return Text.of(detail) if plus else None


_PARTS: dict[str, Callable[[Mailbox], Text | None]] = {
    "name": lambda mailbox: Text.of(mailbox.name) if mailbox.name else None,
    "address": lambda mailbox: _address(mailbox.local, mailbox.domain),
    "local": lambda mailbox: Text.of(mailbox.local),
    "user": lambda mailbox: Text.of(mailbox.local.partition("+")[0]),
    "detail": _detail,
    "domain": lambda mailbox: _domain(mailbox.domain),
    "text": lambda mailbox: Text.of(str(mailbox)),
}


class AddressField:
    """One occurrence of an address header."""

    __slots__ = ("_addresses", "_parsed", "_text", "_usual", "_written")

    def __init__(self, value: str, limit: int = MAX_ADDRESSES) -> None:
        self._written = value
        self._usual = read_usual(value, limit)
        self._parsed = parse_any(value, limit) if self._usual is None else None
        self._addresses: tuple[Address, ...] | None = None
        self._text: Text | None = None

    @property
    def number(self) -> int:
        """How many addresses there are."""
        return len(self.addresses if self._usual is None else self._usual)

    def parts(self, name: str) -> list[Text]:
        """Give this part of each address that has it, in every spelling."""
        texts: list[Text | None] = [getattr(address, name) for address in self.addresses]
        return [each for text in texts if text is not None for each in text.spellings]

    def folded(self, name: str) -> list[str]:
        """Give the same without its case; what most rules ask for takes no more than the structure."""
        usual = self._usual
        if usual is not None and name in {"address", "domain"}:
            value = self._written
            if value.isascii() and "--" not in value:  # then each is spelt in one way
                if len(usual) == 1:
                    _, _, _, local, domain = usual[0]
                    return [(domain if name == "domain" else f"{local}@{domain}").lower()]
                if name == "domain":
                    return [each[4].lower() for each in usual]
                return [f"{each[3]}@{each[4]}".lower() for each in usual]
        return [text.folded for text in self.parts(name)]

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses themselves."""
        if self._addresses is None:
            mailboxes = map(mailbox_of, self._usual or ()) if self._parsed is None else self._parsed.mailboxes
            self._addresses = tuple(map(Address, mailboxes))
        return self._addresses

    @property
    def text(self) -> Text:
        """The whole decoded header as people see it."""
        if self._text is None:
            shown = ", ".join(map(shown_usual, self._usual)) if self._usual is not None else str(self._parsed)
            self._text = Text.of(shown or decode_words(self._written).strip())
        return self._text


def address_fields(values: Sequence[str]) -> tuple[AddressField, ...]:
    """Read fields of one name until there are `MAX_ADDRESSES` in them; one without any counts as one."""
    if len(values) == 1 and len(values[0]) <= _SHORT:
        return (_short_field(values[0]),)
    return tuple(_some_fields(values))


def _some_fields(values: Iterable[str]) -> list[AddressField]:
    found: list[AddressField] = []
    room = MAX_ADDRESSES
    for raw in values:
        if room <= 0:
            break
        field = _short_field(raw) if len(raw) <= _SHORT <= room else AddressField(written(raw), room)
        room -= field.number or 1
        found.append(field)
    return found


_fields: dict[str, AddressField] = {}
"""Short ones, as they were written."""


def _short_field(raw: str) -> AddressField:
    field = _fields.get(raw)
    if field is None:
        field = AddressField(written(raw))
        if field.number <= _FEW:
            if len(_fields) >= _REMEMBERED:
                _fields.clear()
            _fields[raw] = field
    return field
