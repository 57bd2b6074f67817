"""Where a server is, how it is talked to, and how long it may take."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from pathlib import Path


class TLSMode(Enum):
    """When the connection becomes private."""

    IMPLICIT = "implicit"  # from the first byte, port 993. RFC 8314 §3.2
    STARTTLS = "starttls"  # after the greeting, port 143. RFC 9051 §6.2.1
    NONE = "none"  # never: a password goes over it on loopback only


@value(frozen=True, slots=True)
class Endpoint:
    """One server. `ca_file`: PEM file of the only authorities to trust, instead of the system's."""

    host: str
    port: int
    tls: TLSMode = TLSMode.IMPLICIT
    ca_file: Path | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@value(frozen=True, slots=True)
class Timeouts:
    """Limits in seconds.

    `connect` is for everything up to the greeting together (name, TCP, TLS); `silence` for a server that sends no byte
    while a command is in flight. IDLE is no command in this sense: its silence is its purpose. A server that sends
    bytes and no answers has several times as long (`watchdog.PATIENCE`).
    """

    connect: float = 30.0
    silence: float = 60.0

    @property
    def sign_in(self) -> float:
        """For everything until a session can be used, connecting too, whatever the server says meanwhile."""
        return self.connect + self.silence
