"""Conditions on addresses: `from`, `to`, `cc`, `bcc`, `sender`, `reply_to` and `recipient`."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.addressfield import Address, AddressField
from mailrules.rules.checks import Leaf
from mailrules.rules.clues import Member, best_guard
from mailrules.rules.conditions.address_parts import (
    ADDRESS_SCHEMA,
    AddressFieldTexts,
    AddressPart,
    AddressPatterns,
    AddressTexts,
    Domain,
    WholeAddress,
    listed_test,
    part_test,
    read_address_patterns,
    shorthand_guard,
    shorthand_test,
)
from mailrules.rules.conditions.base import Condition, condition, seen_texts, shown
from mailrules.rules.conditions.occurrences import FieldOperators, captured
from mailrules.rules.conditions.operators import TextOperators, TrimmedOperators, join_wanted
from mailrules.rules.spelling import Spelling
from mailrules.rules.tables import one_or_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mailrules.rules.captures import Captured
    from mailrules.rules.checks import Check, Found
    from mailrules.rules.clues import Guard
    from mailrules.rules.conditions.address_parts import AddressTest, Part
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.lookup import Keys
    from mailrules.rules.message import Message
    from mailrules.rules.text import Text
    from mailrules.rules.verdict import Facts


class AddressCondition(Condition, FieldOperators):
    """Operators on an address header.

    A bare text is the whole address (`a@b`), a domain without its subdomains (`@b`; `@*.b` for those), or a glob over
    the address. Parts and operators beside each other hold of one address. `in` looks each address up, and behind it
    `@domain`; `count` is the number of addresses.
    """

    matches: AddressPatterns | None = None
    """What a bare text stands for: an address, `@domain`, or a glob over the address."""
    address: WholeAddress | None = None
    """`local@domain`."""
    local: AddressPart | None = None
    """What stands before the at sign."""
    user: AddressPart | None = None
    """The local part up to its first `+`."""
    detail: AddressPart | None = None
    """The local part behind its first `+`."""
    domain: Domain | None = None
    """What stands behind the at sign."""
    name: TrimmedOperators | None = None
    """The display name, decoded; a bare text is looked for anywhere in it."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = one_or_many(ADDRESS_SCHEMA)
    shorthand: ClassVar[str] = "matches"
    headers: ClassVar[tuple[str, ...]]
    """The header fields it looks at, in upper case."""
    value_parts: ClassVar[tuple[str, ...]] = ("address", "local", "user", "detail", "domain", "name")

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return f'write an address, a domain ("@example.org"), a list of them, or a table of {", ".join(cls.keys())}'

    @classmethod
    def read_bare(cls, value: object) -> tuple[str, ...]:
        """Read the shorthand, errors at their places in it."""
        return read_address_patterns(value)

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        match = self._matcher(definitions)
        look = self._look()

        def find(message: Message) -> Address | AddressField | None:
            found = match(message)
            return None if found is None else found[1] or found[0]

        def show(found: Address | AddressField) -> Iterable[Text]:
            return look((found,))

        def number(message: Message) -> int:
            return sum(field.number for field in message.fields.addresses(self.headers))

        headers, counts_only = self.headers, self.counts_only

        def seen(message: Message, _facts: Facts) -> str:
            if counts_only:
                return str(number(message))
            found = find(message)
            return seen_texts(look(message.fields.addresses(headers) if found is None else (found,)))

        def captures(message: Message) -> Iterator[tuple[str, Captured]]:
            field, address = match(message) or (None, None)
            if field is not None:
                yield from captured(self.key, self, field.text)
            if address is not None:
                for name, part in self._parts():
                    yield from captured(f"{self.key}.{name}", part, _getter(name)(address))

        leaf = Leaf(
            *join_wanted(self.key, self.wanted()),
            self.decide(find, number),
            seen,
            self.key,
            find,
            captures=captures,
            shows=self.shows(show),
        )
        return (leaf,)

    def guard(self, definitions: Definitions) -> Guard | None:
        """Give clues from the operators on a part, or on the whole header."""
        guards = [part.text_guard(AddressTexts(self.headers, name), definitions) for name, part in self._parts()]
        if self.matches:
            guards.append(shorthand_guard(self.matches, self.headers, exact=self.case_sensitive))
        if listed := self._addresses(definitions):
            whose = AddressTexts(self.headers, "address")
            guards.append(tuple(Member(whose, self.case_sensitive, keys) for keys in listed))
        return best_guard([*guards, self.text_guard(AddressFieldTexts(self.headers), definitions)])

    def tables(self, _definitions: Definitions) -> tuple[Keys, ...]:
        """Give no table for the header's text: what is looked up is each address."""
        return ()

    def _addresses(self, definitions: Definitions) -> tuple[Keys, ...]:
        exact = self.case_sensitive
        return tuple(definitions.tables[name].keys(Spelling.ADDRESS, exact=exact) for name in self.in_ or ())

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their patterns, for the trace."""
        wanted = super().wanted()
        if self.matches:
            wanted.append(("matches", shown(self.matches)))
        return wanted + [
            (f"{name}.{operator}", text) for name, part in self._parts() for operator, text in part.wanted()
        ]

    def _parts(self) -> list[tuple[str, TextOperators]]:
        return [(name, part) for name in self.value_parts if (part := getattr(self, name)) is not None]

    def _matcher(self, definitions: Definitions) -> Callable[[Message], tuple[AddressField, Address | None] | None]:
        """Make the search for one header that all operators hold of, and one address in it that all parts hold of."""
        of_header = self.text_test(definitions)
        of_address = self._address_test(definitions)
        headers, picks = self.headers, self.nth is not None

        def match(message: Message) -> tuple[AddressField, Address | None] | None:
            for field in self._picked(message) if picks else message.fields.addresses(headers):
                if of_header is None or of_header(field.text):
                    if of_address is None:
                        return field, None
                    for address in field.addresses:
                        if of_address(address):
                            return field, address
            return None

        return match

    def _picked(self, message: Message) -> Sequence[AddressField]:
        return [field for name in self.headers for field in self.pick(message.fields.addresses((name,)))]

    def _address_test(self, definitions: Definitions) -> AddressTest | None:
        tests = [part_test(_getter(name), part, definitions) for name, part in self._parts()]
        if self.matches:
            tests.append(shorthand_test(self.matches, exact=self.case_sensitive))
        if listed := self._addresses(definitions):
            tests.append(listed_test(listed, exact=self.case_sensitive))
        if not tests:
            return None
        first, *others = tests
        return (lambda address: first(address) and all(test(address) for test in others)) if others else first

    def _look(self) -> Callable[[Sequence[Address | AddressField]], Iterable[Text]]:
        """Choose what a trace shows: the part where one part alone is looked at, else all as people see it."""
        parts = [name for name, _ in self._parts()]
        if len(parts) != 1 or self.given() != set(parts):
            return lambda found: [each.text for each in found]
        part = _getter(parts[0])

        def look(found: Sequence[Address | AddressField]) -> Iterable[Text]:
            for each in found:
                addresses = each.addresses if isinstance(each, AddressField) else (each,)
                yield from filter(None, map(part, addresses))

        return look

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset(self.headers)

    @classmethod
    def value_fields(cls, _part: str) -> frozenset[str]:
        """Give the header fields that the value is read from, in upper case."""
        return frozenset(cls.headers)

    @classmethod
    def value(cls, part: str, message: Message, found: Found) -> str | None:
        """Give a part of the address that the rule matched by, else of the first."""
        match found.get(cls.key):
            case Address() as address:
                addresses: Sequence[Address] = (address,)
            case AddressField(addresses=addresses):
                pass
            case _:
                addresses = [each for field in message.fields.addresses(cls.headers) for each in field.addresses]
        text = _getter(part)(addresses[0]) if addresses else None
        return None if text is None else text.value


def _getter(name: str) -> Part:
    return attrgetter(name)


@condition("from")
class From(AddressCondition):
    """Who wrote the message (From)."""

    headers = ("FROM",)


@condition("to")
class To(AddressCondition):
    """Whom it is addressed to (To)."""

    headers = ("TO",)


@condition("cc")
class Cc(AddressCondition):
    """Who got a copy (Cc)."""

    headers = ("CC",)


@condition("bcc")
class Bcc(AddressCondition):
    """Who got a blind copy (Bcc); in mail that one has sent oneself."""

    headers = ("BCC",)


@condition("sender")
class Sender(AddressCondition):
    """Who sent it for the author (Sender)."""

    headers = ("SENDER",)


@condition("reply_to")
class ReplyTo(AddressCondition):
    """Where answers shall go (Reply-To)."""

    headers = ("REPLY-TO",)


@condition("recipient")
class Recipient(AddressCondition):
    """Anyone it is addressed to (To, Cc and Bcc)."""

    headers = ("TO", "CC", "BCC")


@condition("delivered_to")
class DeliveredTo(AddressCondition):
    """The address that it was delivered to, whatever To says.

    Mail servers write it (Delivered-To, X-Original-To, Envelope-To, X-Delivered-To): so one sees which of several
    addresses, aliases or catch-all names was written to.
    """

    headers = ("DELIVERED-TO", "X-ORIGINAL-TO", "ENVELOPE-TO", "X-DELIVERED-TO")
