"""What identifies a mailbox: the octets that the server calls it by, and the text that people see.

Two names are the same when their octets are, except that INBOX is INBOX in any case (RFC 9051 §5.1). The text is for
people and for rule files; it is never compared to find out whether two mailboxes are one.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailrules.imap import mutf7
from mailrules.imap.errors import ArgumentError


@dataclass(frozen=True, slots=True, order=True)
class MailboxName:
    """A mailbox's name on the wire. RFC 9051 §5.1.

    `raw` is the name without quotes or literal syntax: modified UTF-7, or UTF-8 once UTF8=ACCEPT is enabled.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if self.raw.upper() == b"INBOX":
            object.__setattr__(self, "raw", b"INBOX")

    @classmethod
    def from_text(cls, text: str, *, utf8: bool = False) -> MailboxName:
        """Encode a name that a person wrote: as UTF-8 if that is enabled, else as modified UTF-7.

        Raises ArgumentError for a lone surrogate.
        """
        try:
            return cls(text.encode("utf-8") if utf8 else mutf7.encode(text))
        except UnicodeEncodeError as error:
            raise ArgumentError(f"a mailbox name is Unicode text: {error.reason}") from error

    @property
    def is_inbox(self) -> bool:
        """Whether this is the user's INBOX."""
        return self.raw == b"INBOX"

    def text(self, *, utf8: bool = False) -> str:
        r"""Decode the name for people; never raises. `utf8` says that UTF8=ACCEPT is enabled: "&" stands for itself.

        A name that is neither modified UTF-7 nor UTF-8 is shown as it is, odd octets as \xNN. Mailutils sends raw
        UTF-8 always, so octets above ASCII are UTF-8 in both cases.
        """
        if not utf8 and self.raw.isascii():
            try:
                return mutf7.decode(self.raw)
            except ValueError:
                pass
        return self.raw.decode("utf-8", "backslashreplace")

    def __str__(self) -> str:
        return self.text()


INBOX = MailboxName(b"INBOX")
