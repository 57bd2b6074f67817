"""The conditions on which mailboxes there are: `mailbox_exists` and `special_use_exists`."""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.base import NOT_KNOWN, Condition, condition, shown
from mailrules.rules.paths import path_key
from mailrules.rules.plan import SPECIAL_USES
from mailrules.rules.tables import ONE_OR_MANY_SCHEMAS, OneOrMany, each, kind, not_too_long, wrong
from mailrules.rules.text import excerpt
from mailrules.rules.truth import UNKNOWN, truth_of

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts


def read_mailbox(value: object) -> str:
    """Read the path of one mailbox."""
    if not isinstance(value, str) or not value.strip():
        raise wrong('write a mailbox\'s path as text, as in "Lists/Python"')
    if value.startswith("\\"):
        raise wrong(f"{value} is a special use: write special_use_exists = '{value}'")
    if "*" in value or "%" in value:
        raise wrong(f"\"{value}\": write one mailbox's whole path; patterns can't be asked for")
    return not_too_long(value)


def read_special_use(value: object) -> str:
    """Read a special use, as RFC 6154 spells it."""
    if not isinstance(value, str):
        raise wrong(f"this is {kind(value)}: write a special use as text, as in '\\Junk'")
    known = {use.lower(): use for use in SPECIAL_USES}
    if value.lower() not in known:
        raise wrong(f"{value} is no special use: write one of {', '.join(SPECIAL_USES)}")
    return known[value.lower()]


def _read_mailboxes(value: object) -> tuple[str, ...]:
    return each(value, read_mailbox, "an empty list matches nothing; write at least one mailbox")


def _read_special_uses(value: object) -> tuple[str, ...]:
    return each(value, read_special_use, "an empty list matches nothing; write at least one special use")


Mailboxes = Annotated[tuple[str, ...], BeforeValidator(_read_mailboxes, json_schema_input_type=OneOrMany)]
SpecialUses = Annotated[tuple[str, ...], BeforeValidator(_read_special_uses, json_schema_input_type=OneOrMany)]


class _Exists(Condition):
    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ONE_OR_MANY_SCHEMAS

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Give what is asked for."""

    @abstractmethod
    def there(self, facts: Facts) -> frozenset[str]:
        """Give those of the names that are there."""

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""

        def check(_message: Message, facts: Facts) -> Truth:
            return UNKNOWN if facts.mailboxes is None else truth_of(bool(self.there(facts)))

        def seen(_message: Message, facts: Facts) -> str:
            if facts.mailboxes is None:
                return NOT_KNOWN
            return excerpt(", ".join(sorted(self.there(facts)))) or "(there is none)"

        return (Leaf(self.key, excerpt(shown(self.names())), check, seen),)


@condition("mailbox_exists")
class MailboxExists(_Exists):
    """Whether the account has a mailbox of this path, or one of these (RFC 5490): `mailbox_exists = "Archive/2024"`."""

    is_: Annotated[Mailboxes | None, Field(alias="is")] = None
    """What a bare text or list stands for: paths, `/` between their levels."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        return {"is": _read_mailboxes(value)}

    def names(self) -> tuple[str, ...]:
        """Give what is asked for."""
        return self.is_ or ()

    def mailboxes(self) -> tuple[str, ...]:
        """Give the mailboxes that it names."""
        return self.names()

    def there(self, facts: Facts) -> frozenset[str]:
        """Give those of the paths that are there."""
        known = _keys(facts.mailboxes or frozenset())
        return frozenset(name for name in self.names() if path_key(name) in known)


@lru_cache(maxsize=16)  # every rule asks for one account's
def _keys(paths: frozenset[str]) -> frozenset[str]:
    return frozenset(map(path_key, paths))


@condition("special_use_exists")
class SpecialUseExists(_Exists):
    r"""Whether the account has a mailbox for this use, or one of these (RFC 8579): `special_use_exists = '\Junk'`."""

    is_: Annotated[SpecialUses | None, Field(alias="is")] = None
    r"""What a bare text or list stands for: `\Junk`, `\Archive`, `\Trash`, `\Sent`, `\Drafts`, `\Flagged`, `\All`."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        return {"is": _read_special_uses(value)}

    def names(self) -> tuple[str, ...]:
        """Give what is asked for."""
        return self.is_ or ()

    def there(self, facts: Facts) -> frozenset[str]:
        """Give those of the uses that some mailbox has."""
        known = {use.lower() for use in facts.special_uses}
        return frozenset(use for use in self.names() if use.lower() in known)
