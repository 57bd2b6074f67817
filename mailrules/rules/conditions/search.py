"""The condition that the server decides: `search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules import questions
from mailrules.rules.checks import Leaf, disjunction
from mailrules.rules.conditions.base import NOT_ASKED, NOT_KNOWN, Condition, condition
from mailrules.rules.tables import ONE_OR_MANY_SCHEMAS, OneOrMany, each, kind, wrong
from mailrules.rules.text import excerpt
from mailrules.rules.truth import truth_of

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts


def read_search(value: object) -> str:
    """Read IMAP search keys; their grammar is checked where the protocol is known."""
    if not isinstance(value, str):
        raise wrong(f"a search is text, not {kind(value)}: write IMAP search keys, as in 'UNSEEN FLAGGED'")
    if not value.strip():
        raise wrong("an empty search finds nothing: write IMAP search keys, as in 'UNSEEN FLAGGED'")
    return value.strip()


def _read_searches(value: object) -> tuple[str, ...]:
    return each(value, read_search, "an empty list finds nothing: write IMAP search keys, as in 'UNSEEN FLAGGED'")


Searches = Annotated[tuple[str, ...], BeforeValidator(_read_searches, json_schema_input_type=OneOrMany)]


@condition("search")
class Search(Condition):
    """IMAP search keys (RFC 9051 §6.4.4), as in `UNSEEN FLAGGED`.

    The server is asked only if everything else leaves it open.
    """

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ONE_OR_MANY_SCHEMAS
    matches: Searches | None = None
    """What a bare text or list stands for; of a list one search is enough."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        return {"matches": _read_searches(value)}

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        leaves = tuple(search_leaf(self.key, text, text) for text in self.matches or ())
        return leaves if len(leaves) == 1 else (disjunction(self.key, leaves),)


def search_leaf(key: str, wanted: str, keys: str) -> Leaf:
    """Make ready a search that the server answers; `wanted` is what the file has of it."""
    question = questions.Search(keys)

    def check(message: Message, _facts: Facts) -> Truth:
        return truth_of(message.answer(question))

    def seen(message: Message, _facts: Facts) -> str:
        if not message.asked(question):
            return NOT_ASKED
        return {True: "found", False: "not found", None: NOT_KNOWN}[message.answer(question)]

    return Leaf(key, excerpt(wanted), check, seen, asks=lambda _message, _facts: (question,))
