"""Commands about the connection and the user: CAPABILITY, ID, LOGIN, AUTHENTICATE, NAMESPACE, ENABLE, LOGOUT."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from mailrules.demo import encode
from mailrules.demo.parse import BadSyntax, Command
from mailrules.demo.tree import Refusal

if TYPE_CHECKING:
    from mailrules.demo.session import Session


def capability(session: Session, command: Command) -> str:
    """RFC 3501 §6.1.1."""
    command.arguments.end()
    session.untagged(f"CAPABILITY {session.capabilities}")
    return "Capability completed."


def noop(_: Session, command: Command) -> str:
    """RFC 3501 §6.1.2; CHECK (§6.4.1) is the same here."""
    command.arguments.end()
    return f"{command.name.title()} completed."


def logout(session: Session, command: Command) -> str:
    """RFC 3501 §6.1.3."""
    command.arguments.end()
    session.untagged("BYE Logging out")
    session.end()
    return "Logout completed."


def identify(session: Session, command: Command) -> str:
    """RFC 2971."""
    arguments = command.arguments.space()
    if not arguments.accept(b"NIL"):
        for pair in arguments.parenthesised():
            pair.string()
            pair.space().nstring()
    arguments.end()
    session.untagged('ID ("name" "mailrules demo")')
    return "ID completed."


def login(session: Session, command: Command) -> str:
    """RFC 3501 §6.2.3."""
    user = command.arguments.space().astring()
    password = command.arguments.space().astring()
    command.arguments.end()
    return session.login(user, password)


def authenticate(session: Session, command: Command) -> str:
    """RFC 3501 §6.2.2 with PLAIN (RFC 4616); the client's one message stands behind the mechanism, asked for or not."""
    if command.arguments.space().atom() != "PLAIN":
        raise Refusal("NO [CANNOT] Unsupported authentication mechanism.")
    encoded = command.arguments.space().rest()
    if encoded == b"*":
        raise BadSyntax("Authentication aborted by client")
    try:
        _, user, password = binascii.a2b_base64(encoded, strict_mode=True).split(b"\0")
    except ValueError:
        raise BadSyntax("Not a PLAIN message in base64") from None
    return session.login(user, password)


def namespace(session: Session, command: Command) -> str:
    """RFC 2342: one personal namespace, no others."""
    command.arguments.end()
    personal = encode.string(session.options.prefix.encode()), encode.string(session.options.delimiter.encode())
    session.untagged(b"NAMESPACE (%b) NIL NIL" % encode.parenthesised(personal))
    return "Namespace completed."


def enable(session: Session, command: Command) -> str:
    """RFC 5161; nothing here has to be enabled."""
    command.arguments.space().atom()
    while command.arguments.accept(b" "):
        command.arguments.atom()
    command.arguments.end()
    session.untagged("ENABLED")
    return "Enabled."
