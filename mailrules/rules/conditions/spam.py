"""The conditions on what the mail server's scanners have found: `spam` and `virus`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules import scanners
from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.base import ABSENT, Condition, condition
from mailrules.rules.conditions.numbers import Numbers
from mailrules.rules.conditions.operators import join_wanted
from mailrules.rules.tables import Switch, SwitchOrTable, read_switch, wrong
from mailrules.rules.text import excerpt
from mailrules.rules.truth import truth_of

if TYPE_CHECKING:
    from decimal import Decimal

    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts


def _is_of_a_hundred(numbers: Numbers | None) -> Numbers | None:
    if numbers is not None:
        limits = [each for each in (numbers.over, numbers.under, numbers.at_least, numbers.at_most) if each is not None]
        if not all(0 <= number <= 100 for number in (*(numbers.is_ or ()), *limits)):
            raise wrong("percent is from 0 to 100")
        if numbers.over == 100 or numbers.under == 0:
            raise wrong("this is never so: percent is from 0 to 100")
    return numbers


@condition("spam")
class Spam(Condition, SwitchOrTable):
    """What the server's spam filter says, in the header fields of SpamAssassin, rspamd, amavis, Exchange and others.

    `true`: it calls the message spam; `false`: it does not, or there is no filter. A table asks for what it has given.
    """

    is_: Annotated[Switch | None, Field(alias="is")] = None
    """What a bare `true` or `false` stands for: whether it is called spam."""
    score: Numbers | None = None
    """The points that it has given; what that means depends on the filter. Without any this is false."""
    percent: Annotated[Numbers | None, AfterValidator(_is_of_a_hundred)] = None
    """How near it is to what the filter calls spam, which is 100, or how likely that is; without any this is false."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return "write spam = true, or spam.score.over = 5, or spam.percent.at_least = 80"

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""

        def check(message: Message, _facts: Facts) -> Truth:
            return truth_of(
                (self.is_ is None or bool(scanners.is_spam(message)) is self.is_)
                and (self.score is None or _holds(self.score, scanners.score(message)))
                and (self.percent is None or _holds(self.percent, scanners.percent(message)))
            )

        def seen(message: Message, _facts: Facts) -> str:
            said = {True: "spam", False: "not spam", None: ""}[scanners.is_spam(message)]
            points, share = scanners.score(message), scanners.percent(message)
            parts = (said, "" if points is None else f"score {points}", "" if share is None else f"{share:.0f} percent")
            return excerpt(", ".join(filter(None, parts))) or ABSENT

        wanted = [] if self.is_ is None else [("is", str(self.is_).lower())]
        for name, numbers in (("score", self.score), ("percent", self.percent)):
            wanted += [(f"{name}.{operator}", text) for operator, text in (numbers.wanted() if numbers else ())]
        return (Leaf(*join_wanted(self.key, wanted), check, seen),)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return scanners.SPAM_HEADERS


@condition("virus")
class Virus(Condition):
    """Whether the server's virus scanner has found something, in the header fields of ClamAV, amavis, rspamd etc.

    `false`: it has not, or there is no scanner.
    """

    is_: Annotated[Switch | None, Field(alias="is")] = None
    """What a bare `true` or `false` stands for."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ({"type": "boolean"},)

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        return {"is": read_switch(value)}

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return "write virus = true"

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""

        def check(message: Message, _facts: Facts) -> Truth:
            return truth_of(bool(scanners.has_virus(message)) is self.is_)

        def seen(message: Message, _facts: Facts) -> str:
            return {True: "a virus", False: "none found", None: ABSENT}[scanners.has_virus(message)]

        return (Leaf(f"{self.key}.is", str(self.is_).lower(), check, seen),)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return scanners.VIRUS_HEADERS


def _holds(numbers: Numbers, number: Decimal | None) -> bool:
    return number is not None and numbers.holds(number)
