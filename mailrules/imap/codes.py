"""Response codes: what a status response says to programs, in brackets before its text for people.

The codes of RFC 9051 §7.1 that carry data have a class here; those of an extension live in its file and are children of
`ResponseCode` too. A code without data is a `SimpleCode`, one that nobody knows an `OtherCode`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.imap.capability import Capabilities
    from mailrules.imap.flags import Flags


class ResponseCode:
    """Any response code; `name` is its atom in upper case."""

    __slots__ = ()

    name: str


@value(frozen=True, slots=True)
class SimpleCode(ResponseCode):
    """A code that is only a name: TRYCREATE, READ-ONLY, ALERT, OVERQUOTA, NONEXISTENT, NOPERM, ..."""

    name: str


@value(frozen=True, slots=True)
class OtherCode(ResponseCode):
    """A code with data that nobody here understands, or a known code with broken data; `data` is as it came."""

    name: str
    data: bytes


@value(frozen=True, slots=True)
class UidValidity(ResponseCode):
    """The mailbox's UIDVALIDITY. Some servers say 0 (jstedfast/MailKit#150)."""

    name = "UIDVALIDITY"

    value: int


@value(frozen=True, slots=True)
class UidNext(ResponseCode):
    """The UID that the next message will get, or a later one."""

    name = "UIDNEXT"

    value: int


@value(frozen=True, slots=True)
class Unseen(ResponseCode):
    """The sequence number of the first unseen message. RFC 3501 §7.1."""

    name = "UNSEEN"

    value: int


@value(frozen=True, slots=True)
class PermanentFlags(ResponseCode):
    r"""The flags that can be changed for good; `\*` means that new keywords can be made."""

    name = "PERMANENTFLAGS"

    flags: Flags


@value(frozen=True, slots=True)
class CapabilityCode(ResponseCode):
    """The capabilities, told unasked."""

    name = "CAPABILITY"

    capabilities: Capabilities


@value(frozen=True, slots=True)
class BadCharset(ResponseCode):
    """SEARCH does not know the charset; `charsets` are those that it knows, if it said so."""

    name = "BADCHARSET"

    charsets: tuple[str, ...] = ()
