"""What can be wanted of one address: the shorthand (`@example.org`) and the operators on its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules import matching
from mailrules.rules.clues import Guard, Something, Whole, joint_guard, piece_guard
from mailrules.rules.conditions.operators import (
    TextOperators,
    TextTest,
    TrimmedOperators,
    in_some_spelling,
    on_folded,
    on_value,
)
from mailrules.rules.domains import a_labels
from mailrules.rules.pieces import glob_pieces
from mailrules.rules.spelling import Spelling
from mailrules.rules.tables import each, one_or_many, read_pattern, wrong
from mailrules.rules.text import Text
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mailrules.rules.addressfield import Address
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.lookup import Keys
    from mailrules.rules.message import Message

    AddressTest = Callable[[Address], bool]
    Part = Callable[[Address], Text | None]


@value(frozen=True, slots=True)
class AddressTexts:
    """One part of every address in some header fields, as a source of clues."""

    headers: tuple[str, ...]
    part: str

    def texts(self, message: Message) -> Sequence[Text]:
        """Give the texts."""
        fields = message.fields.addresses(self.headers)
        if len(fields) == 1:
            return fields[0].parts(self.part)
        return [text for field in fields for text in field.parts(self.part)]

    def folded(self, message: Message) -> list[str]:
        """Give them without their case."""
        fields = message.fields.addresses(self.headers)
        if len(fields) == 1:
            return fields[0].folded(self.part)
        return [folded for field in fields for folded in field.folded(self.part)]


@value(frozen=True, slots=True)
class AddressFieldTexts:
    """The whole text of some address header fields, as a source of clues."""

    headers: tuple[str, ...]

    def texts(self, message: Message) -> list[Text]:
        """Give the texts."""
        return [field.text for field in message.fields.addresses(self.headers)]

    def folded(self, message: Message) -> list[str]:
        """Give them without their case."""
        return [field.text.folded for field in message.fields.addresses(self.headers)]


def read_address_pattern(value: object) -> str:
    """Read the shorthand for addresses: ``a@b``, ``@b``, or a glob over the whole address."""
    pattern = read_pattern(value).strip()
    local, at, domain = pattern.rpartition("@")
    if "<" in pattern or ">" in pattern:
        raise wrong(f'"{pattern}": write the address alone, without name and angle brackets')
    if _is_glob(pattern):
        return pattern
    if at and a_labels(domain) and " " not in domain and "@" not in local:
        return pattern
    if at:
        raise wrong(f'"{pattern}" is no address: write ann@example.org, or @example.org for all of a domain')
    if "." in pattern and " " not in pattern:
        raise wrong(f'"{pattern}" has no @: write "@{pattern}" for that domain, "@*.{pattern}" for those below it')
    raise wrong(f'"{pattern}" has no @: write an address (ann@example.org), or use .name, .local or .contains')


def read_address_patterns(value: object) -> tuple[str, ...]:
    """Read one pattern or several, errors at their places in the list."""
    return each(value, read_address_pattern, "an empty list matches nothing; write at least one address")


ADDRESS_SCHEMA = "^[^<>]*[@*?][^<>]*$"
"""What the shorthand is like at the least, as a regular expression of JSON Schema."""
_Shorthand = Annotated[str, Field(pattern=ADDRESS_SCHEMA)]
AddressPatterns = Annotated[
    tuple[str, ...],
    BeforeValidator(
        read_address_patterns, json_schema_input_type=_Shorthand | Annotated[list[_Shorthand], Field(min_length=1)]
    ),
]


class AddressPart(TrimmedOperators):
    """Operators on a part of an address. A bare text is the whole part."""

    shorthand: ClassVar[str] = "is"


class WholeAddress(AddressPart):
    """Operators on `local@domain`. A bare text is the whole address."""

    spelling: ClassVar[Spelling] = Spelling.ADDRESS

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for pattern in self.is_ or ():
            _, at, domain = pattern.rpartition("@")
            if at and not a_labels(domain):
                raise wrong(f'"{pattern}" is no whole address: write it as in "ann@example.org"')
        return self


class Domain(AddressPart):
    """Operators on the domain, compared as A-labels: `münchen.example` and `xn--mnchen-3ya.example` are the same."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = one_or_many(r"^[^@]*[^@\s][^@]*$")
    spelling: ClassVar[Spelling] = Spelling.DOMAIN

    @model_validator(mode="after")
    def _is_without_at(self) -> Self:
        patterns = (*(self.is_ or ()), *(self.contains or ()), *(self.starts_with or ()), *(self.ends_with or ()))
        for pattern in self.is_ or ():
            if not a_labels(pattern):
                raise wrong(f'"{pattern}" is no domain: write it in full, as in "example.org"')
        for pattern in (*patterns, *(self.glob or ())):
            if "@" in pattern:
                rest = pattern.rpartition("@")[2] or "example.org"
                raise wrong(f'"{pattern}": a domain has no @ in it; write "{rest}"')
        return self


