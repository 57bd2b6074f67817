"""What `ClientProtocol.events()` tells, one value for each thing that happened."""

from __future__ import annotations

from typing import TypeAlias

from mailrules.imap.commands.base import Command
from mailrules.imap.responses import Answer, Response, StatusResponse
from mailrules.values import value


@value(frozen=True, slots=True)
class Greeted:
    """The server's first response: OK, PREAUTH or BYE. Only now commands may be sent."""

    response: StatusResponse


@value(frozen=True, slots=True)
class Completed:
    """A command has its tagged answer, good or bad. `command.result(answer)` is for answers with OK."""

    tag: bytes
    command: Command[object]
    answer: Answer


@value(frozen=True, slots=True)
class Idling:
    """The server said ``+`` to IDLE: from now on it tells what is new at once."""

    tag: bytes


@value(frozen=True, slots=True)
class Unsolicited:
    """A response that no command claimed: news, a BYE, or something that makes no sense (`Unknown`)."""

    response: Response


@value(frozen=True, slots=True)
class Closed:
    """The server closed the connection. What is still in flight gets no answer any more."""


Event: TypeAlias = Greeted | Completed | Idling | Unsolicited | Closed
