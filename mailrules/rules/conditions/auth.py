"""The condition on whether a message is from whom it says: `auth`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.authresults import believed
from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.address_parts import Domain
from mailrules.rules.conditions.base import ABSENT, Condition, condition, shown
from mailrules.rules.conditions.operators import join_wanted
from mailrules.rules.domains import a_labels
from mailrules.rules.spelling import domain_text
from mailrules.rules.tables import Table, each, kind, wrong
from mailrules.rules.text import excerpt
from mailrules.rules.truth import UNKNOWN, truth_of

if TYPE_CHECKING:
    from mailrules.rules.authresults import Result
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

Word = Literal["pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror", "bestguesspass"]
_WORDS: tuple[Word, ...] = get_args(Word)
_SCHEMA: JsonSchemaValue = {"enum": list(_WORDS)}

_PROPERTIES = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.helo"),
    "dmarc": ("header.from",),
}
"""What names the domain that a method has looked at (RFC 8601 §2.7), the best first."""


def read_result(value: object) -> Word:
    """Read what a method can find out."""
    for word in _WORDS:
        if value == word:
            return word
    said = f'"{value}" is no result' if isinstance(value, str) else f"this is {kind(value)}"
    raise wrong(f"{said}: write one of {', '.join(_WORDS)}")


def _read_results(value: object) -> tuple[Word, ...]:
    return each(value, read_result, 'an empty list matches nothing; write at least one result, as in "pass"')


Words = Annotated[
    tuple[Word, ...],
    BeforeValidator(_read_results, json_schema_input_type=Word | Annotated[list[Word], Field(min_length=1)]),
]


class Outcome(Table):
    """What one method has found out; of several results one is enough."""

    result: Words | None = None
    """What a bare text or list stands for: `pass`, `fail`, `softfail`, `neutral`, `none`, `policy`, `temperror`, ...

    `none`: there was nothing to check, as no signature.
    """

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = (
        _SCHEMA,
        {"type": "array", "items": _SCHEMA, "minItems": 1},
    )

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        return {"result": _read_results(value)}


class OutcomeForDomain(Outcome):
    """What one method has found out, and about which domain."""

    domain: Domain | None = None
    """The domain that this is about: who has signed, whom the envelope names, whom From names."""

    @model_validator(mode="after")
    def _says_a_result(self) -> Self:
        if self.result is None:
            raise wrong('say which result as well, as in { result = "pass", domain = "example.org" }')
        return self


@condition("auth")
class Auth(Condition):
    """What the mail server has found out about where the message is from (Authentication-Results, RFC 8601).

    Only results of the servers in the account's `authserv_id` are believed, as anybody can write such a header; without
    one the condition is unknown. Methods beside each other must all hold.
    """

    dkim: OutcomeForDomain | None = None
    """Whether a signature is good; the domain is that of the one who signed."""
    spf: OutcomeForDomain | None = None
    """Whether it came from a server that may send for the envelope's domain."""
    dmarc: OutcomeForDomain | None = None
    """Whether one of both is for the domain that people see in From."""
    arc: Outcome | None = None
    """Whether those who have passed it on vouch for what they saw."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write the method and its result, as in auth.dkim = "pass", with dkim, spf, dmarc or arc'

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        given = ((method, getattr(self, method)) for method in type(self).model_fields)
        return tuple(_leaf(method, outcome, definitions) for method, outcome in given if outcome is not None)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset({"AUTHENTICATION-RESULTS"})

    def wants(self) -> frozenset[str]:
        """Name the account's settings without which it is always unknown."""
        return frozenset({"authserv_id"})


def _leaf(method: str, outcome: Outcome, definitions: Definitions) -> Leaf:
    words = outcome.result or ()
    domain = outcome.domain if isinstance(outcome, OutcomeForDomain) else None
    test = None if domain is None else domain.text_test(definitions)

    def holds(result: Result) -> bool:
        if result.result not in words:
            return False
        about = _domain(method, result)
        if domain is not None and domain.exists is not None and domain.exists is not bool(about):
            return False
        return test is None or (bool(about) and test(domain_text(about)))

    def check(message: Message, facts: Facts) -> Truth:
        if not facts.authserv_ids:
            return UNKNOWN
        results = believed(message.fields.authentication(), facts.authserv_ids, method)
        return truth_of(any(map(holds, results)))

    def seen(message: Message, facts: Facts) -> str:
        if not facts.authserv_ids:
            return "(the account has no authserv_id)"
        results = believed(message.fields.authentication(), facts.authserv_ids, method)
        texts = (" ".join(filter(None, (result.result, _domain(method, result)))) for result in results)
        return excerpt(", ".join(texts)) or ABSENT

    wanted = [("result", shown(words))]
    if domain is not None:
        wanted += [(f"domain.{operator}", text) for operator, text in domain.wanted()]
    return Leaf(*join_wanted(f"auth.{method}", wanted), check, seen)


def _domain(method: str, result: Result) -> str:
    """Give the domain that a result is about; empty if it names none."""
    return a_labels(next(filter(None, result.domains(_PROPERTIES.get(method, ()))), ""))
