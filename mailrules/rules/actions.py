"""What a rule can do: the keys of `then`.

A new action is one class with ``@action("key")``, as long as it can be said in the words of the plan.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Generic, Literal, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, RootModel

from mailrules.rules.flags import SETTABLE_FLAG_SCHEMA, read_all_flags, read_settable_flags
from mailrules.rules.placeholders import Values
from mailrules.rules.plan import Expunge as ExpungeIt
from mailrules.rules.plan import MoveTo
from mailrules.rules.plan import Trash as TrashIt
from mailrules.rules.tables import each, kind, wrong
from mailrules.rules.targets import TARGET_SCHEMA, TargetText, read_target
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailrules.rules.plan import Draft, Target

T = TypeVar("T")


@value(frozen=True, slots=True)
class Scene:
    """What an action may know of the rule it belongs to and of the message it is for."""

    rule: str
    create: bool
    chain: bool
    values: Values | None
    """None where there is no value to fill in."""

    def target(self, text: TargetText) -> Target:
        """Fill in a target's values; raises `TemplateError` if one is missing."""
        return text.target(self.values, create=self.create)


class Action(RootModel[T], Generic[T]):
    """One key of `then` with its value."""

    model_config = ConfigDict(frozen=True)

    key: ClassVar[str]
    ends: ClassVar[bool] = False
    """Whether the pipeline ends with it."""

    @abstractmethod
    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add what it wants to the plan; raises `TemplateError` if a value is missing."""

    def targets(self) -> tuple[TargetText, ...]:
        """Give the mailboxes it names."""
        return ()


ACTIONS: dict[str, type[Action[object]]] = {}

A = TypeVar("A", bound=Action)  # type: ignore[type-arg]  # any action, whatever its value is


def action(key: str) -> Callable[[type[A]], type[A]]:
    """Register an action under its key."""

    def register(cls: type[A]) -> type[A]:
        if key in ACTIONS:
            raise AssertionError(f"two actions have the key {key}")
        cls.key = key
        ACTIONS[key] = cls
        return cls

    return register


def read_targets(value: object) -> tuple[TargetText, ...]:
    """Read one target or several."""
    return each(value, read_target, "an empty list copies nowhere; write at least one mailbox")


def read_yes(value: object) -> bool:
    """Read the `true` of an action that has nothing more to say."""
    if value is not True:
        raise wrong(f"write true, without quotes, or leave the key out; not {kind(value)}")
    return True


_Target = Annotated[str, Field(pattern=TARGET_SCHEMA)]
Targets = Annotated[
    tuple[TargetText, ...],
    BeforeValidator(read_targets, json_schema_input_type=_Target | Annotated[list[_Target], Field(min_length=1)]),
]
_Flag = Annotated[str, Field(pattern=SETTABLE_FLAG_SCHEMA)]
FlagsToChange = Annotated[
    tuple[str, ...],
    BeforeValidator(read_settable_flags, json_schema_input_type=_Flag | Annotated[list[_Flag], Field(min_length=1)]),
]
AllFlags = Annotated[tuple[str, ...], BeforeValidator(read_all_flags, json_schema_input_type=_Flag | list[_Flag])]
Yes = Annotated[bool, BeforeValidator(read_yes, json_schema_input_type=Literal[True])]


@action("add_flags")
class AddFlags(Action[FlagsToChange]):
    """Sets these flags."""

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add it to the plan."""
        draft.add_flags(self.root, scene.rule)


@action("remove_flags")
class RemoveFlags(Action[FlagsToChange]):
    """Takes these flags away."""

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add it to the plan."""
        draft.remove_flags(self.root, scene.rule)


@action("set_flags")
class SetFlags(Action[AllFlags]):
    """Leaves the message with exactly these flags; with none, if the list is empty."""

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add it to the plan."""
        draft.set_flags(self.root, scene.rule)


@action("copy")
class Copy(Action[Targets]):
    """Copies the message to a mailbox or to several; names may hold values, `{from.domain}`."""

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add it to the plan."""
        for target in self.root:
            draft.copy(scene.target(target), scene.rule)

    def targets(self) -> tuple[TargetText, ...]:
        """Give the mailboxes it names."""
        return self.root


@action("move")
class Move(Action[TargetText]):
    """Moves the message to a mailbox and ends the pipeline; the name may hold values, `{from.domain}`."""

    ends = True

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add it to the plan."""
        draft.end(MoveTo(scene.target(self.root), scene.rule, scene.chain))

    def targets(self) -> tuple[TargetText, ...]:
        """Give the mailboxes it names."""
        return (self.root,)


@action("trash")
class Trash(Action[Yes]):
    """Moves the message to the account's trash and ends the pipeline."""

    ends = True

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add it to the plan."""
        draft.end(TrashIt(scene.rule))


@action("expunge")
class Expunge(Action[Yes]):
    """Removes the message for good and ends the pipeline."""

    ends = True

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add it to the plan."""
        draft.end(ExpungeIt(scene.rule))


@action("stop")
class Stop(Action[Yes]):
    """Ends the pipeline: no later rule sees the message."""

    ends = True

    def enact(self, draft: Draft, scene: Scene) -> None:
        """Add nothing: what earlier rules and this one want stays."""
