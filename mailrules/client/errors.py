"""What can go wrong between here and the server, sorted by what helps against it.

ClientError
├── NetworkError          the way to the server: may pass by itself, worth another try later
│   ├── ConnectFailed         no connection came to be: no such host, refused, unreachable
│   ├── ConnectTimeout        nobody answered in time: TCP, TLS, the greeting or the sign-in
│   ├── ConnectionLost        it was there and is gone; `bye` is the server's last word, if it had one
│   ├── CommandTimeout        it is there and does not answer a command; it was given up
│   └── TLSFailure            no trust: certificate, host name, STARTTLS refused or tampered with
├── SignInFailed          the server refused the credentials, or offers no way to present them
│   └── HungUp                it ended the connection instead of an answer to them
└── ClearTextRefused      ours: a password is not sent over a readable connection

A server's NO or BAD to any other command is `mailrules.imap.Refused`. None of these ever holds a password.
"""

from __future__ import annotations

# RFC 5530 §3: these do not say that the credentials are wrong.
_TEMPORARY = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"})


class ClientError(Exception):
    """Any failure that this package reports."""


class NetworkError(ClientError):
    """The way to the server failed."""


class ConnectFailed(NetworkError):
    """No connection came to be."""


class ConnectTimeout(NetworkError):
    """Nobody answered in time while connecting."""


class ConnectionLost(NetworkError):
    """The connection ended; `bye` is the text of the server's BYE, None if it said none, and `code` its code."""

    def __init__(self, text: str, bye: str | None = None, code: str | None = None) -> None:
        super().__init__(text)
        self.bye = bye
        self.code = code


class CommandTimeout(NetworkError):
    """The server did not answer for too long while a command waited; the connection was given up."""


class TLSFailure(NetworkError):
    """The connection cannot be made private, or nobody vouches for whom it leads to."""


class SignInFailed(ClientError):
    """The server let us not in; the text is for people and names no account.

    `code` is the server's response code (RFC 5530) in upper case, None if it gave none: many give none for a wrong
    password, and then it is to be taken for that.
    """

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code

    @property
    def temporary(self) -> bool:
        """Whether the server said that the credentials are not the reason."""
        return self.code in _TEMPORARY


class HungUp(SignInFailed):
    """The server had the credentials and ended the connection; `said_bye`: with a BYE, so by its own will.

    Some do so at a wrong password, others at one connection too many, and few tell which it was.
    """

    def __init__(self, text: str, code: str | None, *, said_bye: bool) -> None:
        super().__init__(text, code)
        self.said_bye = said_bye


class ClearTextRefused(ClientError):
    """A password would have to cross a network in the clear."""
