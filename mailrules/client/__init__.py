"""The network client: asyncio around `mailrules.imap`.

`Session.open` signs in and knows the account's mailboxes; its `connection` takes any IMAP command, never waits and
writes whole flights.
"""

from mailrules.client.connection import Connection
from mailrules.client.endpoint import Endpoint, Timeouts, TLSMode
from mailrules.client.errors import (
    ClearTextRefused,
    ClientError,
    CommandTimeout,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    HungUp,
    NetworkError,
    SignInFailed,
    TLSFailure,
)
from mailrules.client.namespace import Namespace
from mailrules.client.session import MailboxInfo, Session
from mailrules.client.signin import Credentials

__all__ = [
    "ClearTextRefused",
    "ClientError",
    "CommandTimeout",
    "ConnectFailed",
    "ConnectTimeout",
    "Connection",
    "ConnectionLost",
    "Credentials",
    "Endpoint",
    "HungUp",
    "MailboxInfo",
    "Namespace",
    "NetworkError",
    "Session",
    "SignInFailed",
    "TLSFailure",
    "TLSMode",
    "Timeouts",
]
