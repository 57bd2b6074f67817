"""What a script does on its ways: each with the condition on which it is done, in the order of the script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mailrules.sieve.errors import Place
from mailrules.sieve.logic import Expression
from mailrules.sieve.values import Value
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.sieve.state import Script


@value(frozen=True, slots=True)
class Event:
    """Something that is done for the messages of which the guard holds."""

    guard: Expression
    path: tuple[tuple[int, int], ...]
    place: Place
    name: str
    """What the script's author calls this part of it."""


@value(frozen=True, slots=True)
class File(Event):
    """Put the message into a mailbox."""

    mailbox: Value
    is_copy: bool = False
    """Whether it is not counted as dealt with by that."""
    flags: tuple[str, ...] | None = None
    """The flags of what is filed; None for those of the moment."""


@value(frozen=True, slots=True)
class Keep(Event):
    """Leave it in the inbox."""

    flags: tuple[str, ...] | None = None
    is_copy: bool = False
    """Whether it is kept once more if nothing else deals with it, with the flags that it has then."""


@value(frozen=True, slots=True)
class Discard(Event):
    """Do not keep it unless something else says so."""


@value(frozen=True, slots=True)
class Flag(Event):
    """Change the flags of what is filed from here on."""

    change: Literal["set", "add", "remove"]
    flags: tuple[str, ...]


@value(frozen=True, slots=True)
class Stop(Event):
    """End the script."""


@value(frozen=True, slots=True)
class Lost(Event):
    """Something that no rule can do."""

    command: str
    """The command's or test's name."""
    reason: str
    source: str
    """As it stands in the script."""


@value(frozen=True, slots=True)
class Rescue(Event):
    """The message may have been put somewhere in a way that no rule can do: it must not be discarded."""


@value(frozen=True, slots=True)
class Remark(Event):
    """Something about the script to be said, though nothing is lost."""

    reason: str
    source: str = ""


@value(frozen=True, slots=True)
class Disabled(Event):
    """A filter that is switched off."""

    script: Script
    """What it would do, by itself."""
    source: str
