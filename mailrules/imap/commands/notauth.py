"""The commands before sign-in: STARTTLS, AUTHENTICATE, LOGIN. RFC 9051 §6.2.

What is secret here is kept out of repr, and no error of `grammar` shows an argument.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import field
from typing import Protocol

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.grammar import Argument
from mailrules.imap.responses import Answer
from mailrules.imap.state import NOT_AUTHENTICATED, Step
from mailrules.values import value


class Mechanism(Protocol):
    """A SASL mechanism in the middle of one exchange (RFC 4422 §5). It may keep state; each sign-in needs a new one."""

    @property
    def name(self) -> str:
        """The registered name, such as PLAIN."""

    def initial(self) -> bytes | None:
        """Return what the client says first; None if the server speaks first."""

    def respond(self, challenge: bytes) -> bytes | None:
        """Return the answer to a challenge, an empty one at the start being a request for `initial`; None gives up."""


@value(frozen=True, slots=True)
class StartTLS(Command[None]):
    """Turn to TLS: after its OK the caller starts TLS and calls `tls_started`. RFC 9051 §6.2.1."""

    name = b"STARTTLS"
    states = NOT_AUTHENTICATED
    flow = Flow.STARTTLS

    def result(self, answer: Answer) -> None:
        """Nothing."""


@value(frozen=True, slots=True)
class Authenticate(Command[None]):
    """Sign in by a SASL mechanism. RFC 9051 §6.2.2.

    `initial` is the initial response of RFC 4959, for servers with SASL-IR: `sasl.authenticate` fills it in.
    """

    name = b"AUTHENTICATE"
    states = NOT_AUTHENTICATED
    on_ok = Step.AUTHENTICATE
    flow = Flow.CONVERSATION

    mechanism: Mechanism = field(repr=False)
    initial: bytes | None = field(default=None, repr=False)

    def arguments(self) -> Iterable[Argument]:
        """The mechanism's name and, if it is to go along, the initial response."""
        yield grammar.atom(self.mechanism.name, "mechanism")
        if self.initial is not None:
            yield b64encode(self.initial) or b"="  # RFC 4959 §3: "=" is an empty one

    def continuation(self, text: bytes) -> bytes | None:
        """Answer a challenge; one that is not base64 ends the exchange."""
        try:
            challenge = b64decode(text.strip(), validate=True)
        except binascii.Error:
            return None
        response = self.mechanism.respond(challenge)
        return None if response is None else b64encode(response)

    def result(self, answer: Answer) -> None:
        """Nothing: capabilities in the answer are the protocol's to take."""


@value(frozen=True, slots=True)
class Login(Command[None]):
    """Sign in by name and password, both in the clear: only over TLS. RFC 9051 §6.2.3."""

    name = b"LOGIN"
    states = NOT_AUTHENTICATED
    on_ok = Step.AUTHENTICATE

    username: str
    password: str = field(repr=False)

    def arguments(self) -> Iterable[Argument]:
        """Name and password."""
        return grammar.astring(self.username, "user name"), grammar.astring(self.password, "password")

    def result(self, answer: Answer) -> None:
        """Nothing."""
