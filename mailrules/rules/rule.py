"""The model of one rule: what it is for, when it matches, what it does then."""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, create_model, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mailrules.rules.actions import ACTIONS, Action, AddFlags, RemoveFlags
from mailrules.rules.match import Match
from mailrules.rules.plan import flag_key
from mailrules.rules.rates import Every, Limit
from mailrules.rules.tables import NonEmpty, OneOrMany, Switch, Table, each, kind, not_too_long, wrong, wrong_at
from mailrules.rules.text import is_name

if TYPE_CHECKING:
    from mailrules.rules.targets import TargetText


def read_name(value: object) -> str:
    """Read a rule's name: it stands in logs, the journal and error messages."""
    if value is None:
        raise wrong('a rule needs a name, by which the journal knows it: name = "invoices"')
    if not isinstance(value, str):
        raise wrong(f'a rule\'s name is text, not {kind(value)}: name = "invoices"')
    if not is_name(value):
        raise wrong("a rule's name has 1 to 200 characters, none of them a control character")
    return value


def read_match(value: object) -> Match | Literal["everything"]:
    """Read the conditions, or the word for every message."""
    match value:
        case "everything":
            return "everything"
        case None:
            raise wrong('a rule needs conditions, as in match.subject = "invoice", or match = "everything"')
        case str():
            raise wrong(f'"{value}" is no condition: write match = "everything" for every message, or conditions')
        case _:
            return Match.model_validate(value)


def read_mode(value: object) -> Literal["observe"]:
    """Read the one mode that is not the usual."""
    if value != "observe":
        raise wrong('write mode = "observe" for a rule that only records what it would match, or leave mode out')
    return "observe"


def read_scope(value: object) -> tuple[str, ...]:
    """Read names or patterns of accounts or mailboxes."""
    return each(
        value, _read_scope_name, "an empty list would put the rule out of use: leave it out, or write enabled = false"
    )


def _read_scope_name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong('write names or patterns as text, as in ["INBOX", "Lists/*"]')
    return not_too_long(value)


MatchOrEverything = Match | Literal["everything"]
Scope = Annotated[tuple[str, ...], BeforeValidator(read_scope, json_schema_input_type=OneOrMany)]


class Actions(Table):
    """What is done with a message that matches."""

    create: Switch = True
    """Whether a missing target mailbox is created."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write what to do, as in then.move = "Archive" or then.add_flags = "$Invoice"'

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the table with what it can't be without, and what can't stand beside each other."""
        reference = super().__get_pydantic_json_schema__(core_schema, handler)
        schema = handler.resolve_ref_schema(reference)
        ways = [key for key, each in ACTIONS.items() if each.ends and key != "stop"]
        flags = [("set_flags", "add_flags"), ("set_flags", "remove_flags")]
        schema["anyOf"] = [{"required": [key]} for key in ACTIONS]
        schema["not"] = {"anyOf": [{"required": list(pair)} for pair in (*combinations(ways, 2), *flags)]}
        return reference

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Refuse everything but a table; a rule without it does nothing, which is surely not meant."""
        if value is None:
            raise wrong(f"a rule needs then: {cls.usage()}")
        return super().from_bare(value)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        given = {each.key: each for each in self.actions()}
        endings = [key for key in given if key != "stop" and given[key].ends]
        if not given:
            raise wrong(f"create = false does nothing by itself: {self.usage()}")
        if len(endings) > 1:
            raise wrong(f"a message can go one way only: keep {' or '.join(endings)}")
        if not self.create and not self.targets():
            raise wrong("create = false goes with copy or move")
        self._check_flags(given)
        return self

    @staticmethod
    def _check_flags(given: dict[str, Action[object]]) -> None:
        added, removed = (
            {flag_key(flag): flag for flag in each.root} if isinstance(each, AddFlags | RemoveFlags) else {}
            for each in (given.get("add_flags"), given.get("remove_flags"))
        )
        if "set_flags" in given and (added or removed):
            raise wrong(
                "set_flags says all flags the message shall have: put them all there, without add_flags or remove_flags"
            )
        both = [flag for key, flag in added.items() if key in removed]
        if both:
            raise wrong(f"{', '.join(both)} can't be both added and removed: keep one of them")

    def actions(self) -> tuple[Action[object], ...]:
        """Give the actions, in the order they are carried out."""
        return self._actions

    @cached_property
    def _actions(self) -> tuple[Action[object], ...]:
        return tuple(value for value in vars(self).values() if value is not None and isinstance(value, Action))

    def targets(self) -> tuple[TargetText, ...]:
        """Give the mailboxes that are named."""
        return tuple(target for each in self.actions() for target in each.targets())

    @property
    def ends(self) -> bool:
        """Whether no later rule sees the message."""
        return any(each.ends for each in self.actions())


if TYPE_CHECKING:
    Then = Actions
else:
    Then = create_model(
        "Then",
        __base__=Actions,
        __module__=__name__,
        __doc__=Actions.__doc__,
        **{
            f"{key}_": (action | None, Field(default=None, alias=key, description=action.__doc__))
            for key, action in ACTIONS.items()
        },
    )


class Rule(Table):
    """One rule. Rules run in the order of the file, and each sees the message as it came."""

    name: Annotated[str, BeforeValidator(read_name, json_schema_input_type=NonEmpty)]
    """Unique; in the journal and the log it says who acted."""
    match: Annotated[MatchOrEverything, BeforeValidator(read_match, json_schema_input_type=MatchOrEverything)]
    """What a message has to be like; `"everything"` for every message."""
    then: Then
    """What is done with it."""
    enabled: Switch = True
    """`false` takes the rule out of use."""
    mode: Annotated[
        Literal["observe"] | None, BeforeValidator(read_mode, json_schema_input_type=Literal["observe"])
    ] = None
    """`"observe"`: what it would match is recorded, and nothing is done."""
    accounts: Scope | None = None
    """The accounts it is for, by name or pattern (`*`, `?`); without it all."""
    mailboxes: Scope | None = None
    """The mailboxes it is for; `*` stands for anything, `%` for anything within one level. Without it all."""
    every: Every | None = None
    """How often it goes over whole mailboxes, as in `"1 day"`; such a rule is not asked about new mail.

    It goes over all mailboxes that `mailboxes` names, watched or not, and without it over the watched ones; over Trash,
    Junk, Sent, Drafts and All only where they are named in full. A run that was missed is made up for, once.
    """
    limit: Limit | None = None
    """How many messages it may handle within a time, as in `"50/hour"`; what is beyond that has to wait."""
    chain: Switch = False
    """Whether a message that it moves into a watched mailbox goes through the rules again there."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return "write [[rules]], and below it name, match and then"

    @model_validator(mode="before")
    @classmethod
    def _name_what_is_missing(cls, value: object) -> object:
        """Let the types of required keys say what to write: they read None, which TOML does not have, as missing."""
        return {"name": None, "match": None, "then": None} | value if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _chains_a_move(self) -> Self:
        if self.chain and not any(each.key == "move" for each in self.then.actions()):
            raise wrong_at(
                ["chain"], "goes with then.move: it lets the rules handle the message again where it is moved"
            )
        return self

    @model_validator(mode="after")
    def _runs_on_time(self) -> Self:
        if self.every is None:
            return self
        keys = {each.key for each in self.then.actions()}
        if "copy" in keys and not keys & {"move", "trash", "expunge"}:
            raise wrong_at(["every"], "a copy alone would be made again each time: let the rule move, trash or expunge")
        if self.chain:
            raise wrong_at(["chain"], "is for new mail; leave it out beside every")
        return self
