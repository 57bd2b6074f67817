"""The commands of every state: CAPABILITY, NOOP, LOGOUT. RFC 9051 §6.1."""

from __future__ import annotations

from mailrules.imap.capability import Capabilities
from mailrules.imap.commands.base import Command
from mailrules.imap.responses import Answer, CapabilityData, Kind, Response, StatusResponse
from mailrules.imap.state import ANY_STATE, Step
from mailrules.values import value


@value(frozen=True, slots=True)
class Capability(Command[Capabilities]):
    """Ask what the server can do. RFC 9051 §6.1.1."""

    name = b"CAPABILITY"
    states = ANY_STATE

    def claims(self, response: Response) -> bool:
        """The capabilities."""
        return isinstance(response, CapabilityData)

    def result(self, answer: Answer) -> Capabilities:
        """Return the capabilities; none if the server listed none."""
        found = [data.capabilities for data in answer.untagged if isinstance(data, CapabilityData)]
        return found[-1] if found else Capabilities()


@value(frozen=True, slots=True)
class Noop(Command[None]):
    """Do nothing, which lets the server tell what is new. RFC 9051 §6.1.2."""

    name = b"NOOP"
    states = ANY_STATE

    def result(self, answer: Answer) -> None:
        """Nothing: what is new comes as unsolicited data."""


@value(frozen=True, slots=True)
class Logout(Command[None]):
    """End the conversation. RFC 9051 §6.1.3."""

    name = b"LOGOUT"
    states = ANY_STATE
    on_ok = Step.LOGOUT

    def claims(self, response: Response) -> bool:
        """The BYE that goes before the OK."""
        return isinstance(response, StatusResponse) and response.kind is Kind.BYE

    def result(self, answer: Answer) -> None:
        """Nothing."""
