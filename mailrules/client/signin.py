"""Signs in: the right command for what the server offers, and never a password over a readable connection.

RFC 9051 §6.2.2, §6.2.3 and §11.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeAlias

from mailrules.client.errors import ClearTextRefused, ConnectionLost, HungUp, SignInFailed
from mailrules.imap import Bad, Kind, Login, Plain, Refused, State, authenticate
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.client.connection import Connection
    from mailrules.imap import Capabilities

Mechanism: TypeAlias = Literal["auto", "login", "plain"]


@value(frozen=True, slots=True)
class Credentials:
    """Who signs in. `mechanism`: AUTHENTICATE PLAIN, LOGIN, or whichever of them the server takes."""

    username: str
    password: str = field(repr=False)
    mechanism: Mechanism = "auto"


async def sign_in(connection: Connection, credentials: Credentials) -> Capabilities:
    """Sign in and return what the server can do now.

    A connection that was greeted with PREAUTH is signed in already. Raises SignInFailed, ClearTextRefused and
    NetworkError.
    """
    if connection.state is State.NOT_AUTHENTICATED:
        if not connection.private:
            raise ClearTextRefused(
                f"{connection.endpoint}: a password is not sent without TLS; "
                'set tls to "implicit" or "starttls" ("none" is for this machine itself only)'
            )
        offered = await connection.ask_capabilities()
        await _present(connection, credentials, offered)
    # Many can do more for whom they know, and not all tell so by themselves (Courier, Exchange Online).
    return await connection.ask_capabilities()


async def _present(connection: Connection, credentials: Credentials, offered: Capabilities) -> None:
    plain = "PLAIN" in offered.auth_mechanisms
    login = "LOGINDISABLED" not in offered
    try:
        match credentials.mechanism:
            case "plain":
                await _by_plain(connection, credentials, offered)
            case "auto" if plain:
                try:
                    await _by_plain(connection, credentials, offered)
                except Bad:  # announced and not understood
                    if not login:
                        raise
                    await _by_login(connection, credentials)
            case _ if login:
                await _by_login(connection, credentials)
            case _:
                known = ", ".join(offered.auth_mechanisms) or "no other way"
                raise SignInFailed(f"the server takes no LOGIN here; it offers {known}")
    except Refused as error:
        raise _explained(error, credentials) from None  # the refused command knows the password
    except ConnectionLost as error:
        said = _cleaned(str(error), credentials)
        text = f"the server hung up instead of answering the sign-in: {said}"
        raise HungUp(text, error.code, said_bye=error.bye is not None) from None


async def _by_plain(connection: Connection, credentials: Credentials, offered: Capabilities) -> None:
    await connection.submit(authenticate(Plain(credentials.username, credentials.password), offered))


async def _by_login(connection: Connection, credentials: Credentials) -> None:
    await connection.submit(Login(credentials.username, credentials.password))


def _explained(error: Refused, credentials: Credentials) -> SignInFailed:
    tagged = error.answer.tagged
    code = tagged.code.name if tagged.code is not None else None
    said = _cleaned(tagged.text, credentials) or tagged.kind.value
    if tagged.kind is Kind.NO and code in {None, "AUTHENTICATIONFAILED"}:
        return SignInFailed(f"the server refused user name or password: {said}", code)
    # BAD is Exchange Online's word for too many sessions, a missing licence and the like.
    return SignInFailed(f"the server refused the sign-in: {f'[{code}] ' if code else ''}{said}", code)


def without_secrets(error: ConnectionLost, credentials: Credentials) -> ConnectionLost:
    """Return the same error without what a server should never have echoed."""
    bye = None if error.bye is None else _cleaned(error.bye, credentials)
    return ConnectionLost(_cleaned(str(error), credentials), bye, error.code)


def _cleaned(text: str, credentials: Credentials) -> str:
    """Take the password out, as such and in both the spellings in which it is sent."""
    password = credentials.password
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')  # RFC 9051 §4.3
    message = b64encode(Plain(credentials.username, password).initial()).decode()
    for secret in (message, quoted, password):
        if secret:
            text = text.replace(secret, "***")
    return text.strip()
