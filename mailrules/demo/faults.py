"""Makes the server fail on command: what goes wrong, at which command, how often.

::

    server.faults.plan("UID MOVE", Drop.BEFORE)     # the next UID MOVE is never carried out, the connection is cut
    server.faults.plan("UID COPY", Refuse("NO [INUSE] busy"), nth=2, times=3)
    server.faults.plan("*", Delay(2.0))             # whatever comes next
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from mailrules.values import value


class Drop(Enum):
    """The connection is cut."""

    BEFORE = "before the command is carried out"
    AFTER = "after it was carried out, before anything is said of it"


@value(frozen=True, slots=True)
class Refuse:
    """The command is not carried out; `answer` follows the tag, such as ``NO [INUSE] busy`` or ``BAD no``."""

    answer: str


@value(frozen=True, slots=True)
class Pretend:
    """The command is not carried out, but answered OK, as many servers do for messages that are gone."""

    answer: str = "OK done"


@value(frozen=True, slots=True)
class Delay:
    """The command is carried out after a while, in seconds; the connection stays."""

    seconds: float


@value(frozen=True, slots=True)
class Hold:
    """The command is carried out once `released` is set; the connection stays."""

    released: asyncio.Event


@value(frozen=True, slots=True)
class Late:
    """The connection is cut at once, but the old session carries the command out some seconds later, as Dovecot can."""

    seconds: float


@value(frozen=True, slots=True)
class Torn:
    """The command is carried out; the connection is cut after so many octets of the answer, even in a literal."""

    octets: int


@value(frozen=True, slots=True)
class Extra:
    """Untagged responses, without ``* `` and CRLF, are sent before the command's own."""

    responses: tuple[str, ...]


@value(frozen=True, slots=True)
class Interrupt:
    """COPY or MOVE stops part-way: `copied` messages are in the target, `removed` of them gone from the source.

    The connection is cut.
    """

    copied: int
    removed: int = 0


@value(frozen=True, slots=True)
class Mute:
    """IDLE is entered, but nothing is told until DONE, as on servers that only pretend to push."""


Effect = Drop | Refuse | Pretend | Delay | Hold | Late | Torn | Extra | Interrupt | Mute


@dataclass(slots=True, eq=False)
class Planned:
    """One effect that waits for its command. `name` may have ``*``; `fired` counts how often it has struck."""

    name: str
    effect: Effect
    skip: int
    times: int
    fired: int = 0

    def strikes(self, name: str) -> bool:
        """Tell whether this command is one to fail, and count it."""
        if self.fired == self.times or not fnmatchcase(name, self.name):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.fired += 1
        return True


@value(slots=True)
class Faults:
    """Everything that is planned to go wrong on one server."""

    planned: list[Planned] = field(default_factory=list)

    def plan(self, name: str, effect: Effect, *, nth: int = 1, times: int = 1) -> Planned:
        """Let the `nth` command from now on that is called `name` fail, and the `times` - 1 next ones after it.

        Names are as in `Command`: ``UID MOVE``, ``APPEND``, also ``UID *``.
        """
        planned = Planned(name, effect, nth - 1, times)
        self.planned.append(planned)
        return planned

    def clear(self) -> None:
        """Let everything work again."""
        self.planned.clear()

    def strike(self, name: str) -> tuple[Effect, ...]:
        """Return what goes wrong with the command that is about to be carried out."""
        return tuple(planned.effect for planned in self.planned if planned.strikes(name))
