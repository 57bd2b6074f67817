"""What passed through the proxy: commands, answers and flights.

A flight is a run of client bytes on one connection that no server byte delivered to the client interrupts: the first
bytes that the client sends after it has received something open the next flight. As many commands as it sends without
waiting are one flight, so the number of flights is the number of round trips that were waited for. (Bytes are counted
when they reach the proxy, before any delay.)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.faults import Side


@dataclass(slots=True)
class Exchange:
    """One command and its answer. DONE is an exchange of its own, with neither tag nor answer."""

    connection: int
    flight: int
    tag: bytes
    text: bytes  # without tag and final line end, with its literals
    answer: bytes = b""  # the tagged line as the client got it, without tag and line end; empty while there is none

    @property
    def name(self) -> str:
        """The command's name in upper case: `UID MOVE`, `DONE`."""
        words = self.text.upper().split(None, 2)
        return b" ".join(words[:2] if words[0] == b"UID" else words[:1]).decode()


@dataclass(slots=True)
class Recording:
    """Everything that passed since the start or the last forget()."""

    commands: list[Exchange] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)  # every response with its literals, as the client got it
    last_flight: int = 0
    octets: Counter[tuple[int, int, Side]] = field(default_factory=Counter)
    """How many each side got, by connection and the flight on it (0: the greeting), with what answered that."""

    @property
    def names(self) -> list[str]:
        """The commands' names in the order in which they were sent."""
        return [exchange.name for exchange in self.commands]

    @property
    def flights(self) -> list[list[str]]:
        """The commands' names by flight: `[["LOGIN"], ["LIST", "SELECT"], ["DONE", "UID FETCH"]]`."""
        numbers = sorted({exchange.flight for exchange in self.commands})
        return [[one.name for one in self.commands if one.flight == number] for number in numbers]

    def find(self, name: str) -> list[Exchange]:
        """Return the commands of this name."""
        return [exchange for exchange in self.commands if exchange.name == name]

    def forget(self) -> None:
        """Start anew: what has passed until now was preparation."""
        self.commands.clear()
        self.replies.clear()
        self.octets.clear()
