"""Says why a connection was lost: in the server's words, where it said BYE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.client.errors import ConnectionLost
from mailrules.imap import ProtocolError, StatusResponse

if TYPE_CHECKING:
    from mailrules.client.endpoint import Endpoint


def lost(endpoint: Endpoint, error: Exception | None, bye: StatusResponse | None) -> ConnectionLost:
    """Explain it by what broke the connection, if that is known, and by the server's BYE, if there was one."""
    match error:
        case ProtocolError():
            text = f"what the server sends can't be understood: {error}"
        case OSError() if bye is None:
            text = f"the connection broke: {error.strerror or error}"
        case _:
            text = "the server closed the connection" + (f": {bye.text}" if bye and bye.text else "")
    text = f"{endpoint}: {text}"
    if bye is None:
        return ConnectionLost(text)
    return ConnectionLost(text, bye.text, bye.code.name if bye.code else None)
