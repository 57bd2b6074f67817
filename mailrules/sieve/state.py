"""Where the run over a script has got to: on which condition, with which variables, and what was done so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from enum import Enum, auto
from itertools import product
from typing import TYPE_CHECKING

from mailrules.sieve.errors import NOWHERE, Place
from mailrules.sieve.extensions import KNOWN_EXTENSIONS
from mailrules.sieve.logic import FALSE, TRUE, Expression, Facts, Unknown, conjunction
from mailrules.sieve.values import (
    EMPTY,
    MOST_CASES,
    Cases,
    constant,
    interpolated,
    text_of,
    without_encoded_characters,
)
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.sieve.events import Event

Path = tuple[tuple[int, int], ...]
"""Through which branch of which `if` one gets to a command."""


class Over(Enum):
    """How far a way through the script is over."""

    NOT = auto()
    SCRIPT = auto()
    INCLUDED = auto()
    """`return`: only the included script is over."""


@value(slots=True)
class State:
    """One way through the script, up to where it has got."""

    guard: Expression = TRUE
    """What holds of the messages that take this way."""
    path: Path = ()
    variables: dict[str, Cases] = field(default_factory=dict)
    groups: tuple[Cases, ...] | Unknown = ()
    """The match variables from ``${0}`` on."""
    over: Over = Over.NOT
    name: str = ""
    """What the script's author calls this part of it."""

    def branch(self, number: int, index: int, guard: Expression, groups: tuple[Cases, ...] | Unknown) -> State:
        """Go into a branch of an `if`."""
        path = (*self.path, (number, index))
        return replace(self, guard=guard, path=path, variables=dict(self.variables), groups=groups)


@value(slots=True)
class Script:
    """What holds for the whole run."""

    file: str
    required: frozenset[str] = frozenset()
    """The extensions that the script asks for."""
    look_up: Callable[[str], str | None] = lambda _name: None
    """Gives the text of a script to include, if there is one."""
    captures: bool = False
    """Whether match variables are used anywhere."""
    events: list[Event] = field(default_factory=list)
    edited: set[str] = field(default_factory=set)
    """The headers, in lower case, that the script itself changes before it asks for them."""
    shared: dict[str, Cases] = field(default_factory=dict)
    """Global variables (RFC 6609), kept between the scripts."""
    left: list[tuple[Over, Expression]] = field(default_factory=list)
    """Which messages are not with us any more, where no rule will have stopped them."""
    sources: dict[int, str] = field(default_factory=dict)
    """The text of each `if` that stands in no other one, by its number."""
    ifs: int = 0
    """How many there have been, to tell them apart."""
    included: tuple[str, ...] = ()
    """The scripts that are being read, the innermost last."""
    once: set[str] = field(default_factory=set)
    """Every script that was included."""
    in_loop: bool = False
    """Whether this is inside `foreverypart`."""

    over: list[Path] = field(default_factory=list)
    """The branches that end with the script, or that end it."""
    dotted: dict[str, str] = field(default_factory=dict)
    """The paths of mailboxes with dots in their names, by name."""

    def can_meet(self, earlier: Path, later: Path) -> bool:
        """Tell whether one message can come through both of these branches."""
        for (number, index), (other_number, other_index) in zip(earlier, later, strict=False):
            if number != other_number:
                break
            if index != other_index:
                return False
        return not any(earlier[: len(end)] == end != later[: len(end)] for end in self.over)

    @property
    def free_words(self) -> bool:
        """Whether it requires an extension of which nothing is known, and may use words of it."""
        return any(name.startswith("vnd.") or name not in KNOWN_EXTENSIONS for name in self.required)

    def value(self, text: str, state: State, place: Place) -> Cases:
        """Give what a text of the script is, case by case."""
        if "encoded-character" in self.required:
            text = without_encoded_characters(text, place)
        if "variables" not in self.required:
            return constant(text)
        return interpolated(text, lambda name: self._variable(name, state), place)

    def _variable(self, name: str, state: State) -> Cases:
        if name.isdigit():
            if isinstance(state.groups, Unknown):
                return ((TRUE, state.groups),)
            return state.groups[int(name)] if int(name) < len(state.groups) else EMPTY
        if name.startswith("global."):
            return self.shared.get(name.removeprefix("global."), EMPTY)
        if "." in name:
            return ((TRUE, Unknown(NOWHERE, f"${{{name}}} is a value that only the server has")),)
        return state.variables.get(name, EMPTY)

    def constants(
        self, texts: tuple[str, ...], state: State, place: Place
    ) -> list[tuple[Expression, tuple[str, ...]]] | Unknown:
        """Give what these texts are in each case that can be, if they are the same for every message of that case."""
        values = [self.value(text, state, place) for text in texts]
        facts = Facts([state.guard] if any(len(cases) > 1 for cases in values) else [])
        found: list[tuple[Expression, tuple[str, ...]]] = []
        for combination in product(*values):
            guard = facts.simplify(conjunction(condition for condition, _ in combination))
            if guard == FALSE:
                continue
            written: list[str] = []
            for _, known in combination:
                if isinstance(known, Unknown):
                    return Unknown(place if known.place == NOWHERE else known.place, known.reason)
                text = text_of(known)
                if text is None:
                    return Unknown(place, "a text of the message would have to be compared with another one")
                written.append(text)
            found.append((guard, tuple(written)))
            if len(found) > MOST_CASES:
                return Unknown(place, "these texts can be too many different ones")
        return found
