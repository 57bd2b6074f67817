"""Everything a server can say, as values.

Each is a frozen child of `Response`, which is open: an extension's file adds its own data. A response that cannot be
understood is `Unknown`. RFC 9051 §7.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from mailrules.imap.flags import Flags, has_flag
from mailrules.values import value

if TYPE_CHECKING:
    from datetime import datetime

    from mailrules.imap.capability import Capabilities
    from mailrules.imap.codes import ResponseCode
    from mailrules.imap.names import MailboxName
    from mailrules.imap.structure import BodyStructure, Envelope
    from mailrules.imap.uidset import UID, SeqNum


class Response:
    """Any response."""

    __slots__ = ()

    @property
    def makes_sense(self) -> bool:
        """Whether it was understood, and says something."""
        return True


class Kind(Enum):
    """The five status responses; a tagged one is OK, NO or BAD. RFC 9051 §7.1."""

    OK = "OK"
    NO = "NO"
    BAD = "BAD"
    BYE = "BYE"
    PREAUTH = "PREAUTH"


class _Status:
    """What tagged and untagged status responses have in common."""

    __slots__ = ()

    code: ResponseCode | None

    def code_is(self, name: str) -> bool:
        """Whether the response code has this name, say "TRYCREATE"."""
        return self.code is not None and self.code.name == name


@value(frozen=True, slots=True)
class StatusResponse(_Status, Response):
    """An untagged status response; `text` is for people and matched by nobody."""

    kind: Kind
    code: ResponseCode | None = None
    text: str = ""


@value(frozen=True, slots=True)
class Tagged(_Status, Response):
    """The completion of the command that had this tag."""

    tag: bytes
    kind: Kind
    code: ResponseCode | None = None
    text: str = ""


@value(frozen=True, slots=True)
class Continuation(Response):
    """The server waits for the rest of a command; for AUTHENTICATE `text` is its base64 challenge. RFC 9051 §7.6."""

    text: bytes = b""


@value(frozen=True, slots=True)
class Unknown(Response):
    """A complete response that makes no sense, or none that is known; without its final line end."""

    raw: bytes

    @property
    def makes_sense(self) -> bool:
        """Never."""
        return False


@value(frozen=True, slots=True)
class CapabilityData(Response):
    """The answer to CAPABILITY. RFC 9051 §7.2.2."""

    capabilities: Capabilities


@value(frozen=True, slots=True)
class ListData(Response):
    """One mailbox of a LIST. RFC 9051 §7.3.1."""

    attributes: frozenset[str]
    delimiter: str | None
    name: MailboxName
    child_info: frozenset[str] = frozenset()
    old_name: MailboxName | None = None

    def has(self, attribute: str) -> bool:
        r"""Whether the mailbox has this attribute in any case; Cyrus writes `\trash`."""
        return has_flag(self.attributes, attribute)


@value(frozen=True, slots=True)
class LsubData(Response):
    """One mailbox of an LSUB. RFC 3501 §7.2.3."""

    attributes: frozenset[str]
    delimiter: str | None
    name: MailboxName


@value(frozen=True, slots=True)
class StatusData(Response):
    """What STATUS said of a mailbox; None where it said nothing. `size` in octets. RFC 9051 §7.3.4."""

    name: MailboxName
    messages: int | None = None
    recent: int | None = None
    uidnext: int | None = None
    uidvalidity: int | None = None
    unseen: int | None = None
    deleted: int | None = None
    size: int | None = None
    highestmodseq: int | None = None  # RFC 7162 §3.1.7
    mailboxid: str | None = None  # RFC 8474 §4.3


@value(frozen=True, slots=True)
class SearchData(Response):
    """The hits of SEARCH or UID SEARCH, in the server's order; `modseq` after a MODSEQ key. RFC 3501 §7.2.5."""

    numbers: tuple[int, ...]
    modseq: int | None = None


@value(frozen=True, slots=True)
class FlagsData(Response):
    """The flags that are in use in the selected mailbox. RFC 9051 §7.3.5."""

    flags: Flags


@value(frozen=True, slots=True)
class Exists(Response):
    """How many messages the selected mailbox has now. RFC 9051 §7.4.1."""

    count: int


@value(frozen=True, slots=True)
class Recent(Response):
    r"""How many of them have \Recent. RFC 3501 §7.3.2."""

    count: int


@value(frozen=True, slots=True)
class Expunge(Response):
    """The message with this number is gone and those behind it move up. RFC 9051 §7.5.1."""

    seq: SeqNum


@value(frozen=True, slots=True)
class Section:
    """Which part of a message: `BODY[1.2.HEADER.FIELDS (FROM)]`. RFC 9051 §6.4.5.1.

    `specifier` is "" (all of it), HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME; `fields` are in upper case,
    so that two spellings of one section are equal.
    """

    part: tuple[int, ...] = ()
    specifier: str = ""
    fields: frozenset[str] = frozenset()

    @property
    def is_header(self) -> bool:
        """Whether it is of the message's own header."""
        return self.specifier.startswith("HEADER") and not self.part


@value(frozen=True, slots=True)
class SectionData:
    """The octets of one section; `origin` is where a partial fetch began, `data` None where the server said NIL."""

    section: Section
    origin: int | None
    data: bytes | None


class FetchItem:
    """What an extension's FETCH item says; its file makes a child of this."""

    __slots__ = ()


@value(frozen=True, slots=True)
class MessageData(Response):
    """One FETCH response: what it says of one message, None where it said nothing. RFC 9051 §7.5.2.

    `seq` is 0 where the server sent that (Courier); the UID names the message then. `size` in octets.
    """

    seq: SeqNum
    uid: UID | None = None
    flags: Flags | None = None
    internaldate: datetime | None = None
    size: int | None = None
    envelope: Envelope | None = None
    bodystructure: BodyStructure | None = None
    modseq: int | None = None
    sections: tuple[SectionData, ...] = ()
    extensions: tuple[FetchItem, ...] = ()

    @property
    def makes_sense(self) -> bool:
        """Whether more than the message's number could be read."""
        return self != MessageData(self.seq, self.uid)

    def header(self) -> bytes | None:
        """Return the message's header block, whole or of some fields, in whatever way the server echoed its name.

        None if the response had none, or more than one that differ.
        """
        found = [data.data or b"" for data in self.sections if data.section.is_header]
        return found[0] if found and found.count(found[0]) == len(found) else None

    def section(self, specifier: str, part: tuple[int, ...] = ()) -> bytes | None:
        """Return the octets of one section, `section("TEXT")` or `section("", (1, 2))`; None if there are none."""
        for data in self.sections:
            if data.section.specifier == specifier and data.section.part == part:
                return data.data
        return None


@value(frozen=True, slots=True)
class Answer:
    """A command's tagged response and the untagged ones that were its own, in their order."""

    tagged: Tagged
    untagged: tuple[Response, ...] = ()