def part_test(part: Part, operators: TextOperators, definitions: Definitions) -> AddressTest:
    """Make operators ready to run over one part of an address."""
    if operators.exists is False:
        return lambda address: part(address) is None
    test = operators.text_test(definitions)
    if test is None:
        return lambda address: part(address) is not None

    def holds(address: Address) -> bool:
        text = part(address)
        return text is not None and test(text)

    return holds


def shorthand_test(patterns: tuple[str, ...], *, exact: bool) -> AddressTest:
    """Make the shorthand ready to run over an address; exact, the local part's case matters."""
    of_domain = [pattern[1:] for pattern in patterns if pattern.startswith("@")]
    of_address = [pattern for pattern in patterns if not pattern.startswith("@")]
    if not of_domain and not exact and not any(map(_is_glob, of_address)):  # as most rules have it
        is_one = matching.equals([Spelling.ADDRESS.of(pattern, exact=False) for pattern in of_address])
        return lambda address: is_one(address.address.folded)
    is_domain = _plain_or_glob(of_domain, Spelling.DOMAIN, exact=exact)
    is_address = _plain_or_glob(of_address, Spelling.ADDRESS, exact=exact)
    if not of_domain:
        return lambda address: is_address(address.address)
    if not of_address:
        return lambda address: address.domain is not None and is_domain(address.domain)
    return lambda address: is_address(address.address) or (address.domain is not None and is_domain(address.domain))


def listed_test(tables: tuple[Keys, ...], *, exact: bool) -> AddressTest:
    """Make the look-up of an address in some tables; exact, the local part's case matters."""
    is_listed = matching.any_test([keys.__contains__ for keys in tables])
    if exact:
        return lambda address: is_listed(address.address.value)
    return lambda address: is_listed(address.address.folded)


def shorthand_guard(patterns: tuple[str, ...], headers: tuple[str, ...], *, exact: bool) -> Guard | None:
    """Give the clues without any of which no address can be meant by the shorthand."""
    guards: list[Guard | None] = []
    for pattern in patterns:
        spelling = Spelling.DOMAIN if pattern.startswith("@") else Spelling.ADDRESS
        whose = AddressTexts(headers, "domain" if spelling is Spelling.DOMAIN else "address")
        text = pattern.removeprefix("@")
        if _is_glob(text):
            pieces = glob_pieces(spelling.part(text, exact=exact))
            guards.append(piece_guard(whose, pieces, exact=exact) or (Something(whose),))
        else:
            guards.append((Whole(whose, exact, spelling.of(text, exact=exact)),))
    return joint_guard(guards)


def _plain_or_glob(patterns: list[str], spelling: Spelling, *, exact: bool) -> TextTest:
    """Make one look-up of the patterns without a wildcard, and test the others one by one."""
    on_text = on_value if exact else on_folded
    globs = [spelling.part(pattern, exact=exact) for pattern in patterns if _is_glob(pattern)]
    plain = [spelling.of(pattern, exact=exact) for pattern in patterns if not _is_glob(pattern)]
    is_plain = on_text(matching.equals(plain))
    if not globs:
        return is_plain
    is_like = in_some_spelling(on_text(matching.glob(globs)))
    return lambda text: is_plain(text) or is_like(text)


def _is_glob(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern
